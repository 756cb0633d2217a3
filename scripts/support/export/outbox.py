"""What was delivered where: an SQLite file of its own, so that a rebuilt warehouse forgets nothing."""

import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from support.console import CannotRun, short
from support.database import SQLITE
from support.export.payload import Glance
from support.export.states import State
from support.export.target import Outcome
from support.lock import took

VERSION = 1
APPLICATION = int.from_bytes(b"lead")  # how SQLite files say whose they are

SCHEMA = f"""
    create table outbox (owner text not null) strict;
    create table destinations (
        destination text primary key,
        first_export_at text not null,
        last_export_at text not null,
        as_of text not null,
        scorebook_version text not null,
        disabled_at text,
        last_error text
    ) strict;
    create table deliveries (
        destination text not null,
        crossing_id text not null,
        trigger_id text not null,
        subject_id text not null,
        crossed_at text not null,
        state text not null check (state in ({", ".join(f"'{state}'" for state in State)})),
        first_seen_at text not null,
        changed_at text not null,
        attempts integer not null default 0,
        last_attempt_at text,
        sent_at text,
        last_error text,
        primary key (destination, crossing_id)
    ) strict, without rowid;
    create index owed on deliveries (destination, crossed_at) where state in ('pending', 'failed');
    create table batches (destination text not null, batch text not null, primary key (destination, batch)) strict;
    pragma user_version = {VERSION};
    pragma application_id = {APPLICATION};
"""
AFRESH = "move it away: the next export then records a baseline and sends nothing"
ANOTHER = f"is not the state file of an export; name another one with --state, or {AFRESH}"
DAMAGED = f"is a damaged state file; restore it from a backup, or {AFRESH}"
NEWER = "was written by a newer version of this export; use that one, or name another file with --state"


class Unfit(Exception):
    """A state file that cannot be used, as what is to be said of it."""


def now() -> str:
    """The present moment in UTC, as the state file has it."""
    return stamp(datetime.now(UTC).replace(tzinfo=None))


def stamp(moment: datetime) -> str:
    """A moment as text that sorts like the moment."""
    return moment.isoformat(" ", "microseconds")


class Known(NamedTuple):
    """What is recorded of a crossing at a destination."""

    state: State
    was_sent: bool
    crossed_at: str


class Change(NamedTuple):
    """A crossing and its new state at a destination."""

    destination: str
    crossing: Glance
    state: State


class Due(NamedTuple):
    """A crossing that is to be sent to a destination."""

    destination: str
    crossing_id: str
    trigger_id: str


