"""Build all scores: check the scorebook, then load, score and test with dbt.

The build takes place beside the database and takes its place when all tests have passed: until then, and if the build
fails or is killed, readers see what was there. Where nothing has changed since the last build, nothing is built.

Exit status: 0 built, 1 the scorebook has mistakes or the build failed, 2 the build could not start or take its place.
"""

import argparse
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import yaml

from support.console import CannotRun, command, counted, progress, short, tell, typed
from support.database import opened
from support.dbt_runner import DATABASE, PROJECT, Outcome, run_dbt
from support.fingerprint import TABLES, Basis, basis, can_continue, landed_files, last_basis, record, with_files_read
from support.replacement import begin, building_alone, finish, give_up
from support.scorebook import check
from support.scorebook.tables import suggestion
from support.timestamps import given_moment
from support.workspace import copy_scorebook, locked, remove_abandoned, workspace_of

INPUT = PROJECT / "target" / "demo"
SCOREBOOK = PROJECT / "seeds"
# Tables without which there is nothing to score.
NEEDED = ("events", "contacts")
# The engine names the database after the file, up to its first dot, and cannot tell it from its own names and the
# schemas in it.
TAKEN_NAMES = ("main", "temp", "system", "scorebook", "internal", "scratch")
NO_NAME = re.compile("[\"';\ud800-\udfff]")
# Bytes of events up to which two nodes have room in memory beside each other.
ROOM_FOR_TWO = 200_000_000
ONLY_A_PART = "a part was renewed, and all else is as it was: reports, previews and exports wait until all is built"
# Tests too heavy for every build, and those that say again what the check of the scorebook has said.
LEFT_OUT = ("tag:heavy", "test_name:valid_scorebook", "path:tests/invariants/scorebook")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, metavar, text in (
        ("--input", INPUT, "DIR", "folder of the tables that landed"),
        ("--scorebook", SCOREBOOK, "DIR", "folder of the scorebook"),
        ("--database", DATABASE, "FILE", "DuckDB file to build into"),
    ):
        parser.add_argument(name, type=Path, metavar=metavar, help=f"{text} (default: {short(default)})")
    parser.add_argument("--as-of", metavar="TIMESTAMP", help="moment to score for; UTC (default: now)")
    parser.add_argument("--target", help="output of profiles.yml to build in (default: duckdb)")
    parser.add_argument("--select", nargs="+", metavar="NODE", help="nodes to build, as dbt names them (default: all)")
    parser.add_argument(
        "--vars", metavar="YAML", help="vars of dbt_project.yml to replace, such as '{outcome_horizon_days: 30}'"
    )
    parser.add_argument(
        "--threads",
        type=int,
        metavar="N",
        help="nodes at a time (default: 2 for small input, else as profiles.yml says)",
    )
    parser.add_argument("--full-refresh", action="store_true", help="build from nothing")
    parser.add_argument("--debug", action="store_true", help="show dbt's own log")
    return parser.parse_args()


def input_folder(given: Path | None, relations: dict[str, str]) -> Path:
    """The folder with the input; it need not be there if tables of the input are relations of the warehouse."""
    folder = (given or INPUT).resolve()
    if given and not folder.is_dir():
        raise CannotRun(f"--input: there is no folder {given}")
    if not folder.is_dir() and not relations:
        raise CannotRun(f"there is no demo input in {short(INPUT)}; run 'make demo', or name your input with --input")
    return folder


def refuse_incomplete(source: Path, relations: dict[str, str]) -> None:
    """Stop where a table that is needed has not landed, or no byte of it: marts of nobody would replace the others."""
    for table in NEEDED:
        if relations.get(table):
            continue
        landed = list(landed_files(table, source))
        if not landed:
            raise CannotRun(
                f"no {table} found in {short(source)}: expected {table}.parquet, {table}.csv, {table}.jsonl or a "
                f"folder {table}/ of such files"
            )
        if not any(file.stat().st_size for file in landed):
            raise CannotRun(
                f"{short(landed[0])} is empty; land it again, or a CSV file of the header line alone if there are no "
                f"{table}"
            )


