"""Suggest points by what outcomes say (mart rule_performance), and write them as an edited copy of the scorebook.

The scorebook itself is never touched: compare the copy with it, preview it, and decide. Only rules with evidence for
other points are changed, unless --all is given. Learn from one time and judge the copy by a later one: score_evaluation
at the cut-off that the suggestions come from flatters them.

Exit status: 0 written, 1 nothing to suggest, or the scorebook or its copy has mistakes, 2 there is no such build or
folder.
"""

import argparse
from pathlib import Path

from support.calibration import check_place, read_findings, write_copy
from support.console import CannotRun, command, short, tell, typed
from support.dbt_runner import DATABASE, PROJECT
from support.scorebook import check

SCOREBOOK = PROJECT / "seeds"
OUT = PROJECT / "target" / "suggested-scorebook"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, metavar, text in (
        ("--database", DATABASE, "FILE", "DuckDB file that scripts/build.py built"),
        ("--scorebook", SCOREBOOK, "DIR", "scorebook that it was built with"),
        ("--out", OUT, "DIR", "folder to write the edited copy to; a former copy in it is replaced"),
    ):
        text = f"{text} (default: {short(default)})"
        parser.add_argument(name, type=Path, default=default, metavar=metavar, help=text)
    parser.add_argument("--all", action="store_true", help="also change rules for which there is no evidence")
    return parser.parse_args()


def calibrate(database: Path, scorebook: Path, out: Path, every_rule: bool) -> int:
    """Print the suggestions and write the copy."""
    if not scorebook.is_dir():
        raise CannotRun(f"--scorebook: there is no folder {short(scorebook)}")
    check_place(scorebook, out)
    if has_mistakes(scorebook):
        tell("nothing was written; scripts/check_scorebook.py tells more")
        return 1
    findings = read_findings(database)
    suggestions, points_per_action = findings.suggestions, findings.points_per_action
    chosen = [each for each in suggestions if each.is_change and (every_rule or each.has_evidence)]
    for each in sorted(suggestions, key=lambda each: (each not in chosen, each.rule_id)):
        change = f"{each.points:g} -> {each.suggested:g}" if each in chosen else f"{each.points:g}"
        print(f"{each.rule_id:<28} {change:>18}   {each.lift_text:<28} {each.verdict}")
    print(findings.outcomes_text)
    if points_per_action is not None:
        print(f"an action of those who converted: {points_per_action:g} points (mart stage_calibration)")
    if not chosen:
        print("nothing to suggest: no rule has evidence for other points")
        return 1
    try:
        write_copy(scorebook, out, chosen)
    except OSError as error:
        raise CannotRun(f"--out: {short(out)} cannot be written: {error.strerror}") from None
    print(f"wrote {short(out)}: {len(chosen)} of {len(suggestions)} rules have other points than in {short(scorebook)}")
    print(f"compare: git diff --no-index {typed(scorebook)} {typed(out)}")
    print(f"next: .venv/bin/python scripts/preview_scorebook.py --scorebook {typed(out)} --database {typed(database)}")
    return 1 if has_mistakes(out) else 0


def has_mistakes(scorebook: Path) -> bool:
    """Whether a scorebook has mistakes, which are told."""
    mistakes = check(scorebook)
    for mistake in mistakes:
        tell(f"{short(scorebook)}/{mistake}")
    return bool(mistakes)


def main() -> int:
    """Run the command."""
    arguments = parse_arguments()
    folders = (folder.resolve() for folder in (arguments.database, arguments.scorebook, arguments.out))
    return calibrate(*folders, arguments.all)


if __name__ == "__main__":
    command(main)
