"""Points of one contact at any moment, folded from its ledger lines as docs/scoring.md section 3 says.

The marts hold the scores of one moment. This says the same of moments before it, and of those after it if nothing more
happens; a test holds the two together for every contact of a demo.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

A_DAY = timedelta(days=1)
AWARDS = ("event", "idle", "manual")
LINE_ORDER = ("awarded", "expiry", "decay", "half_life", "reset")


@dataclass(frozen=True)
class Group:
    """A row of score_groups."""

    score_group: str
    label: str
    is_in_total: bool
    is_total: bool
    min_points: float | None
    max_points: float | None
    full_points: float
    scale_min: float
    scale_max: float
    scale: str
    half_life_days: float | None
    decay_percent: float | None
    decay_every_days: float | None
    is_reset_on_stage_change: bool

    def limited(self, points: float) -> float:
        """Points within the limits of the group."""
        points = points if self.min_points is None else max(points, self.min_points)
        return points if self.max_points is None else min(points, self.max_points)

    def score(self, points: float) -> float:
        """Points on the scale of the group."""
        share = min(max(points / self.full_points, 0.0), 1.0)
        share = math.sqrt(share) if self.scale == "sqrt" else share
        return rounded(self.scale_min + (self.scale_max - self.scale_min) * share, 2)

    def points_for(self, score: float) -> float | None:
        """Points at which the scale reaches a score; None where it never does."""
        if not self.scale_min < score <= self.scale_max:
            return None
        share = (score - self.scale_min) / (self.scale_max - self.scale_min)
        return self.full_points * (share * share if self.scale == "sqrt" else share)

    def faded(self, points: float, since: datetime, until: datetime) -> float:
        """What is left of points by a half-life."""
        if self.half_life_days is None or not points:
            return points
        return points * 2.0 ** (-((until - since) / A_DAY) / self.half_life_days)


@dataclass(frozen=True)
class Line:
    """A line of the ledger, with what is known of its future."""

    score_group: str
    line_kind: str
    rule_id: str
    label: str
    event_id: str | None
    asset: str | None
    effective_at: datetime
    stage_visit: int
    points: float
    withheld_points: float = 0.0
    withheld_reason: str | None = None
    expires_after_days: float | None = None
    expires_at: datetime | None = None

    @property
    def expiry(self) -> datetime | None:
        """When the line is taken back: at its own time, else after so many days."""
        if self.line_kind not in AWARDS:
            return None
        return self.expires_at or later(self.effective_at, self.expires_after_days)


def later(moment: datetime, days: float | None) -> datetime | None:
    """A moment so many days later, to the microsecond; None where there is no such date."""
    try:
        return None if days is None else moment + timedelta(microseconds=round(days * 86_400_000_000))
    except OverflowError:
        return None


def rounded(number: float, digits: int) -> float:
    """Half away from zero, as the models round: ten decimals first restore what the double stands for."""
    if abs(number) >= 1e15:
        return number
    exact = Decimal(number).quantize(Decimal("1e-10"), ROUND_HALF_UP)
    return float(exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def follow_ups(line: Line, group: Group, until: datetime) -> Iterator[Line]:
    """The lines by which an award decays and expires, up to a moment."""
    if line.line_kind not in AWARDS or not line.points:
        return
    left, expiry = line.points, line.expiry
    if group.decay_percent is not None:
        steps = math.ceil(round(100 / group.decay_percent, 9))
        for step in range(1, steps + 1):
            at = later(line.effective_at, step * group.decay_every_days)
            if at is None or at > until or (expiry and at >= expiry):
                break
            taken = left if step == steps else line.points * group.decay_percent / 100
            left -= taken
            yield followed(line, "decay", at, -taken)
    else:
        left = group.faded(left, line.effective_at, expiry or line.effective_at)
    if expiry and expiry <= until and left:
        yield followed(line, "expiry", expiry, -left)


def followed(line: Line, kind: str, at: datetime, points: float) -> Line:
    """A line that follows from an award."""
    return replace(line, line_kind=kind, effective_at=at, points=points, expires_after_days=None, expires_at=None)


@dataclass
class Ledger:
    """The lines of a contact, with the groups and the stage visit by which they count at a moment."""

    groups: dict[str, Group]
    lines: list[Line]
    visit: int
    moment: datetime

    @property
    def total(self) -> Group:
        """The group that is the sum of others."""
        return next(group for group in self.groups.values() if group.is_total)

    @property
    def parts(self) -> list[Group]:
        """The groups of the total."""
        return [group for group in self.groups.values() if group.is_in_total]

    def counts(self, line: Line) -> bool:
        """Whether a line counts in the stage visit of the moment."""
        return not self.groups[line.score_group].is_reset_on_stage_change or line.stage_visit == self.visit

    def unlimited(self) -> dict[str, float]:
        """Points by group before limits."""
        sums = dict.fromkeys((name for name, group in self.groups.items() if not group.is_total), 0.0)
        for line in filter(self.counts, self.lines):
            sums[line.score_group] += self.groups[line.score_group].faded(line.points, line.effective_at, self.moment)
        return sums

    def limited(self, unlimited: dict[str, float]) -> dict[str, float]:
        """Points by group, the total included."""
        points = {name: self.groups[name].limited(rounded(value, 6)) for name, value in unlimited.items()}
        points[self.total.score_group] = self.total.limited(self.sum_of_parts(points))
        return points

    def sum_of_parts(self, points: dict[str, float]) -> float:
        """The total before its limits."""
        return rounded(sum(points[part.score_group] for part in self.parts), 6)

    def points(self) -> dict[str, float]:
        """Points by group, the total included."""
        return self.limited(self.unlimited())

    def statement(self, group: Group) -> list[tuple[str, str, float, int | None]]:
        """What adds up to the points of a group exactly, to 6 decimals: (line, label, points, awards)."""
        points = self.points()
        if group.is_total:
            lines = [
                ("group", part.label, points[part.score_group], None) for part in self.parts if points[part.score_group]
            ]
            cut = rounded(points[group.score_group] - self.sum_of_parts(points), 6)
        else:
            lines = list(self.group_lines(group))
            cut = rounded(points[group.score_group] - rounded(self.unlimited()[group.score_group], 6), 6)
        return [*lines, *([("limit", "Cut or raised to the limit", cut, None)] if cut else [])]

    def group_lines(self, group: Group) -> Iterator[tuple[str, str, float, int | None]]:
        """The statement of a group before its limit; the running sum is rounded, so that the lines add up."""
        sums: dict[tuple[str, str], list[float]] = {}
        labels = {"expiry": "Awards that expired", "decay": "Awards that decayed"}
        for line in self.lines:
            if line.score_group != group.score_group:
                continue
            value = group.faded(line.points, line.effective_at, self.moment)
            kind = line.line_kind if line.line_kind in labels else "awarded"
            rule = line.rule_id if kind == "awarded" else ""
            labels.setdefault(rule, line.label)
            is_award = kind == "awarded" and line.withheld_reason is None
            add(sums, (kind, rule), line.points, is_award)
            add(sums, ("half_life", ""), value - line.points)
            add(sums, ("reset", ""), 0 if self.counts(line) else -value)
        labels |= {"half_life": "Lost with age", "reset": "Earned in earlier stages"}
        so_far = 0.0
        told = 0.0
        for (kind, rule), (points, awards) in sorted(
            sums.items(), key=lambda item: (LINE_ORDER.index(item[0][0]), item[0])
        ):
            so_far += points
            share = rounded(rounded(so_far, 6) - told, 6)
            told = rounded(so_far, 6)
            if share or awards:
                yield kind, labels[rule or kind], share, int(awards) if kind == "awarded" else None


def add(sums: dict, key: tuple[str, str], points: float, is_award: bool = False) -> None:
    """Add a line to a sum of lines."""
    entry = sums.setdefault(key, [0.0, 0])
    entry[0] += points
    entry[1] += is_award


def future(ledger: Ledger, scheduled: Iterable[Line], until: datetime) -> list[Line]:
    """The lines that follow if nothing more happens: expiry and decay of what was awarded, and what is to be awarded
    then, for silence or by hand."""
    scheduled = [line for line in scheduled if ledger.moment < line.effective_at <= until]
    coming = list(scheduled)
    for line in [*ledger.lines, *scheduled]:
        coming += follow_ups(line, ledger.groups[line.score_group], until)
    coming = [line for line in coming if line.effective_at > ledger.moment and ledger.counts(line)]
    return sorted(coming, key=lambda line: (line.effective_at, line.score_group, line.rule_id))


@dataclass(frozen=True)
class Watch:
    """A group whose points (or score) are awaited to fall below a limit."""

    score_group: str
    limit: float
    is_score: bool = False

    def is_met(self, group: Group, points: dict[str, float]) -> bool:
        """Whether the points by group lie below the limit."""
        value = points[self.score_group]
        return (group.score(value) if self.is_score else value) < self.limit


def falls(ledger: Ledger, coming: list[Line], watches: Iterable[Watch], until: datetime) -> dict[Watch, datetime]:
    """When each of them falls below its limit if nothing more happens; those that do not are left out.

    Between two lines points only fade, so that looking at each midnight and each line misses nothing that lasts a day.
    """
    found: dict[Watch, datetime] = {}
    waiting = set(watches)
    state, now = ledger.unlimited(), ledger.moment
    lines_at: dict[datetime, list[Line]] = {}
    for line in coming:
        lines_at.setdefault(line.effective_at, []).append(line)

    def at(moment: datetime) -> dict[str, float]:
        return {name: ledger.groups[name].faded(value, now, moment) for name, value in state.items()}

    def below(unlimited: dict[str, float]) -> set[Watch]:
        points = ledger.limited(unlimited)
        return {watch for watch in waiting if watch.is_met(ledger.groups[watch.score_group], points)}

    fades = any(group.half_life_days for group in ledger.groups.values())
    for moment in moments(ledger.moment, set(lines_at), until, fades):
        before = at(moment)
        for watch in below(before):
            found[watch] = bisected(now, moment, lambda middle, watch=watch: watch in below(at(middle)))
        after = dict(before)
        for line in lines_at.get(moment, ()):
            after[line.score_group] += line.points
        found |= {watch: moment for watch in below(after) if watch not in found}
        waiting -= set(found)
        if not waiting:
            break
        state, now = after, moment
    return found


def moments(start: datetime, lines: set[datetime], until: datetime, fades: bool) -> Iterator[datetime]:
    """Every moment of a line, and every midnight where points fade."""
    midnights = set()
    if fades:
        midnight = datetime(start.year, start.month, start.day)
        midnights = {midnight + A_DAY * day for day in range(1, (until - midnight).days + 1)}
    yield from sorted(lines | midnights)


def bisected(low: datetime, high: datetime, is_there: Callable[[datetime], bool]) -> datetime:
    """The moment, to the second, from which something holds that does not at `low` and does at `high`."""
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) / 2
        low, high = (low, middle) if is_there(middle) else (middle, high)
    return high
