"""A preview of an edited scorebook: what it would change, person by person, before it is live.

edits.py says what was edited and what that can move, touched.py what need not be computed again; beside.py builds the
rest beside the live database, through the same models; difference.py compares; guards.py says whether it is too much;
document.py and forms.py show it. Nothing here knows how to send anything, and the databases that previews make are
refused by the export.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from support.console import CannotRun, short, tell
from support.preview.beside import Live, build_beside, changed_seeds, compared, git_scorebook
from support.preview.difference import Comparison, Side, difference
from support.preview.edits import Reach, edits, reach, reduced, touched_by
from support.preview.guards import Guards, breaches
from support.scorebook import check
from support.scorebook.reading import read_scorebook
from support.scorebook.tables import Scorebook, plain, suggestion
from support.workspace import locked

__all__ = ["Preview", "Refused", "preview"]

LEDGER = {
    "score_groups",
    "event_weights",
    "rule_conditions",
    "attribute_weights",
    "event_exclusions",
    "manual_adjustments",
    "stages",
}


class Refused(Exception):
    """A scorebook with mistakes; each is a sentence."""


@dataclass
class Preview:
    """What an edit would do. Without a change there is nothing to show."""

    as_of: Any
    scorebook: str
    against: str
    edits: list[str]
    changes: dict[str, Any] | None = None
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        return asdict(self)


def preview(
    scorebook: Path,
    against: str | None,
    database: Path,
    guards: Guards,
    listed: int,
    groups: Sequence[str] = (),
    has_own_guards: bool = True,
) -> Preview:
    """Build what has to be built, and compare. One preview of a database at a time. What cannot be shown (groups) is
    refused before anything is built; guard rails that nobody has named are passed over where they do not fit."""
    live = Live(database)
    after = read(scorebook)
    with locked(live.workspace, database, "preview") as lock:
        live_book, notes = live_scorebook(live)
        if against is None:
            before, name = live_book, "the live scorebook"
        else:
            before, name = read_other(scorebook, against, live), against
        if has_own_guards:
            guards.insist_on_names(before, after)
        else:
            guards, passed_over = guards.with_known_names(before, after)
            notes += passed_over
        shown = Preview(live.as_of, str(scorebook), name, [str(edit) for edit in edits(before, after)], notes=notes)
        moved = reach(before, after)
        insist_on_groups(groups, before, after, moved)
        if moved == Reach():
            return shown
        with_sides = [
            side(live, live_book, "before", before, moved, lock),
            side(live, live_book, "after", after, moved, lock),
        ]
        files = {each.name: live.file_beside(each.name) if each.built else None for each in with_sides}
        with compared(live, files["before"], files["after"]) as connection:
            found = Comparison(connection, *with_sides, moved, live.as_of, guards.stale_after_days, listed)
            shown.changes = difference(found)
        live.insist_on_the_same()
    shown.findings = breaches(shown.changes, guards)
    return shown


def read(folder: Path, name: str | None = None) -> Scorebook:
    """A scorebook that the check accepts; its mistakes stand in its files, or in what has the name."""
    if mistakes := check(folder):
        place = f"{name}: " if name else f"{short(folder.resolve())}/"
        raise Refused([f"{place}{mistake}" for mistake in mistakes])
    return read_scorebook(folder)[0]


def read_other(scorebook: Path, against: str, live: Live) -> Scorebook:
    """The scorebook to compare with: a folder, or what a commit has."""
    if not against.strip():
        raise CannotRun("--against is empty; name a commit or a folder, or leave it out")
    if Path(against).is_dir():
        return read(Path(against))
    return read(git_scorebook(scorebook, against, live.workspace / "against"), against)


def live_scorebook(live: Live) -> tuple[Scorebook, list[str]]:
    """The scorebook that the database was built with, and a note if the check refuses today what it let pass then: its
    marts are there and can be compared, as long as its cells can be read."""
    folder = live.write_scorebook(live.workspace / "live")
    book, unreadable = read_scorebook(folder)
    whose = f"the live scorebook, with which {short(live.database)} was built"
    if unreadable:
        raise CannotRun(
            f"{whose}, cannot be read any more: {first_of(unreadable)}; build it again with scripts/build.py"
        )
    mistakes = check(folder)
    notes = [f"The check refuses {whose}; it is compared as it is: {first_of(mistakes)}"] if mistakes else []
    return book, notes


def first_of(mistakes: Sequence[object]) -> str:
    """The first mistake, and how many there are besides."""
    return f"{mistakes[0]}" + (f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else "")


def insist_on_groups(groups: Sequence[str], before: Scorebook, after: Scorebook, moved: Reach) -> None:
    """Refuse to show scores that do not exist, or that the edit cannot move."""
    for name in groups:
        was, now = before.group(name), after.group(name)
        if not was and not now:
            names = [row.get("score_group") for row in after["score_groups"].rows]
            nearest = suggestion(name, names) or f"; there are {', '.join(names)}"
            raise CannotRun(f"--score-group: '{name}' is no score group{nearest}")
        if moved != Reach() and not (was and now):
            raise CannotRun(
                f"--score-group: '{name}' is {'gone' if was else 'new'}; there is nothing to compare it with"
            )
        if moved != Reach() and plain(name) not in moved.groups:
            moving = ", ".join(sorted(moved.groups)) or "none"
            raise CannotRun(f"--score-group: '{name}' does not move; those that move are {moving}")


def side(live: Live, live_book: Scorebook, name: str, book: Scorebook, moved: Reach, lock: int) -> Side:
    """A side of the comparison, built where it is not the live one."""
    if not edits(live_book, book):
        return Side(name, book, set())
    whole = reduced(book, Reach(is_everything=True), keeps_ledger=True)
    keeps_ledger = not LEDGER & changed_seeds(whole, live)
    cells = reduced(book, moved, keeps_ledger)
    tell(f"building the scorebook {name} the edit, beside {short(live.database)}")
    touched = touched_by(live_book, book)
    return Side(name, book, build_beside(live, cells, touched, live.file_beside(name), lock))
