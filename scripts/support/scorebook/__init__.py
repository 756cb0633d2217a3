"""The check of a scorebook against seeds/scorebook.yml: every mistake with its file, line and column.

kinds.py and rules.py are the vocabulary of the YAML: what a cell can mean, and what a column asks of its cells.
facts.py holds the few statements of the contract that no column can say. One cause gives one line: a cell that cannot
be read is not judged further, and a file that cannot be read is not used to judge others.
"""

from pathlib import Path

from support.scorebook.facts import FACTS
from support.scorebook.reading import read_scorebook
from support.scorebook.rules import table_mistakes
from support.scorebook.tables import Mistake

__all__ = ["Mistake", "check"]


def check(folder: Path) -> list[Mistake]:
    """Every mistake of the scorebook in a folder, in the order of the contract and of the lines."""
    book, mistakes = read_scorebook(folder)
    for table in book.tables.values():
        mistakes += table_mistakes(book, table)
    for fact in FACTS:
        mistakes += fact(book)
    return sorted(mistakes, key=book.place)
