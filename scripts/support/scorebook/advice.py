"""What is allowed in a scorebook and yet most likely not meant.

Advice is given on a scorebook without mistakes, so that it rests on cells that can be read.
"""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

from support.scorebook.conditions import conditions_can_hold_together, values_are_compared
from support.scorebook.reach import is_total, score_range, watched_range
from support.scorebook.tables import Mistake, Row, Scorebook, plain, shown

FREQUENCY = ("min_count", "count_days", "idle_days")


def rules_give_something(book: Scorebook) -> Iterator[Mistake]:
    """A rule with 0 points only leaves lines that move nothing."""
    for name in ("event_weights", "attribute_weights"):
        for row in book[name].rows:
            if row.get("points") == 0 and not row.get("disqualifies"):
                yield book[name].mistake("is 0: the rule gives nothing", row.line, "points")


def rules_are_valid_sometime(book: Scorebook) -> Iterator[Mistake]:
    """valid_to is the first moment that no longer counts."""
    for row in book["event_weights"].rows:
        if row.get("valid_from") and row.get("valid_from") == row.get("valid_to"):
            message = f"{shown(row.get('valid_to'))} is valid_from too: the rule can never match"
            yield book["event_weights"].mistake(message, row.line, "valid_to")


def names_have_no_outer_spaces(book: Scorebook) -> Iterator[Mistake]:
    """Where text is compared as it stands, a space before or behind it is part of the name."""
    for table in book.tables.values():
        exact = [column for column, meta in table.columns.items() if meta.get("exact")]
        for row in table.rows:
            for column in exact:
                if (name := row.get(column) or "") != name.strip(" "):
                    message = f"{shown(name)} begins or ends with a space, which is part of the name"
                    yield table.mistake(message, row.line, column)


def rules_match_apart(book: Scorebook) -> Iterator[Mistake]:
    """Two rules of one group that ask for the same give the points of both for one event."""
    conditions = conditions_of(book)

    def asks_for(row: Row) -> tuple[Any, ...]:
        texts = (plain(row.get(column)) for column in ("score_group", "event_type", "channel", "asset"))
        return *texts, *(row.get(column) for column in FREQUENCY), conditions.get(row.get("rule_id"), frozenset())

    first: dict[tuple[Any, ...], list[Row]] = {}
    for row in book["event_weights"].rows:
        same = first.setdefault(asks_for(row), [])
        if other := next((other for other in same if overlap(row, other)), None):
            message = f"matches the same events in the same group as line {other.line}: each earns from both"
            yield book["event_weights"].mistake(message, row.line, "event_type")
        same.append(row)


def conditions_of(book: Scorebook) -> dict[str, frozenset]:
    """The conditions of each rule, in a form in which equal ones are equal."""
    found: dict[str, set] = {}
    for row in book["rule_conditions"].rows:
        parts = frozenset(plain(part) for part in (row.get("value") or "").split("|"))
        found.setdefault(row.get("rule_id"), set()).add((row.get("field"), row.get("operator"), parts))
    return {rule_id: frozenset(parts) for rule_id, parts in found.items()}


def overlap(one: Row, other: Row) -> bool:
    """Whether two rules are valid at one time."""

    def begins_before_end(first: Row, second: Row) -> bool:
        begin, end = first.get("valid_from"), second.get("valid_to")
        return begin is None or end is None or begin < end

    return begins_before_end(one, other) and begins_before_end(other, one)


def bands_can_be_reached(book: Scorebook) -> Iterator[Mistake]:
    """A band that begins above every score, or ends before the lowest."""
    for group, bands in bands_by_group(book):
        least, most = score_range(book, group)
        for row, following in zip(bands, [*bands[1:], None], strict=True):
            place = (row.line, "min_score")
            if row.get("min_score") > most:
                yield book["score_bands"].mistake(
                    f"no score reaches {shown(row.get('min_score'))}: {shown(most)} is the most there is", *place
                )
            elif following and following.get("min_score") <= least:
                message = f"no score is that low: {shown(least)}, the least, is in the band of line {following.line}"
                yield book["score_bands"].mistake(message, *place)


