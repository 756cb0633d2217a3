"""The marts that learn from outcomes: docs/scoring.md section 4."""

from collections import Counter
from decimal import Decimal

from .marts import NONE, contact_scores, segment_members
from .summaries import nps_score, responses_by_survey
from .values import in_days, normal, rounded


def first_conversions(world):
    """The moment of each converted contact's first conversion by `as_of`."""
    first = {}
    for row in world.given.used("conversions"):
        first[row.contact_id] = min(row.time, first.get(row.contact_id, row.time))
    return first


def stage_calibration(world):
    """Every stage: interactions before conversion per converted contact, pooled, and 100 ÷ their sum."""
    converted = first_conversions(world)
    counts = dict.fromkeys(world.book.stages, 0)
    for contact_id, converted_at in converted.items():
        for visit in world.contacts[contact_id].visits:
            if visit.stage is not None:
                counts[normal(visit.stage)] += interactions(world, contact_id, visit, converted_at)
    means = {key: Decimal(count) / len(converted) if converted else None for key, count in counts.items()}
    guesses = {key: stage.interactions_expected for key, stage in world.book.stages.items()}
    known = [mean for mean in (means if converted else guesses).values() if mean]
    return [
        {
            "stage": world.book.stages[key].name,
            "converted_contacts": len(converted),
            "interactions_per_converted_contact": mean,
            "suggested_points": whole_points(known),
        }
        for key, mean in means.items()
    ]


def interactions(world, contact_id, visit, before):
    """Distinct events of the visit with an event line in a group in_total, not withheld, points ≠ 0."""
    return len(
        {
            line.event_id
            for line in world.lines[contact_id]
            if line.line_kind == "event" and line.group.in_total and line.stage_visit == visit.number
            if line.points != 0 and not line.withheld_reason and line.origin_at < before
        }
    )


def whole_points(interactions_by_stage):
    """100 ÷ the sum, rounded down; the division is exact to 28 digits, so that 100 / 12.5 is 8."""
    total = sum(interactions_by_stage)
    return (100 / total).quantize(Decimal("1e-9")) // 1 if total else None


def attitude_by_engagement(world):
    """Promoters, passives and detractors by engagement band."""
    group = world.book.of_category("engagement")
    names = [name for _, name in group.bands] if group else []
    answered = [row for row in contact_scores(world) if row["nps_category"]]
    counts = Counter((row["nps_category"], row["engagement_band"] or "no band") for row in answered)
    return [
        {
            "nps_category": category,
            "engagement_band": band,
            "contacts": contacts,
            "share": rounded(Decimal(contacts) / len(answered), 6),
            "advice": advice(category, band, names),
        }
        for (category, band), contacts in counts.items()
    ]


def advice(category, band, names):
    """What to do about contacts of a category in a band of those names, lowest first."""
    if category == "passive":
        return "find out what is missing"
    is_lowest, is_highest = band not in names or band == names[0], band in names and band == names[-1]
    if category == "promoter":
        return "ask for a reference" if is_highest else "win back" if is_lowest else "engage more"
    return "find out why" if is_lowest and not is_highest else "save"


def nps_audiences(world):
    """The net promoter score of every account and segment."""
    audiences = {
        ("account", account_id): {one.contact_id for one in world.contacts.values() if one.account_id == account_id}
        for account_id in world.given.accounts
    }
    for row in segment_members(world):
        audiences.setdefault(("segment", row["segment"]), set()).add(row["contact_id"])
    return [
        {"audience_kind": kind, "audience": audience, **nps_score(survey, month, own)}
        for (kind, audience), members in audiences.items()
        for (survey, month), responses in responses_by_survey(world).items()
        if (own := [row for row in responses if row.contact_id in members])
    ]


def contact_health(world):
    """The first state by position whose conditions all hold."""
    rows = []
    for row in contact_scores(world):
        since = row["last_engaged_at"] or world.contacts[row["contact_id"]].created_at
        measures = {
            "change_percent_7d": percent(row["points"], row["points_7d"]),
            "change_percent_30d": percent(row["points"], row["points_30d"]),
            "days_silent": rounded(in_days(world.as_of - since), 6),
        }
        state = next((one for one in world.book.health_states if holds(one, measures)), None)
        health = {"health": state and state.name, "churn_risk": state and state.churn_risk}
        rows.append({"contact_id": row["contact_id"], **health, **measures})
    return rows


def percent(now, change):
    """A change in percent of the larger of then and now."""
    larger = max(abs(now), abs(now - change))
    return rounded(100 * change / larger, 2) if larger else NONE


def holds(state, measures):
    """Whether all conditions of a state hold."""
    return all(
        (least is None or least <= measures[name]) and (most is None or measures[name] <= most)
        for name, least, most in state.conditions
    )
