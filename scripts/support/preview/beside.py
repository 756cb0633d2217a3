"""Build a scorebook beside the live one: the same models and input, the same moment, in a database file of its own.

Here is all that a preview takes for granted of the live database: it holds the seeds in the schema `scorebook`,
build_info with its moment, and each model that an edit does not touch, under its name. Those are read through views,
and the live file is attached for reading only. Where stages were edited, their landed changes are counted in its
stg_stage_changes. Where only rules for events were edited (touched.py), it also relies on the tables that are named
there.
"""

import csv
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from support.console import CannotRun, progress, short
from support.database import moment_of, opened
from support.dbt_runner import PROJECT, run_dbt
from support.fingerprint import stamp
from support.preview.graph import to_build
from support.preview.touched import Touched
from support.scorebook.tables import CONTRACT, contract, empty_table
from support.sql import quoted
from support.workspace import workspace_of

MARTS = {
    "contact_scores",
    "group_scores",
    "account_scores",
    "stage_scores",
    "segment_members",
    "threshold_crossings",
    "score_statement",
}

# What these add to the marts is not compared: causes of crossings, reasons of scores, counts of events. The last two
# say who is made anew where a build goes on from another, which a preview never does.
UNREAD = frozenset(
    {"int_crossing_causes", "int_top_reasons", "int_events_counted", "int_contacts_moved", "int_contacts_watched"}
)

Cells = dict[str, list[dict[str, str]]]


class Live:
    """The live database: its scorebook and its moment."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.stamp = stamp(database) if database.exists() else None  # before a build can replace what is read
        with opened(database) as connection:
            self.as_of = moment_of(connection)
            self.cells: Cells = {name: seed_rows(connection, name) for name in contract()}
            relations = connection.execute("select table_name, table_schema from information_schema.tables").fetchall()
        self.schemas: dict[str, str] = dict(relations)

    def insist_on_the_same(self) -> None:
        """Refuse to compare with a database that a build has replaced in the meantime."""
        if stamp(self.database) != self.stamp:
            raise CannotRun(f"{short(self.database)} was built anew while the preview ran; run the preview again")

    def write_scorebook(self, folder: Path) -> Path:
        """The scorebook that the database was built with, as files."""
        return write_scorebook(self.cells, folder)

    @property
    def workspace(self) -> Path:
        """The folder for previews of this database."""
        own = workspace_of(self.database)
        return own.with_name(f"{own.name}-preview")

    def file_beside(self, name: str) -> Path:
        """A database file for a side of a preview of this database."""
        return self.workspace / name / f"{name}.duckdb"


def seed_rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, str]]:
    """The rows of a file of the scorebook as they were loaded."""
    columns = list(empty_table(name).columns)
    found = connection.execute(f"select {', '.join(columns)} from scorebook.{name}").fetchall()
    return [dict(zip(columns, (cell or "" for cell in row), strict=True)) for row in found]


def write_scorebook(cells: Cells, folder: Path) -> Path:
    """Write a scorebook that dbt can load."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in contract():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(empty_table(name).columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows(cells.get(name, []))
    shutil.copyfile(CONTRACT, folder / CONTRACT.name)
    return folder


def changed_seeds(cells: Cells, live: Live) -> set[str]:
    """Files that hold other rows than the live database was built with."""

    def rows(table: list[dict[str, str]]) -> Counter:
        return Counter(tuple(sorted(row.items())) for row in table)

    return {name for name in contract() if rows(cells.get(name, [])) != rows(live.cells[name])}


