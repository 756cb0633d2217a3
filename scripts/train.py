"""Learn from the outcomes in a build who will convert, and write it as prediction_weights.csv for a scorebook.

Learns at the training cut-offs of the build (vars training_cutoffs and outcome_horizon_days of dbt_project.yml).
Nothing live changes: put the file into the scorebook and build again, then predicted_conversions and score_evaluation
show it.

Exit status: 0 written, 2 too little to learn from, or there is no such build.
"""

import argparse
import csv
import tempfile
from pathlib import Path

from support.console import CannotRun, command, short
from support.dbt_runner import DATABASE, DATABASE_HELP, PROJECT
from support.scorebook.tables import empty_table

OUT = PROJECT / "target" / "prediction_weights.csv"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    text = f"{DATABASE_HELP}; may be given several times"
    parser.add_argument("--database", type=Path, action="append", metavar="FILE", help=text)
    parser.add_argument("--out", type=Path, default=OUT, metavar="FILE", help=f"file to write (default: {short(OUT)})")
    return parser.parse_args()


def train(databases: list[Path], out: Path) -> None:
    """Learn, write and say what was learned."""
    from support import learning  # after the command line has been read: what it needs takes seconds to import

    rows = learning.read_rows(databases)
    model = learning.learn(rows)
    table = learning.table_of(model, rows)
    try:
        write(table, out)
    except OSError as error:
        raise CannotRun(f"--out: {short(out)} cannot be written: {error.strerror}") from None
    print(
        f"learned from {len(set(rows.contacts)):,} contacts, {len(rows.converted):,} of whom converted, until "
        f"{rows.learned_until}"
    )
    print(f"AUC on contacts left out: {model.auc:.3f} (within the training cut-offs, so take it with a grain of salt)")
    strongest = sorted(zip(model.names, model.weights, strict=True), key=lambda each: -abs(each[1]))[:10]
    print("what weighs most, in log-odds:")
    for name, weight in strongest:
        print(f"  {weight:+.3f}  {rows.labels.get(name, name)}")
    for name, reason in rows.refused.items():
        print(f"refused: {name}: {reason}")
    print(f"wrote {short(out)}, version {table[0]['model_version']}")
    print("next: copy it into the scorebook as prediction_weights.csv and build again")


def write(table: list[dict[str, object]], out: Path) -> None:
    """Put a file in the place of the former one, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as beside:
        unfinished = Path(beside) / "unfinished.csv"
        with unfinished.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(empty_table("prediction_weights").columns), lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
        unfinished.replace(out)


def main() -> int:
    """Run the command."""
    arguments = parse_arguments()
    databases = [path.resolve() for path in arguments.database or [DATABASE]]
    for path in databases:
        if databases.count(path) > 1:
            raise CannotRun(f"--database: {short(path)} is given more than once; each contact would count as several")
    if arguments.out.is_dir():
        raise CannotRun(f"--out: {short(arguments.out.resolve())} is a folder; name a file in it")
    if arguments.out.exists() and not arguments.out.is_file():
        raise CannotRun(f"--out: {short(arguments.out.resolve())} is no file; name another")
    train(databases, arguments.out.resolve())
    return 0


if __name__ == "__main__":
    command(main)