def bands_begin_with_the_scale(book: Scorebook) -> Iterator[Mistake]:
    """Scores below the lowest band have none."""
    for group, bands in bands_by_group(book):
        least, _ = score_range(book, group)
        if bands[0].get("min_score") > least:
            message = (
                f"the bands of {shown(group.get('score_group'))} begin at {shown(bands[0].get('min_score'))}, "
                f"its scores at {shown(least)}: those between have no band"
            )
            yield book["score_bands"].mistake(message, bands[0].line, "min_score")


def bands_by_group(book: Scorebook) -> Iterator[tuple[Row, list[Row]]]:
    """The bands of each group that has any, from the lowest on."""
    rows = sorted(book["score_bands"].rows, key=lambda row: (plain(row.get("score_group")), row.get("min_score")))
    for name, bands in groupby(rows, lambda row: plain(row.get("score_group"))):
        yield book.group(name), list(bands)


def caps_bind(book: Scorebook) -> Iterator[Mistake]:
    """A cap where there is nothing to cap."""
    for row in book["event_weights"].rows:
        if row.get("max_awards") is None:
            continue
        message = None
        if row.get("idle_days") is not None:
            message = "never binds: caps do not apply to a rule with idle_days"
        elif row.get("points") == 0:
            message = "never binds: the rule gives 0 points"
        if message:
            yield book["event_weights"].mistake(message, row.line, "max_awards")


def frequencies_count(book: Scorebook) -> Iterator[Mistake]:
    """The days that min_count looks back, where one event is enough and nothing is counted."""
    for row in book["event_weights"].rows:
        if row.get("count_days") is not None and (row.get("min_count") or 1) <= 1:
            message = "is not looked at: without a min_count of 2 or more the first event earns"
            yield book["event_weights"].mistake(message, row.line, "count_days")


def segments_can_be_met(book: Scorebook) -> Iterator[Mistake]:
    """A segment that asks for scores beyond the scale, or beyond what points there can be."""
    for row in book["segments"].rows:
        least, most = score_range(book, book.group(row.get("score_group")))
        low, high = row.get("min_score"), row.get("max_score")
        if low is not None and low > most:
            message = f"no score reaches {shown(low)}: {shown(most)} is the most there is, so the segment is empty"
            yield book["segments"].mistake(message, row.line, "min_score")
        elif high is not None and high < least:
            message = f"no score is that low: {shown(least)} is the least there is, so the segment is empty"
            yield book["segments"].mistake(message, row.line, "max_score")


def somebody_is_below_the_threshold(book: Scorebook) -> Iterator[Mistake]:
    """A trigger that everybody fires with the first thing that happens, and never again."""
    for row in book["triggers"].rows:
        least, _ = watched_range(book, row)
        if row.get("direction") == "up" and row.get("threshold") <= least:
            message = f"nobody is ever below it, as the least there are is {shown(least)}: it fires once for everybody"
            yield book["triggers"].mistake(message, row.line, "threshold")


def one_award_fires_nothing(book: Scorebook) -> Iterator[Mistake]:
    """A trigger that a single award can fire waits for one event, not for interest."""
    for trigger in book["triggers"].rows:
        if trigger.get("direction") != "up" or trigger.get("scope") == "account":
            continue
        for row in book["event_weights"].rows:
            points = row.get("points")
            is_watched = watches(book, trigger, book.group(row.get("score_group")))
            if is_watched and points > trigger.get("threshold") > 0 and not row.get("multiply_by"):
                message = (
                    f"{shown(points)} is more than {shown(trigger.get('threshold'))}, the threshold of "
                    f"{shown(trigger.get('trigger_id'))} (triggers.csv:{trigger.line}): one award fires it"
                )
                yield book["event_weights"].mistake(message, row.line, "points")


def watches(book: Scorebook, trigger: Row, group: Row) -> bool:
    """Whether the points of a group move what a trigger watches."""
    watched = book.group(trigger.get("score_group"))
    if trigger.get("scope") == "stage" or is_total(watched):
        return bool(group.get("in_total"))
    return watched is group


ADVICE: tuple[Callable[[Scorebook], Iterator[Mistake]], ...] = (
    rules_give_something,
    rules_are_valid_sometime,
    names_have_no_outer_spaces,
    rules_match_apart,
    bands_can_be_reached,
    bands_begin_with_the_scale,
    caps_bind,
    frequencies_count,
    segments_can_be_met,
    conditions_can_hold_together,
    values_are_compared,
    somebody_is_below_the_threshold,
    one_award_fires_nothing,
)
