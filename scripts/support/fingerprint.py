"""Tell whether anything has changed since a database was built: its input, scorebook, moment or the project itself."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from support.dbt_runner import PROJECT

CODE = ("models", "macros", "tests/generic", "tests/invariants", "dbt_project.yml", "profiles.yml", "requirements.txt")
RECORD = "built.json"


def fingerprint(source: Path, scorebook: Path, as_of: str) -> str:
    """A hash of all that a build depends on: contents of the scorebook, names, sizes and times of everything else."""
    digest = hashlib.sha256(f"{source}|{as_of}".encode())
    for file in files(scorebook):
        digest.update(f"{file.relative_to(scorebook)}|".encode() + file.read_bytes())
    for place in (source, *(PROJECT / name for name in CODE)):
        for file in files(place):
            digest.update(f"{file}|{stamp(file)}".encode())
    return digest.hexdigest()


def files(place: Path) -> Iterator[Path]:
    """A file, or all files below a folder, in an order that stays."""
    if place.is_file():
        yield place
    for folder, subfolders, names in os.walk(place):
        subfolders.sort()
        yield from (Path(folder) / name for name in sorted(names))


def stamp(file: Path) -> list[int]:
    """What changes whenever somebody writes a file or puts another in its place."""
    found = file.stat()
    return [found.st_ino, found.st_size, found.st_mtime_ns]


def is_built(workspace: Path, database: Path, what: str) -> bool:
    """Whether the database is just what the last build from this fingerprint made."""
    try:
        return json.loads((workspace / RECORD).read_text()) == {"from": what, "database": stamp(database)}
    except (OSError, ValueError):
        return False


def record(workspace: Path, database: Path, what: str) -> None:
    """Keep in mind from what a database was built."""
    (workspace / RECORD).write_text(json.dumps({"from": what, "database": stamp(database)}))