class Outbox:
    """The state file, opened."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        connection.isolation_level = None  # transactions begin and end where the code says so
        application, version = (self.only(f"pragma {name}") for name in ("application_id", "user_version"))
        if (application, version, self.only("select count(*) from sqlite_master")) == (0, 0, 0):
            with self.transaction():
                create(connection)
                connection.execute("insert into outbox values (?)", [uuid.uuid4().hex[:12]])
        elif application != APPLICATION:
            raise Unfit(ANOTHER)
        elif version > VERSION:
            raise Unfit(NEWER)
        elif not self.is_whole():
            raise Unfit(DAMAGED)
        self.owner = self.only("select owner from outbox")

    def only(self, query: str) -> Any:
        """The only value that a query gives."""
        return self.connection.execute(query).fetchone()[0]

    def is_whole(self) -> bool:
        """Whether all is there that an export relies on. What stands in the tables is then what they allow."""
        with closing(sqlite3.connect(":memory:")) as example:
            create(example)
            if not definitions(example) <= definitions(self.connection):
                return False
        try:
            for (as_of,) in self.connection.execute("select as_of from destinations"):
                datetime.fromisoformat(as_of)
        except ValueError:
            return False
        return self.only("select count(*) from outbox") == 1

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what is written within."""
        self.connection.execute("begin immediate")
        try:
            yield
        except BaseException:
            with suppress(sqlite3.Error):  # a full disk has rolled it back already
                self.connection.execute("rollback")
            raise
        self.connection.execute("commit")

    # Looking

    def last_export(self, destination: str) -> tuple[datetime, str] | None:
        """as_of and version of the scorebook of the last export to a destination."""
        query = "select as_of, scorebook_version from destinations where destination = ?"
        row = self.connection.execute(query, [destination]).fetchone()
        return (datetime.fromisoformat(row[0]), row[1]) if row else None

    def known(self, destination: str) -> dict[str, Known]:
        """All that is recorded of a destination, by crossing."""
        query = "select crossing_id, state, sent_at is not null, crossed_at from deliveries where destination = ?"
        rows = self.connection.execute(query, [destination])
        states = {state.value: state for state in State}
        return {crossing: Known(states[state], bool(was_sent), at) for crossing, state, was_sent, at in rows}

    def batches(self, destination: str) -> set[str]:
        """The batches of a directory that are recorded."""
        rows = self.connection.execute("select batch from batches where destination = ?", [destination])
        return {batch for (batch,) in rows}

    def is_disabled(self, destination: str) -> bool:
        """Whether a destination said that it is gone for good."""
        query = "select disabled_at is not null from destinations where destination = ?"
        row = self.connection.execute(query, [destination]).fetchone()
        return bool(row and row[0])

    def due(self, destinations: Iterable[str], since: datetime | None) -> list[Due]:
        """What is to be sent: what was tried least comes first, so that one bad crossing blocks no others."""
        names = list(destinations)
        query = f"""
            select destination, crossing_id, trigger_id
            from deliveries
            where destination in ({", ".join("?" for _ in names)})
                and state in ('pending', 'failed') and crossed_at >= ?
            order by attempts, crossed_at, crossing_id, destination
        """
        return list(map(Due._make, self.connection.execute(query, [*names, stamp(since) if since else ""])))

    def count(self, destination: str, state: State) -> int:
        """How many crossings are in a state at a destination."""
        query = "select count(*) from deliveries where destination = ? and state = ?"
        return self.connection.execute(query, [destination, state]).fetchone()[0]

    def rows(self, query: str, values: Iterable = ()) -> list[dict]:
        """The rows of a query, for reports."""
        cursor = self.connection.execute(query, list(values))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    # Recording

    def change(self, changes: Iterable[Change]) -> None:
        """Record new states; a crossing comes back to `sent` without losing when it was sent."""
        at = now()
        self.connection.executemany(
            """
            insert into deliveries (destination, crossing_id, trigger_id, subject_id, crossed_at, state,
                first_seen_at, changed_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7)
            on conflict do update set
                state = excluded.state, changed_at = excluded.changed_at, crossed_at = excluded.crossed_at
            """,
            (
                (
                    name,
                    crossing.crossing_id,
                    crossing.trigger_id,
                    crossing.subject_id,
                    stamp(crossing.crossed_at),
                    state,
                    at,
                )
                for name, crossing, state in changes
            ),
        )

    def retract(self, destination: str, crossing_ids: Iterable[str]) -> None:
        """Record that these are no longer crossings, or no longer meant for the destination."""
        query = "update deliveries set state = ?, changed_at = ? where destination = ? and crossing_id = ?"
        self.connection.executemany(query, ((State.RETRACTED, now(), destination, each) for each in crossing_ids))

    def settle(self, destination: str, outcome: Outcome) -> None:
        """Record what became of crossings. Only crossings on record change."""
        at = now()
        sent_at = at if outcome.state is State.SENT else None
        self.connection.executemany(
            """
            update deliveries set state = ?1, changed_at = ?2, attempts = attempts + ?3, last_attempt_at = ?2,
                sent_at = coalesce(sent_at, ?4), last_error = ?5
            where destination = ?6 and crossing_id = ?7
            """,
            (
                (outcome.state, at, outcome.attempts, sent_at, outcome.error, destination, crossing_id)
                for crossing_id in outcome.crossing_ids
            ),
        )
        if outcome.batch:
            self.connection.execute("insert or ignore into batches values (?, ?)", [destination, outcome.batch])

    def begin_export(self, destination: str, as_of: datetime, scorebook_version: str) -> None:
        """Record an export together with the states that it found, so that a killed one is not a first one again."""
        self.connection.execute(
            """
            insert into destinations (destination, first_export_at, last_export_at, as_of, scorebook_version)
            values (?1, ?2, ?2, ?3, ?4)
            on conflict do update set last_export_at = excluded.last_export_at, as_of = excluded.as_of,
                scorebook_version = excluded.scorebook_version, last_error = iif(disabled_at is null, null, last_error)
            """,
            [destination, now(), stamp(as_of), scorebook_version],
        )

    def note(self, destination: str, error: str) -> None:
        """Record why a destination could not be served."""
        query = "update destinations set last_error = ? where destination = ?"
        self.connection.execute(query, [error, destination])

    def disable(self, destination: str) -> None:
        """Send nothing more to a destination until somebody asks for it."""
        query = "update destinations set disabled_at = ? where destination = ?"
        self.connection.execute(query, [now(), destination])

    def enable(self, destination: str) -> None:
        """Send to a destination again."""
        self.connection.execute("update destinations set disabled_at = null where destination = ?", [destination])


