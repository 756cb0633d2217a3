"""Make demo input of any size: events, contacts and all that goes with them, with a planted truth and a planted mess.

The same options make the same rows. Beside the tables, manifest.json says what a build has to find in them.
Exit status: 0 made, 2 the options are wrong or the folder cannot be written.
"""

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from support.console import CannotRun, command, is_terminal, short, tell, typed
from support.sql import quoted

SCRIPTS = Path(__file__).resolve().parent
PEOPLE = SCRIPTS / "support" / "demo_people.sql"
EVENTS = SCRIPTS / "support" / "demo_events.sql"
# One form each; text can hold the broken times and numbers that the typed columns of the events cannot.
FORMS = {
    "contacts": "csv",
    "accounts": "jsonl",
    "attribute_changes": "csv",
    "stage_changes": "csv",
    "contact_aliases": "csv",
    "survey_responses": "csv",
    "conversions": "csv",
}
DEMO = {"manifest.json", "events", *(f"{table}.{form}" for table, form in FORMS.items())}
WRITERS = {"csv": "format csv, header", "jsonl": "format json", "parquet": "format parquet, compression zstd"}
REASONS = ("missing_key", "bad_timestamp", "bad_value", "duplicate", "unknown_stage", "future")
UNSCORED_TYPES = ("chat_message", "site_search", "webinar_register")
KIND = ("verdict", "planted", "exclusion", "event_type", "intent_quintile")  # by which events are counted
CONTACT_DAYS_AT_ONCE = 7_000_000  # about a million events, so that memory does not grow with the demo
MEMORY_LIMIT = "2GB"


def parse_arguments() -> argparse.Namespace:
    """Read the command line; a mistake in it ends the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder, end = SCRIPTS.parent / "target" / "demo", datetime(2026, 6, 30)
    for name, kind, default, metavar, text in (
        ("--contacts", whole_number(10**8), 2000, "N", "contacts, with about 50 events each (default: 2000)"),
        ("--out", Path, folder, "DIR", f"folder to write, in place of an earlier demo (default: {short(folder)})"),
        ("--days", whole_number(3650), 365, "N", "days that the events cover (default: 365)"),
        ("--end", day, end, "DATE", "day with whose beginning the events end (default: 2026-06-30)"),
        ("--seed", whole_number(2**31 - 1), 1, "N", "another number makes another demo (default: 1)"),
        ("--threads", whole_number(1024), None, "N", "threads to use; any number makes the same rows (default: all)"),
    ):
        parser.add_argument(name, type=kind, default=default, metavar=metavar, help=text)
    arguments = parser.parse_args()
    if not may_be_replaced(arguments.out):
        parser.error(f"--out: {arguments.out} holds something other than a demo; name another folder")
    return arguments


def whole_number(largest: int) -> Callable[[str], int]:
    """Make a reader of whole numbers from 1 up to the largest."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= largest):
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {largest}")
        return int(text)

    return read


def day(text: str) -> datetime:
    """Read a day as the moment at which it begins."""
    try:
        moment = datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        moment = datetime.min
    if not 2000 <= moment.year <= 2200:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day from 2000 to 2200; write it as 2026-06-30")
    return moment


def may_be_replaced(folder: Path) -> bool:
    """Tell whether nothing would be lost but an earlier demo: a manifest.json alone proves none, dbt writes one too."""
    if not folder.is_dir():
        return not folder.exists()
    found = {entry.name for entry in folder.iterdir()}
    return found <= DEMO and ("manifest.json" in found or not found)


