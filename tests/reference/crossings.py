"""Threshold crossings: docs/scoring.md section 5, found by looking at the points at every watched moment."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from hashlib import md5

from .summaries import account_points
from .values import normal

NONE = Decimal(0)
EPOCH = datetime(1970, 1, 1)


def threshold_crossings(world):
    """Every crossing of every trigger."""
    rows, series = {}, {}
    for trigger in world.book.triggers:
        watch = {"contact": watch_contacts, "stage": watch_visits, "account": watch_accounts}[trigger.scope]
        watched = trigger.scope, trigger.group and trigger.group.name, trigger.stage
        if watched not in series:
            series[watched] = list(watch(world, trigger))
        for subject in series[watched]:
            for crossing in crossings(trigger, subject["points"]):
                row = _row(world, trigger, subject, *crossing)
                # A first visit left before created_at begins when the second does: of one id only the first crossing.
                rows.setdefault(row["crossing_id"], row)
    return list(rows.values())


def crossings(trigger, points):
    """The (moment before or None, moment) pairs at which a trigger fires, given points by moment in order of time."""
    is_up, threshold, hysteresis = trigger.direction == "up", trigger.threshold, trigger.hysteresis
    is_armed, before, fired = is_up, None, []
    for moment, now in points.items():
        if is_armed and (now >= threshold if is_up else now < threshold):
            fired.append((before, moment))
            is_armed = False
        elif not is_armed and (now < threshold - hysteresis if is_up else now >= threshold + hysteresis):
            is_armed = True
        before = moment
    kept = [pair for pair in fired if trigger.active_from is None or pair[1] >= trigger.active_from]
    return kept if trigger.repeat == "every" else kept[:1]


def watch_contacts(world, trigger):
    """The points of every contact in the group of a trigger, at every moment at which they are watched."""
    for contact in world.contacts.values():
        lines = giving(world.lines_of(contact, trigger.group))
        yield {
            "subject_id": contact.contact_id,
            "entered_at": None,
            "points": {at: world.points(contact, trigger.group, at) for at in moments(world, contact, lines)},
            "at_first": world.points(contact, trigger.group, datetime.min),
            "lines": lines,
        }


def watch_visits(world, trigger):
    """The points of every visit of the stage of a trigger, or of any, at every watched moment that falls in it."""
    for contact in world.contacts.values():
        lines = giving(world.lines_of(contact, world.book.total))
        own = [line for line in lines if line.line_kind in ("event", "manual")]
        watched = moments(world, contact, lines)
        for visit in contact.visits:
            if trigger.stage in (None, normal(visit.stage)):
                mine = [line for line in own if line.stage_visit == visit.number]
                within = [at for at in watched if contact.visit_at(at) is visit]
                yield {
                    "subject_id": contact.contact_id,
                    "entered_at": visit.entered_at,
                    "points": {at: sum((one.points for one in mine if one.effective_at <= at), NONE) for at in within},
                    "at_first": NONE,
                    "lines": mine,
                }


def watch_accounts(world, trigger):
    """The points of every account in the group of a trigger, at the midnights at which they are watched.

    An account at a moment is its contacts created by then: what a later contact did before counts from its creation.
    """
    for account_id in world.given.accounts:
        contacts = [contact for contact in world.contacts.values() if contact.account_id == account_id]
        lines = {contact.contact_id: giving(world.lines_of(contact, trigger.group)) for contact in contacts}
        first = min((line.effective_at for each in lines.values() for line in each), default=world.as_of)
        points, seen = {}, []
        for at in midnights(first, world.as_of):
            members = [contact for contact in contacts if contact.created_at <= at]
            effective = [line for one in members for line in lines[one.contact_id] if line.effective_at <= at]
            if any(line.effective_at < at for line in effective):
                points[at] = account_points(world, members, trigger.group, at)
                seen += [line for line in effective if line.effective_at == at]
        yield {"subject_id": account_id, "entered_at": None, "points": points, "at_first": NONE, "lines": seen}


def giving(lines):
    """Lines that give or take points."""
    return [line for line in lines if line.points != 0]


def moments(world, contact, lines):
    """When a contact is watched: at each of the lines, every stage change, and every midnight after the first line."""
    effective = {line.effective_at for line in lines}
    changes = {visit.entered_at for visit in contact.visits[1:]}
    return sorted(effective | changes | set(midnights(min(effective, default=world.as_of), world.as_of)))


def midnights(after, until):
    """Every midnight after a moment, up to and including another."""
    midnight = datetime.combine(after.date(), time())
    while (midnight := midnight + timedelta(days=1)) <= until:
        yield midnight


def cause(trigger, lines):
    """The line with the most points (up) or the fewest (down), ties by rule_id then event_id; None without lines."""
    sign = -1 if trigger.direction == "up" else 1
    return min(lines, key=lambda line: (sign * line.points, line.rule_id, line.event_id or ""), default=None)


def crossing_id(trigger, subject, crossed_at):
    """The md5 that names a crossing."""
    times = [subject["entered_at"]] if subject["entered_at"] else []
    times += [crossed_at] if trigger.repeat == "every" else []
    parts = [trigger.trigger_id, subject["subject_id"], *(str(microseconds(one)) for one in times)]
    return md5("|".join(parts).encode()).hexdigest()


def microseconds(moment):
    """A moment as whole microseconds since 1970-01-01."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def suppressed_reason(world, trigger, subject_id):
    """Why a crossing is listed but never exported; None where it may be, as every crossing of an account."""
    if trigger.scope == "account":
        return None
    if world.gates[subject_id]:
        return f"disqualified: {world.gates[subject_id][0].label}"
    return "opted out" if world.contacts[subject_id].is_opted_out else None


def _row(world, trigger, subject, before, crossed_at):
    line = cause(trigger, [line for line in subject["lines"] if line.effective_at == crossed_at])
    reason = suppressed_reason(world, trigger, subject["subject_id"])
    return {
        "crossing_id": crossing_id(trigger, subject, crossed_at),
        "trigger_id": trigger.trigger_id,
        "scope": trigger.scope,
        "subject_id": subject["subject_id"],
        "score_group": trigger.group.name if trigger.scope != "stage" else None,
        "direction": trigger.direction,
        "threshold": trigger.threshold,
        "crossed_at": crossed_at,
        "points_before": subject["at_first"] if before is None else subject["points"][before],
        "points_after": subject["points"][crossed_at],
        "cause_rule_id": line and line.rule_id,
        "cause_event_id": line and line.event_id,
        "action": trigger.action,
        "target": trigger.target,
        "is_suppressed": reason is not None,
        "suppressed_reason": reason,
    }
