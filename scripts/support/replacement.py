"""Build beside the database and put the result in its place in one step, so that readers never see half of a build.

Who has the database open keeps reading what it was; who opens it sees all of the old or all of the new, and a build
that fails or is killed leaves the old. The copy has the same file name, because views hold the name of their database.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

import duckdb

from support.console import CannotRun
from support.database import refuse_sqlite
from support.engine_errors import in_one_sentence


def building_file(database: Path) -> Path:
    """Where the next state of a database is built: on the same disk, so that it can be moved into place."""
    return database.parent / f".{database.name}.building" / database.name


def begin(database: Path) -> Path:
    """A copy of the database to build in, with all that others keep in it; an empty place if there is none yet."""
    building = building_file(database)
    shutil.rmtree(building.parent, ignore_errors=True)
    if database.exists():
        refuse_what_is_no_database(database)
    building.parent.mkdir()
    if database.exists():
        for part in (database, write_ahead_log(database)):
            with suppress(FileNotFoundError):
                shutil.copyfile(part, building.with_name(part.name))
    return building


def finish(database: Path) -> None:
    """Put what was built in the place of the database."""
    building = building_file(database)
    duckdb.connect(str(building)).close()  # what a killed engine left in its log belongs into the file
    with building.open("rb") as file:
        os.fsync(file.fileno())
    write_ahead_log(database).unlink(missing_ok=True)
    building.replace(database)
    shutil.rmtree(building.parent, ignore_errors=True)


def give_up(database: Path) -> None:
    """Forget a build of which nothing was built."""
    shutil.rmtree(building_file(database).parent, ignore_errors=True)


def write_ahead_log(database: Path) -> Path:
    """The file in which the engine keeps what it has not yet written into the database."""
    return database.with_name(f"{database.name}.wal")


def refuse_what_is_no_database(database: Path) -> None:
    """Stop where the file is none of ours, or somebody is writing to it, which a copy would cut in two."""
    refuse_sqlite(database)
    try:
        duckdb.connect(str(database), read_only=True).close()
    except duckdb.Error as error:
        raise CannotRun(in_one_sentence(str(error))) from None