def make_demo(out: Path, contacts: int, days: int, end: datetime, seed: int, threads: int | None = None) -> dict:
    """Write a demo into a folder, in place of what was there, and return its manifest."""
    out = out.resolve()
    unfinished = out.with_name(f"{out.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "events").mkdir(parents=True)
    try:
        manifest = write_demo(unfinished, contacts, days, end, seed, threads)
        if out.exists():
            shutil.rmtree(out)
        unfinished.rename(out)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return manifest


def write_demo(folder: Path, contacts: int, days: int, end: datetime, seed: int, threads: int | None) -> dict:
    """Write all tables and the manifest."""
    spilled, start = folder / "spilled", end - timedelta(days=days)
    with duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(spilled)}) as database:
        if threads:
            database.execute(f"set threads = {threads}")
        companies = max(contacts // 5, 1)
        set_variables(database, seed=seed, contacts=contacts, companies=companies, days=days)
        set_variables(database, first_day=start, as_of=end)
        database.execute(PEOPLE.read_text())
        verdicts = {table: write_table(database, table, folder) for table in FORMS}
        events = Counter()
        for from_day, to_day in periods(contacts, days):
            set_variables(database, from_day=from_day, to_day=to_day)
            events += write_events(database, folder / "events" / f"{start + timedelta(days=from_day):%Y-%m-%d}.parquet")
            show_progress(to_day, days, events.total())
        made_with = {"contacts": contacts, "days": days, "end": f"{end:%Y-%m-%d}", "seed": seed}
        manifest = {"as_of": f"{end.isoformat()}Z", "made_with": made_with}
        manifest |= describe_rows({"events": counted(events, "verdict"), **verdicts})
        manifest |= describe_events(events)
        manifest |= describe_people(database, events)
    shutil.rmtree(spilled, ignore_errors=True)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def set_variables(database: duckdb.DuckDBPyConnection, **variables: int | datetime) -> None:
    """Set what the SQL reads with getvariable."""
    for name, value in variables.items():
        database.execute(f"set variable {name} = ?", [value])


def periods(contacts: int, days: int) -> Iterator[tuple[int, int]]:
    """Cut the days into periods of at most a month, each small enough to be made at once."""
    length = min(max(CONTACT_DAYS_AT_ONCE // contacts, 1), 31)
    for from_day in range(0, days, length):
        yield from_day, min(from_day + length, days)


def write_table(database: duckdb.DuckDBPyConnection, table: str, folder: Path) -> Counter:
    """Write one of the small tables and count its rows by verdict."""
    write_rows(database, f"select * exclude (verdict) from {table} order by all", folder / f"{table}.{FORMS[table]}")
    return Counter(dict(database.execute(f"select verdict, count(*) from {table} group by verdict").fetchall()))


def write_events(database: duckdb.DuckDBPyConnection, file: Path) -> Counter:
    """Make the events of a period, write them in the order in which they came in, and count them by what is planted."""
    database.execute(EVENTS.read_text())
    columns = "event_id, contact_id, event_type, occurred_at, channel, asset, properties, received_at"
    write_rows(database, f"select {columns} from chunk order by received_at, event_id, contact_id, asset", file)
    kinds = database.execute(f"select {', '.join(KIND)}, count(*) from chunk group by all").fetchall()
    return Counter({tuple(kind): rows for *kind, rows in kinds})


def write_rows(database: duckdb.DuckDBPyConnection, query: str, file: Path) -> None:
    """Write the rows of a query to a file."""
    database.execute(f"copy ({query}) to {quoted(str(file))} ({WRITERS[file.suffix[1:]]})")


def show_progress(done: int, days: int, rows: int) -> None:
    """Say how far the events are: on one line that is drawn over on terminals, on one line each elsewhere."""
    line = f"events: {done} of {days} days, {rows:,} rows"
    if is_terminal(sys.stderr):
        print(f"\r{line}", end="\n" if done == days else "", file=sys.stderr, flush=True)
    else:
        tell(line)


def counted(events: Counter, column: str, verdict: str | None = None) -> Counter:
    """Count events by a column of KIND, all or those of one verdict."""
    found = Counter()
    for kind, rows in events.items():
        value = kind[KIND.index(column)]
        if value is not None and verdict in (None, kind[0]):
            found[value] += rows
    return found


def describe_rows(verdicts: dict[str, Counter]) -> dict:
    """What a build makes of the rows of each table."""

    def rows_that(verdict: str) -> dict[str, int]:
        return {table: rows[verdict] for table, rows in verdicts.items() if rows[verdict]}

    return {
        "rows": {table: rows.total() for table, rows in verdicts.items()},
        "used": rows_that("used"),
        "waiting": rows_that("waiting"),
        "unmatched": rows_that("unmatched"),
        "rejected": {
            table: {reason: rows[reason] for reason in REASONS if rows[reason]} for table, rows in verdicts.items()
        },
    }


def describe_events(events: Counter) -> dict:
    """What is planted among the events."""
    types = counted(events, "event_type", "used")
    return {
        "planted_events": dict(sorted(counted(events, "planted").items())),
        "excluded_events": dict(sorted(counted(events, "exclusion", "used").items())),
        "unscored_event_types": {name: types[name] for name in UNSCORED_TYPES if types[name]},
    }


def describe_people(database: duckdb.DuckDBPyConnection, events: Counter) -> dict:
    """What is planted among the people: aliases, and what their hidden intent led to."""
    quintiles = database.execute("from intent_quintiles order by intent_quintile").fetchall()
    rows = counted(events, "intent_quintile", "used")
    return {
        "aliases": dict(database.execute("from alias_kinds order by kind").fetchall()),
        "intent_quintiles": [
            {
                "quintile": quintile,
                "contacts": contacts,
                "events_per_contact": round(rows[quintile] / contacts, 1),
                "converted": converted,
                "conversion_rate": round(converted / contacts, 4),
            }
            for quintile, contacts, converted in quintiles
        ],
    }


def main() -> int:
    """Run the command."""
    arguments = parse_arguments()
    try:
        manifest = make_demo(**vars(arguments))
    except duckdb.Error as error:
        raise CannotRun(f"{arguments.out} could not be written: {str(error).splitlines()[0]}") from None
    rows, folder = manifest["rows"], short(arguments.out)
    print(f"made {rows['contacts']:,} contacts, {rows['events']:,} events and what belongs to them in {folder}")
    print(f"next: .venv/bin/python scripts/build.py --input {typed(arguments.out)} --as-of {manifest['as_of']}")
    return 0


if __name__ == "__main__":
    command(main, interrupted="interrupted; nothing was written")
