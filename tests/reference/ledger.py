"""The ledger: the numbered rules of docs/scoring.md section 3."""

from datetime import datetime, timedelta
from decimal import Decimal

from .attributes import attribute_lines
from .line import Line
from .values import days, holds, in_days, normal, number, property_text, rounded


def contact_lines(contact, given, book):
    """All lines of a contact effective by `as_of`, each in the visit in which its origin_at falls."""
    lines = []
    for rule in book.event_rules:
        awards = idle(contact, rule, book) if rule.idle_days is not None else events(contact, rule, book)
        for award in awards:
            expires_after = rule.expires_after_days or rule.group.expires_after_days
            lines += [award, *follow_ups(award, expires_after)]
    for rule in book.attribute_rules:
        lines += attribute_lines(contact, rule, given)
    for adjustment in book.adjustments:
        if given.person(adjustment.contact_id) == contact.contact_id:
            lines += manual(contact, adjustment)
    for line in lines:
        line.stage_visit = contact.visit_at(line.origin_at).number
    return [line for line in lines if line.effective_at <= given.as_of]


def fits(event, event_type, channel, asset, conditions):
    """Whether event_type, channel and asset match (where set) and every condition holds."""
    return (
        event_type in (None, event.event_type)
        and channel in (None, normal(event.channel))
        and asset in (None, normal(event.asset))
        and all(holds(operator, field_text(event, field), value) for field, operator, value in conditions)
    )


def field_text(event, field):
    """What a condition looks at: `channel`, `asset` or the name of a property."""
    if field in ("channel", "asset"):
        return getattr(event, field)
    return property_text(event.properties, field)


def matches(event, rule):
    """Rule 1: event_type, channel, asset and conditions, and valid_from ≤ occurred_at < valid_to."""
    return (
        fits(event, rule.event_type, rule.channel, rule.asset, rule.conditions)
        and (rule.valid_from is None or rule.valid_from <= event.occurred_at)
        and (rule.valid_to is None or event.occurred_at < rule.valid_to)
    )


def worth(event, rule):
    """Rule 1: the rule's points; multiplied by a property's number, rounded to 4 decimals, 0 where that is none."""
    if rule.multiply_by is None:
        return rule.points
    product = rule.points * (number(property_text(event.properties, rule.multiply_by)) or 0)
    return rounded(product, 4) if abs(product) < 10**15 else Decimal(0)


def exclusion_of(event, book):
    """Rule 2: the first exclusion by rule_id that an event matches."""
    found = [one for one in book.exclusions if fits(event, one.event_type, one.channel, None, one.conditions)]
    return min(found, key=lambda one: one.rule_id, default=None)


def counting(contact, rule, book):
    """The events of a contact that match a rule and no exclusion, in the order of (occurred_at, event_id)."""
    return [event for event in contact.events if matches(event, rule) and not exclusion_of(event, book)]


def events(contact, rule, book):
    """Rules 1 to 4: one line per event that matches, withheld where it is excluded or over the cap."""
    lines = []
    for event in contact.events:
        exclusion = exclusion_of(event, book)
        if matches(event, rule) and exclusion:
            lines.append(_event_line(contact, rule, event, exclusion.reason, is_excluded=True))
    used_up = {}
    for event in frequent(counting(contact, rule, book), rule):
        period = cap_period(contact, rule, event)
        used_up[period] = used_up.get(period, 0) + 1
        over = rule.max_awards is not None and used_up[period] > rule.max_awards
        lines.append(_event_line(contact, rule, event, "cap" if over else None))
    return lines


def _event_line(contact, rule, event, withheld_reason, is_excluded=False):
    points = worth(event, rule)
    earned, withheld = (Decimal(0), points) if withheld_reason else (points, Decimal(0))
    at = event.occurred_at
    return Line(
        contact.contact_id,
        rule.group,
        "event",
        rule.rule_id,
        event.event_id,
        event.asset,
        at,
        at,
        earned,
        withheld,
        withheld_reason,
        is_excluded,
    )


def frequent(matching, rule):
    """Rule 3: events with at least min_count matching ones in [occurred_at − count_days, occurred_at]."""

    def is_frequent(event):
        since = event.occurred_at - days(rule.count_days) if rule.count_days else datetime.min
        return sum(since <= other.occurred_at <= event.occurred_at for other in matching) >= rule.min_count

    return [event for event in matching if is_frequent(event)]


def cap_period(contact, rule, event):
    """Rule 4: the period (and, with per_asset, the asset) in which an award uses up the cap."""
    at = event.occurred_at
    period = {
        "day": at.date(),
        "week": at.date() - timedelta(days=at.weekday()),
        "month": (at.year, at.month),
        "stage": contact.visit_at(at).number,
        "ever": None,
    }[rule.per]
    return period, normal(event.asset) if rule.per_asset else None


def idle(contact, rule, book):
    """Rule 5: a line at occurred_at + idle_days for every match that no other follows within idle_days."""
    last = {event.occurred_at: event for event in counting(contact, rule, book)}
    span = days(rule.idle_days)
    return [
        Line(
            contact.contact_id,
            rule.group,
            "idle",
            rule.rule_id,
            event.event_id,
            event.asset,
            at + span,
            at,
            worth(event, rule),
        )
        for at, event in last.items()
        if not any(at < other <= at + span for other in last)
    ]


def follow_ups(award, expires_after_days):
    """Rules 6 and 7: the decay and expiry lines of an event, idle or manual award."""
    if award.points == 0:
        return []
    expires_at = award.effective_at + days(expires_after_days) if expires_after_days is not None else None
    lines = decay(award, expires_at)
    if expires_at is not None:
        lines += expiry(award, lines, expires_at)
    return lines


def decay(award, expires_at):
    """Rule 7: lines k × decay_every_days after the award until nothing is left or it expires."""
    group, lines, left, at = award.group, [], award.points, award.effective_at
    if group.decay_percent is None:
        return []
    step = award.points * group.decay_percent / 100
    while left != 0:
        at += days(group.decay_every_days)
        if expires_at is not None and at >= expires_at:
            break
        taken = left if abs(left) <= abs(step) else step
        left -= taken
        lines.append(_follow(award, "decay", at, -taken))
    return lines


def expiry(award, decays, expires_at):
    """Rule 6, and rule 8 for its size: takes back what is left of the award."""
    left = award.points + sum(line.points for line in decays)
    if left == 0:
        return []
    return [_follow(award, "expiry", expires_at, -halved(left, award.group, expires_at - award.effective_at))]


def _follow(award, kind, at, points):
    return Line(
        award.contact_id, award.group, kind, award.rule_id, award.event_id, award.asset, at, award.origin_at, points
    )


def halved(points, group, age):
    """Rule 8: points × 2^(−age / half_life), age in exact fractional days; unchanged in groups without half-life."""
    if group.half_life_days is None:
        return points
    return Decimal(float(points) * 2.0 ** -float(in_days(age) / group.half_life_days))


def manual(contact, adjustment):
    """Rule 10: a line at adjusted_at; its own expires_at replaces its group's expiry."""
    at, group = adjustment.adjusted_at, adjustment.group
    award = Line(contact.contact_id, group, "manual", adjustment.adjustment_id, None, None, at, at, adjustment.points)
    if adjustment.expires_at is not None:
        expires_after_days = in_days(adjustment.expires_at - at)
    else:
        expires_after_days = group.expires_after_days
    return [award, *follow_ups(award, expires_after_days)]