def create(connection: sqlite3.Connection) -> None:
    """Make the tables of a state file."""
    for statement in SCHEMA.split(";"):
        connection.execute(statement)


def definitions(connection: sqlite3.Connection) -> set[str | None]:
    """How the tables and indexes of a file were made."""
    return {sql for (sql,) in connection.execute("select sql from sqlite_master")}


@contextmanager
def opened(state: Path) -> Iterator[Outbox]:
    """The state file, for one export at a time; what keeps it from being used becomes one sentence."""
    refuse_what_is_no_file(state)
    refuse_no_state_file(state)
    try:
        state.parent.mkdir(parents=True, exist_ok=True)
        lock = state.with_name(f"{state.name}.lock").open("w")
    except OSError as error:
        raise CannotRun(f"the state file {short(state)} cannot be written: {error.strerror}") from None
    with lock:
        if not took(lock):
            raise CannotRun(f"another export with {short(state)} is running; run again after its end")
        with explained(state), closing(sqlite3.connect(state)) as connection:
            yield Outbox(connection)


@contextmanager
def copied(state: Path) -> Iterator[Outbox]:
    """A copy of the state file in memory, to try what an export would do; without a state file an empty one."""
    refuse_what_is_no_file(state)
    with explained(state), closing(sqlite3.connect(":memory:")) as copy:
        if state.exists():
            with closing(sqlite3.connect(f"{state.absolute().as_uri()}?mode=rw", uri=True)) as original:
                original.backup(copy)
        yield Outbox(copy)


def refuse_what_is_no_file(state: Path) -> None:
    """A device would take everything and keep nothing."""
    if state.exists() and not state.is_file():
        raise CannotRun(f"--state: {short(state)} is no file; name one for what was sent where")


def refuse_no_state_file(state: Path) -> None:
    """Stop at a file that is no SQLite file, such as the database, before a lock is put beside it."""
    with suppress(OSError), state.open("rb") as file:
        start = file.read(len(SQLITE))
        if start and start != SQLITE:
            raise CannotRun(f"{short(state)} {ANOTHER}")


@contextmanager
def explained(state: Path) -> Iterator[None]:
    """One sentence for whatever is wrong with the state file."""
    try:
        yield
    except Unfit as error:
        raise CannotRun(f"{short(state)} {error}") from None
    except sqlite3.Error as error:
        if "full" in str(error):
            raise CannotRun(f"the disk of {short(state)} is full; free some space and run again") from None
        if isinstance(error, sqlite3.OperationalError):
            raise CannotRun(f"the state file {short(state)} cannot be used: {error}") from None
        raise CannotRun(f"{short(state)} {ANOTHER}") from None
