"""The marts that learn from outcomes: SCORING.md section 4."""

from decimal import Decimal

from .values import normal


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
