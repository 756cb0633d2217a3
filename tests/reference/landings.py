"""Histories that land bit by bit: several random cases beside each other in one input, each landing in its own order.

Most events land in time, some late or early; of the other tables rows come, change and go. Ids of the histories differ,
so that they meet in nothing but the scorebook.
"""

import random
from dataclasses import dataclass
from datetime import timedelta

from .landed import TABLES
from .random_cases import Case, make
from .values import timestamp

IDS = ("event_id", "contact_id", "alias_id", "account_id", "entity_id", "response_id")
# How far as_of moves from one landing to the next, in days.
STEPS = (0, 0.02, 0.5, 1, 1, 3, 8, 20)


@dataclass
class Landing:
    """What has landed by a moment: the case to build, and which of its events are new."""

    case: Case
    new_events: list[dict]


class Landings:
    """A number of landings of several histories, the last of which is all of them. From the landing `edited_at` on, the
    second, a weight is another: builds of all later ones go on from one another."""

    def __init__(self, seed, histories, landings):
        self.random = random.Random(seed)
        self.first = make(seed)
        self.moments = self._moments(landings)
        self.edited_at = 1
        self.rows = {table: [] for table in TABLES}
        for number in range(histories):
            case = make(seed + 1000 * number, self.first.as_of)
            for table, rows in case.landed.items():
                for row in rows:
                    self.rows[table].append((self._landing_of(table, row), self._named(row, number)))

    def __iter__(self):
        for number, as_of in enumerate(self.moments):
            scorebook = with_edited_rule(self.first.scorebook) if number >= self.edited_at else self.first.scorebook
            landed = {table: self._landed(table, number) for table in TABLES}
            formats = dict.fromkeys(TABLES, "csv")
            case = Case(self.first.seed, as_of, landed, scorebook, formats)
            yield Landing(case, [row for landing, row in self.rows["events"] if landing == number])

    def _moments(self, landings):
        moments = [self.first.as_of]
        while len(moments) < landings:
            moments.append(moments[-1] - timedelta(days=self.random.choice(STEPS)))
        return moments[::-1]

    def _named(self, row, number):
        """The row with ids of its own; those of the first history are known to the scorebook."""
        if number == 0:
            return row
        return {
            column: f"{text}~{number}" if column in IDS and text and text.strip() else text
            for column, text in row.items()
        }

    def _landing_of(self, table, row):
        last, dice = len(self.moments) - 1, self.random.random()
        if dice < 0.15:
            return self.random.randint(0, last)
        if table != "events":
            return 0 if dice < 0.8 else self.random.randint(0, last)
        moment = timestamp(row.get("occurred_at") or "")
        if moment is None:
            return self.random.randint(0, last)
        return next((number for number, as_of in enumerate(self.moments) if moment <= as_of), last)

    def _landed(self, table, number):
        """Rows of a table at a landing; of all but events some are gone again or say something else."""
        rows = [(landing, row) for landing, row in self.rows[table] if landing <= number]
        if table == "events":
            return [row for _, row in rows]
        chance = random.Random(f"{self.first.seed} {table} {number}")
        kept = []
        for _, row in rows:
            dice = chance.random()
            if dice > 0.95 and "account_id" in row:  # people change company, and companies appear
                kept.append(row | {"account_id": chance.choice(rows)[1].get("account_id")})
            elif dice > 0.03:
                kept.append(row)
            elif dice > 0.015:
                other = chance.choice(rows)[1]
                column = chance.choice([name for name in row if name not in IDS] or list(row))
                kept.append(row | {column: other.get(column)})
        return kept


def with_edited_rule(scorebook):
    """The scorebook with another weight."""
    rules = scorebook["event_weights"]
    edited = [rule | {"points": str(float(rule["points"]) + 1)} if rule is rules[0] else rule for rule in rules]
    return scorebook | {"event_weights": edited}
