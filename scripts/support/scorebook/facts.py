"""What the contract says about a scorebook as a whole, and no column can say by itself."""

from collections.abc import Callable, Iterator

from support.scorebook.reach import watched_range
from support.scorebook.tables import Mistake, Scorebook, shown

WAYS_TO_FADE = ("half_life_days", "decay_percent", "expires_after_days", "reset_on_stage_change")


def attributes_feed_lasting_groups(book: Scorebook) -> Iterator[Mistake]:
    """Attribute points last as long as the attribute does, so that their group must not take them back by time."""
    for row in book["attribute_weights"].whole_rows:
        group = book.group(row.get("score_group"))
        fading = [column for column in WAYS_TO_FADE if group and group.get(column)]
        if fading:
            message = f"{shown(row.get('score_group'))} has {' and '.join(fading)}, but attribute points must last"
            yield book["attribute_weights"].mistake(message, row.line, "score_group")


def thresholds_can_be_crossed(book: Scorebook) -> Iterator[Mistake]:
    """A trigger that can never fire is one that somebody relies on in vain."""
    for row in book["triggers"].whole_rows:
        if row.get("threshold") is None or not row.can_read("direction", "hysteresis"):
            continue
        least, most = watched_range(book, row)
        is_downward = row.get("direction") == "down"
        armed_at = row.get("threshold") + (row.get("hysteresis") or 0 if is_downward else 0)
        message = None
        if armed_at > most:
            message = f"the trigger waits for {shown(armed_at)} points, but there are never more than {shown(most)}"
        elif is_downward and row.get("threshold") <= least:
            message = f"points never fall below {shown(row.get('threshold'))}, as the least there are is {shown(least)}"
        if message:
            yield book["triggers"].mistake(message, row.line, "threshold")


FACTS: tuple[Callable[[Scorebook], Iterator[Mistake]], ...] = (
    attributes_feed_lasting_groups,
    thresholds_can_be_crossed,
)
