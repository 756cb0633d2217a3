"""What scores and the learned prediction are worth on real data: the tables of docs/evaluation.md, made anew.

`make evaluate-oulad` (two to five minutes): learns from two course runs, measures on the third, which played no part,
and compares the tables with docs/evaluation.md. With `--trial`, learns from BBB 2013B alone and measures on AAA 2013J,
so that choices can be made without a look at the third. (BBB 2013B was not over on day 30 and 60 of AAA 2013J, so that
nothing is predicted then.)
Exit status: 0 as the page says, 1 it says something else, 2 there are no data.
"""

import argparse
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from conftest import ROOT, build
from reference.evaluation import auc, interval

DATA = Path(os.environ.get("OULAD_DATA", ROOT.parent / "shared" / "data" / "oulad")).resolve()
PAGE = ROOT / "docs" / "evaluation.md"
EXAMPLE, CLICKS = ROOT / "examples" / "oulad" / "scorebook", ROOT / "examples" / "oulad" / "plain_clicks"
BEGINNINGS = {"BBB-2013B": datetime(2013, 2, 1), "AAA-2013J": datetime(2013, 10, 1), "AAA-2014J": datetime(2014, 10, 1)}
DAYS = (30, 60, 120)
HORIZON = 240
TUNED_AT = 60  # day of the learning run whose outcomes suggest weights

CONTACTS = """
    select
        contacts.contact_id,
        contacts.is_converted,
        contacts.stage in ('registered', 'started') as is_enrolled,
        points.points
    from internal.int_contacts_cut as contacts
    inner join (
        select cutoff_at, contact_id, score_group, points from internal.int_group_points_cut
        union all
        select cutoff_at, contact_id, 'prediction', probability from internal.int_predictions_cut where is_evaluation
    ) as points
        on contacts.cutoff_at = points.cutoff_at and contacts.contact_id = points.contact_id and points.score_group = ?
    where contacts.cutoff_at = ?
"""


def main():
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trial", action="store_true", help="measure on AAA 2013J, and learn from BBB 2013B alone")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "target" / "oulad", metavar="DIR", help="default: target/oulad"
    )
    arguments = parser.parse_args()
    if not (DATA / "events.parquet").is_file():
        print(f"no OULAD data in {DATA}: name their folder in OULAD_DATA (examples/oulad/README.md)", file=sys.stderr)
        return 2
    learned_from = ["BBB-2013B"] if arguments.trial else ["BBB-2013B", "AAA-2013J"]
    table = measure(learned_from, "AAA-2013J" if arguments.trial else "AAA-2014J", arguments.out)
    print("\n".join(table))
    return 0 if arguments.trial or "\n".join(table) in PAGE.read_text() else 1


def measure(learned_from, run, out):
    """A table of every score, by population and day: the AUC with its interval."""
    shutil.rmtree(out, ignore_errors=True)
    for each in [*learned_from, run]:
        split(each, out / each)
    known = {name: [] for name in ("example", "clicks")}
    for each in learned_from:
        for name, book in (("example", EXAMPLE), ("clicks", CLICKS)):
            database = out / f"{name}-{each}.duckdb"
            build_run(each, out / each, book, database, [TUNED_AT])
            known[name].append(database)
    scores = []
    for name, book, group, title in (
        ("clicks", CLICKS, "clicks", "clicks"),
        ("example", EXAMPLE, "total", "example scorebook, total"),
    ):
        tuned = out / f"{name}-tuned"
        # The largest run alone: a calibration reads one build.
        command("calibrate.py", "--database", known[name][0], "--scorebook", book, "--out", tuned)
        for folder, words in ((book, ""), (tuned, ", tuned")):
            learned = out / f"{folder.name}-learned"
            shutil.copytree(folder, learned)
            if folder == book:
                options = [part for database in known[name] for part in ("--database", database)]
                command("train.py", *options, "--out", learned / "prediction_weights.csv")
            database = out / f"{name}{words.replace(', ', '-')}-{run}.duckdb"
            build_run(run, out / run, learned, database, DAYS)
            scores.append((title + words, database, group))
            if folder == book:
                scores.append((f"learned from {title}", database, "prediction"))
            if name == "clicks" and folder == book:
                scores.append(("clicks without half-life", database, "all_clicks"))
            if name == "example" and folder == book:
                scores.append(("example scorebook, engagement", database, "engagement"))
    return list(rows_of(scores, run))


def rows_of(scores, run):
    """The tables of both populations, in Markdown."""
    for population in ("registered", "still enrolled"):
        is_wanted = {"registered": lambda enrolled: True, "still enrolled": bool}[population]
        heads, lines = {}, []
        for title, database, group in scores:
            cells = []
            for day in DAYS:
                with duckdb.connect(str(database), read_only=True) as connection:
                    found = connection.execute(CONTACTS, [group, BEGINNINGS[run] + timedelta(days=day)]).fetchall()
                kept = [(points, outcome) for _, outcome, enrolled, points in found if is_wanted(enrolled)]
                cells.append(measured(*zip(*kept, strict=True)) if kept else "too early")
                heads.setdefault(day, f"day {day}: {sum(outcome for _, outcome in kept)} of {len(kept)} passed")
            lines.append(f"| {title} | {' | '.join(cells)} |")
        yield f"| {population}, {run} | {' | '.join(heads.values())} |"
        yield "| --- | --- | --- | --- |"
        yield from lines
        yield ""


def measured(points, outcomes):
    """The AUC with its 95 % interval."""
    low, high = interval(points, outcomes)
    return f"{auc(points, outcomes):.3f} ({low:.3f} to {high:.3f})"


def split(run, folder):
    """The rows of one course run as an input."""
    folder.mkdir(parents=True)
    with duckdb.connect() as connection:
        events = f"from read_parquet('{DATA}/events.parquet') where contact_id like '%-{run}'"
        connection.execute(f"copy ({events}) to '{folder}/events.parquet'")
        for table in ("contacts", "stage_changes", "conversions"):
            rows = f"from read_csv('{DATA}/{table}.csv', all_varchar=true) where contact_id like '%-{run}'"
            connection.execute(f"copy ({rows}) to '{folder}/{table}.csv' (header)")
    shutil.copyfile(DATA / "accounts.csv", folder / "accounts.csv")


def build_run(run, given, scorebook, database, days):
    """Build a run as of its end, with cut-offs at days of the course."""
    cutoffs = {day: f"{BEGINNINGS[run] + timedelta(days=day)}" for day in {*DAYS, *days}}
    variables = {
        "outcome_horizon_days": HORIZON,
        "training_cutoffs": [cutoffs[day] for day in DAYS],
        "evaluation_cutoffs": [cutoffs[day] for day in days],
    }
    build(given, scorebook, BEGINNINGS[run] + timedelta(days=max(DAYS) + HORIZON), database, variables)


def command(name, *options):
    """Run a command of the project."""
    done = subprocess.run(
        [sys.executable, f"scripts/{name}", *map(str, options)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"


if __name__ == "__main__":
    sys.exit(main())
