"""Send what crossed a threshold to files, web addresses, chats and mailboxes: each crossing once, whatever happens.

What was sent where is recorded in a state file beside the database. The first export records what is there and sends
nothing. docs/delivery.md says what is guaranteed.

Exit status: 0 fine, 1 something did not get through or too much would be sent, 2 the export could not run.
"""

import argparse
import shlex
from pathlib import Path

from support.console import CannotRun, command, short, tell
from support.dbt_runner import DATABASE, DATABASE_HELP, PROJECT
from support.timestamps import given_moment

TARGETS = PROJECT / "targets.yml"
# What a run that is advised after another one decides anew.
DECIDED_ANEW = ("dry_run", "limit", "max_per_trigger", "format")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--database", type=Path, default=DATABASE, metavar="FILE", help=DATABASE_HELP)
    add(
        "--to",
        nargs="+",
        action="extend",
        default=[],
        metavar="DEST",
        help="send all to a folder, an https:// address or "
        "a target of the targets file (default: where the target of each trigger says)",
    )
    add("--targets", type=Path, default=TARGETS, metavar="FILE", help=f"what targets are (default: {short(TARGETS)})")
    add("--state", type=Path, metavar="FILE", help="what was sent where (default: DATABASE.outbox.sqlite)")
    add("--status", action="store_true", help="show what was sent where, and send nothing")
    add("--dry-run", action="store_true", help="show what would be sent, and record nothing")
    add("--since", metavar="TIMESTAMP", help="leave crossings before this moment for a later export")
    add("--limit", type=int, metavar="N", help="send at most N crossings; the next export goes on")
    add(
        "--max-per-trigger",
        type=int,
        default=500,
        metavar="N",
        help="stop before sending more of a trigger (default: 500)",
    )
    add(
        "--stale-after-days",
        type=float,
        default=7,
        metavar="N",
        help="record, but do not send, what is older (default: 7)",
    )
    add("--include-stale", action="store_true", help="send what is or was stale")
    add("--include-rescored", action="store_true", help="send what only an edited scorebook brought up")
    add(
        "--baseline",
        action=argparse.BooleanOptionalAction,
        help="record all that is new as known and send nothing; "
        "with --no-baseline, send what is fresh of it (default: --baseline in the first export to a target)",
    )
    add("--retry-failed", action="store_true", help="send again what was refused, also to targets that are gone")
    add("--allow-http", action="store_true", help="send to http:// addresses")
    add("--allow-private", action="store_true", help="send to addresses within the own network")
    add("--format", choices=("text", "json"), default="text", help="form of the result (default: text)")
    arguments = parser.parse_args()
    arguments.again = to_give_again(arguments, parser.parse_args([]))
    return arguments


def to_give_again(arguments: argparse.Namespace, defaults: argparse.Namespace) -> str:
    """What a run that is to find the same must be given, as it is typed. Web addresses are left for people to type, as
    they may be secret."""
    words = []
    for name, value in vars(arguments).items():
        if name not in DECIDED_ANEW and value != getattr(defaults, name):
            values = [] if isinstance(value, bool) else value if isinstance(value, list) else [value]
            words += [f"--{'no-' * (value is False)}{name.replace('_', '-')}", *map(str, values)]
    return shlex.join("ADDRESS" if "://" in word else word for word in words)


def run(arguments: argparse.Namespace) -> int:
    """Export, or show the state, and print the result."""
    database = arguments.database.resolve()
    state = (arguments.state or database.with_name(f"{database.name}.outbox.sqlite")).resolve()
    if arguments.status:
        from support.export.summary import shown_status, status_json

        print(status_json(state) if arguments.format == "json" else shown_status(state))
        return 0
    for option in ("limit", "max_per_trigger", "stale_after_days"):
        if (value := getattr(arguments, option)) is not None and not value >= 0:
            raise CannotRun(f"--{option.replace('_', '-')}: {value:g} is not 0 or more")
    since = given_moment("since", arguments.since)

    from support.export.config import Permissions
    from support.export.run import Options, export
    from support.export.summary import report_json, shown_report

    report = export(
        Options(
            database=database,
            state=state,
            targets=arguments.targets,
            to=tuple(arguments.to),
            since=since,
            limit=arguments.limit,
            max_per_trigger=arguments.max_per_trigger,
            stale_after_days=arguments.stale_after_days,
            baseline=arguments.baseline,
            include_stale=arguments.include_stale,
            include_rescored=arguments.include_rescored,
            retry_failed=arguments.retry_failed,
            dry_run=arguments.dry_run,
            permissions=Permissions(arguments.allow_http, arguments.allow_private),
            again=arguments.again,
        )
    )
    print(report_json(report) if arguments.format == "json" else shown_report(report))
    for finding in report.findings:
        tell(finding)
    return 1 if report.findings else 0


def main() -> int:
    """Run the command."""
    return run(parse_arguments())


if __name__ == "__main__":
    command(main, interrupted="interrupted; what was sent is recorded, run again to go on")
