"""Random moments and texts for the generator: everything that likes to go wrong, often at the same moment."""

import random
from datetime import UTC, datetime, timedelta, timezone

BAD_TIMESTAMPS = (
    "01/02/2024", "20240101", "infinity", "-infinity", "epoch", "now", "yesterday", "2024-02-30", "2024-1-5",
    "2024-01-01 25:00", "2024-01-01x", "1704067200", "2024-01-01 10:00:00 UTC", "12024-01-01", "10:00",
)  # fmt: skip
BAD_OBJECTS = ("{", "[1]", "5", "null", "{'minutes': 1}", '"text"', '{"minutes": 1} x', "minutes=3")
BAD_NUMBERS = ("1,000", "NaN", "ten", "0x10", "1_000", "-", "inf", "1e999")
BAD_BOOLEANS = ("maybe", "on", "2", "y")
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


class Chance:
    """A seeded source of everything random in a case, with one `as_of` and a pool of moments to collide at."""

    def __init__(self, seed, as_of=None):
        self.random = random.Random(seed)
        day = datetime(2024, 1, 1) + timedelta(days=self.random.randrange(60, 400))
        clock = timedelta(microseconds=self.random.randrange(86_400_000_000))
        drawn = self.one([day, day + clock, day + clock, day + clock])
        self.as_of = as_of or drawn
        midnights = [self.as_of.replace(hour=0, minute=0, second=0, microsecond=0) - DAY * n for n in range(0, 70, 5)]
        week = midnights[0] - timedelta(days=midnights[0].weekday())
        self.pool = [
            self.as_of, *(self.as_of - DAY * n for n in (1, 3, 7, 30)), week, week - MICROSECOND,
            midnights[0].replace(day=1), midnights[0].replace(day=1) - MICROSECOND,
            *(moment - MICROSECOND * self.random.randrange(2) for moment in midnights),
            *(self.as_of - DAY * self.random.uniform(0, 120) for _ in range(25)),
        ]  # fmt: skip

    def one(self, choices):
        """One of the choices."""
        return self.random.choice(choices)

    def sometimes(self, share, value, otherwise=None):
        """The value in that share of cases."""
        return value if self.random.random() < share else otherwise

    def number(self, low, high):
        """A whole number, both ends included."""
        return self.random.randint(low, high)

    def moment(self):
        """A moment up to as_of: often one of the pool, or a whole number of days or a microsecond beside it."""
        dice = self.random.random()
        if dice < 0.45:
            return self.one(self.pool)
        if dice < 0.65:
            beside = self.one(self.pool) + self.one([DAY, 2 * DAY, 3 * DAY, 7 * DAY, MICROSECOND, -MICROSECOND])
            return min(beside, self.as_of)
        return self.as_of - DAY * self.random.uniform(0, 150)

    def landing(self):
        """A moment that a row may carry: a few are later than as_of, by a microsecond, a day or more."""
        late = [MICROSECOND, DAY / 2, DAY, DAY + MICROSECOND, 3 * DAY]
        return self.sometimes(0.05, self.as_of + self.one(late)) or self.moment()

    def stamp(self, moment, bad=0.01):
        """A moment as text in one of the accepted spellings; now and then something that is no timestamp."""
        if self.random.random() < bad:
            return self.one(BAD_TIMESTAMPS)
        spellings = [moment.isoformat(), f"{moment}", f"{moment.isoformat(timespec='microseconds')}Z"]
        offset = timezone(self.one([1, -1]) * timedelta(minutes=self.one([0, 90, 330, 720])))
        spellings.append(moment.replace(tzinfo=UTC).astimezone(offset).isoformat())
        spellings.append(f"{moment.isoformat(sep=' ', timespec='microseconds')}{self.number(0, 999):03}")
        if moment.second == moment.microsecond == 0:
            spellings.append(moment.isoformat(timespec="minutes"))
        if moment.time() == moment.time().min:
            spellings += [f"{moment.date()}"] * 3
        return self.one(spellings)

    def messy(self, text):
        """Text in odd case or with outer spaces: it means the same."""
        if text is None or self.random.random() < 0.8:
            return text
        return self.one([text.upper(), text.title(), f" {text}", f"{text}  "])

    def landed(self, text):
        """Messy text of the input, where spaces may be of other kinds too."""
        text = self.messy(text)
        return text and text.replace("  ", "\u00a0\u3000")

    def blank(self):
        """An empty cell."""
        return self.one([None, None, "", "  "])
