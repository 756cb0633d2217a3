"""What a crossing looks like outside: a CloudEvent, a row for people, a sentence."""

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

EVENT_TYPE = "lead-scoring.threshold.crossed"
# CloudEvents allows no control characters and no noncharacters in its attributes.
NOT_IN_ATTRIBUTES = re.compile("[\x00-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# What spreadsheets take for the beginning of a formula, in plain and full width. Where decimals take a comma, they
# split lines at semicolons, also within quotes.
FORMULA = re.compile(r"""(^|;)(?=[\s"]*[=+\-@＝＋－＠])""")


class Glance(NamedTuple):
    """What decides where a crossing goes."""

    crossing_id: str
    trigger_id: str
    subject_id: str
    crossed_at: datetime
    is_suppressed: bool
    target: str | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A row of the mart threshold_crossings that may be sent, with the contact attributes that may go with it."""

    crossing_id: str
    trigger_id: str
    trigger_label: str | None
    scope: str
    subject_id: str
    score_group: str | None
    direction: str
    threshold: float
    crossed_at: datetime
    points_before: float | None
    points_after: float | None
    cause_rule_id: str | None
    cause_label: str | None
    cause_event_id: str | None
    action: str | None
    target: str | None
    attributes: dict[str, Any]


COLUMNS = tuple(field.name for field in fields(Crossing))[:-1]
NUMBERS = ("threshold", "points_before", "points_after")


def json_value(value: Any) -> Any:
    """A value as JSON has it: times in UTC, and no number that JSON does not know."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds") + "Z"
    return None if isinstance(value, float) and not math.isfinite(value) else value


def cloud_event(crossing: Crossing, source: str) -> bytes:
    """The crossing as a CloudEvent 1.0 in JSON: one line of ASCII."""
    data = {name: json_value(getattr(crossing, name)) for name in COLUMNS}
    if crossing.attributes:
        data["attributes"] = crossing.attributes
    event = {
        "specversion": "1.0",
        "id": crossing.crossing_id,
        "source": source,
        "type": EVENT_TYPE,
        "subject": NOT_IN_ATTRIBUTES.sub(lambda found: quote(found[0]), crossing.subject_id),
        "time": data["crossed_at"],
        "datacontenttype": "application/json",
        "data": data,
    }
    return json.dumps(event, separators=(",", ":"), allow_nan=False).encode("ascii")


def flat_row(crossing: Crossing, attributes: Iterable[str]) -> dict[str, Any]:
    """The crossing as one flat row, with a column for each attribute that was asked for."""
    row = {name: json_value(getattr(crossing, name)) for name in COLUMNS}
    for name in attributes:
        value = crossing.attributes.get(name)
        row[f"attribute_{name}"] = value if isinstance(value, str | None) else json.dumps(value)
    return row


def csv_cell(value: Any) -> Any:
    """A cell that no spreadsheet runs: text that looks like a formula gets an apostrophe, line ends become spaces."""
    if not isinstance(value, str):
        return value
    return FORMULA.sub(r"\1'", CONTROLS.sub(" ", value))


def plain(text: str) -> str:
    """Text for a chat or a mail: on one line, and calling nobody."""
    text = CONTROLS.sub(" ", text)
    return re.sub(r"(?<!\w)@|<(?=[!@#])", lambda found: found[0] + "\u200b", text)


def rounded(points: float) -> str:
    """Points as people read them."""
    return f"{points:,.2f}".removesuffix(".00")


def sentence(crossing: Crossing) -> str:
    """The crossing in words."""
    subject = f"{'account' if crossing.scope == 'account' else 'contact'} {crossing.subject_id}"
    points = ""
    if crossing.points_before is not None and crossing.points_after is not None:
        points = f" from {rounded(crossing.points_before)} to {rounded(crossing.points_after)} points"
    cause = f", by {crossing.cause_label or crossing.cause_rule_id}" if crossing.cause_rule_id else ""
    return plain(f"{subject}:{points} on {crossing.crossed_at:%Y-%m-%d %H:%M} UTC{cause}")
