"""Warnings about conditions: those that no event can meet together, and values that do not say what they seem to."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from support.scorebook.kinds import is_number
from support.scorebook.tables import Mistake, Row, Scorebook, plain, shown

MET_BY_NOTHING_GIVEN = ("is_missing", "not_equals", "not_in")


@dataclass(frozen=True)
class Condition:
    """A condition on a field, and the words for the place where it stands."""

    operator: str
    value: str
    place: str

    @property
    def entries(self) -> list[str]:
        """The texts that it compares with."""
        return (
            [plain(part) for part in self.value.split("|")]
            if self.operator in ("in", "not_in")
            else [plain(self.value)]
        )

    @property
    def bounds(self) -> tuple[float, float] | None:
        """The numbers from which and up to which it holds; None where it does not compare numbers."""
        if self.operator == "between":
            low, high = map(float, self.value.split("|"))
            return low, high
        if self.operator not in ("gt", "gte", "lt", "lte"):
            return None
        limit = float(self.value)
        return {
            "gt": (math.nextafter(limit, math.inf), math.inf),
            "gte": (limit, math.inf),
            "lt": (-math.inf, math.nextafter(limit, -math.inf)),
            "lte": (-math.inf, limit),
        }[self.operator]

    def holds(self, text: str) -> bool:
        """Whether a value that is given meets it."""
        if self.bounds:
            return is_number(text) and self.bounds[0] <= float(text) <= self.bounds[1]
        entry = self.entries[0]
        return {
            "equals": text == entry,
            "not_equals": text != entry,
            "in": text in self.entries,
            "not_in": text not in self.entries,
            "contains": entry in text,
            "starts_with": text.startswith(entry),
            "ends_with": text.endswith(entry),
            "is_present": True,
            "is_missing": False,
        }[self.operator]

    def contradicts(self, other: "Condition") -> bool:
        """Whether nothing can meet both."""
        for one, another in ((self, other), (other, self)):
            if one.operator == "is_missing":
                return another.operator not in MET_BY_NOTHING_GIVEN
            if one.operator in ("equals", "in"):
                return not any(another.holds(text) for text in one.entries if text)
        if self.bounds and other.bounds:
            return max(self.bounds[0], other.bounds[0]) > min(self.bounds[1], other.bounds[1])
        return False


def conditions_can_hold_together(book: Scorebook) -> Iterator[Mistake]:
    """All conditions of a rule must hold, and so must the channel and the asset of the rule itself."""
    table = book["rule_conditions"]
    seen: dict[tuple[str, str], list[Condition]] = {}
    for name in ("event_weights", "event_exclusions"):
        for rule in book[name].rows:
            for field in ("channel", "asset"):
                if value := rule.get(field):
                    place = f"{field} {shown(value)} of {name}.csv:{rule.line}"
                    seen[rule.get("rule_id"), field] = [Condition("equals", value, place)]
    for row in table.rows:
        condition = Condition(row.get("operator"), row.get("value") or "", f"line {row.line}")
        others = seen.setdefault((row.get("rule_id"), row.get("field")), [])
        if other := next(filter(condition.contradicts, others), None):
            column = "value" if row.get("value") else "operator"
            yield table.mistake(f"contradicts {other.place}: no event can meet both", row.line, column)
        others.append(condition)


def values_are_compared(book: Scorebook) -> Iterator[Mistake]:
    """Lists where none are taken, entries that are none, and values that nothing is compared with."""
    for name in ("rule_conditions", "attribute_weights"):
        for row in book[name].rows:
            if row.get("value") and (problem := value_problem(row)):
                yield book[name].mistake(problem, row.line, "value")


def value_problem(row: Row) -> str | None:
    """What a value most likely does not mean."""
    operator, value = row.get("operator"), row.get("value")
    if operator in ("is_present", "is_missing"):
        return f"{operator} compares with nothing: {shown(value)} is not looked at"
    if operator in ("in", "not_in"):
        if not all(part.strip(" ") for part in value.split("|")):
            return f"an entry of {shown(value)} is empty, which no value equals"
        if "|" not in value and set(value) & set(",;"):
            return f"{shown(value)} is a list of one; entries are separated by |"
    elif operator != "between" and "|" in value:
        return f"{shown(value)} is one text to {operator}; lists are for in and not_in"
    return None
