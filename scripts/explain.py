"""Say why a contact has its score: what adds up to it, what was withheld, what comes next, and how far it is to the
next band and trigger.

Exit status: 0 explained, 2 there is no such contact, score group or database.
"""

import argparse
import json
from datetime import datetime
from pathlib import Path

from support.console import CannotRun, command
from support.dbt_runner import DATABASE, DATABASE_HELP
from support.timestamps import given_moment


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("contact_id", metavar="CONTACT_ID", help="whose score it is")
    add("--score-group", metavar="NAME", help="which score (default: the total and what it is made of)")
    add("--as-of", metavar="TIMESTAMP", help="moment to explain; UTC (default: that of the build)")
    add("--lines", type=int, default=10, metavar="N", help="how many last and next lines to show (default: 10)")
    add("--database", type=Path, default=DATABASE, metavar="FILE", help=DATABASE_HELP)
    add("--format", choices=("text", "json"), default="text", help="form of the result (default: text)")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> None:
    """Explain and print."""
    if arguments.lines < 0:
        raise CannotRun("--lines must not be negative")
    moment = given_moment("as-of", arguments.as_of)

    from support.database import opened
    from support.explanation import explanation
    from support.explanation.text import show
    from support.show import printed

    with opened(arguments.database.resolve()) as connection:
        told = explanation(connection, arguments.contact_id, moment, arguments.score_group, arguments.lines)
    if arguments.format == "json":
        print(json.dumps(told, indent=1, default=as_json))
        return
    with printed() as console:
        show(console, told)


def as_json(value: object) -> str:
    """A moment as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="microseconds") + "Z"
    raise TypeError(type(value))


def main() -> int:
    """Run the command."""
    run(parse_arguments())
    return 0


if __name__ == "__main__":
    command(main)
