"""Reading what a build made, never writing it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import duckdb

from support.console import CannotRun, short
from support.engine_errors import in_one_sentence

SQLITE = b"SQLite format 3\0"


def refuse_other_files(database: Path) -> None:
    """Stop at a file that is no database, such as a table of the input, or one of another engine, such as the state
    file of an export: ours would read the first in place of a database, and look for an extension in the network."""
    with database.open("rb") as file:
        start = file.read(len(SQLITE))
    if start == SQLITE:
        raise CannotRun(f"{short(database)} is an SQLite file; name the one that scripts/build.py built")
    if start and start[8:12] != b"DUCK":
        raise CannotRun(f"{short(database)} is not a DuckDB database; name another file with --database")


def write_ahead_log(database: Path) -> Path:
    """The file in which the engine keeps what it has not yet written into the database."""
    return database.with_name(f"{database.name}.wal")


@contextmanager
def opened(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database for reading only; what keeps it from being read becomes one sentence."""
    if not database.is_file():
        raise CannotRun(f"there is no database {short(database)}; make one with scripts/build.py")
    refuse_other_files(database)
    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            yield connection
    except (duckdb.CatalogException, duckdb.BinderException):
        raise CannotRun(f"{short(database)} does not hold a whole build; run scripts/build.py with it") from None
    except duckdb.Error as error:
        raise CannotRun(in_one_sentence(str(error))) from None


def moment_of(connection: duckdb.DuckDBPyConnection) -> datetime:
    """The moment that a build scored for. A preview, or a part that was built alone, says none, so that nobody takes it
    for a build."""
    found = connection.execute("select as_of from build_info").fetchall()
    if not found:
        raise CannotRun(
            "the database holds a preview, or a build of which --select renewed only a part; build all of it, or name "
            "another with --database"
        )
    return found[0][0]


def rows(connection: duckdb.DuckDBPyConnection, query: str, *values: object) -> list[dict]:
    """The rows of a query, by the names of their columns."""
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
