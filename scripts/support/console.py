"""How commands speak: results on stdout, progress and errors on stderr; a bar on terminals, plain lines elsewhere."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, Protocol, TextIO

if TYPE_CHECKING:
    from support.dbt_runner import Step


class CannotRun(Exception):
    """What keeps a command from starting, as one sentence for the user; it ends with exit status 2."""


def is_terminal(stream: object) -> bool:
    """Whether somebody watches, so that a line may be drawn over; logs of CI runs and dumb terminals keep them all."""
    is_dumb = os.environ.get("CI") or os.environ.get("TERM") == "dumb"
    return stream.isatty() and not is_dumb


def command(main: Callable[[], int], interrupted: str = "interrupted") -> NoReturn:
    """Be a command, from here to its exit status; show what an old terminal has no letters for in its own way."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    sys.exit(status_of(main, interrupted))


def open_missing_streams() -> None:
    """Let streams that the caller closed lead nowhere: what is opened next would be taken for one of them."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    nowhere = os.fdopen(descriptor, "w")
    sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere


def status_of(main: Callable[[], int], interrupted: str = "interrupted") -> int:
    """Do the work of a command. What keeps it from it becomes one sentence; it ends quietly if whoever reads its result
    has left."""
    try:
        try:
            return main()
        finally:
            sys.stdout.flush()
    except CannotRun as error:
        tell(str(error))
        return 2
    except (KeyboardInterrupt, RuntimeError) as error:
        # The engine has its own word for a signal that came while it was asked something.
        if isinstance(error, RuntimeError) and str(error) != "Query interrupted":
            raise
        tell(interrupted)
        return 128 + signal.SIGINT
    except BrokenPipeError:
        silence(sys.stdout)
        return 128 + signal.SIGPIPE
    except OSError as error:
        silence(sys.stdout)  # it may be what could not be written
        tell(f"{error.filename or 'the result'}: {error.strerror or error}")
        return 2


def silence(stream: TextIO) -> None:
    """Let a stream that nobody reads lead nowhere, as Python would complain about what it still holds at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def tell(sentence: str) -> None:
    """Print a sentence for people, apart from the result. If nobody listens, the work goes on."""
    try:
        print(sentence, file=sys.stderr, flush=True)
    except BrokenPipeError:
        silence(sys.stderr)


def counted(number: float, one: str, several: str | None = None) -> str:
    """How many of something there are, and what they do: by default, several have an s at the end."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"


def short(path: Path) -> str:
    """A path as people would say it here."""
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def typed(path: Path) -> str:
    """A path as people would type it here, in a command."""
    return shlex.quote(short(path))


class Progress(Protocol):
    """What follows a build."""

    def begin(self, name: str, total: int) -> None:
        """A step begins."""

    def end(self, step: Step) -> None:
        """A step has ended."""

    def close(self) -> None:
        """Nothing more follows."""


class PlainProgress:
    """One line for each step that ended, unless it was left out for one that failed."""

    def begin(self, name: str, total: int) -> None:
        """Say nothing yet."""

    def end(self, step: Step) -> None:
        """Print the step."""
        if step.status == "skipped":
            return
        outcome = f"{step.seconds:.1f} s" if step.is_fine else step.status
        tell(f"[{step.index:>{len(str(step.total))}}/{step.total}] {step.kind} {step.name}: {outcome}")

    def close(self) -> None:
        """Leave the lines as they are."""


class BarProgress:
    """A bar that is gone when the build is done."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
        )
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("reading the project", total=None)
        self.bar.start()

    def begin(self, name: str, total: int) -> None:
        """Show what is being worked on."""
        self.bar.update(self.task, description=name, total=total)

    def end(self, step: Step) -> None:
        """Move on; what failed stays on the screen."""
        self.bar.update(self.task, advance=1)
        if not step.is_fine and step.status != "skipped":
            self.bar.console.print(f"{step.kind} {step.name}: {step.status}", markup=False, highlight=False)

    def close(self) -> None:
        """Remove the bar."""
        self.bar.stop()


def progress() -> Progress:
    """The way to show progress here."""
    return BarProgress() if is_terminal(sys.stderr) else PlainProgress()
