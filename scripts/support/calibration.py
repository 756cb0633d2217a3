"""Points that outcomes suggest, and a copy of a scorebook that has them."""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from support.console import CannotRun, short
from support.database import moment_of, opened
from support.scorebook.tables import contract

MARK = ".suggested-by-calibrate"  # in folders that may be replaced
FILES = ("event_weights.csv", "attribute_weights.csv")


@dataclass(frozen=True)
class Suggestion:
    """What outcomes say of the points of a rule."""

    rule_id: str
    points: float
    suggested: float
    lift: float | None
    lift_low: float | None
    lift_high: float | None
    verdict: str

    @property
    def is_change(self) -> bool:
        """Whether the suggestion differs from what the scorebook says."""
        return self.suggested != self.points

    @property
    def has_evidence(self) -> bool:
        """Whether chance cannot explain it."""
        return self.verdict in ("too few points", "too many points")

    @property
    def lift_text(self) -> str:
        """The lift with its interval, for people."""
        if self.lift is None:
            return "lift unknown"
        interval = "" if self.lift_low is None else f" ({self.lift_low:.2f} to {self.lift_high:.2f})"
        return f"lift {self.lift:.2f}{interval}"


@dataclass(frozen=True)
class Findings:
    """What a build says of points, and by which outcomes."""

    suggestions: list[Suggestion]
    points_per_action: float | None
    cutoff_at: datetime | None
    horizon_ends_at: datetime | None
    as_of: datetime

    @property
    def outcomes_text(self) -> str:
        """The outcomes that the suggestions come from, for people."""
        if self.cutoff_at is None:
            return "no evaluation cut-off has contacts to look at"
        text = f"by who converted after {self.cutoff_at} and until {self.horizon_ends_at}"
        is_open = self.horizon_ends_at > self.as_of
        return f"{text}; the build knows of conversions until {self.as_of} only" if is_open else text


def read_findings(database: Path) -> Findings:
    """The suggestions of a build, by rule, and the points that stage_calibration gives an action."""
    query = """
        select rule_id, points, suggested_points, lift, lift_low, lift_high, verdict
        from rule_performance where points is not null and suggested_points is not null order by rule_id
    """
    cutoff = """
        select cutoff_at, horizon_ends_at from internal.int_cutoffs
        where cutoff_at = (select max(cutoff_at) from rule_performance)
    """
    with opened(database) as connection:
        as_of = moment_of(connection)
        rows = connection.execute(query).fetchall()
        cutoff_at, horizon_ends_at = connection.execute(cutoff).fetchone() or (None, None)
        [(points_per_action,)] = connection.execute("select max(suggested_points) from stage_calibration").fetchall()
    suggestions = [Suggestion(rule, points, readable(exact), *rest) for rule, points, exact, *rest in rows]
    return Findings(suggestions, points_per_action, cutoff_at, horizon_ends_at, as_of)


def readable(points: float) -> float:
    """Points with the two digits that people give."""
    return float(f"{points:.2g}")


def write_copy(scorebook: Path, out: Path, suggestions: list[Suggestion]) -> None:
    """Copy the scorebook, with other points and nothing else changed; leave nothing behind where that fails."""
    wanted = {each.rule_id: each for each in suggestions}
    edited = {name: with_points(scorebook / name, wanted) for name in FILES if (scorebook / name).is_file()}
    if wanted:
        raise CannotRun(
            f"{short(scorebook)} has no rule {min(wanted)}; name the scorebook that the build was made with"
        )
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, ignore_cleanup_errors=True) as beside:
        copy = Path(beside) / "copy"
        copy.mkdir()
        (copy / MARK).write_text("scripts/calibrate.py replaces this folder when it runs again.\n", encoding="utf-8")
        for path in copied_files(scorebook):
            shutil.copyfile(path, copy / path.name)
        for name, text in edited.items():
            (copy / name).write_text(text, encoding="utf-8", newline="")
        if out.exists():
            out.rename(Path(beside) / "former")
        copy.rename(out)


def copied_files(scorebook: Path) -> list[Path]:
    """The files of a scorebook that a copy has too."""
    return [path for path in sorted(scorebook.iterdir()) if path.is_file() and path.suffix in (".csv", ".yml")]


def check_place(scorebook: Path, out: Path) -> None:
    """Refuse to write over what may be somebody's scorebook, or what somebody put beside a copy."""
    if out.is_relative_to(scorebook) or scorebook.is_relative_to(out):
        raise CannotRun("--out: the scorebook itself is never edited; name a folder apart from it")
    if out.exists() and not (out / MARK).is_file():
        raise CannotRun(f"--out: {short(out)} exists and was not written by this command; name another folder")
    written = {MARK, *(f"{table}.csv" for table in contract()), *(path.name for path in copied_files(scorebook))}
    for path in sorted(out.iterdir()) if out.exists() else ():
        if path.name not in written:
            raise CannotRun(
                f"--out: {short(path)} was not written by this command; move it away, or name another folder"
            )


def with_points(path: Path, wanted: dict[str, Suggestion]) -> str:
    """The text of a file with the wanted points, all else as it is; rules that were found are taken out of `wanted`."""
    with path.open(encoding="utf-8", newline="") as file:
        lines = file.readlines()
    reader, done, result = csv.reader(lines), 0, []
    header: list[str] = []
    for cells in reader:
        record = "".join(lines[done : reader.line_num])
        done = reader.line_num
        names = [name.strip().lstrip("\ufeff").lower() for name in cells]
        if not header:
            header = names
        elif len(cells) == len(header) and (found := wanted.pop(cells[header.index("rule_id")].strip(), None)):
            place = header.index("points")
            if float(cells[place].strip() or 0) != found.points:
                raise CannotRun(
                    f"{path.name}: {found.rule_id} has {cells[place]} points, but {found.points:g} in the build; name "
                    "the scorebook that the build was made with, or build again"
                )
            cells[place] = f"{found.suggested:g}"
            record = as_line(cells, record)
        result.append(record)
    return "".join(result)


def as_line(cells: list[str], old: str) -> str:
    """Cells as a line of CSV that ends as the old one did."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue() + old[len(old.rstrip("\r\n")) :]
