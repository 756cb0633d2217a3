"""A build beside the database: that is copied whole, and what was built takes its place at once or not at all."""

import errno
import os
import shutil
import threading
from contextlib import ExitStack, suppress
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from support import lock, replacement
from support.console import CannotRun
from support.database import write_ahead_log
from support.replacement import begin, building_alone, building_file, building_lock, finish

MADE = "create table kept as select 1 as number"


class Killed(BaseException):
    """The end of a process."""


def write(database, statement, is_killed=False):
    """Write into a database; who is killed leaves in its log what was written."""
    with duckdb.connect(str(database)) as connection:
        if is_killed:
            connection.execute("pragma disable_checkpoint_on_shutdown")
        connection.execute(statement)


def numbers(database):
    """What a reader finds."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return [number for (number,) in connection.execute("select number from kept order by 1").fetchall()]


def test_a_database_keeps_its_permissions_and_what_a_killed_process_wrote(tmp_path):
    database = tmp_path / "a.duckdb"
    write(database, MADE)
    database.chmod(0o600)
    write(database, "insert into kept values (2)", is_killed=True)
    building = begin(database)
    assert not write_ahead_log(database).exists()
    assert [path.stat().st_mode & 0o777 for path in (building, building.parent)] == [0o600, 0o700]
    finish(database)
    assert (database.stat().st_mode & 0o777, numbers(database)) == (0o600, [1, 2])
    assert list(tmp_path.iterdir()) == [database]


@pytest.mark.parametrize("is_killed", [False, True])
def test_what_is_written_while_a_database_is_copied_does_not_cut_the_copy_in_two(tmp_path, monkeypatch, is_killed):
    database = tmp_path / "a.duckdb"
    write(database, MADE)

    def copy_slowly(source, copy):
        shutil.copyfile(source, copy)
        write(database, "insert into kept values (2)", is_killed)

    monkeypatch.setattr(replacement.shutil, "copy", copy_slowly)
    with pytest.raises(CannotRun, match=r"a\.duckdb was written to while it was copied; wait for the end of that"):
        begin(database)
    assert not building_file(database).parent.exists()
    assert numbers(database) == [1, 2]


def test_a_full_disk_leaves_no_half_of_a_copy(tmp_path, monkeypatch):
    def copy(source, copy):
        copy.write_text("half of it")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(source))

    write(tmp_path / "a.duckdb", MADE)
    monkeypatch.setattr(replacement.shutil, "copy", copy)
    with pytest.raises(OSError, match="No space left"):
        begin(tmp_path / "a.duckdb")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.duckdb"]


@pytest.mark.parametrize("last", range(1, 6))
def test_wherever_a_build_is_killed_at_its_end_readers_find_the_old_or_the_new(tmp_path, monkeypatch, last):
    database, calls = tmp_path / "a.duckdb", count(1)
    write(database, MADE)
    write(begin(database), "insert into kept values (3)")
    write(database, "insert into kept values (2)", is_killed=True)

    def deadly(function):
        def call(*arguments, **options):
            result = function(*arguments, **options)
            if next(calls) == last:
                raise Killed
            return result

        return call

    with monkeypatch.context() as patched, suppress(Killed):
        for owner, *names in ((duckdb, "connect"), (os, "fsync"), (Path, "unlink", "replace"), (shutil, "rmtree")):
            for name in names:
                patched.setattr(owner, name, deadly(getattr(owner, name)))
        finish(database)
    assert numbers(database) in ([1, 2], [1, 3])


def test_two_checkouts_do_not_build_one_database_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    database = tmp_path / "a.duckdb"
    refusal = pytest.raises(CannotRun, match=r"another copy of this project is building .*a\.duckdb; wait for its end")
    with building_alone(database):
        write(begin(database), MADE)
        with refusal, building_alone(database):
            pytest.fail("two builds hold one lock")
        finish(database)
        with building_alone(database):
            write(begin(database), "insert into kept values (2)")
            finish(database)
    assert numbers(database) == [1, 2]
    assert list(tmp_path.iterdir()) == [database]


def test_who_waited_for_a_build_has_a_place_of_its_own(tmp_path):
    """The lock that it waited for is gone with the place of the build before."""
    database = tmp_path / "a.duckdb"
    with ExitStack() as first:
        first.enter_context(building_alone(database))
        threading.Timer(0.3, first.close).start()
        with building_alone(database):
            write(begin(database), MADE)
            finish(database)
    assert numbers(database) == [1]


def test_who_has_finished_leaves_the_place_of_the_next_build_alone(tmp_path):
    database = tmp_path / "a.duckdb"
    with ExitStack() as first, ExitStack() as second:
        first.enter_context(building_alone(database))
        write(begin(database), MADE)
        finish(database)
        second.enter_context(building_alone(database))
        first.close()
        assert building_lock(database).exists()


@pytest.mark.parametrize("is_begun", [False, True])
def test_a_place_to_build_stays_where_something_was_built(tmp_path, is_begun):
    database = tmp_path / "a.duckdb"
    with building_alone(database):
        if is_begun:
            write(begin(database), MADE)
    assert building_file(database).parent.exists() == is_begun
    with building_alone(database):
        assert not begin(database).exists()


def test_who_could_still_write_keeps_a_build_from_taking_the_place(tmp_path):
    """What is written into the log of a file that is no longer there, the engine would hold against the new one."""
    database = tmp_path / "a.duckdb"
    write(database, MADE)
    write(begin(database), "insert into kept values (3)")
    with duckdb.connect(str(database)) as writer:
        with pytest.raises(CannotRun):
            finish(database)
        writer.execute("insert into kept values (2)")
    assert numbers(database) == [1, 2]
    finish(database)
    assert numbers(database) == [1, 3]


def test_a_log_without_its_database_is_nobodys_to_remove(tmp_path):
    database = tmp_path / "a.duckdb"
    write(database, MADE)
    write(database, "insert into kept values (2)", is_killed=True)
    database.unlink()
    with pytest.raises(CannotRun, match=r"a\.duckdb\.wal belongs to a database that is gone; put that back"):
        begin(database)
    assert write_ahead_log(database).exists()


def test_a_log_that_cannot_be_emptied_is_nobodys_to_lose(tmp_path, monkeypatch):
    """The engine says nothing where it may read the log, and not write to it."""
    database = tmp_path / "a.duckdb"
    write(database, MADE)
    write(database, "insert into kept values (2)", is_killed=True)
    monkeypatch.setattr(replacement.duckdb, "connect", lambda *_, **__: SimpleNamespace(close=lambda: None))
    with pytest.raises(CannotRun, match=r"a\.duckdb\.wal holds what was written last, and cannot be emptied; let this"):
        begin(database)
    monkeypatch.undo()
    assert numbers(database) == [1, 2]
