"""Repairs of a scorebook's files that can mean only one thing: the mark of a spreadsheet and its hint at the separator,
the separator, outer spaces and line breaks, line ends, the final newline, empty rows, and columns at the end without
name and value. What could be meant in two ways is left to people."""

import csv
import difflib
import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from support.console import CannotRun
from support.scorebook.tables import contract, empty_table

SEPARATORS = (";", "\t")
OUTER = " \t\n\xa0\u202f"
MARK = "\ufeff"
# A first line such as sep=; is for spreadsheets, which do not show it.
HINT = re.compile(rf'{MARK}?"?sep=."?[,;\t ]*(\r\n|\r|\n|\Z)', re.IGNORECASE)


def fix(folder: Path) -> Iterator[str]:
    """Repair the files of a folder, and tell the difference of each that changed as a unified diff."""
    for name in contract():
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        before = path.read_bytes().decode("utf-8", "surrogateescape")
        try:
            before.encode("utf-8")
            after = repaired(before, empty_table(name).columns)
        except (UnicodeEncodeError, csv.Error):
            after = without_hint(before)
        if after != before:
            replace(path, after.encode("utf-8", "surrogateescape"))
            yield difference(before, after, str(path))


def without_hint(text: str) -> str:
    """The text of a file without the line that tells a spreadsheet its separator."""
    return text[found.end() :] if (found := HINT.match(text)) else text


def repaired(text: str, columns: dict[str, dict[str, Any]]) -> str:
    """The text of a file with everything repaired that can be."""
    text = without_hint(text).removeprefix(MARK).replace("\r\n", "\n").replace("\r", "\n")
    separator = separator_of(text, columns)
    found = [(raw, cells) for raw, cells in records(text, separator) if any(cell.strip(OUTER) for cell in cells)]
    width = named_width([cells for _, cells in found])
    header: list[str] | None = None
    lines = []
    for raw, cells in found:
        if header is None:
            header = fixed = [cell.strip(OUTER) for cell in cells][:width]
        else:
            fixed = [trimmed(cell, columns.get(name, {})) for cell, name in zip(cells, header, strict=False)]
            fixed += cells[len(header) :][: max(width - len(header), 0)]
        lines.append(raw if fixed == cells and separator == "," else written(fixed))
    return "".join(lines)


def named_width(rows: list[list[str]]) -> int:
    """How many cells of a row to keep: all, unless what lies beyond the header's names is empty in every row, and
    no row has more than the header. A row alone with a separator too many may hold a comma that lacks quotes."""
    if not rows:
        return 0
    header = len(rows[0])
    named = max(position for position, cell in enumerate(rows[0], 1) if cell.strip(OUTER))
    is_empty = all(len(row) <= header and not any(cell.strip(OUTER) for cell in row[named:]) for row in rows)
    return named if is_empty else max(map(len, rows))


def separator_of(text: str, columns: dict[str, dict[str, Any]]) -> str:
    """What separates the cells: another mark only where it gives the columns of the contract in every row."""
    for mark in SEPARATORS:
        try:
            rows = [cells for _, cells in records(text, mark) if any(cell.strip(OUTER) for cell in cells)]
        except csv.Error:
            continue
        names = [cell.strip(OUTER) for cell in rows[0]] if rows else []
        if set(names[: named_width(rows)]) == set(columns) and all(len(row) == len(names) for row in rows):
            return mark
    return ","


def records(text: str, separator: str) -> Iterator[tuple[str, list[str]]]:
    """Each record as it stands, ended by a newline, and its cells."""
    lines = [f"{line}\n" for line in text.split("\n")]
    if text.endswith("\n") or not text:
        lines.pop()
    reader = csv.reader(iter(lines), delimiter=separator, strict=True)
    begin = 0
    for cells in reader:
        yield "".join(lines[begin : reader.line_num]), cells
        begin = reader.line_num


def trimmed(cell: str, meta: dict[str, Any]) -> str:
    """A cell without outer spaces, except where they are part of what is compared."""
    return cell if meta.get("exact") else cell.strip(OUTER)


def written(cells: list[str]) -> str:
    """A record with commas."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def difference(before: str, after: str, name: str) -> str:
    """What changes, with what nobody sees written out."""
    old, new = ([visible(line) for line in text.splitlines(keepends=True)] for text in (before, after))
    return "\n".join(difflib.unified_diff(old, new, name, name, lineterm="", n=0))


def visible(line: str) -> str:
    """A line in which invisible characters can be seen."""
    body, end = (line[:-1], "") if line.endswith("\n") else (line, " \\ no newline at the end")
    return "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in body) + end


def replace(path: Path, data: bytes) -> None:
    """Put new content in the place of a file, whole or not at all."""
    place, path = path, path.resolve()
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(path.stat().st_mode)
        Path(temporary).replace(path)
    except OSError as error:
        raise CannotRun(f"{place} cannot be repaired: {error.strerror or error}") from None
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
