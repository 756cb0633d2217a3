"""Measure what builds cost, on demo input of any size: as ratios to the leanest statement that sums the same points,
and beside what people would otherwise use. Everything is measured in one run on one machine.

Exit status: 0 measured, 1 a build failed or two ways of summing disagree, 2 it could not run.
"""

import argparse
import json
import shutil
import statistics
import sys
from pathlib import Path

from support.benchmark.landing import Landing
from support.benchmark.measure import Measured, measured
from support.benchmark.report import describe
from support.benchmark.rivals import RIVALS, agree, rival
from support.console import CannotRun, command, short, tell
from support.dbt_runner import PROJECT

SCRIPTS = PROJECT / "scripts"
FOLDER = PROJECT / "target" / "benchmark"
EVENTS_PER_CONTACT = 50


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
    add("--without-growth", action="store_true", help="leave out the runs at a quarter of the size")
    return parser.parse_args()


def main() -> int:
    """Measure, print and write."""
    arguments = parse_arguments()
    if arguments.size < 4000 or arguments.repeat < 1:
        raise CannotRun("--size must be at least 4000 and --repeat at least 1")
    results = {}
    sizes = [arguments.size] if arguments.without_growth else [arguments.size, arguments.size / 4]
    for size in sizes:
        whole = size == arguments.size
        results[size] = measure_size(int(size), arguments.folder / f"{int(size)}", arguments.repeat, whole)
    text = describe(results)
    print(text)
    if arguments.write:
        arguments.write.write_text(text + "\n")
    return 0


def measure_size(size: int, folder: Path, repeat: int, whole: bool) -> dict[str, Measured]:
    """Measure all kinds of builds at one size; only cold and day where it is for their growth."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tell(f"making {size:,} events")
    demo = [
        sys.executable,
        SCRIPTS / "demo.py",
        "--contacts",
        str(max(size // EVENTS_PER_CONTACT, 1)),
        "--out",
        folder / "demo",
    ]
    measured("demo", demo)
    landing = Landing(folder / "demo", folder / "landed")
    database, results = folder / "scores.duckdb", {}

    def build(
        kind: str, scorebook: Path = PROJECT / "seeds", as_of: str = landing.yesterday, source: Path = landing.folder
    ):
        arguments = ["--input", source, "--scorebook", scorebook, "--database", database, "--as-of", as_of]
        return measured(kind, [sys.executable, SCRIPTS / "build.py", *arguments])

    def median(kind: str, runs: list[Measured]) -> None:
        results[kind] = Measured(
            kind, statistics.median(run.seconds for run in runs), max(run.peak_mb for run in runs), len(runs)
        )
        tell(f"{kind}: {results[kind].seconds:.1f} s, {results[kind].peak_mb:,.0f} MB")

    if whole:
        median("floor", [rival("floor", landing, folder) for _ in range(repeat)])
        runs = []
        for _ in range(repeat):
            database.unlink(missing_ok=True)
            runs.append(build("empty", source=landing.empty()))
        median("empty", runs)
    runs = []
    for _ in range(repeat):
        database.unlink(missing_ok=True)
        runs.append(build("cold"))
    median("cold", runs)
    if whole:
        median("nothing", [build("nothing") for _ in range(repeat)])
        shutil.copyfile(database, folder / "kept.duckdb")
        for kind, land, take_back in (
            ("day", landing.land_day, landing.take_back_day),
            ("late", landing.land_late, landing.take_back_late),
        ):
            runs = []
            for _ in range(repeat):
                shutil.copyfile(folder / "kept.duckdb", database)
                land()
                runs.append(build(kind, as_of=landing.today if kind == "day" else landing.yesterday))
                take_back()
            median(kind, runs)
        runs = []
        for _ in range(repeat):
            shutil.copyfile(folder / "kept.duckdb", database)
            runs.append(build("rule edit", scorebook=landing.edited_scorebook(PROJECT / "seeds")))
        median("rule edit", runs)
        for name in RIVALS:
            median(name, [rival(name, landing, folder) for _ in range(repeat)])
        agree(["floor", *RIVALS], folder)
    else:
        landing.land_day()
        median("day", [build("day", as_of=landing.today)])
    (folder / "measured.json").write_text(json.dumps({kind: vars(run) for kind, run in results.items()}, indent=2))
    return results


if __name__ == "__main__":
    command(main)
