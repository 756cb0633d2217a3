"""The check of a scorebook against seeds/scorebook.yml: every mistake with its file, line and column.

kinds.py and rules.py are the vocabulary of the YAML: what a cell can mean, and what a column asks of its cells.
facts.py holds the few statements of the contract that no column can say. One cause gives one line: a cell that cannot
be read is not judged further, and a file that cannot be read is not used to judge others. advice.py warns of what is
allowed and most likely not meant, seen.py of what the data of a build does not know.
"""

from dataclasses import replace
from pathlib import Path

from support.scorebook.advice import ADVICE
from support.scorebook.facts import FACTS
from support.scorebook.reading import read_scorebook
from support.scorebook.rules import table_mistakes
from support.scorebook.tables import Mistake

__all__ = ["Mistake", "advise", "check"]


def check(folder: Path) -> list[Mistake]:
    """Every mistake of the scorebook in a folder, in the order of the contract and of the lines."""
    book, mistakes = read_scorebook(folder)
    for table in book.tables.values():
        mistakes += table_mistakes(book, table)
    for fact in FACTS:
        mistakes += fact(book)
    return sorted(mistakes, key=book.place)


def advise(folder: Path, database: Path | None = None) -> list[Mistake]:
    """Warnings about a scorebook without mistakes, those by the data of a build included where one is given."""
    book, _ = read_scorebook(folder)
    warnings = [warning for advice in ADVICE for warning in advice(book)]
    if database:
        # The engine takes longer to import than the whole check may.
        from support.scorebook.seen import advise_from_data

        warnings += advise_from_data(book, database)
    return [replace(warning, severity="warning") for warning in sorted(warnings, key=book.place)]
