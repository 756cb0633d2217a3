"""The state machine of a delivery: what becomes of one crossing at one destination, as a pure function."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where the delivery of a crossing to a destination stands."""

    PENDING = "pending"  # to be sent by this run or the next
    SENT = "sent"
    FAILED = "failed"  # did not get through; the next run tries again
    DEAD = "dead"  # refused; tried again only when asked to
    STALE = "stale"  # too old when it was first seen
    RESCORED = "rescored"  # the scorebook moved, not the contact
    BASELINE = "baseline"  # was there before the first export
    SUPPRESSED = "suppressed"  # its contact is disqualified or has opted out
    RETRACTED = "retracted"  # no longer a crossing; where sent_at is empty it was never sent


OWED = (State.PENDING, State.FAILED)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A crossing as the mart shows it to one destination."""

    crossed_at: datetime
    is_suppressed: bool
    is_meant: bool  # whether its trigger names this destination


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a run knows and was asked to do at one destination."""

    stale_before: datetime
    rescored_until: datetime | None  # as_of of the last export, if the scorebook has changed since
    since: datetime | None = None
    records_only: bool = False  # a first export, or --baseline
    sends_baseline: bool = False
    sends_stale: bool = False
    sends_rescored: bool = False
    retries_dead: bool = False


def decide(state: State | None, was_sent: bool, seen: Sighting | None, run: Circumstances) -> State | None:
    """The state after a look at the mart; None leaves the crossing unrecorded, for a later run."""
    if was_sent:
        return State.SENT if seen else State.RETRACTED
    if seen is None or not seen.is_meant:
        return State.RETRACTED if state in OWED else state
    if state is State.BASELINE and not run.sends_baseline:
        return state
    if state is State.DEAD and not run.retries_dead:
        return state
    if run.records_only:
        return State.BASELINE
    if seen.is_suppressed:
        return State.SUPPRESSED
    if state is State.DEAD:
        return State.PENDING
    if state in OWED:
        return state
    if state is None and run.since and seen.crossed_at < run.since:
        return None
    return classify(state, seen.crossed_at, run)


def classify(state: State | None, crossed_at: datetime, run: Circumstances) -> State:
    """Whether a crossing that nobody was told of and that may be sent will be. What was once held back stays so until
    asked for: an older build or an unchanged scorebook does not make it news."""
    is_stale = state is State.STALE or crossed_at < run.stale_before
    if is_stale and not run.sends_stale:
        return State.STALE
    is_news = state not in (State.STALE, State.RESCORED)
    moved = is_news and run.rescored_until is not None and crossed_at <= run.rescored_until
    if (moved or state is State.RESCORED) and not run.sends_rescored:
        return State.RESCORED
    return State.PENDING
