"""Measure what builds cost, on demo input of any size: as ratios to the leanest statement that sums the same points,
and beside what people would otherwise use. Everything is measured in one run on one machine.

Exit status: 0 measured, 2 it could not run: a build failed, or two ways of summing disagree.
"""

import argparse
import math
import shutil
import statistics
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from support.benchmark.landing import Landing
from support.benchmark.measure import Measured, measured
from support.benchmark.report import describe
from support.benchmark.rivals import RIVALS, agree, rival
from support.console import CannotRun, command, short, tell
from support.dbt_runner import PROJECT
from support.fingerprint import last_basis, record
from support.workspace import workspace_of

SCRIPTS, SEEDS = PROJECT / "scripts", PROJECT / "seeds"
FOLDER = PROJECT / "target" / "benchmark"
EVENTS_PER_CONTACT = 50
MARK = ".made-by-benchmark"  # in folders that may be replaced


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--size", type=float, default=1e6, metavar="N", help="events, such as 20e6 (default: 1e6)")
    add("--repeat", type=int, default=3, metavar="N", help="runs of each kind; their median counts (default: 3)")
    add(
        "--folder",
        type=Path,
        default=FOLDER,
        metavar="DIR",
        help=f"place for input and databases (default: {short(FOLDER)})",
    )
    add("--write", type=Path, metavar="FILE", help="also write the result to this Markdown file")
    add(
        "--without-rivals",
        action="store_true",
        help="leave out what people would otherwise use; pandas needs 1 GB a million",
    )
    add("--without-growth", action="store_true", help="leave out the runs at a quarter of the size")
    return parser.parse_args()


def main() -> int:
    """Measure, print and write."""
    arguments = parse_arguments()
    if not 4000 <= arguments.size < math.inf or arguments.repeat < 1:
        raise CannotRun("--size must be at least 4000 and --repeat at least 1")
    results = {}
    ways = ("floor",) if arguments.without_rivals else ("floor", *RIVALS)
    sizes = [arguments.size] if arguments.without_growth else [arguments.size, arguments.size / 4]
    folders = {size: arguments.folder.resolve() / f"{int(size)}" for size in sizes}
    for folder in folders.values():
        refuse_foreign(folder)
    refuse_missing(ways)
    for size, folder in folders.items():
        results[size] = measure_size(int(size), folder, arguments.repeat, ways if size == arguments.size else ())
    text = describe(results)
    print(text)
    if arguments.write:
        arguments.write.write_text(text + "\n")
    return 0


def refuse_foreign(folder: Path) -> None:
    """Refuse to write over what may be somebody's own."""
    if folder.exists() and not (folder / MARK).is_file():
        raise CannotRun(f"--folder: {short(folder)} exists and was not made by this command; name another folder")


def refuse_missing(ways: tuple[str, ...]) -> None:
    """Stop before the first of many minutes where a package that people would otherwise use is not installed."""
    for name in ("pandas", "polars"):
        if name in ways and not find_spec(name):
            raise CannotRun(f"{name} is not installed; 'make benchmark' installs it, --without-rivals leaves it out")


def measure_size(size: int, folder: Path, repeat: int, ways: tuple[str, ...]) -> dict[str, Measured]:
    """Measure all kinds of builds at one size, and ways of summing; without ways only cold and day, for growth."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).write_text("scripts/benchmark.py replaces this folder when it runs again.\n")
    tell(f"making {size:,} events")
    contacts = str(max(size // EVENTS_PER_CONTACT, 1))
    measured("demo", [sys.executable, SCRIPTS / "demo.py", "--contacts", contacts, "--out", folder / "demo"])
    landing = Landing(folder / "demo", folder / "landed")
    database, kept, results = folder / "scores.duckdb", folder / "kept.duckdb", {}

    def measure(kind: str, run: Callable[[], Measured]) -> None:
        runs = [run() for _ in range(repeat)]
        seconds, peak = statistics.median(each.seconds for each in runs), max(each.peak_mb for each in runs)
        results[kind] = Measured(kind, seconds, peak)
        tell(f"{kind}: {seconds:.1f} s, {peak:,.0f} MB")

    def build(source: Path = landing.folder, scorebook: Path = SEEDS, as_of: str = landing.yesterday) -> Measured:
        arguments = ["--input", source, "--scorebook", scorebook, "--database", database, "--as-of", as_of]
        return measured("build", [sys.executable, SCRIPTS / "build.py", *arguments])

    def from_nothing(**options: Any) -> Measured:
        database.unlink(missing_ok=True)
        return build(**options)

    def after_cold(*landed: str, **options: Any) -> Measured:
        shutil.copyfile(kept, database)
        record(workspace_of(database), database, built_from)
        with landing.more(*landed):
            return build(**options)

    measure("cold", from_nothing)
    if ways:
        measure("nothing", build)
    built_from = last_basis(workspace_of(database), database)
    shutil.copyfile(database, kept)
    measure("day", lambda: after_cold("quarter of a day", "rest of the day", as_of=landing.today))
    if ways:
        measure("quarter day", lambda: after_cold("quarter of a day", as_of=landing.today))
        measure("late", lambda: after_cold("late"))
        measure("rule edit", lambda: after_cold(scorebook=landing.edited_scorebook(SEEDS)))
        measure("empty", lambda: from_nothing(source=landing.empty()))
        for name in ways:
            measure(name, lambda name=name: rival(name, landing, folder))
        if len(ways) > 1:
            agree(ways, folder)
    return results


if __name__ == "__main__":
    command(main)