def variables(given: str | None) -> dict[str, Any]:
    """The vars of dbt_project.yml, some of them replaced by what is given; dbt would pass over one that it has not."""
    known = yaml.safe_load((PROJECT / "dbt_project.yml").read_text())["vars"]
    try:
        replaced = yaml.safe_load(given or "{}")
    except (yaml.YAMLError, ValueError, RecursionError):  # a date that does not exist is a ValueError
        replaced = None
    if not isinstance(replaced, dict):
        raise CannotRun(f"--vars: cannot read '{given}'; write YAML such as '{{outcome_horizon_days: 30}}'")
    for name in replaced:
        if name not in known:
            hint = suggestion(str(name), known) or f". There are {', '.join(known)}"
            raise CannotRun(f"--vars: dbt_project.yml has no var {name}{hint}")
    return known | replaced


def relations_of(given: object) -> dict[str, str]:
    """The var input_relations: tables of the input that are relations of the warehouse."""
    if not isinstance(given, dict) or not all(isinstance(relation, str) and relation for relation in given.values()):
        raise CannotRun(
            "input_relations: name a relation for each table, such as {events: crm.web_events}, or write {}"
        )
    for table in given:
        if table not in TABLES:
            hint = suggestion(str(table), TABLES) or f". There are {', '.join(TABLES)}"
            raise CannotRun(f"input_relations: the input has no table {table}{hint}")
    return given


def scorebook_folder(given: Path | None) -> Path:
    """The folder with the scorebook."""
    folder = given or Path(short(SCOREBOOK))
    if not folder.is_dir():
        raise CannotRun(f"--scorebook: there is no folder {folder}")
    return folder


def database_file(given: Path | None) -> Path:
    """The file to build into, which can be written, and so can its folder: the build takes place there."""
    database = (given or DATABASE).resolve()
    if database.is_dir():
        raise CannotRun(f"--database: {given} is a folder; name a file in it")
    if database.exists() and not database.is_file():
        raise CannotRun(f"--database: {short(database)} is no file; name another")
    catalog = database.name.lstrip(".").split(".")[0]
    if catalog.lower() in ("", *TAKEN_NAMES) or NO_NAME.search(database.name):
        raise CannotRun(f"--database: {database.name} is a name that the engine cannot use; choose another")
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotRun(f"--database: the folder {database.parent} cannot be made: {error.strerror}") from None
    if database.exists() and not os.access(database, os.W_OK):
        raise CannotRun(f"--database: {short(database)} cannot be written")
    if not os.access(database.parent, os.W_OK | os.X_OK):
        raise CannotRun(f"--database: the folder of {short(database)} cannot be written, and a build takes place in it")
    return database


def build(arguments: argparse.Namespace) -> int:
    """Check the scorebook, run dbt and say what came of it."""
    as_of = given_moment("as-of", arguments.as_of) or datetime.now(UTC).replace(tzinfo=None)
    relations = relations_of(variables(arguments.vars)["input_relations"])
    source = input_folder(arguments.input, relations)
    scorebook = scorebook_folder(arguments.scorebook)
    database = database_file(arguments.database)
    if arguments.threads is not None and arguments.threads < 1:
        raise CannotRun("--threads must be at least 1")
    refuse_incomplete(source, relations)

    if has_mistakes(scorebook, scorebook):
        return 1

    remove_abandoned()
    workspace = workspace_of(database)
    with locked(workspace, database) as lock, building_alone(database) as place:
        # What is built is what was checked, whoever saves a file in the meantime.
        copied = copy_scorebook(scorebook, workspace)
        if has_mistakes(copied, scorebook):
            return 1
        is_whole = not (arguments.select or arguments.target)
        now = basis(source, copied, arguments.vars or "", as_of.isoformat())
        before = last_basis(workspace, database) if is_whole and not arguments.full_refresh else None
        if before == now and not relations:
            print(f"nothing has changed since {short(database)} was built as of {as_of}; --full-refresh builds it anew")
            return 0
        is_renewed = database.exists()
        building = begin(database)
        environment = {
            "SCORING_INPUT": str(source),
            "SCORING_SCOREBOOK": str(copied.relative_to(PROJECT)),
            "SCORING_DATABASE": str(building),
            "SCORING_SCRATCH": str(building.with_name("scratch.duckdb")),
            "SCORING_AS_OF": as_of.isoformat(" ", "microseconds"),
            "SCORING_CONTINUED_FROM": before.as_of if can_continue(before, now) else "",
        }
        threads = arguments.threads or (None if arguments.target or relations else nodes_at_a_time(now))
        outcome = run_dbt(
            dbt_arguments(arguments, workspace, threads, is_anew=not environment["SCORING_CONTINUED_FROM"]),
            environment,
            progress(),
            arguments.debug,
            (lock, place),
        )
        # First of all, for whoever reads what is printed may leave at any line.
        if outcome.status == 0 and outcome.steps:
            if is_whole:
                now = with_files_read(now, building)
                outcome.warnings += nobody_scored(building, as_of)
            elif arguments.select and is_renewed and any(step.kind != "test" for step in outcome.steps):
                forget_moment(building)
                outcome.warnings.append(ONLY_A_PART)
            finish(database)
            if is_whole:
                record(workspace, database, now)
        elif not outcome.steps:
            give_up(database)
    return report(outcome, as_of, database, building, environment["SCORING_CONTINUED_FROM"])