def build_beside(live: Live, cells: Cells, touched: Touched, database: Path, lock: int) -> set[str]:
    """Build the marts of a scorebook into a file; those that are returned are in it, the others are the live ones."""
    built, reused = to_build(MARTS, changed_seeds(cells, live), UNREAD)
    if missing := (reused | touched.needed) - set(live.schemas):
        raise CannotRun(
            f"{short(live.database)} has no {', '.join(sorted(missing))}; build it again with scripts/build.py"
        )
    rules = [row["rule_id"] for row in cells["event_weights"] if not touched.has(row["event_type"])]
    prepare(live, reused, touched, rules, database)
    scratch = database.with_name("scratch.duckdb")
    scratch.unlink(missing_ok=True)
    scorebook = write_scorebook(cells, database.parent / "scorebook")
    environment = {
        "SCORING_SCOREBOOK": str(scorebook.relative_to(PROJECT)),
        "SCORING_DATABASE": str(database),
        "SCORING_LIVE": str(live.database),
        "SCORING_SCRATCH": str(scratch),
        "SCORING_AS_OF": live.as_of.isoformat(" ", "microseconds"),
    } | touched.hooks(built, live.schemas, database.stem)
    outcome = run_dbt(dbt_arguments(built, database.parent), environment, progress(), locks=(lock,))
    if outcome.status:
        raise CannotRun("the preview could not be built: " + "; ".join(outcome.causes))
    finish(live, built, touched, [row["trigger_id"] for row in cells["triggers"]], database)
    return built & MARTS


def prepare(live: Live, reused: set[str], touched: Touched, rules: list[str], database: Path) -> None:
    """A new file that shows what is reused of the live database."""
    database.parent.mkdir(parents=True, exist_ok=True)
    database.unlink(missing_ok=True)
    with duckdb.connect(str(database), config={"storage_compatibility_version": "v1.4.0"}) as connection:
        attach(connection, live.database, "live")
        touched.find(connection, rules)
        for name in sorted(reused):
            schema = live.schemas[name]
            connection.execute(f"create schema if not exists {schema}")
            connection.execute(
                f"create view {schema}.{name} as select * from live.{schema}.{name} where {touched.condition(name)}"
            )


def finish(live: Live, built: set[str], touched: Touched, triggers: list[str], database: Path) -> None:
    """Complete what was built, and take away what the export asks a database for, so that nobody can send a preview by
    mistake."""
    with duckdb.connect(str(database)) as connection:
        attach(connection, live.database, "live")
        if "threshold_crossings" in built:
            touched.complete_crossings(connection, triggers)
        if "build_info" in built:
            connection.execute("delete from build_info")


def attach(connection: duckdb.DuckDBPyConnection, database: Path, name: str) -> None:
    """Attach a database for reading only."""
    connection.execute(f"attach {quoted(str(database))} as {name} (read_only)")


def dbt_arguments(built: set[str], workspace: Path) -> list[str]:
    """What dbt is told: build these, and no tests, as the live build has run them."""
    options = ["build", "--target", "preview", "--exclude-resource-type", "test", "unit_test", "--no-write-json"]
    options += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    options += ["--target-path", str(workspace), "--log-path", str(workspace), "--select", *sorted(built)]
    return options


@contextmanager
def compared(live: Live, before: Path | None, after: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the live database and the previews, under the names `live`, `before` and `after`; its `plain` is
    the one of the scorebook, for names that are there as people spelt them."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("create macro plain(name) as replace(lower(trim(name)), 'ς', 'σ')")
        for name, database in (("live", live.database), ("before", before), ("after", after)):
            if database:
                attach(connection, database, name)
        yield connection


def git_scorebook(folder: Path, ref: str, target: Path) -> Path:
    """The scorebook of a folder as a commit has it."""

    def git(*arguments: str) -> bytes:
        command = ["git", "-C", str(folder), *arguments]
        done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"LC_ALL": "C"})
        if done.returncode and b"not a git repository" in done.stderr:
            raise CannotRun(
                f"--against: there is no folder '{ref}', and {short(folder)} is in no git repository, so no commit "
                "holds another state of it; name a folder"
            )
        if done.returncode:
            raise CannotRun(f"--against: '{ref}' is neither a folder nor a commit that git knows in {short(folder)}")
        return done.stdout

    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    names = git("ls-tree", "--name-only", "-z", ref, "./").decode().split("\0")
    for name in names:
        if name.endswith(".csv"):
            (target / Path(name).name).write_bytes(git("show", f"{ref}:./{Path(name).name}"))
    if not any(target.iterdir()):
        raise CannotRun(f"--against: {ref} has no scorebook in {short(folder)}")
    return target
