"""Timestamps as people write them."""

import re
from datetime import UTC, datetime, timedelta

from support.console import CannotRun

TIME = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,9})?)?"
ZONE = r"(Z|[+-](0\d|1[0-5])(:?[0-5]\d)?)"
FORM = re.compile(rf"\d{{4}}-\d\d-\d\d([ T]{TIME}{ZONE}?)?", re.ASCII)
ADVICE = "write it as 2024-01-31, 2024-01-31 09:30:00 or 2024-01-31T09:30:00Z"


def parse_timestamp(text: str) -> datetime:
    """The moment in UTC, without zone; a ValueError where the text is none. Without an offset it is UTC already."""
    text = text.strip(" ").upper()
    if not FORM.fullmatch(text):
        raise ValueError(text)
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except OverflowError:
        raise ValueError(text) from None


def given_moment(option: str, text: str | None) -> datetime | None:
    """The moment in UTC that an option names, none where it is not given; CannotRun where the text is no timestamp."""
    try:
        return None if text is None else parse_timestamp(text)
    except ValueError:
        raise CannotRun(f"--{option}: '{text}' is not a timestamp; {ADVICE}") from None


def shifted(moment: datetime, days: float) -> datetime:
    """A moment so many days later, or the first or last of all."""
    try:
        return moment + timedelta(days=days)
    except OverflowError:
        return datetime.max if days > 0 else datetime.min
