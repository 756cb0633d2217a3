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
    BASELINE = "baseline"  # was there before the first export
    RESCORED = "rescored"  # the scorebook moved, not the contact
    SUPPRESSED = "suppressed"  # its contact is disqualified or has opted out
    STALE = "stale"  # too old when nothing else held it back
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
    records_only: bool = False  # a first export, or --baseline
    sends_baseline: bool = False
    sends_stale: bool = False
    sends_rescored: bool = False
    retries_dead: bool = False


def decide(state: State | None, was_sent: bool, seen: Sighting | None, run: Circumstances) -> State:
    """The state after a look at the mart. What holds a crossing back is looked at in a fixed order, and the state is
    the first that does: so it remembers what was passed, and what only the first look can tell comes first."""
    if was_sent:
        return State.SENT if seen else State.RETRACTED
    if seen is None or not seen.is_meant:
        return State.RETRACTED if state in OWED else state
    if (state is State.BASELINE and not run.sends_baseline) or (state is State.DEAD and not run.retries_dead):
        return state
    if run.records_only:
        return State.BASELINE
    if state is State.SUPPRESSED and seen.is_suppressed:
        return state
    if is_rescored(state, seen.crossed_at, run) and not run.sends_rescored:
        return State.RESCORED
    if seen.is_suppressed:
        return State.SUPPRESSED
    if state in OWED:
        return state
    # An older build, or more days allowed, does not make news of what was stale.
    is_stale = state is State.STALE or (state is not State.DEAD and seen.crossed_at < run.stale_before)
    return State.STALE if is_stale and not run.sends_stale else State.PENDING


def is_rescored(state: State | None, crossed_at: datetime, run: Circumstances) -> bool:
    """Whether an edited scorebook brought a crossing up. One that was suppressed may be free only by the edit."""
    is_new = state in (None, State.BASELINE, State.SUPPRESSED, State.RETRACTED)
    has_moved = run.rescored_until is not None and crossed_at <= run.rescored_until
    return state is State.RESCORED or (is_new and has_moved)
