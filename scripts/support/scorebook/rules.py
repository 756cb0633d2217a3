"""What the meta of a column asks of its cells, and the key of a table of its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from support.scorebook.kinds import is_number
from support.scorebook.tables import Mistake, Row, Scorebook, Table, comparable, plain, shown, suggestion


@dataclass
class Cell:
    """A cell that could be read, with what surrounds it."""

    book: Scorebook
    table: Table
    row: Row
    column: str

    @property
    def value(self) -> Any:
        """What the cell means, None where it is empty."""
        return self.row.values[self.column]

    @property
    def comparable(self) -> Any:
        """The value as it is compared with others."""
        return comparable(self.value, self.table.columns[self.column])


def is_given(cell: Cell, is_required: bool) -> str | None:
    """required: true"""
    return "is empty, but every row needs it" if is_required and cell.value is None else None


def is_given_unless(cell: Cell, condition: str) -> str | None:
    """required_unless: a boolean column that is true, or column=value"""
    column, _, expected = condition.partition("=")
    if cell.value is not None or not cell.row.can_read(column):
        return None
    is_exempt = plain(cell.row.get(column)) == expected if expected else cell.row.get(column)
    return None if is_exempt else f"is empty, which only a row with {column} = {expected or 'true'} may leave it"


def is_given_if(cell: Cell, column: str) -> str | None:
    """required_if: a column whose number is not 0"""
    number = cell.row.get(column)
    return f"is empty, but the row gives {shown(number)} {column}" if cell.value is None and number else None


def is_alone(cell: Cell, column: str) -> str | None:
    """not_with: the column that must not be set too"""
    is_accompanied = cell.value is not None and cell.row.get(column) is not None
    return f"stands together with {column}; a row has one of the two" if is_accompanied else None


def is_accompanied(cell: Cell, column: str) -> str | None:
    """needs: the column that must be set too"""
    is_alone = cell.value is not None and cell.row.can_read(column) and cell.row.get(column) is None
    return f"is set, but {column} is empty; the two go together" if is_alone else None


def is_unique(cell: Cell, must_be: bool) -> str | None:
    """unique: true"""
    first = cell.book.index(f"{cell.table.name}.{cell.column}").get(cell.comparable, cell.row)
    is_repeated = must_be and first.line != cell.row.line
    return f"{shown(cell.value)} is already the {cell.column} of line {first.line}" if is_repeated else None


def is_once(cell: Cell, values: list[str]) -> str | None:
    """once: values of which only one row may have each"""
    if cell.comparable not in values:
        return None
    first = cell.book.index(f"{cell.table.name}.{cell.column}")[cell.comparable]
    is_repeated = first.line != cell.row.line
    place = f"{shown(cell.value)} is already the {cell.column} of line {first.line}"
    return f"{place}; only one row can have it" if is_repeated else None


def is_unique_with(cell: Cell, references: list[str]) -> str | None:
    """unique_with: columns of other files; of two files, the later one of the contract has the mistake"""
    files = list(cell.book.tables)
    for reference in references:
        other, column = reference.split(".")
        first = cell.book.index(reference).get(cell.comparable)
        if first and files.index(other) < files.index(cell.table.name):
            return f"{shown(cell.value)} is already the {column} of {other}.csv:{first.line}"
    return None


def is_known(cell: Cell, references: list[str]) -> str | None:
    """references: columns of which one must hold the value"""
    known = {value: row for reference in references for value, row in cell.book.index(reference).items()}
    if cell.value is None or cell.comparable in known or not all(map(cell.book.can_tell, references)):
        return None
    files, column = (
        " or ".join(f"{reference.split('.')[0]}.csv" for reference in references),
        references[0].split(".")[1],
    )
    nearest = suggestion(cell.value, (str(row.get(column)) for row in known.values()))
    return f"{shown(cell.value)} is no {column} of {files}{nearest}"


def is_not_excluded(cell: Cell, names: list[str]) -> str | None:
    """excludes: known values that the column cannot take"""
    return f"{shown(cell.value)} cannot be used here" if plain(str(cell.value)) in names else None


def is_spelt(cell: Cell, names: list[str]) -> str | None:
    """spelt: values that are known in no other spelling"""
    is_other = cell.value not in names and plain(cell.value) in names
    return f"{shown(cell.value)} is not known by this spelling{suggestion(cell.value, names)}" if is_other else None


def is_free_of(cell: Cell, text: str) -> str | None:
    """without: text that the cell must not hold"""
    return f"{shown(cell.value)} holds {text}, which cannot be used here" if text in (cell.value or "") else None


def is_above(cell: Cell, limit: float) -> str | None:
    """above: a limit that the number must exceed"""
    return f"{shown(cell.value)} is not above {limit}" if cell.value is not None and cell.value <= limit else None


def is_at_least(cell: Cell, limit: float) -> str | None:
    """minimum: the lowest number"""
    is_wrong = cell.value is not None and cell.value < limit
    return f"{shown(cell.value)} is under {limit}, the least that is allowed" if is_wrong else None


def is_at_most(cell: Cell, limit: float) -> str | None:
    """maximum: the highest number"""
    is_wrong = cell.value is not None and cell.value > limit
    return f"{shown(cell.value)} is over {limit}, the most that is allowed" if is_wrong else None


def is_in_order(word: str) -> Callable[[Cell, str], str | None]:
    """not_below, not_before: the column that the cell must not be under"""

    def rule(cell: Cell, column: str) -> str | None:
        low = cell.row.get(column)
        is_wrong = cell.value is not None and low is not None and cell.value < low
        return f"{shown(cell.value)} is {word} {column}, which is {shown(low)}" if is_wrong else None

    return rule


def is_operand(cell: Cell, column: str) -> str | None:
    """operand_of: the column with the operator that the value belongs to"""
    operator, value = cell.row.get(column), cell.value
    if operator in (None, "is_present", "is_missing"):
        return None
    if value is None:
        return f"is empty, but {operator} needs something to compare with"
    if operator in ("gt", "gte", "lt", "lte") and not is_number(value):
        return f"{shown(value)} is not a number, which {operator} needs"
    if operator == "between":
        bounds = value.split("|")
        if len(bounds) != 2 or not all(map(is_number, bounds)):
            return f"{shown(value)} is not low|high with two numbers, which between needs"
        if float(bounds[0]) > float(bounds[1]):
            return f"{shown(value)} is not low|high: the first number is the greater one"
    return None


RULES: dict[str, Callable[[Cell, Any], str | None]] = {
    "required": is_given,
    "required_unless": is_given_unless,
    "required_if": is_given_if,
    "needs": is_accompanied,
    "not_with": is_alone,
    "unique": is_unique,
    "once": is_once,
    "unique_with": is_unique_with,
    "references": is_known,
    "excludes": is_not_excluded,
    "without": is_free_of,
    "spelt": is_spelt,
    "above": is_above,
    "minimum": is_at_least,
    "maximum": is_at_most,
    "not_below": is_in_order("below"),
    "not_before": is_in_order("before"),
    "operand_of": is_operand,
}


def table_mistakes(book: Scorebook, table: Table) -> Iterator[Mistake]:
    """What the rules of the columns and the key of a table find in its rows."""
    reference = f"{table.name}.{table.key[0]}" if table.needs_row else None
    if reference and book.can_tell(reference) and table.needs_row not in book.index(reference):
        yield table.mistake(f"the row {table.needs_row} is missing; every scorebook needs it", column=table.key[0])
    seen: dict[tuple[Any, ...], int] = {}
    for row in table.whole_rows:
        for column in row.values:
            meta, cell = table.columns[column], Cell(book, table, row, column)
            problems = (rule(cell, meta[name]) for name, rule in RULES.items() if name in meta)
            if problem := next(filter(None, problems), None):
                yield table.mistake(problem, row.line, column)
        key = tuple(comparable(row.get(column), table.columns[column]) for column in table.key)
        if key and None not in key and seen.setdefault(key, row.line) != row.line:
            same, last = " and ".join(table.key), table.key[-1]
            yield table.mistake(f"{shown(row.get(last))} repeats the {same} of line {seen[key]}", row.line, last)
