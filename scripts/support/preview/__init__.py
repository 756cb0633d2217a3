"""A preview of an edited scorebook: what it would change, person by person, before it is live.

edits.py says what was edited and what that can move; beside.py builds that beside the live database, through the same
models; difference.py compares; guards.py says whether it is too much; document.py and forms.py show it. Nothing here
knows how to send anything, and the databases that previews make are refused by the export.
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from support.console import short, tell
from support.preview.beside import Live, build_beside, changed_seeds, compared, git_scorebook
from support.preview.difference import Comparison, Side, difference
from support.preview.edits import Reach, edits, reach, reduced
from support.preview.guards import Guards, breaches
from support.scorebook import check
from support.scorebook.reading import read_scorebook
from support.scorebook.tables import Scorebook
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


@dataclass
class Preview:
    """What an edit would do. Without a change there is nothing to show."""

    as_of: Any
    scorebook: str
    against: str
    edits: list[str]
    changes: dict[str, Any] | None = None
    findings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Everything, for machines."""
        return asdict(self)


def preview(scorebook: Path, against: str | None, database: Path, guards: Guards, listed: int) -> Preview:
    """Build what has to be built, and compare. One preview of a database at a time."""
    live = Live(database)
    after = read(scorebook)
    with locked(live.workspace, database) as lock:
        live_book = read(live.write_scorebook(live.workspace / "live"))
        if against is None:
            before, name = live_book, "the live scorebook"
        else:
            path = Path(against)
            folder = path if path.is_dir() else git_scorebook(scorebook, against, live.workspace / "against")
            before, name = read(folder), against
        guards.insist_on_names(before, after)
        shown = Preview(live.as_of, str(scorebook), name, [str(edit) for edit in edits(before, after)])
        moved = reach(before, after)
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


def read(folder: Path) -> Scorebook:
    """A scorebook that the check accepts."""
    if mistakes := check(folder):
        raise Refused([f"{short(folder.resolve())}/{mistake}" for mistake in mistakes])
    return read_scorebook(folder)[0]


class Refused(Exception):
    """A scorebook with mistakes; each is a sentence."""


def side(live: Live, live_book: Scorebook, name: str, book: Scorebook, moved: Reach, lock: int) -> Side:
    """A side of the comparison, built where it is not the live one."""
    if not edits(live_book, book):
        return Side(name, book, set())
    whole = reduced(book, Reach(is_everything=True), keeps_ledger=True)
    keeps_ledger = not LEDGER & changed_seeds(whole, live)
    cells = reduced(book, moved, keeps_ledger)
    tell(f"building the scorebook {name} the edit, beside {short(live.database)}")
    return Side(name, book, build_beside(live, cells, live.file_beside(name), lock))
