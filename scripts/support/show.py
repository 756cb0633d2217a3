"""Tables and headings on stdout, the same for all commands: with colours on a terminal, plain text elsewhere."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.color import ColorParseError
from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from support.console import is_terminal


@contextmanager
def printed() -> Iterator[Console]:
    """A console whose content is printed at the end, so that a command that fails half way prints nothing."""
    console = Console() if is_terminal(sys.stdout) else Console(width=240, color_system=None)
    with console.capture() as content:
        yield console
    print("\n".join(line.rstrip() for line in content.get().splitlines()))


def style_of(color: str | None) -> Style:
    """The colour that the scorebook gives a band, if it is one."""
    try:
        return Style(color=color)
    except ColorParseError:
        return Style()


def heading(console: Console, title: str) -> None:
    """Print a title after a blank line."""
    console.print(Text(f"\n{title}", style="bold"))


def table(
    console: Console, title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], right: Sequence[str] = ()
) -> None:
    """Print rows under a title, if there is one; numbers stand on the right, as do the columns named in `right`."""
    if title:
        heading(console, title)
    else:
        console.print()
    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for position, name in enumerate(columns):
        is_number = all(isinstance(row[position], int | float) for row in rows) and bool(rows)
        grid.add_column(name, justify="right" if is_number or name in right else "left", overflow="fold")
    for row in rows:
        grid.add_row(*(cell if isinstance(cell, Text) else Text(shown(cell)) for cell in row))
    console.print(grid)


def shown(value: object) -> str:
    """A value as people read it."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else str(value)


def number(value: float | None, digits: int = 2) -> str:
    """A number of at most so many decimals, without those that say nothing."""
    return "-" if value is None else f"{value:,.{digits}f}".rstrip("0").rstrip(".")


def signed(value: float | None) -> str:
    """What is added or taken away."""
    return f"{'+' if value and value > 0 else ''}{number(value)}"
