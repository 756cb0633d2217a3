"""Build beside the database and put the result in its place in one step, so that readers never see half of a build.

Who has the database open keeps reading what it was; who opens it sees all of the old or all of the new, and a build
that fails or is killed leaves the old. The copy has the same file name, because views hold the name of their database.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from support.console import CannotRun, short
from support.database import refuse_other_files, write_ahead_log
from support.engine_errors import in_one_sentence
from support.fingerprint import stamp
from support.lock import took


def building_file(database: Path) -> Path:
    """Where the next state of a database is built: on the same disk, so that it can be moved into place."""
    return database.parent / f".{database.name}.building" / database.name


def building_lock(database: Path) -> Path:
    """The file that says, by its lock, that somebody builds there."""
    return building_file(database).with_name(f"{database.name}.lock")


@contextmanager
def building_alone(database: Path) -> Iterator[int]:
    """Keep builds by other checkouts out of the place in which a database is built: gives the open file of the lock,
    which ends with the last process that has it, however that ends. No place stays where nothing was built."""
    lock_file = building_lock(database)
    while True:
        lock_file.parent.mkdir(mode=0o700, exist_ok=True)  # the database may be for some eyes only
        with lock_file.open("a") as lock:
            if not took(lock):
                raise CannotRun(f"another copy of this project is building {short(database)}; wait for its end")
            if os.fstat(lock.fileno()).st_nlink:  # else the build that had it has removed it with the place
                try:
                    yield lock.fileno()
                finally:
                    # A place that was given up may be another build's by now.
                    if os.fstat(lock.fileno()).st_nlink and not building_file(database).exists():
                        give_up(database)
                return


def begin(database: Path) -> Path:
    """A copy of the database to build in, with all that others keep in it; an empty place if there is none yet."""
    building = building_file(database)
    building.parent.mkdir(mode=0o700, exist_ok=True)
    for left in building.parent.iterdir():
        if left.is_dir():
            shutil.rmtree(left)
        elif left != building_lock(database):
            left.unlink()
    settle(database)
    try:
        if database.exists():
            copy_undisturbed(database, building)
    except BaseException:
        give_up(database)
        raise
    return building


def finish(database: Path) -> None:
    """Put what was built in the place of the database."""
    building = building_file(database)
    duckdb.connect(str(building)).close()  # what a killed engine left in its log belongs into the file
    with building.open("rb") as file:
        os.fsync(file.fileno())
    settle(database)
    building.replace(database)
    give_up(database)


def give_up(database: Path) -> None:
    """Forget a build of which nothing was built, or nothing is left there."""
    shutil.rmtree(building_file(database).parent, ignore_errors=True)


def settle(database: Path) -> None:
    """Write into the database what a killed process left in its log, which the engine would hold against the file that
    takes the place of this one. Stop where the file is none of ours, or somebody could still write into that log."""
    log = write_ahead_log(database)
    if database.exists():
        refuse_other_files(database)
        try:
            duckdb.connect(str(database), read_only=not log.exists()).close()
        except duckdb.Error as error:
            raise CannotRun(in_one_sentence(str(error))) from None
    if log.exists() and database.exists():
        raise CannotRun(f"{short(log)} holds what was written last, and cannot be emptied; let this user write to it")
    if log.exists():
        raise CannotRun(f"{short(log)} belongs to a database that is gone; put that back, or remove what is left of it")


def copy_undisturbed(database: Path, copy: Path) -> None:
    """Copy a database with its permissions. The engine's lock would end with the first file handle of ours that is
    closed, so that who wrote meanwhile, and cut the copy in two, is only noticed."""
    before = stamp(database)
    shutil.copy(database, copy)
    if stamp(database) != before or write_ahead_log(database).exists():
        raise CannotRun(f"{short(database)} was written to while it was copied; wait for the end of that and try again")
