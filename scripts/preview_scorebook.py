"""Preview an edited scorebook: build it beside the live one, on the same input and for the same moment, and say what
would change, person by person. Nothing is sent, and the live database is only read.

Exit status: 0 shown, 1 the scorebook has mistakes or moves more than the guard rails allow, 2 it could not run.
"""

import argparse
import json
from pathlib import Path

from support.console import CannotRun, command, short, tell
from support.dbt_runner import DATABASE, DATABASE_HELP, PROJECT

GUARDS = PROJECT / "guards.yml"


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--scorebook", type=Path, default=Path("seeds"), metavar="DIR", help="the edited scorebook (default: seeds)")
    add(
        "--against",
        metavar="GIT_REF|DIR",
        help="the scorebook to compare with (default: the one that the database was built with)",
    )
    add("--database", type=Path, default=DATABASE, metavar="FILE", help=DATABASE_HELP)
    add(
        "--format",
        choices=("text", "markdown", "json", "html"),
        default="text",
        help="form of the result (default: text)",
    )
    add("--score-group", action="append", default=[], metavar="NAME", help="show the bands and movers of this score")
    add("--list", type=int, default=10, metavar="N", help="how many contacts to list of each kind (default: 10)")
    add("--guards", type=Path, metavar="FILE", help=f"how much may move (default: {short(GUARDS)}, if it is there)")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> int:
    """Preview and print."""
    import duckdb

    from support.engine_errors import in_one_sentence
    from support.preview import Refused, preview
    from support.preview.document import document
    from support.preview.forms import html_page, markdown, show_text
    from support.preview.guards import Guards, load
    from support.scorebook.tables import plain
    from support.show import printed

    if not arguments.scorebook.is_dir():
        raise CannotRun(f"--scorebook: there is no folder {arguments.scorebook}")
    if arguments.list < 1:
        raise CannotRun("--list must be at least 1")
    if arguments.guards and not arguments.guards.is_file():
        raise CannotRun(f"--guards: there is no file {arguments.guards}")
    file = arguments.guards or (GUARDS if GUARDS.is_file() else None)
    guards = load(file) if file else Guards()
    groups = [plain(name) for name in arguments.score_group]
    try:
        shown = preview(
            arguments.scorebook,
            arguments.against,
            arguments.database.resolve(),
            guards,
            arguments.list,
            groups,
            has_own_guards=arguments.guards is not None,
        )
    except Refused as refused:
        for mistake in refused.args[0]:
            tell(mistake)
        tell("nothing was built; scripts/check_scorebook.py tells more")
        return 1
    except duckdb.Error as error:
        raise CannotRun(in_one_sentence(str(error))) from None
    if arguments.format == "json":
        print(json.dumps(shown.as_dict(), indent=1, default=str))
    elif arguments.format == "markdown":
        print(markdown(document(shown, groups)), end="")
    elif arguments.format == "html":
        print(html_page(document(shown, groups)), end="")
    else:
        with printed() as console:
            show_text(console, document(shown, groups))
    for finding in shown.findings:
        tell(f"too much: {finding}")
    if shown.findings:
        tell("nothing was changed; edit less, or allow more in the guard rails")
    return 1 if shown.findings else 0


def main() -> int:
    """Run the command."""
    return run(parse_arguments())


if __name__ == "__main__":
    command(main, interrupted="interrupted; nothing was changed")
