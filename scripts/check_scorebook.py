"""Check a scorebook: every mistake of its CSV files, one line each, with file, line and column.

Exit status: 0 no mistake, 1 mistakes, 2 the folder cannot be read.
"""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from support.console import command, tell
from support.scorebook import check


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=Path("seeds"), metavar="DIR", help="default: seeds")
    parser.add_argument("--format", choices=["text", "json"], default="text", help="default: text")
    arguments = parser.parse_args()

    folder = arguments.folder
    try:
        mistakes = check(folder)
    except OSError as error:
        tell(f"{error.filename or folder}: cannot be read: {error.strerror}")
        return 2

    if arguments.format == "json":
        print(json.dumps([asdict(mistake) | {"file": str(folder / mistake.file)} for mistake in mistakes], indent=2))
    else:
        for mistake in mistakes:
            print(f"{folder}/{mistake}")
        tell(f"{len(mistakes) or 'no'} mistake{'s' if len(mistakes) > 1 else ''} in {folder}")
    return 1 if mistakes else 0


if __name__ == "__main__":
    command(main)
