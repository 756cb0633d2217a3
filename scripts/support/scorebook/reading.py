"""From the bytes of CSV files to rows, with their lines, and what is wrong with files, headers, rows and cells."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from support.console import counted
from support.scorebook.fixing import HINT, separator_of
from support.scorebook.kinds import read_cell
from support.scorebook.tables import Mistake, Row, Scorebook, Table, contract, empty_table, shown, suggestion


def read_scorebook(folder: Path) -> tuple[Scorebook, list[Mistake]]:
    """The tables of a folder, and what is wrong with each by itself."""
    book = Scorebook({name: empty_table(name) for name in contract()})
    files = {path.name: path for path in folder.iterdir() if path.suffix.lower() == ".csv" and path.name[0] not in ".~"}
    mistakes = []
    absent = []
    for table in book.tables.values():
        if table.file in files:
            mistakes += read_table(files.pop(table.file).read_bytes(), table)
            continue
        absent.append(table.file)
        if table.is_required:
            table.is_readable = False
            mistakes.append(table.mistake("the file is missing, but every scorebook needs it"))
    mistakes += [Mistake(name, f"is no file of a scorebook{suggestion(name, absent)}") for name in sorted(files)]
    return book, mistakes


def read_table(data: bytes, table: Table) -> Iterator[Mistake]:
    """Fill a table from the bytes of its file, by the CSV reader that dbt uses, with the same reading of line ends."""
    line = 1
    try:
        text = decoded(data).replace("\r\n", "\n").replace("\r", "\n")
        if HINT.match(text):
            raise ValueError("the line only tells a spreadsheet the separator; remove it, as --fix does")
        reader = csv.reader(io.StringIO(text), strict=True)
        table.header = columns_of(next(reader, []), table, text)
        of_header = list(header_mistakes(table))
        yield from of_header
        line = reader.line_num + 1
        rows: list[tuple[list[str], int]] = []
        try:
            for cells in reader:
                rows.append((cells, line))
                line = reader.line_num + 1
        finally:  # what comes before a line that cannot be read is judged too
            width = usual_width(rows, table) if of_header else len(table.header)
            for cells, place in rows:
                yield from row_mistakes(cells, place, table, width)
    except csv.Error as error:
        table.is_readable = False
        yield table.mistake(quoting_problem(str(error)), line)
    except ValueError as error:
        table.is_readable = False
        yield table.mistake(str(error), line)


def decoded(data: bytes) -> str:
    """The text of a file, without the mark that spreadsheets put before it. A byte that is not UTF-8 becomes a
    character that no text has, so that the rest is judged too."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("the file is in UTF-16; save it as CSV in UTF-8")
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")


def foreign_byte(text: str) -> str | None:
    """What is wrong with a text that has a byte which is not UTF-8; none without."""
    for character in text:
        if "\udc80" <= character <= "\udcff":
            return f"the byte 0x{ord(character) - 0xDC00:02x} is not UTF-8; save the file as CSV in UTF-8"
    return None


def columns_of(header: list[str], table: Table, text: str) -> list[str]:
    """The names in the header line of a text, if it is one."""
    if problem := foreign_byte("".join(header)):
        raise ValueError(problem)
    if not any(name.strip(" ") for name in header):
        raise ValueError(f"the header line is missing; it must be {','.join(table.columns)}")
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and mark in header[0]:
            can_fix = separator_of(text, table.columns) == mark
            hint = ", or let --fix do it" if can_fix else "; --fix cannot, as not every row has the cells of the header"
            raise ValueError(f"the columns are separated by {name}; save the file with commas{hint}")
    return header


def quoting_problem(error: str) -> str:
    """The reader's complaint in words that say what to do."""
    if "unexpected end" in error:
        return "a cell begins with a quote that is never closed"
    if "expected after" in error:
        return 'text follows a closing quote; put the whole cell in quotes and write a quote within it as ""'
    return f"the line cannot be read as CSV: {error}"


def header_mistakes(table: Table) -> Iterator[Mistake]:
    """Columns that are unknown, missing, unnamed or there twice."""
    missing = [name for name in table.columns if name not in table.header]
    for position, name in enumerate(table.header):
        if not name.strip(" "):
            yield table.mistake(f"column {position + 1} has no name; remove it", 1)
        elif name in table.header[:position]:
            yield table.mistake(f"the column {shown(name)} is there twice", 1)
        elif name not in table.columns:
            nearest = suggestion(name, missing)
            missing = [other for other in missing if not nearest.endswith(f" {other}?")]
            yield table.mistake(f"{shown(name)} is no column of {table.file}{nearest}", 1)
    for name in missing:
        yield table.mistake(f"the column {name} is missing", 1)


def usual_width(rows: list[tuple[list[str], int]], table: Table) -> int:
    """How many cells most rows have: where the header is wrong, it is not they that have too many or too few."""
    widths = Counter(len(cells) for cells, _ in rows)
    return widths.most_common(1)[0][0] if widths else len(table.header)


def row_mistakes(cells: list[str], line: int, table: Table, width: int) -> Iterator[Mistake]:
    """Add a row to its table with what its cells mean. The names in a ragged row stay known, so that what refers to
    them is not called a mistake as well."""
    if not any(cell.strip(" ") for cell in cells):
        yield table.mistake("the row is empty; remove the line", line)
        return
    named = {name: cell for name, cell in zip(table.header, cells, strict=False) if table.header.count(name) == 1}
    row = Row(line, named, len(cells) == len(table.header))
    table.rows.append(row)
    if problem := foreign_byte("".join(cells)):
        table.is_readable = False
        yield table.mistake(problem, line)
    if not row.is_whole and len(cells) != width:
        hint = "; text with a comma needs quotes, decimals take a point" if len(cells) > len(table.header) else ""
        yield table.mistake(f"the row has {counted(len(cells), 'cell')}, the header {len(table.header)}{hint}", line)
    for column, meta in table.columns.items():
        if column in row.cells and not foreign_byte(row.cells[column]):
            try:
                row.values[column] = read_cell(row.cells[column], meta)
            except ValueError as error:
                if row.is_whole:
                    yield table.mistake(str(error), line, column)
