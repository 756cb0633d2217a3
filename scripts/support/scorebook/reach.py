"""How many points there can be: the least and the most that a trigger can ever see.

A range is as wide as the scorebook leaves it: what cannot be read could be anything, so that one mistake is not
reported as another.
"""

import math
from collections.abc import Iterable

from support.scorebook.tables import Row, Scorebook, Table, plain

Range = tuple[float, float]
ANYTHING: Range = (-math.inf, math.inf)
AWARDS = ("event_weights", "attribute_weights", "manual_adjustments")
AWARDS_OF_A_VISIT = ("event_weights", "manual_adjustments")


def watched_range(book: Scorebook, trigger: Row) -> Range:
    """The range of the points that a trigger watches."""
    scope = trigger.get("scope")
    if not book["score_groups"].is_readable:
        return ANYTHING
    if scope == "stage":
        return sum_of(awarded_range(book, group, scope) for group in groups_in_total(book))
    group = book.group(trigger.get("score_group"))
    return ANYTHING if scope is None or group is None else points_range(book, group, scope)


def points_range(book: Scorebook, group: Row, scope: str) -> Range:
    """The range of the points of a group or the total, of a contact or an account."""
    if is_total(group):
        return limited(sum_of(group_range(book, part, scope) for part in groups_in_total(book)), group)
    return group_range(book, group, scope)


def score_range(book: Scorebook, group: Row) -> Range:
    """The range of a contact's scores in a group, on its scale."""
    full = group.get("full_points") or (group.get("max_points") if (group.get("max_points") or 0) > 0 else 100)
    low, high = scale_of(group)
    shares = (min(max(points / full, 0.0), 1.0) for points in points_range(book, group, "contact"))
    root = 0.5 if group.get("scale") == "sqrt" else 1
    least, most = (round(low + (high - low) * share**root, 2) for share in shares)
    return least, most


def scale_of(group: Row) -> Range:
    """The scores at no points and at full_points."""
    return group.get("scale_min") or 0, 100 if group.get("scale_max") is None else group.get("scale_max")


def is_total(group: Row) -> bool:
    """Whether a row of score_groups is the sum of others."""
    return plain(group.get("score_group")) == "total"


def groups_in_total(book: Scorebook) -> list[Row]:
    """The groups that may add to the total."""
    groups = book["score_groups"].rows
    return [row for row in groups if not is_total(row) and (row.get("in_total") or not row.can_read("in_total"))]


def sum_of(ranges: Iterable[Range]) -> Range:
    """The range of a sum, rounded as points are."""
    least, most = 0.0, 0.0
    for low, high in ranges:
        least, most = least + low, most + high
    return round(least, 6), round(most, 6)


def group_range(book: Scorebook, group: Row, scope: str) -> Range:
    """The range of a group's points, of a contact or an account."""
    least, most = limited(awarded_range(book, group, scope), group)
    if scope == "contact":
        return least, most
    # An account without contacts has 0 points, and there is no end to the contacts that a sum adds up.
    if group.get("account_rollup") in ("mean", "max"):
        return min(least, 0.0), max(most, 0.0)
    return -math.inf if least < 0 else 0.0, math.inf if most > 0 else 0.0


def limited(points: Range, group: Row) -> Range:
    """A range within min_points and max_points of a group."""
    low = -math.inf if group.get("min_points") is None else group.get("min_points")
    high = math.inf if group.get("max_points") is None else group.get("max_points")
    if not group.can_read("min_points", "max_points") or low > high:
        return ANYTHING
    least, most = (min(max(end, low), high) for end in points)
    return least, most


def awarded_range(book: Scorebook, group: Row, scope: str) -> Range:
    """The range of what rules and adjustments can give one contact in a group, together: ever or, where a visit is
    watched, in a stage visit."""
    tables = AWARDS_OF_A_VISIT if scope == "stage" else AWARDS
    if not all(book[table].is_readable for table in tables):
        return ANYTHING
    has_one_stage = book["stages"].is_readable and len(book["stages"].rows) < 2
    is_one_visit = scope == "stage" or has_one_stage or bool(group.get("reset_on_stage_change"))
    return sum_of(
        award_range(book[table], row, is_one_visit)
        for table in tables
        for row in book[table].rows
        if book.group(row.get("score_group")) in (group, None)
        # No visit counts what is paid for silence.
        and not (scope == "stage" and row.get("idle_days") is not None)
    )


def award_range(table: Table, row: Row, is_one_visit: bool) -> Range:
    """The range of what one rule can give: once for attributes and adjustments, endlessly for events without a cap."""
    points = row.get("points")
    if not row.is_whole or not row.can_read(*table.columns):
        return ANYTHING
    if not points:
        return 0.0, 0.0
    if row.get("multiply_by"):
        return ANYTHING
    if table.name == "event_weights":
        capped_periods = (None, "ever", "stage") if is_one_visit else (None, "ever")
        is_capped = row.get("max_awards") and row.get("per") in capped_periods and not row.get("per_asset")
        points *= row.get("max_awards") if is_capped and row.get("idle_days") is None else math.inf
    return min(points, 0.0), max(points, 0.0)
