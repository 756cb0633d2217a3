"""Tell what has changed since a database was built: its input, scorebook, moment or the project itself.

Nothing: there is nothing to build. Only new files of events, changes in other tables and a later moment: the build goes
on from the database that is there. Anything else: it starts from nothing.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import NoReturn

import duckdb

from support.console import CannotRun
from support.database import write_ahead_log
from support.dbt_runner import PROJECT

CODE = (
    *("models", "macros", "tests/generic", "tests/invariants", "seeds/scorebook.yml"),
    *("dbt_project.yml", "profiles.yml", "requirements.txt"),
)
TABLES = tuple(
    sorted(file.stem.removeprefix("landed_") for file in (PROJECT / "models/staging/input").glob("landed_*.sql"))
)
RECORD = "built.json"
READABLE = (".parquet", ".csv", ".jsonl")
# Of a file that landed while a build began nobody knows how much it read; no file has such a stamp, and so the next
# build starts from nothing.
UNKNOWN: list[int] = []
FILES_READ = "select distinct landed_from from internal.stg_events where landed_from is not null"


@dataclass(frozen=True)
class Basis:
    """What a build depends on: hashes of the project with scorebook and vars, and of the tables other than events; the
    stamp of each file of events; and the moment that it scores for."""

    rules: str
    tables: str
    events: dict[str, list[int]]
    as_of: str


def basis(source: Path, scorebook: Path, variables: str, as_of: str) -> Basis:
    """What a build of this input and scorebook, with some of the vars replaced, depends on."""
    rules = hashlib.sha256(variables.encode())
    for file in files(scorebook):
        rules.update(f"{file.relative_to(scorebook)}|".encode() + file.read_bytes())
    rules.update(stamps(file for name in CODE for file in files(PROJECT / name)))
    landed = {table: list(landed_files(table, source)) for table in TABLES}
    events = landed.pop("events")
    tables = hashlib.sha256(str(source).encode() + b"".join(map(stamps, landed.values())))
    return Basis(rules.hexdigest(), tables.hexdigest(), {str(file): stamp(file) for file in events}, as_of)


def landed_files(table: str, source: Path) -> Iterator[Path]:
    """The files of a table in an input folder. What the engine would pass over raises CannotRun: it follows a link in
    the place of the table's own folder, but none below it."""
    subfolders = (Path(folder) / name for folder, names, _ in walk(source / table) for name in names)
    if link := next(filter(Path.is_symlink, subfolders), None):
        raise CannotRun(f"{link} is a link, which would not be followed; put the folder itself in its place")
    alone = (file for file in sorted(source.glob(f"{table}.*")) if file.stem == table and file.is_file())
    for file in (*files(source / table), *alone):
        if file.suffix.lower() in READABLE:
            refuse_name(file)
            yield file


def refuse_name(file: Path) -> None:
    """Stop where the engine would not find a file by its name."""
    shown = os.fsencode(file).decode(errors="backslashreplace")
    if file.suffix not in READABLE:
        raise CannotRun(f"{shown} would not be read; write its ending in small letters")
    if "\\" in shown:
        raise CannotRun(f"{shown} would not be read; give it a name in UTF-8 without a backslash")


def walk(place: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """A folder, if there is one, and all below it. One that cannot be read raises OSError."""

    def stop(error: OSError) -> NoReturn:
        raise error

    return os.walk(place, onerror=stop) if place.is_dir() else iter(())


def files(place: Path) -> Iterator[Path]:
    """A file, or all files below a folder, in an order that stays."""
    if place.is_file():
        yield place
    for folder, subfolders, names in walk(place):
        subfolders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def stamps(found: Iterable[Path]) -> bytes:
    """Names and stamps of files as one text."""
    return "".join(f"{file}|{stamp(file)}" for file in found).encode()


def stamp(file: Path) -> list[int]:
    """What changes whenever somebody writes a file or puts another in its place, also where that keeps its time."""
    found = file.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def last_basis(workspace: Path, database: Path) -> Basis | None:
    """From what a database was built, if it is just what the last build made; else none."""
    try:
        record = json.loads((workspace / RECORD).read_text())
        is_as_built = record["database"] == stamp(database) and not write_ahead_log(database).exists()
        return Basis(**record["from"]) if is_as_built else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def can_continue(before: Basis | None, now: Basis) -> bool:
    """Whether a build can go on from the database that is there: with the same rules, of the same files and more, for
    the same moment or a later one."""
    return (
        before is not None
        and before.rules == now.rules
        and before.as_of <= now.as_of
        and before.events.items() <= now.events.items()
    )


def with_files_read(now: Basis, built: Path) -> Basis:
    """The basis of a build, with the files of events that it read although they landed only while it began."""
    with duckdb.connect(str(built), read_only=True) as connection:
        read = {file for (file,) in connection.execute(FILES_READ).fetchall()}
    return replace(now, events=now.events | dict.fromkeys(read - now.events.keys(), UNKNOWN))


def record(workspace: Path, database: Path, now: Basis) -> None:
    """Keep in mind from what a database was built."""
    (workspace / RECORD).write_text(json.dumps({"from": asdict(now), "database": stamp(database)}))
