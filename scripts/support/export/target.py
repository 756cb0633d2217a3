"""What a target is: something that crossings are delivered to."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from support.export.payload import Crossing
from support.export.states import State


class Outcome(NamedTuple):
    """What became of crossings that were delivered together."""

    crossing_ids: list[str]
    state: State
    error: str | None = None
    attempts: int = 1
    batch: str | None = None


class Shipment(NamedTuple):
    """What all crossings of a run have in common."""

    as_of: datetime
    scorebook_version: str
    source: str
    attributes: tuple[str, ...]


class Unavailable(Exception):
    """What ends the turn of a target, as one sentence; what it was not sent waits for the next run."""


class Gone(Unavailable):
    """The target wants nothing any more."""


class Target:
    """Something that crossings are delivered to. `name` is how the state file knows it, `where` is for people."""

    name: str
    where: str

    def check(self) -> None:
        """Refuse what must not be sent to, before anything is sent anywhere."""

    def tidy(self) -> None:
        """Bring to an end what an earlier run left, now that it is recorded."""

    def deliver(self, crossings: list[Crossing], shipment: Shipment) -> Iterator[Outcome]:
        """Send crossings and say what became of them, as soon as it is known."""
        raise NotImplementedError
