"""Check a scorebook: every mistake of its CSV files, one line each, with file, line and column; then, if there is none,
warnings about what is allowed and most likely not meant.

Exit status: 0 no mistake, 1 mistakes, 2 the folder or the database cannot be read.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from support.console import CannotRun, command, counted, tell
from support.scorebook import Mistake, advise, check
from support.scorebook.fixing import fix


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add(
        "folder",
        nargs="?",
        type=Path,
        default=Path("seeds"),
        metavar="DIR",
        help="folder of the scorebook (default: seeds)",
    )
    add("--format", choices=["text", "json", "github"], default="text", help="form of the result (default: text)")
    add("--fix", action="store_true", help="first repair what can mean only one thing, and show the difference")
    add("--database", type=Path, metavar="FILE", help="also warn of names that the data of this build does not know")
    return parser.parse_args()


def run(arguments: argparse.Namespace) -> int:
    """Check and print."""
    folder = arguments.folder
    if folder.is_file():
        raise CannotRun(f"{folder} is a file; name the folder that it is in")
    if not folder.is_dir():
        raise CannotRun(f"{folder}: there is no such folder")
    if arguments.fix:
        for difference in fix(folder):
            print(difference, file=sys.stdout if arguments.format == "text" else sys.stderr)
    mistakes = check(folder)
    warnings = [] if mistakes else advise(folder, arguments.database and arguments.database.resolve())
    found = mistakes or warnings
    if arguments.format == "json":
        print(json.dumps([asdict(each) | {"file": str(folder / each.file)} for each in found], indent=2))
    else:
        for each in found:
            print(annotation(folder, each) if arguments.format == "github" else f"{folder}/{each}")
    also = f" and {counted(len(warnings), 'warning')}" if warnings else ""
    tell(f"{counted(len(mistakes), 'mistake') if mistakes else 'no mistake'}{also} in {folder}")
    return 1 if mistakes else 0


def annotation(folder: Path, mistake: Mistake) -> str:
    """A line that GitHub shows beside the line of the file."""
    place = {"file": str(folder / mistake.file), "line": str(mistake.line or 1), "title": mistake.column or "scorebook"}
    properties = ",".join(f"{name}={escaped(value, ',:')}" for name, value in place.items())
    return f"::{mistake.severity} {properties}::{escaped(mistake.message)}"


def escaped(text: str, marks: str = "") -> str:
    """A text in which nothing reads as the end of it or of its property."""
    return "".join(f"%{ord(mark):02X}" if mark in f"%\r\n{marks}" else mark for mark in text)


def main() -> int:
    """Run the command."""
    return run(parse_arguments())


if __name__ == "__main__":
    command(main)
