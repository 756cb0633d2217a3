"""The marts about contacts: docs/scoring.md section 4."""

from datetime import datetime, time, timedelta
from decimal import Decimal

from .points import band, percentile, score, worth_at
from .values import in_days, normal, number, rounded

NONE = Decimal(0)


def points_ledger(world):
    """The ledger itself."""
    return [
        {
            "contact_id": line.contact_id,
            "score_group": line.group.name,
            "line_kind": line.line_kind,
            "rule_id": line.rule_id,
            "event_id": line.event_id,
            "asset": line.asset,
            "effective_at": line.effective_at,
            "origin_at": line.origin_at,
            "stage_visit": line.stage_visit,
            "points": line.points,
            "withheld_points": line.withheld_points,
            "withheld_reason": line.withheld_reason,
        }
        for lines in world.lines.values()
        for line in lines
    ]


def group_scores(world):
    """Every contact, every group but total."""
    rows = []
    for group in world.book.groups.values():
        now = world.scores_now(group)
        scores = [mine for _, mine in now.values()]
        for key, (points, mine) in now.items():
            contact = world.contacts[key]
            rows.append(
                {
                    "contact_id": key,
                    "score_group": group.name,
                    "points": points,
                    "score": mine,
                    "band": band(mine, group),
                    "percentile": percentile(mine, scores),
                    "events": len({line.event_id for line in world.engagements(contact, group)}),
                    "last_engaged_at": world.last_engaged_at(contact, group),
                    "as_of": world.as_of,
                }
            )
    return rows


def contact_scores(world):
    """Every contact."""
    book, as_of, rows = world.book, world.as_of, []
    now = world.scores_now(book.total)
    scores = [mine for _, mine in now.values()]
    for key, (points, mine) in now.items():
        contact = world.contacts[key]
        fit_band, engagement_band = (category_band(world, contact, each) for each in ("fit", "engagement"))
        gates = world.gates[key]
        rows.append(
            {
                "contact_id": key,
                "account_id": contact.account_id,
                "stage": contact.visits[-1].stage,
                "points": points,
                "score": mine,
                "band": band(mine, book.total),
                "percentile": percentile(mine, scores),
                "fit_band": fit_band,
                "engagement_band": engagement_band,
                "grade": (fit_band or "") + (engagement_band or "") or None,
                "top_group": top_group(world, contact),
                "top_reasons": top_reasons(world, contact),
                "nps_category": nps_category(world, contact),
                "is_disqualified": bool(gates),
                "disqualified_reason": gates[0].label if gates else None,
                "is_opted_out": contact.is_opted_out,
                "points_7d": points - world.points(contact, book.total, as_of - timedelta(days=7)),
                "points_30d": points - world.points(contact, book.total, as_of - timedelta(days=30)),
                "last_engaged_at": world.last_engaged_at(contact),
                "has_data": bool(world.lines[key]),
                "as_of": as_of,
            }
        )
    return rows


def category_band(world, contact, category):
    """The band of the contact in the group that is fit, or engagement."""
    group = world.book.of_category(category)
    return band(score(world.points(contact, group, world.as_of), group), group) if group else None


def top_group(world, contact):
    """The in_total group with the most points, ties by name; none if no group is above 0."""
    points = {group.name: world.points(contact, group, world.as_of) for group in world.book.summed()}
    above = [name for name in points if points[name] > 0]
    return min(above, key=lambda name: (-points[name], name), default=None)


def top_reasons(world, contact):
    """Labels of the three rules with the most points awarded, ties by rule_id. A rule that gave nothing is none."""
    given = [(-sum(line.points for line in lines), rule_id) for (_, rule_id), lines in world.awarded(contact).items()]
    return [world.book.label(rule_id) for taken, rule_id in sorted(given) if taken < 0][:3]


def rating_category(rating):
    """9–10 promoter, 7–8 passive, 0–6 detractor."""
    return "promoter" if rating >= 9 else "passive" if rating >= 7 else "detractor"


def nps_category(world, contact):
    """The category of the contact's latest response, by responded_at, response_id."""
    own = [row for row in world.given.used("survey_responses") if row.contact_id == contact.contact_id]
    latest = max(own, key=lambda row: (row.time, row["response_id"]), default=None)
    return rating_category(number(latest["rating"])) if latest else None


def stage_scores(world):
    """Every stage visit of every contact."""
    return [stage_score(world, contact, visit) for contact in world.contacts.values() for visit in contact.visits]


