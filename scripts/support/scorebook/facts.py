"""What the contract says about a scorebook as a whole, and no column can say by itself."""

from collections.abc import Callable, Iterator

from support.scorebook.reach import watched_range
from support.scorebook.tables import Mistake, Scorebook, shown

WAYS_TO_FADE = ("half_life_days", "decay_percent", "expires_after_days", "reset_on_stage_change")


def total_is_a_group(book: Scorebook) -> Iterator[Mistake]:
    """The row `total` carries the limits and the scale of the sum."""
    if book.can_tell("score_groups.score_group") and not book.group("total"):
        message = "the row total is missing; it is the sum of the groups with in_total"
        yield book["score_groups"].mistake(message, column="score_group")


def grade_has_one_group_each(book: Scorebook) -> Iterator[Mistake]:
    """The grade is made of one fit band and one engagement band."""
    first = book.index("score_groups.category")
    for row in book["score_groups"].whole_rows:
        category = row.get("category")
        if category in ("engagement", "fit") and first[category].line != row.line:
            message = (
                f"{shown(category)} is already the category of line {first[category].line}; only one group can be it"
            )
            yield book["score_groups"].mistake(message, row.line, "category")


def groups_fade_one_way(book: Scorebook) -> Iterator[Mistake]:
    """A half-life has no lines that linear decay could take from."""
    for row in book["score_groups"].whole_rows:
        if row.get("half_life_days") is not None and row.get("decay_percent") is not None:
            message = "stands together with decay_percent; a group has a half-life or linear decay"
            yield book["score_groups"].mistake(message, row.line, "half_life_days")


def attributes_feed_lasting_groups(book: Scorebook) -> Iterator[Mistake]:
    """Attribute points last as long as the attribute does, so that their group must not take them back by time."""
    for row in book["attribute_weights"].whole_rows:
        group = book.group(row.get("score_group"))
        fading = [column for column in WAYS_TO_FADE if group and group.get(column)]
        if fading:
            message = f"{shown(row.get('score_group'))} has {' and '.join(fading)}, but attribute points must last"
            yield book["attribute_weights"].mistake(message, row.line, "score_group")


def gates_without_a_group_give_nothing(book: Scorebook) -> Iterator[Mistake]:
    """A gate may do without a group, but then its points would be lost."""
    for row in book["attribute_weights"].whole_rows:
        is_homeless = row.can_read("score_group") and row.get("score_group") is None
        if is_homeless and row.get("points") and row.get("disqualifies"):
            message = f"is empty, but the row gives {shown(row.get('points'))} points"
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
    total_is_a_group,
    grade_has_one_group_each,
    groups_fade_one_way,
    attributes_feed_lasting_groups,
    gates_without_a_group_give_nothing,
    thresholds_can_be_crossed,
)