def has_mistakes(scorebook: Path, name: Path) -> bool:
    """Whether a scorebook must not be built; says why, by the name that the user knows."""
    mistakes = check(scorebook)
    for mistake in mistakes:
        tell(f"{name}/{mistake}")
    if mistakes:
        tell(f"{counted(len(mistakes), 'mistake')} in the scorebook; nothing was built")
    return bool(mistakes)


def nobody_scored(built: Path, as_of: datetime) -> list[str]:
    """Why a build has scored nobody, if that is so."""
    later = "select min(created_at) from internal.stg_contacts where verdict in ('waiting', 'future')"
    with opened(built) as connection:
        if connection.execute("select count(*) from contact_scores").fetchone() != (0,):
            return []
        [(first,)] = connection.execute(later).fetchall()
    if first:
        return [f"nobody was scored: no contact was created by {as_of}; the first was on {first}"]
    return ["nobody was scored: no contact has landed that counts; rejected_rows says which did not"]


def forget_moment(built: Path) -> None:
    """Take away what says for which moment all marts are, now that some may be of another, or of another scorebook."""
    with duckdb.connect(str(built)) as connection:
        if connection.execute("from duckdb_tables() where table_name = 'build_info'").fetchall():
            connection.execute("delete from build_info")


def nodes_at_a_time(now: Basis) -> int | None:
    """Two, of which dbt prepares one while the engine computes the other, as long as memory has room for both; else as
    profiles.yml says."""
    return 2 if sum(size for _, size, *_ in now.events.values()) <= ROOM_FOR_TWO else None


def dbt_arguments(arguments: argparse.Namespace, workspace: Path, threads: int | None, is_anew: bool) -> list[str]:
    """What dbt is told; a build that starts anew replaces what others go on from."""
    options = ["build", "--exclude-resource-type", "unit_test", "--exclude", *LEFT_OUT]
    for name, path in (("project", PROJECT), ("profiles", PROJECT)):
        options += [f"--{name}-dir", str(path)]
    options += ["--target-path", str(workspace), "--log-path", str(workspace)]
    if arguments.target:
        options += ["--target", arguments.target]
    if arguments.select:
        # A test that also looks at what was not built could only fail.
        options += ["--select", *arguments.select, "--indirect-selection", "cautious"]
    if arguments.vars:
        options += ["--vars", arguments.vars]
    if threads:
        options += ["--threads", str(threads)]
    if is_anew:
        options += ["--full-refresh"]
    return options


def report(outcome: Outcome, as_of: datetime, database: Path, building: Path, went_on_from: str) -> int:
    """Say what was built, or why it was not."""
    for sentence in outcome.warnings:
        tell(f"warning: {sentence}")
    if outcome.status:
        for sentence in outcome.causes:
            tell(sentence)
        if building.exists():
            stays = f"; {short(database)} is as it was" if database.exists() else ""
            tell(f"how far the build came is in {short(building)}{stays}")
        return outcome.status
    if not outcome.steps:
        raise CannotRun("--select: no model, seed or test has such a name; nothing was built")
    how = f", going on from {went_on_from.replace('T', ' ')}" if went_on_from else ""
    print(f"built {outcome.counts} in {outcome.seconds:.1f} s, as of {as_of}{how}, into {short(database)}")
    if ONLY_A_PART not in outcome.warnings:
        print(f"next: .venv/bin/python scripts/report.py --database {typed(database)}")
    return 0


def main() -> int:
    """Run the command."""
    return build(parse_arguments())


if __name__ == "__main__":
    command(main, interrupted="interrupted; build again to finish")
