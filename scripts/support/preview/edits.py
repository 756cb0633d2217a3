"""What an edit of a scorebook changes: in words, and which scores it can move."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from support.preview.touched import Touched
from support.scorebook.tables import Row, Scorebook, Table, comparable, plain

# Columns that people read and no number depends on.
FOR_PEOPLE = ("label", "color", "adjusted_by", "reason", "action", "interactions_expected")
TOTAL = "total"
# Files without a say in who crosses a threshold, or with one only through the events that earn.
BESIDE_CROSSINGS = {"event_weights", "rule_conditions", "score_bands", "segments", "buying_roles", "health_states"}


Key = tuple[Any, ...]
Rows = dict[Key, Row]


@dataclass(frozen=True)
class Edit:
    """One thing that was edited: a cell, or a whole row, which has no column."""

    file: str
    row: str
    column: str | None
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.column:
            return f"{self.file}: {self.row}: {self.column} {self.before or '(blank)'} → {self.after or '(blank)'}"
        return f"{self.file}: {self.row}: {'removed' if self.after is None else 'new'}, {self.after or self.before}"


@dataclass
class Reach:
    """What an edit can move: score groups (the total among them), triggers and segments; or everything."""

    is_everything: bool = False
    groups: set[str] = field(default_factory=set)
    triggers: set[str] = field(default_factory=set)
    segments: set[str] = field(default_factory=set)


def cells_of(row: Row, table: Table) -> dict[str, str]:
    """The cells of a row as texts; what reads as empty is an empty text."""
    return {column: cell if (cell := row.cells.get(column, "")).strip() else "" for column in table.columns}


def meaning(row: Row, column: str, table: Table) -> Any:
    """What a cell says, so that cells that say the same are equal however they are written, or left empty."""
    meta = table.columns[column]
    value = row.get(column)
    return comparable(meta.get("blank") if value is None else value, meta)


def values_of(row: Row, table: Table) -> tuple[Any, ...]:
    """What a row says."""
    return tuple(meaning(row, column, table) for column in table.columns)


def edits(before: Scorebook, after: Scorebook) -> list[Edit]:
    """Everything that differs, in the order of the contract."""
    found: list[Edit] = []
    for name, table in after.tables.items():
        find = keyed_edits if table.key else row_edits
        found += find(before[name], table)
    return found


def keyed_edits(before: Table, after: Table) -> Iterator[Edit]:
    """The edits of a table whose rows have a key."""
    old, new = by_key(before), by_key(after)
    renamed = renames(old, new, after)
    for key in [*old, *(key for key in new if key not in old and key not in renamed.values())]:
        was, now = old.get(key), new.get(renamed.get(key, key))
        name = " ".join(str((now or was).cells[column]).strip() for column in after.key)
        if not now:
            yield Edit(after.file, name, None, in_words(was, before), None)
        elif not was:
            yield Edit(after.file, name, None, None, in_words(now, after))
        else:
            for column in after.columns:
                is_retyped = column in FOR_PEOPLE and was.get(column) != now.get(column)
                if meaning(was, column, after) != meaning(now, column, after) or is_retyped:
                    texts = (cells_of(was, before)[column], cells_of(now, after)[column])
                    yield Edit(after.file, name, column, *(text.strip() for text in texts))


def renames(old: Rows, new: Rows, table: Table) -> dict[Key, Key]:
    """The new keys of rows that have nothing but another name, and perhaps other words for people."""
    columns = [column for column in table.columns if column not in (*table.key, *FOR_PEOPLE)]
    came = [key for key in new if key not in old]
    found: dict[Key, Key] = {}
    for key, row in old.items():
        same = (
            other
            for other in came
            if other not in found.values()
            and all(meaning(row, column, table) == meaning(new[other], column, table) for column in columns)
        )
        if key not in new and len(key) == 1 and (other := next(same, None)):
            found[key] = other
    return found


def row_edits(before: Table, after: Table) -> Iterator[Edit]:
    """The edits of a table of conditions: whole rows come and go."""
    old = Counter(values_of(row, before) for row in before.rows)
    new = Counter(values_of(row, after) for row in after.rows)
    first = next(iter(after.columns))
    for table, gone, is_new in ((before, old - new, False), (after, new - old, True)):
        for row in table.rows:
            if gone[values_of(row, table)] > 0:
                gone[values_of(row, table)] -= 1
                words = in_words(row, table)
                yield Edit(after.file, row.cells[first].strip(), None, *((None, words) if is_new else (words, None)))


def by_key(table: Table) -> Rows:
    """Rows by their key."""
    return {
        tuple(comparable(row.get(column), table.columns[column]) for column in table.key): row for row in table.rows
    }


def in_words(row: Row, table: Table) -> str:
    """A row as `column value` pairs, without what names it."""
    named = table.key or [next(iter(table.columns))]
    cells = cells_of(row, table)
    return ", ".join(f"{column} {cell.strip()}" for column, cell in cells.items() if cell and column not in named)


def reach(before: Scorebook, after: Scorebook) -> Reach:
    """What the edit can move."""
    found = Reach()
    for name in after.tables:
        for row in changed_rows(before[name], after[name]):
            note(found, name, row, before, after)
    spread(found, before, after)
    return found


def touched_by(live: Scorebook, book: Scorebook) -> Touched:
    """What has to be computed again for a scorebook that is not the live one: what events may earn of whose type a rule
    or its condition was edited."""
    if reach(live, book).is_everything:
        return Touched()
    rules = list(changed_rows(live["event_weights"], book["event_weights"]))
    for row in changed_rows(live["rule_conditions"], book["rule_conditions"]):
        rules += filter(None, (side.index("event_weights.rule_id").get(row.get("rule_id")) for side in (live, book)))
    for rule in book["event_weights"].rows:
        # Lines hold the name of their group as it is spelt.
        was, now = (side.group(rule.get("score_group")) for side in (live, book))
        if not was or was.get("score_group") != now.get("score_group"):
            rules.append(rule)
    edited = {name for name in book.tables if any(changed_rows(live[name], book[name]))}
    return Touched({plain(rule.get("event_type")) for rule in rules}, edited <= BESIDE_CROSSINGS)


def changed_rows(before: Table, after: Table) -> Iterator[Row]:
    """Rows of both sides that say something else of a number than the other side does."""
    columns = [column for column in after.columns if column not in FOR_PEOPLE]

    def said(row: Row, table: Table) -> tuple[Any, ...]:
        return tuple(meaning(row, column, table) for column in columns)

    old = Counter(said(row, before) for row in before.rows)
    new = Counter(said(row, after) for row in after.rows)
    for table, alone in ((before, old - new), (after, new - old)):
        yield from (row for row in table.rows if alone[said(row, table)])


def note(found: Reach, name: str, row: Row, before: Scorebook, after: Scorebook) -> None:
    """Take in a row that differs."""
    group = plain(row.get("score_group"))
    if name in ("event_exclusions", "stages") or row.get("disqualifies"):
        found.is_everything = True
    elif name == "rule_conditions":
        rules = [book.index("event_weights.rule_id").get(row.get("rule_id")) for book in (before, after)]
        found.groups |= {plain(rule.get("score_group")) for rule in rules if rule}
        found.is_everything |= not any(rules)
    elif name == "triggers":
        found.triggers.add(row.get("trigger_id"))
    elif name == "segments":
        found.segments.add(plain(row.get("segment")))
    elif name == "buying_roles":
        found.groups.add(TOTAL)
    elif name not in ("health_states", "prediction_weights"):
        found.groups.add(group)
        if row.get("in_total"):
            found.groups.add(TOTAL)


def spread(found: Reach, before: Scorebook, after: Scorebook) -> None:
    """What follows: the total of its groups, the triggers that watch them, the segments that look at them."""
    for book in (before, after):
        if found.groups & parts_of_total(book):
            found.groups.add(TOTAL)
    for book in (before, after):
        for row in book["triggers"].rows:
            if found.is_everything or found.groups & {watched(row)}:
                found.triggers.add(row.get("trigger_id"))
        for row in book["segments"].rows:
            if found.is_everything or plain(row.get("score_group")) in found.groups:
                found.segments.add(plain(row.get("segment")))
        if found.is_everything:
            found.groups |= {plain(row.get("score_group")) for row in book["score_groups"].rows}


def parts_of_total(book: Scorebook) -> set[str]:
    """The groups that add to the total."""
    return {plain(row.get("score_group")) for row in book["score_groups"].rows if row.get("in_total")} - {TOTAL}


def watched(trigger: Row) -> str:
    """The score that a trigger watches; the points of a stage visit are those of the groups in the total."""
    return TOTAL if trigger.get("scope") == "stage" else plain(trigger.get("score_group"))


def reduced(book: Scorebook, found: Reach, keeps_ledger: bool) -> dict[str, list[dict[str, str]]]:
    """The cells of a scorebook by file, without the event rules and triggers that the edit cannot move, which cost the
    most: groups and triggers know nothing of each other. The other files stay whole, so that what is built from those
    that were not edited can be reused; with keeps_ledger, so do the event rules."""
    groups = needed_groups(book, found)
    is_whole = found.is_everything or keeps_ledger
    kept: dict[str, list[dict[str, str]]] = defaultdict(list)
    for name, table in book.tables.items():
        for row in table.rows:
            is_needed = {
                "triggers": row.get("trigger_id") in found.triggers,
                "event_weights": is_whole or plain(row.get("score_group")) in groups,
            }
            if is_needed.get(name, True):
                kept[name].append(cells_of(row, table))
    return kept


def needed_groups(book: Scorebook, found: Reach) -> set[str]:
    """The groups that have to be scored to see what moves; the row of the total always belongs."""
    looked_at = set(found.groups)
    looked_at |= {watched(row) for row in book["triggers"].rows if row.get("trigger_id") in found.triggers}
    looked_at |= {
        plain(row.get("score_group")) for row in book["segments"].rows if plain(row.get("segment")) in found.segments
    }
    return looked_at | {TOTAL} | (parts_of_total(book) if TOTAL in looked_at else set())
