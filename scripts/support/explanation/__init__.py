"""Why a contact has its scores at a moment, what comes next if nothing more happens, and how far it is to the next
band and trigger: as one dict that says it all, for the JSON and for the text."""

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import duckdb

from support.explanation.fold import Group, Line, Watch, falls, future, rounded
from support.explanation.reading import Known, read
from support.timestamps import shifted

__all__ = ["explanation"]

HORIZON = timedelta(days=3650)


def explanation(
    connection: duckdb.DuckDBPyConnection,
    contact_id: str,
    moment: datetime | None,
    score_group: str | None,
    latest: int,
) -> dict[str, Any]:
    """Everything there is to say; without a score group, of the total and what it is made of."""
    known = read(connection, contact_id, moment)
    asked = known.group(score_group) if score_group else known.ledger.total
    groups = [asked, *(known.ledger.parts if asked.is_total else [])]
    names = {group.score_group for group in groups}
    until = shifted(known.ledger.moment, HORIZON.days)
    coming = future(known.ledger, known.scheduled, until)
    points = known.ledger.points()

    watches = {group.score_group: band_watch(known, group, points) for group in groups}
    triggers = [
        trigger
        for trigger in known.triggers
        if (asked.is_total if trigger["scope"] == "stage" else trigger["score_group"] in names)
    ]
    trigger_watches = {
        trigger["trigger_id"]: Watch(trigger["score_group"], trigger["threshold"])
        for trigger in triggers
        if trigger["scope"] == "contact" and points[trigger["score_group"]] >= trigger["threshold"]
    }
    fallen = falls(known.ledger, coming, filter(None, [*watches.values(), *trigger_watches.values()]), until)
    return {
        "contact_id": known.contact_id,
        "as_of": known.ledger.moment,
        "stage": known.visit["stage"],
        **who(known),
        "scores": [described(known, group, points, watches[group.score_group], fallen) for group in groups],
        "other_scores": [
            brief(known, group, points) for group in known.ledger.groups.values() if group.score_group not in names
        ],
        "latest_lines": [shown_line(line) for line in latest_lines(known.ledger.lines, names, latest)],
        "withheld": withheld(known.ledger.lines, names),
        "next_lines": [shown_line(line) for line in coming if line.score_group in names][:latest],
        "fades": [
            {"score_group": group.score_group, "half_life_days": group.half_life_days}
            for group in groups
            if group.half_life_days and points[group.score_group]
        ],
        "triggers": [
            distance(known, each, points, fallen.get(trigger_watches.get(each["trigger_id"]))) for each in triggers
        ],
    }


def who(known: Known) -> dict[str, Any]:
    """What the marts say of the contact and the fold does not; only at the moment of the build."""
    columns = ("grade", "account_id", "is_disqualified", "disqualified_reason", "is_opted_out")
    return {column: known.contact[column] if known.is_present else None for column in columns}


def band_of(known: Known, group: Group, score: float) -> dict[str, Any] | None:
    """The band of a score."""
    reached = [row for row in bands_of(known, group) if row["min_score"] <= score]
    return reached[-1] if reached else None


def bands_of(known: Known, group: Group) -> list[dict[str, Any]]:
    """The bands of a group from the lowest on."""
    return sorted(
        (row for row in known.bands if row["score_group"] == group.score_group), key=lambda row: row["min_score"]
    )


def band_watch(known: Known, group: Group, points: dict[str, float]) -> Watch | None:
    """What to await for a group to fall out of its band; nothing below the lowest."""
    band = band_of(known, group, group.score(points[group.score_group]))
    is_lowest = band is None or band["min_score"] <= group.scale_min
    return None if is_lowest else Watch(group.score_group, band["min_score"], is_score=True)


def brief(known: Known, group: Group, points: dict[str, float]) -> dict[str, Any]:
    """A score in a line."""
    score = group.score(points[group.score_group])
    band = band_of(known, group, score)
    return {
        "score_group": group.score_group,
        "label": group.label,
        "points": points[group.score_group],
        "score": score,
        "scale_min": group.scale_min,
        "scale_max": group.scale_max,
        "band": band and band["band"],
        "band_label": band and band["label"],
        "band_color": band and band["color"],
    }


def described(
    known: Known, group: Group, points: dict[str, float], watch: Watch | None, fallen: dict[Watch, datetime]
) -> dict[str, Any]:
    """A score with its statement and its way to the bands beside its own."""
    found = brief(known, group, points)
    ahead = next((row for row in bands_of(known, group) if row["min_score"] > found["score"]), None)
    needed = group.points_for(ahead["min_score"]) if ahead else None
    return {
        **found,
        "statement": [
            {"line": line, "label": label, "points": value, "awards": awards}
            for line, label, value, awards in known.ledger.statement(group)
        ],
        "next_band": ahead and ahead["label"],
        "points_missing": None if needed is None else rounded(needed - points[group.score_group], 2),
        "falls_below": watch and {"score": watch.limit, "at": fallen.get(watch)},
    }


def latest_lines(lines: list[Line], names: set[str], count: int) -> list[Line]:
    """The last lines that moved something, the latest first."""
    moving = [line for line in lines if line.score_group in names and line.points]
    return moving[::-1][:count]


def withheld(lines: list[Line], names: set[str]) -> list[dict[str, Any]]:
    """What was withheld, by rule and reason, the most points first."""
    held = [line for line in lines if line.score_group in names and line.withheld_reason]

    def key(line: Line) -> tuple[str, str]:
        return line.rule_id, line.withheld_reason

    sums = []
    for (rule_id, reason), group in groupby(sorted(held, key=key), key):
        found = list(group)
        sums.append(
            {
                "score_group": found[0].score_group,
                "rule_id": rule_id,
                "label": found[0].label,
                "reason": reason,
                "events": len(found),
                "points": rounded(sum(line.withheld_points for line in found), 6),
                "last_at": max(line.effective_at for line in found),
            }
        )
    return sorted(sums, key=lambda row: (-abs(row["points"]), row["rule_id"], row["reason"]))


def shown_line(line: Line) -> dict[str, Any]:
    """A line as people look at it."""
    return {
        "at": line.effective_at,
        "score_group": line.score_group,
        "kind": line.line_kind,
        "rule_id": line.rule_id,
        "label": line.label,
        "points": rounded(line.points, 6),
        "event_id": line.event_id,
        "asset": line.asset,
    }


def distance(
    known: Known, trigger: dict[str, Any], points: dict[str, float], falls_at: datetime | None
) -> dict[str, Any]:
    """How far it is to a trigger's threshold."""
    now = visit_points(known) if trigger["scope"] == "stage" else points[trigger["score_group"]]
    return {
        "trigger_id": trigger["trigger_id"],
        "label": trigger["label"],
        "scope": trigger["scope"],
        "score_group": trigger["score_group"] if trigger["scope"] == "contact" else None,
        "direction": trigger["direction"],
        "threshold": trigger["threshold"],
        "hysteresis": trigger["hysteresis"],
        "repeat": trigger["repeats"],
        "points": now,
        "points_missing": rounded(max(trigger["threshold"] - now, 0), 6),
        "fired_at": trigger["fired_at"],
        "falls_below_at": falls_at,
    }


def visit_points(known: Known) -> float:
    """Points of the current stage visit, as stage_scores counts them: at face value."""
    parts = {group.score_group for group in known.ledger.parts}
    own = [
        line.points
        for line in known.ledger.lines
        if line.score_group in parts
        and line.line_kind in ("event", "manual")
        and line.stage_visit == known.visit["stage_visit"]
    ]
    return rounded(sum(own), 6)