def stage_score(world, contact, visit):
    """Points of kind event and manual whose origin falls in the visit, in groups in_total, at face value."""
    lines = [
        line
        for line in world.lines[contact.contact_id]
        if line.line_kind in ("event", "manual") and line.group.in_total and line.stage_visit == visit.number
    ]
    points = sum((line.points for line in lines), NONE)
    events = {line.event_id for line in lines if line.event_id and line.points != 0 and not line.withheld_reason}
    stages = world.book.stages
    stage = stages.get(normal(visit.stage))
    ready = stage.ready_points if stage else None
    is_current = visit.left_at is None
    has_later = stage is not None and any(other.position > stage.position for other in stages.values())
    return {
        "contact_id": contact.contact_id,
        "stage_visit": visit.number,
        "stage": visit.stage,
        "entered_at": visit.entered_at,
        "left_at": visit.left_at,
        "days_in_stage": rounded(in_days((visit.left_at or world.as_of) - visit.entered_at), 6),
        "points": points,
        "score": None if ready is None else rounded(100 * min(max(points / ready, NONE), Decimal(1)), 2),
        "interactions": len(events),
        "is_current": is_current,
        "is_stuck": is_current and ready is not None and points >= ready and has_later,
    }


def score_history(world):
    """Every day on which a line of a contact and group (`total` included) became effective."""
    rows = []
    for contact in world.contacts.values():
        for group in [*world.book.groups.values(), world.book.total]:
            before = NONE
            for day in sorted({line.effective_at.date() for line in world.lines_of(contact, group)}):
                points = points_of_day(world, contact, group, day)
                rows.append(
                    {
                        "contact_id": contact.contact_id,
                        "score_group": group.name,
                        "day": day,
                        "points": points,
                        "change": points - before,
                    }
                )
                before = points
    return rows


def points_of_day(world, contact, group, day):
    """Points at 24:00 of a day, from lines effective before then; on the day of `as_of`, at `as_of`."""
    if day == world.as_of.date():
        return world.points(contact, group, world.as_of)
    end = datetime.combine(day, time()) + timedelta(days=1)
    return world.points(contact, group, end, before=end)


def score_statement(world):
    """Lines that add up to the points of every contact and group, and to the total."""
    rows = []
    for contact in world.contacts.values():
        for group in world.book.groups.values():
            rows += group_statement(world, contact, group)
        parts = {group.name: world.points(contact, group, world.as_of) for group in world.book.summed()}
        total = world.points(contact, world.book.total, world.as_of)
        rows += [_entry(contact, world.book.total, "group", points, name) for name, points in parts.items()]
        rows.append(_entry(contact, world.book.total, "limit", total - sum(parts.values())))
    return rows


def group_statement(world, contact, group):
    """Awarded points by rule, expiry, decay, half-life loss, reset and limit (rounding included)."""
    as_of = world.as_of
    lines = world.lines_of(contact, group)
    counted = world.counted(contact, group, as_of)
    rows = [
        _entry(contact, group, "awarded", sum(line.points for line in awards), rule_id, earned(awards))
        for (name, rule_id), awards in world.awarded(contact).items()
        if name == group.name
    ]
    for kind in ("expiry", "decay"):
        rows.append(_entry(contact, group, kind, sum((line.points for line in lines if line.line_kind == kind), NONE)))
    loss = sum((worth_at(line, as_of) - line.points for line in lines), NONE)
    left_behind = sum((worth_at(line, as_of) for line in lines if line not in counted), NONE)
    rows += [_entry(contact, group, "half_life", loss), _entry(contact, group, "reset", -left_behind)]
    so_far = sum(row["points"] for row in rows)
    return [*rows, _entry(contact, group, "limit", world.points(contact, group, as_of) - so_far)]


def earned(awards):
    """How many of the awards were not withheld."""
    return sum(line.withheld_reason is None for line in awards)


def _entry(contact, group, line, points, rule_id=None, awards=None):
    return {
        "contact_id": contact.contact_id,
        "score_group": group.name,
        "line": line,
        "rule_id": rule_id,
        "points": points,
        "awards": awards,
    }


def segment_members(world):
    """Contacts for whom all rows of a segment hold, limits inclusive."""
    rows = []
    for segment, limits in world.book.segments.values():
        for key, contact in world.contacts.items():
            if all(is_within(score(world.points(contact, one.group, world.as_of), one.group), one) for one in limits):
                rows.append({"segment": segment, "contact_id": key})
    return rows


def is_within(score_now, limits):
    """Whether a score is within one row of a segment."""
    return (limits.min_score is None or limits.min_score <= score_now) and (
        limits.max_score is None or score_now <= limits.max_score
    )
