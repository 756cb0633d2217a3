"""Points, scores and bands at a moment: the end of docs/scoring.md section 3."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

from .attributes import gates
from .ledger import contact_lines, halved
from .people import read_contacts
from .values import rounded


def limited(points, group):
    """Points limited to [min_points, max_points] of a group or of the row `total`."""
    if group.min_points is not None:
        points = max(points, group.min_points)
    if group.max_points is not None:
        points = min(points, group.max_points)
    return points


def score(points, group):
    """scale_min + (scale_max − scale_min) × f(min(max(points / full_points, 0), 1)), rounded to 2 decimals.

    Points of a group whose max_points is 0 or less never grow into a score.
    """
    share = min(max(points / group.full_points, Decimal(0)), Decimal(1)) if group.full_points > 0 else Decimal(0)
    grown = share.sqrt() if group.scale == "sqrt" else share
    return rounded(group.scale_min + (group.scale_max - group.scale_min) * grown, 2)


def band(score_now, group):
    """The row with the greatest min_score ≤ score."""
    return next((name for min_score, name in reversed(group.bands) if min_score <= score_now), None)


def percentile(mine, scores):
    """The share of the other contacts with a lower score; 0 for a single contact."""
    return sum(other < mine for other in scores) / (len(scores) - 1) if len(scores) > 1 else 0.0


def worth_at(line, moment):
    """A line's worth at a moment not before its effective_at."""
    return halved(line.points, line.group, moment - line.effective_at)


@dataclass
class World:
    """All that holds at `as_of`: contacts, and their ledger lines by contact."""

    given: object
    book: object
    contacts: dict
    lines: dict
    gates: dict

    @property
    def as_of(self):
        """The moment that the build scores for."""
        return self.given.as_of

    def lines_of(self, contact, group):
        """The lines of a contact in a group; for `total` those of the groups in the total."""
        if group is self.book.total:
            return [line for line in self.lines[contact.contact_id] if line.group.in_total]
        return [line for line in self.lines[contact.contact_id] if line.group is group]

    def counted(self, contact, group, moment, before=None):
        """Lines of a group that count at a moment: effective by then (or before `before`), in a group with reset
        only those of the visit that the moment falls in."""
        lines = [
            line
            for line in self.lines_of(contact, group)
            if (line.effective_at < before if before else line.effective_at <= moment)
        ]
        if group.reset_on_stage_change:
            lines = [line for line in lines if line.stage_visit == contact.visit_at(moment).number]
        return lines

    def points(self, contact, group, moment, before=None):
        """Group points: the sum of the lines valued at the moment, rounded to 6 decimals, then limited.
        Total points: the sum of the group points of the groups in_total, limited by the row `total`."""
        if group is self.book.total:
            return limited(
                sum((self.points(contact, each, moment, before) for each in self.book.summed()), Decimal(0)), group
            )
        lines = self.counted(contact, group, moment, before)
        return limited(rounded(sum((worth_at(line, moment) for line in lines), Decimal(0)), 6), group)

    def scores_now(self, group):
        """Points and score of every contact in a group at `as_of`."""
        now = {key: self.points(contact, group, self.as_of) for key, contact in self.contacts.items()}
        return {key: (points, score(points, group)) for key, points in now.items()}

    def engagements(self, contact, group=None):
        """Event lines not withheld by an exclusion, of one group or of all."""
        lines = self.lines[contact.contact_id] if group is None else self.lines_of(contact, group)
        return [line for line in lines if line.line_kind == "event" and not line.is_excluded]

    def last_engaged_at(self, contact, group=None):
        """When a contact last engaged, None if never."""
        return max((line.effective_at for line in self.engagements(contact, group)), default=None)

    def awarded(self, contact):
        """Awards of a contact by (group, rule_id): all lines but expiry and decay."""
        by_rule = defaultdict(list)
        for line in self.lines[contact.contact_id]:
            if line.line_kind in ("event", "idle", "attribute", "manual"):
                by_rule[line.group.name, line.rule_id].append(line)
        return by_rule


def read_world(given, book):
    """Contacts, ledger and gates of an input under a scorebook."""
    contacts = read_contacts(given, book)
    return World(
        given,
        book,
        contacts,
        {key: contact_lines(contact, given, book) for key, contact in contacts.items()},
        {key: gates(contact, given, book) for key, contact in contacts.items()},
    )
