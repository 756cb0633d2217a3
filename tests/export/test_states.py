"""The state machine of a delivery, as a truth table."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from support.export.states import OWED, Circumstances, Sighting, State, decide

AS_OF = datetime(2026, 3, 1)
FRESH, LIMIT, OLD = AS_OF - timedelta(hours=1), AS_OF - timedelta(days=7), AS_OF - timedelta(days=7, microseconds=1)
LAST = AS_OF - timedelta(days=1)  # as_of of the last export


def seen(at=FRESH, *, suppressed=False, meant=True):
    return Sighting(at, suppressed, meant)


def run(**asked):
    return Circumstances(**{"stale_before": LIMIT, "rescored_until": None} | asked)


GONE = None
P, S, F, D = State.PENDING, State.SENT, State.FAILED, State.DEAD
OLDER, MOVED, BASE, HUSHED, TAKEN_BACK = State.STALE, State.RESCORED, State.BASELINE, State.SUPPRESSED, State.RETRACTED
EDITED = {"rescored_until": LAST}

TABLE = [
    # before, sent before, what the mart shows, what the run was asked and knows, after
    # a crossing seen for the first time
    (None, False, seen(), {}, P),
    (None, False, seen(LIMIT), {}, P),
    (None, False, seen(OLD), {}, OLDER),
    (None, False, seen(OLD), {"sends_stale": True}, P),
    (None, False, seen(suppressed=True), {}, HUSHED),
    (None, False, seen(OLD, suppressed=True), {}, HUSHED),
    (None, False, seen(suppressed=True), {"sends_stale": True, "sends_rescored": True, "sends_baseline": True}, HUSHED),
    (None, False, seen(LAST), EDITED, MOVED),
    (None, False, seen(LAST + timedelta(microseconds=1)), EDITED, P),
    (None, False, seen(LAST), EDITED | {"sends_rescored": True}, P),
    (None, False, seen(OLD), EDITED, MOVED),
    (None, False, seen(OLD), EDITED | {"sends_rescored": True}, OLDER),
    (None, False, seen(OLD), EDITED | {"sends_stale": True}, MOVED),
    (None, False, seen(OLD), EDITED | {"sends_stale": True, "sends_rescored": True}, P),
    (None, False, seen(), {"records_only": True}, BASE),
    (None, False, seen(OLD, suppressed=True), {"records_only": True}, BASE),
    (None, False, seen(LAST, suppressed=True), EDITED, MOVED),
    (None, False, seen(LAST, suppressed=True), EDITED | {"sends_rescored": True}, HUSHED),
    # owed
    (P, False, seen(), {}, P),
    (P, False, seen(OLD), EDITED, P),
    (P, False, seen(suppressed=True), {}, HUSHED),
    (P, False, seen(), {"records_only": True}, BASE),
    (P, False, seen(meant=False), {}, TAKEN_BACK),
    (P, False, GONE, {}, TAKEN_BACK),
    (F, False, seen(OLD), EDITED, F),
    (F, False, seen(suppressed=True), {}, HUSHED),
    (F, False, seen(), {"records_only": True}, BASE),
    (F, False, seen(meant=False), {}, TAKEN_BACK),
    (F, False, GONE, {}, TAKEN_BACK),
    # refused
    (D, False, seen(), {}, D),
    (D, False, seen(), {"retries_dead": True}, P),
    (D, False, seen(OLD), EDITED | {"retries_dead": True}, P),
    (D, False, seen(suppressed=True), {"retries_dead": True}, HUSHED),
    (D, False, GONE, {"retries_dead": True}, D),
    # sent: never again, whatever is asked
    (S, True, seen(), {"sends_stale": True, "retries_dead": True, "sends_baseline": True}, S),
    (S, True, seen(suppressed=True), {}, S),
    (S, True, seen(meant=False), {}, S),
    (S, True, seen(), {"records_only": True}, S),
    (S, True, GONE, {}, TAKEN_BACK),
    (P, True, seen(), {}, S),
    (TAKEN_BACK, True, GONE, {}, TAKEN_BACK),
    (TAKEN_BACK, True, seen(), {"sends_stale": True}, S),
    # taken back before it was sent, and here again
    (TAKEN_BACK, False, seen(), {}, P),
    (TAKEN_BACK, False, seen(OLD), {}, OLDER),
    (TAKEN_BACK, False, seen(LAST), EDITED, MOVED),
    (TAKEN_BACK, False, GONE, {}, TAKEN_BACK),
    # held back: for good, until asked for
    (OLDER, False, seen(), {}, OLDER),
    (OLDER, False, seen(OLD), EDITED, OLDER),
    (OLDER, False, seen(OLD), EDITED | {"sends_stale": True}, P),
    (OLDER, False, seen(suppressed=True), {"sends_stale": True}, HUSHED),
    (OLDER, False, seen(suppressed=True), {}, HUSHED),
    (OLDER, False, GONE, {}, OLDER),
    (MOVED, False, seen(), {}, MOVED),
    (MOVED, False, seen(), {"sends_rescored": True}, P),
    (MOVED, False, seen(OLD), {"sends_stale": True}, MOVED),
    (MOVED, False, seen(suppressed=True), {}, MOVED),
    (MOVED, False, seen(OLD), {"sends_rescored": True}, OLDER),
    (MOVED, False, seen(suppressed=True), {"sends_rescored": True}, HUSHED),
    (MOVED, False, GONE, {}, MOVED),
    (BASE, False, seen(), {}, BASE),
    (BASE, False, seen(suppressed=True), {}, BASE),
    (BASE, False, seen(), {"sends_stale": True, "sends_rescored": True}, BASE),
    (BASE, False, seen(), {"sends_baseline": True}, P),
    (BASE, False, seen(OLD), {"sends_baseline": True}, OLDER),
    (BASE, False, seen(LAST), EDITED | {"sends_baseline": True}, MOVED),
    (BASE, False, GONE, {}, BASE),
    # suppressed, and perhaps not so any more
    (HUSHED, False, seen(suppressed=True), {}, HUSHED),
    (HUSHED, False, seen(LAST, suppressed=True), EDITED, HUSHED),
    (HUSHED, False, seen(suppressed=True), {"records_only": True}, BASE),
    (HUSHED, False, seen(), {}, P),
    (HUSHED, False, seen(OLD), {}, OLDER),
    (HUSHED, False, seen(LAST), EDITED, MOVED),
    (HUSHED, False, GONE, {}, HUSHED),
]


@pytest.mark.parametrize(("before", "was_sent", "sighting", "asked", "after"), TABLE)
def test_each_line_of_the_truth_table(before, was_sent, sighting, asked, after):
    assert decide(before, was_sent, sighting, run(**asked)) is after


def everything():
    """Every state under every circumstance: 9 or no state x 2 x 9 sightings x 64 runs."""
    sightings = [
        GONE,
        *(seen(at, suppressed=s, meant=m) for at in (FRESH, OLD) for s in (True, False) for m in (True, False)),
    ]
    flags = ("records_only", "sends_baseline", "sends_stale", "sends_rescored", "retries_dead")
    for before, was_sent, sighting in product((None, *State), (True, False), sightings):
        for *asked, edited in product((True, False), repeat=len(flags) + 1):
            circumstances = run(
                **dict(zip(flags, asked, strict=True)),
                rescored_until=LAST if edited else None,
            )
            yield before, was_sent, sighting, circumstances


def test_what_holds_whatever_happens():
    """What would alert by mistake, over all combinations."""
    count = 0
    for before, was_sent, sighting, circumstances in everything():
        count += 1
        after = decide(before, was_sent, sighting, circumstances)
        if was_sent:
            assert after is (State.RETRACTED if sighting is None else State.SENT)
            continue
        if after in OWED:
            assert sighting is not None and sighting.is_meant and not sighting.is_suppressed
            assert not circumstances.records_only
        if after is State.PENDING and before not in (*OWED, State.DEAD):
            assert sighting.crossed_at >= circumstances.stale_before or circumstances.sends_stale
        if before is None and sighting is not None and sighting.is_meant:
            assert after not in (None, State.SENT, State.FAILED, State.DEAD, State.RETRACTED)
            if sighting.crossed_at <= LAST and circumstances.rescored_until and not circumstances.sends_rescored:
                assert after in (State.RESCORED, State.BASELINE), "whatever else is true of it"
        if before is State.RESCORED and after is not State.RESCORED:
            assert circumstances.sends_rescored or circumstances.records_only
        if after is not None and sighting is not None:
            assert decide(after, was_sent, sighting, circumstances) is after, "a second look changes nothing"
    assert count == 10 * 2 * 9 * 64
