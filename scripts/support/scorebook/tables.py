"""A scorebook in memory: tables, rows and mistakes, and how values are compared and shown."""

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DEFAULT_RECEIVER = "default"  # gets the crossings of triggers without a target
# Spaces of Unicode (category Zs), as the engine trims them.
SPACES = " \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# Characters that nobody sees, but for those by which letters and emoji are joined.
INVISIBLE = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200b"
    "\u200e\u200f\u2028-\u202f\u205f-\u2064\u2066-\u206f\u2800\u3000\u3164\ufeff\uffa0\U000e0001]"
)
CONTRACT = Path(__file__).resolve().parents[3] / "seeds" / "scorebook.yml"


@dataclass(frozen=True)
class Mistake:
    """One breach of the contract, or a warning; that of a whole file has no line, that of a whole row no column."""

    file: str
    message: str
    line: int | None = None
    column: str | None = None
    severity: str = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        severity = self.severity if self.severity != "error" else None
        return ": ".join(part for part in (place, self.column, severity, self.message) if part)


@dataclass(eq=False)
class Row:
    """A line of a file. `values` holds what its readable cells mean, None for an empty one."""

    line: int
    cells: dict[str, str]
    is_whole: bool
    values: dict[str, Any] = field(default_factory=dict)

    def get(self, column: str) -> Any:
        """What a cell means; None where it is empty or cannot be read."""
        return self.values.get(column)

    def can_read(self, *columns: str) -> bool:
        """Whether the cells can be judged."""
        return all(column in self.values for column in columns)


@dataclass
class Table:
    """A file of the scorebook: what the contract says about it, and what it holds."""

    name: str
    columns: dict[str, dict[str, Any]]
    key: list[str]
    is_required: bool
    needs_row: str | None = None
    header: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    is_readable: bool = True

    @property
    def file(self) -> str:
        """The name of the file."""
        return f"{self.name}.csv"

    @property
    def whole_rows(self) -> list[Row]:
        """The rows whose cells stand under their columns."""
        return [row for row in self.rows if row.is_whole]

    def mistake(self, message: str, line: int | None = None, column: str | None = None) -> Mistake:
        """A mistake in this file."""
        return Mistake(self.file, message, line, column)

    def can_tell(self, column: str) -> bool:
        """Whether the file says all values of a column; one that is absent says that there are none."""
        return self.is_readable and (not self.header or self.header.count(column) == 1)


@dataclass
class Scorebook:
    """All tables of a scorebook by name, in the order of the contract."""

    tables: dict[str, Table]
    indexes: dict[str, dict[Any, Row]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Table:
        return self.tables[name]

    def can_tell(self, reference: str) -> bool:
        """Whether all values of `table.column` are known."""
        table, column = reference.split(".")
        return self[table].can_tell(column)

    def index(self, reference: str) -> dict[Any, Row]:
        """The first row with each value of `table.column`."""
        if reference not in self.indexes:
            name, column = reference.split(".")
            rows = self.indexes[reference] = {}
            for row in self[name].rows:
                if row.get(column) is not None:
                    rows.setdefault(comparable(row.get(column), self[name].columns[column]), row)
        return self.indexes[reference]

    def group(self, name: str | None) -> Row | None:
        """The row of a score group."""
        return self.index("score_groups.score_group").get(plain(name))

    def place(self, mistake: Mistake) -> tuple[int, int, int]:
        """Where a mistake stands among others."""
        files = [table.file for table in self.tables.values()]
        if mistake.file not in files:
            return len(files), 0, 0
        columns = list(self[mistake.file.removesuffix(".csv")].columns)
        column = columns.index(mistake.column) if mistake.column else -1
        return files.index(mistake.file), mistake.line or 0, column


@cache
def contract() -> dict[str, dict[str, Any]]:
    """The seeds of the YAML by name."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return {seed["name"]: seed for seed in yaml.load(CONTRACT.read_text("utf-8"), loader)["seeds"]}


def empty_table(name: str) -> Table:
    """A table as the contract describes it, without rows."""
    seed = contract()[name]
    meta = seed["config"].get("meta", {})
    columns = {column["name"]: column["config"]["meta"] for column in seed["columns"]}
    return Table(name, columns, meta.get("key", []), meta.get("required_file", False), meta.get("needs_row"))


def plain(text: str | None) -> str:
    """The form in which names are compared, as the macro plain_text makes it of the same text."""
    return (text or "").strip(SPACES).replace("İ", "i").lower().replace("ς", "σ")


def receivers(target: str | None) -> tuple[str, ...]:
    """The entries of targets.yml that the target of a trigger names, joined by |."""
    names = (name.strip().casefold() for name in (target or "").split("|"))
    return tuple(dict.fromkeys(filter(None, names))) or (DEFAULT_RECEIVER,)


def comparable(value: Any, meta: dict[str, Any]) -> Any:
    """A value as it is compared within its column."""
    return plain(value) if isinstance(value, str) and not meta.get("exact") else value


def shown(value: Any) -> str:
    """A value as messages show it: on one line, not too long, nothing invisible."""
    if isinstance(value, int | float):
        return f"{value:.15g}"
    if isinstance(value, datetime):
        return value.isoformat(" ")
    text = "".join(
        mark if mark.isprintable() and not INVISIBLE.match(mark) else f"\\u{ord(mark):04x}" for mark in str(value)
    )
    return f"'{text if len(text) <= 60 else text[:59] + '…'}'"


def suggestion(text: str, known: Iterable[str]) -> str:
    """A question that names the nearest known word, or nothing."""
    spelling = {plain(word): word for word in known}
    nearest = difflib.get_close_matches(plain(text), spelling, n=1)
    return f". Did you mean {spelling[nearest[0]]}?" if nearest else ""
