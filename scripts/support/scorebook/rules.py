"""What the meta of a column asks of its cells, and the key of a table of its rows.

A rule has the name of its word in the contract, and returns what is wrong with the cell, None where nothing is."""

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


def required(cell: Cell, is_required: bool) -> str | None:
    """required: true"""
    return "is empty, but every row needs it" if is_required and cell.value is None else None


def required_unless(cell: Cell, condition: str) -> str | None:
    """required_unless: a boolean column that is true, or column=value"""
    column, _, expected = condition.partition("=")
    if cell.value is not None or not cell.row.can_read(column):
        return None
    is_exempt = plain(cell.row.get(column)) == expected if expected else cell.row.get(column)
    return None if is_exempt else f"is empty, which only a row with {column} = {expected or 'true'} may leave it"


def required_if(cell: Cell, column: str) -> str | None:
    """required_if: a column whose number is not 0"""
    number = cell.row.get(column)
    return f"is empty, but the row gives {shown(number)} {column}" if cell.value is None and number else None


def not_with(cell: Cell, column: str) -> str | None:
    """not_with: the column that must not be set too"""
    is_accompanied = cell.value is not None and cell.row.get(column) is not None
    return f"stands together with {column}; a row has one of the two" if is_accompanied else None


def needs(cell: Cell, column: str) -> str | None:
    """needs: the column that must be set too"""
    is_alone = cell.value is not None and cell.row.can_read(column) and cell.row.get(column) is None
    return f"is set, but {column} is empty; the two go together" if is_alone else None


def unique(cell: Cell, must_be: bool) -> str | None:
    """unique: true"""
    first = cell.book.index(f"{cell.table.name}.{cell.column}").get(cell.comparable, cell.row)
    is_repeated = must_be and first.line != cell.row.line
    return f"{shown(cell.value)} is already the {cell.column} of line {first.line}" if is_repeated else None


def once(cell: Cell, values: list[str]) -> str | None:
    """once: values of which only one row may have each"""
    if cell.comparable not in values:
        return None
    first = cell.book.index(f"{cell.table.name}.{cell.column}")[cell.comparable]
    is_repeated = first.line != cell.row.line
    place = f"{shown(cell.value)} is already the {cell.column} of line {first.line}"
    return f"{place}; only one row can have it" if is_repeated else None


def unique_with(cell: Cell, columns: list[str]) -> str | None:
    """unique_with: columns of other files; of two files, the later one of the contract has the mistake"""
    files = list(cell.book.tables)
    for reference in columns:
        other, column = reference.split(".")
        first = cell.book.index(reference).get(cell.comparable)
        if first and files.index(other) < files.index(cell.table.name):
            return f"{shown(cell.value)} is already the {column} of {other}.csv:{first.line}"
    return None


def references(cell: Cell, columns: list[str]) -> str | None:
    """references: columns of which one must hold the value"""
    known = {value: row for reference in columns for value, row in cell.book.index(reference).items()}
    if cell.value is None or cell.comparable in known or not all(map(cell.book.can_tell, columns)):
        return None
    files, column = (
        " or ".join(f"{reference.split('.')[0]}.csv" for reference in columns),
        columns[0].split(".")[1],
    )
    nearest = suggestion(cell.value, (str(row.get(column)) for row in known.values()))
    return f"{shown(cell.value)} is no {column} of {files}{nearest}"


def excludes(cell: Cell, names: list[str]) -> str | None:
    """excludes: known values that the column cannot take"""
    return f"{shown(cell.value)} cannot be used here" if plain(str(cell.value)) in names else None


def spelt(cell: Cell, names: list[str]) -> str | None:
    """spelt: values that are known in no other spelling"""
    is_other = cell.value not in names and plain(cell.value) in names
    return f"{shown(cell.value)} is not known by this spelling{suggestion(cell.value, names)}" if is_other else None


def without(cell: Cell, text: str) -> str | None:
    """without: text that the cell must not hold"""
    return f"{shown(cell.value)} holds {text}, which cannot be used here" if text in (cell.value or "") else None


def above(cell: Cell, limit: float) -> str | None:
    """above: a limit that the number must exceed"""
    return f"{shown(cell.value)} is not above {limit}" if cell.value is not None and cell.value <= limit else None


def minimum(cell: Cell, limit: float) -> str | None:
    """minimum: the lowest number"""
    is_wrong = cell.value is not None and cell.value < limit
    return f"{shown(cell.value)} is under {limit}, the least that is allowed" if is_wrong else None


def maximum(cell: Cell, limit: float) -> str | None:
    """maximum: the highest number"""
    is_wrong = cell.value is not None and cell.value > limit
    return f"{shown(cell.value)} is over {limit}, the most that is allowed" if is_wrong else None


def not_below(cell: Cell, column: str) -> str | None:
    """not_below: the column with the number that the cell must not be under"""
    return under(cell, column, "below")


def not_before(cell: Cell, column: str) -> str | None:
    """not_before: the column with the moment that the cell must not precede"""
    return under(cell, column, "before")


def under(cell: Cell, column: str, word: str) -> str | None:
    """Complain of a value that is lower than that of the column."""
    low = cell.row.get(column)
    is_wrong = cell.value is not None and low is not None and cell.value < low
    return f"{shown(cell.value)} is {word} {column}, which is {shown(low)}" if is_wrong else None


def operand_of(cell: Cell, column: str) -> str | None:
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


# Of several that find something wrong with a cell, the first one speaks.
RULES: dict[str, Callable[[Cell, Any], str | None]] = {
    rule.__name__: rule
    for rule in (
        required,
        required_unless,
        required_if,
        needs,
        not_with,
        unique,
        once,
        unique_with,
        references,
        excludes,
        without,
        spelt,
        above,
        minimum,
        maximum,
        not_below,
        not_before,
        operand_of,
    )
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
