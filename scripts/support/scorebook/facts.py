"""What the contract says about a scorebook as a whole, and no column can say by itself."""

from collections.abc import Callable, Iterator

from support.scorebook.reach import watched_range
from support.scorebook.tables import Mistake, Row, Scorebook, shown

WAYS_TO_FADE = ("half_life_days", "decay_percent", "expires_after_days", "reset_on_stage_change")


def attributes_feed_lasting_groups(book: Scorebook) -> Iterator[Mistake]:
    """Attribute points last as long as the attribute does, so that their group must not take them back by time."""
    by_group: dict[int, list[Row]] = {}
    for row in book["attribute_weights"].whole_rows:
        if group := book.group(row.get("score_group")):
            by_group.setdefault(group.line, []).append(row)
    for rules in by_group.values():
        group, first = book.group(rules[0].get("score_group")), rules[0]
        fading = [column for column in WAYS_TO_FADE if group.get(column)]
        if not fading:
            continue
        # A single rule most likely names the wrong group; where many do, the group is what was edited.
        if len(rules) == 1:
            message = f"{shown(first.get('score_group'))} has {' and '.join(fading)}, but attribute points must last"
            yield book["attribute_weights"].mistake(message, first.line, "score_group")
        else:
            message = (
                f"{shown(group.get('score_group'))} has {' and '.join(fading)}, but attribute points must last, and "
                f"{len(rules)} rules give it some (attribute_weights.csv:{first.line} is the first)"
            )
            yield book["score_groups"].mistake(message, group.line, fading[0])


def thresholds_can_be_crossed(book: Scorebook) -> Iterator[Mistake]:
    """A trigger that can never fire is one that somebody relies on in vain."""
    for row in book["triggers"].whole_rows:
        if row.get("threshold") is None or not row.can_read("direction", "hysteresis"):
            continue
        least, most = watched_range(book, row)
        is_downward = row.get("direction") == "down"
        armed_at = round(row.get("threshold") + (row.get("hysteresis") or 0 if is_downward else 0), 9)
        message = None
        if armed_at > most:
            points = "1 point" if armed_at == 1 else f"{shown(armed_at)} points"
            message = f"the trigger waits for {points}, but there are never more than {shown(most)}"
        elif is_downward and row.get("threshold") <= least:
            message = f"points never fall below {shown(row.get('threshold'))}, as the least there are is {shown(least)}"
        if message:
            yield book["triggers"].mistake(message, row.line, "threshold")


FACTS: tuple[Callable[[Scorebook], Iterator[Mistake]], ...] = (
    attributes_feed_lasting_groups,
    thresholds_can_be_crossed,
)
