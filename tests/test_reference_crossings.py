"""The crossings of the reference: computed by hand, and what must hold for any."""

import random
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import md5
from types import SimpleNamespace

import pytest

from reference.crossings import crossings, threshold_crossings
from reference.landed import Input
from reference.points import read_world
from reference.random_cases import make
from reference.scorebook import Scorebook

NOON = timedelta(hours=12)
STAGES = [{"stage": "Lead", "position": "1"}, {"stage": "Customer", "position": "2"}]


def march(day, span=timedelta()):
    return datetime(2024, 3, day) + span


AS_OF = march(31)


def found(events, trigger, as_of=AS_OF, contacts=("ann",), group=None, rules=(), book=None, **tables):
    """Crossings of one trigger on group heat; an event is (moment, points) of ann, or (moment, points, cells)."""
    heat = {"score_group": "heat", "in_total": "yes"} | (group or {})
    rule = {"score_group": "heat", "event_type": "visit", "points": "1", "multiply_by": "x"}
    given = {"trigger_id": "g", "scope": "contact", "score_group": "heat", "direction": "up", "threshold": "10"}
    scorebook = {
        "score_groups": [{"score_group": "total"}, heat],
        "event_weights": [rule | {"rule_id": "r"}, *(rule | one for one in rules)],
        "triggers": [given | trigger],
    } | (book or {})
    rows = [{"contact_id": one, "created_at": "2024-03-01"} if isinstance(one, str) else one for one in contacts]
    landed = {"contacts": rows, "events": [_event(number, *event) for number, event in enumerate(events)], **tables}
    return watch(landed, scorebook, as_of)


def _event(number, moment, points, cells=None):
    occurred_at, properties = moment.isoformat(), f'{{"x": {points}}}'
    own = {"event_id": f"e{number}", "contact_id": "ann", "event_type": "visit"}
    return own | {"occurred_at": occurred_at, "properties": properties} | (cells or {})


def watch(landed, scorebook, as_of):
    book = Scorebook(scorebook)
    return threshold_crossings(read_world(Input(landed, set(book.stages), as_of), book))


def told(rows):
    return [(row["crossed_at"], row["points_before"], row["points_after"], row["cause_event_id"]) for row in rows]


def name(*parts):
    return md5("|".join(parts).encode()).hexdigest()


def micros(moment):
    return str(int((moment - datetime(1970, 1, 1)).total_seconds()) * 1_000_000)


@pytest.mark.parametrize(
    ("direction", "hysteresis", "points", "fired"),
    [
        ("up", 0, [10], [0]),
        ("up", 0, [9, 10, 11, 9, 10], [1, 4]),
        ("up", 2, [10, 8, 10], [0]),
        ("up", 2, [10, 7, 10], [0, 2]),
        ("down", 0, [9, 8], []),
        ("down", 0, [10, 10, 9, 10, 9], [2, 4]),
        ("down", 2, [11, 9], []),
        ("down", 2, [12, 9, 11, 9, 12, 9], [1, 5]),
    ],
)
def test_a_trigger_fires_while_armed(direction, hysteresis, points, fired):
    every = SimpleNamespace(direction=direction, threshold=10, hysteresis=hysteresis, repeat="every", active_from=None)
    assert [at for _, at in crossings(every, dict(enumerate(points)))] == fired
    once = SimpleNamespace(**vars(every) | {"repeat": "once"})
    assert [at for _, at in crossings(once, dict(enumerate(points)))] == fired[:1]
    late = SimpleNamespace(**vars(once) | {"active_from": 1})
    assert [at for _, at in crossings(late, dict(enumerate(points)))] == [at for at in fired if at >= 1][:1]


def test_touching_the_threshold_is_enough():
    rows = found([(march(5), 4), (march(6), 6), (march(7), -6), (march(8), 6)], {})
    assert told(rows) == [(march(6), 4, 10, "e1")]
    assert (rows[0]["crossing_id"], rows[0]["cause_rule_id"]) == (name("g", "ann"), "r")


def test_rises_and_falls_within_a_day():
    events = [(march(5), 10), (march(5, NOON), -1), (march(5, 1.5 * NOON), 1)]
    rows = found(events, {"repeat": "every"})
    assert told(rows) == [(march(5), 0, 10, "e0"), (march(5, 1.5 * NOON), 9, 10, "e2")]
    assert [row["crossing_id"] for row in rows] == [name("g", "ann", micros(row["crossed_at"])) for row in rows]
    assert told(found(events, {"direction": "down"})) == [(march(5, NOON), 10, 9, "e1")]


def test_lines_of_one_moment_act_together():
    assert found([(march(5), 12), (march(5), -5)], {}) == []
    rules = [{"rule_id": "a", "channel": "web"}]
    events = [(march(5), 5), (march(5), 4, {"channel": "web"}), (march(5), 5, {"channel": "web"})]
    (row,) = found(events, {}, rules=rules)
    assert (row["cause_rule_id"], row["cause_event_id"], row["points_after"]) == ("a", "e2", 23)
    (row,) = found([(march(4), 30), (march(5), -15), (march(5), 1), (march(5), -15)], {"direction": "down"})
    assert row["cause_event_id"] == "e1"


def test_a_half_life_lets_points_fall_at_a_midnight():
    rows = found([(march(1, NOON), 16)], {"direction": "down"}, group={"half_life_days": "10"})
    assert told(rows) == [(march(9), Decimal("10.196485"), Decimal("9.513657"), None)]
    assert found([(march(1, NOON), 16)], {"direction": "down"}, march(8, NOON), group={"half_life_days": "10"}) == []


def test_negative_points_that_fade_lift_the_total():
    groups = [{"score_group": "total"}, {"score_group": "heat", "in_total": "t"}]
    groups.append({"score_group": "chill", "in_total": "t", "half_life_days": "4"})
    weights = [{"rule_id": "r", "score_group": "heat", "event_type": "visit", "points": "11"}]
    weights.append({"rule_id": "s", "score_group": "chill", "event_type": "visit", "points": "-2"})
    book = {"score_groups": groups, "event_weights": weights}
    assert told(found([(march(5), 0)], {"score_group": "total"}, book=book)) == [
        (march(9), Decimal("9.810793"), 10, None)
    ]


def test_expiry_and_decay_are_causes():
    rows = found([(march(5), 12)], {"direction": "down"}, group={"expires_after_days": "2.5"})
    assert told(rows) == [(march(7, NOON), 12, 0, "e0")]
    group = {"decay_percent": "10", "decay_every_days": "1.5"}
    assert told(found([(march(5), 12)], {"direction": "down"}, group=group)) == [
        (march(8), Decimal("10.8"), Decimal("9.6"), "e0")
    ]


def test_a_stage_change_resets_and_one_to_the_same_stage_does_not():
    changes = [{"contact_id": "ann", "stage": "lead", "changed_at": "2024-03-06 12:00"}]
    changes.append(changes[0] | {"stage": "customer", "changed_at": "2024-03-07 12:00"})
    options = {"group": {"reset_on_stage_change": "yes"}, "book": {"stages": STAGES}, "stage_changes": changes}
    assert told(found([(march(5), 12)], {"direction": "down"}, **options)) == [(march(7, NOON), 12, 0, None)]


def test_what_is_watched_without_lines():
    changes = [{"contact_id": "ann", "stage": "customer", "changed_at": "2024-03-07 12:00"}]
    options = {"group": {"min_points": "3"}, "book": {"stages": STAGES}}
    assert told(found([], {"threshold": "3"}, stage_changes=changes, **options)) == [(march(7, NOON), 3, 3, None)]
    assert found([], {"threshold": "3"}, **options) == []
    assert told(found([(march(5), 1)], {"threshold": "3"}, **options)) == [(march(5), 3, 3, "e0")]


def test_every_visit_of_a_stage_starts_anew():
    changes = [
        {"contact_id": "ann", "stage": stage, "changed_at": march(day).isoformat()}
        for day, stage in ((6, "customer"), (8, "lead"))
    ]
    events = [(march(3), 6), (march(4), 6), (march(6), 20), (march(8), 10), (march(9), 10)]
    options = {"book": {"stages": STAGES}, "stage_changes": changes}
    rows = found(events, {"scope": "stage", "stage": " LEAD"}, **options)
    assert told(rows) == [(march(4), 6, 12, "e1"), (march(8), 0, 10, "e3")]
    assert [row["crossing_id"] for row in rows] == [name("g", "ann", micros(march(day))) for day in (1, 8)]
    rows = found(events, {"scope": "stage", "repeat": "every"}, **options)
    assert told(rows)[1] == (march(6), 0, 20, "e2")
    assert rows[1]["crossing_id"] == name("g", "ann", micros(march(6)), micros(march(6)))


def test_an_account_is_watched_at_midnights_only():
    members = [{"contact_id": one, "created_at": f"2024-03-{day:02}", "account_id": "acme"} for one, day in
               (("ann", 1), ("bob", 7), ("eve", 9))]  # fmt: skip
    options = {"contacts": members, "accounts": [{"account_id": "acme"}]}
    events = [(march(5), 6), (march(6), 4, {"contact_id": "bob"}), (march(6, NOON), -9), (march(8), 9)]
    account = {"scope": "account", "repeat": "every"}
    rows = found(events, account, **options)
    assert told(rows) == [(march(8), 1, 10, "e3")]
    assert rows[0]["crossing_id"] == name("g", "acme", micros(march(8)))
    assert told(found(events, account | {"threshold": "5"}, group={"account_rollup": "mean"}, **options)) == [
        (march(6), 0, 6, None), (march(8), Decimal("0.5"), 5, "e3")
    ]  # fmt: skip
    assert found(events, account, as_of=march(8) - timedelta.resolution, **options) == []


def test_contacts_that_must_not_be_told_of_are_suppressed_and_accounts_are_not():
    own = {"created_at": "2024-03-01", "account_id": "acme"}
    contacts = [own | {"contact_id": "ann", "opted_out": "yes"}, own | {"contact_id": "bob", "title": "intern"}]
    gate = {"rule_id": "t", "label": "No buyer", "entity": "contact", "attribute": "title", "operator": "equals"}
    book = {"attribute_weights": [gate | {"value": "Intern", "disqualifies": "yes"}]}
    events = [(march(5), 12), (march(5), 12, {"contact_id": "bob"})]
    for scope in ("contact", "stage"):
        rows = found(events, {"scope": scope}, contacts=contacts, book=book)
        assert [(row["subject_id"], row["is_suppressed"]) for row in rows] == [("ann", True), ("bob", True)]
        assert rows[1]["suppressed_reason"] == "disqualified: No buyer"
    (row,) = found(events, {"scope": "account"}, contacts=contacts, book=book, accounts=[{"account_id": "acme"}])
    assert (row["subject_id"], row["is_suppressed"], row["suppressed_reason"]) == ("acme", False, None)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_crossing_found_today_is_found_again_tomorrow(seed):
    case = make(seed)
    later = watch(case.landed, case.scorebook, case.as_of)
    for days in (0.5, 3, 20):
        sooner = watch(case.landed, case.scorebook, case.as_of - timedelta(days=days))
        assert [one for one in map(lasting, sooner) if one not in [lasting(row) for row in later]] == []


def lasting(row):
    """A crossing without its suppression, which is that of `as_of`."""
    return {column: value for column, value in row.items() if not column.startswith("suppressed")} | {
        "is_suppressed": None
    }


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_once_crossing_keeps_its_id_whatever_arrives_late(seed):
    case = make(seed)
    some = random.Random(seed).sample(case.landed["events"], len(case.landed["events"]) * 3 // 4)
    sooner, later = (once_ids(case, events) for events in (some, case.landed["events"]))
    stay = sooner.keys() & later.keys()
    assert {key: sooner[key] for key in stay} == {key: later[key] for key in stay}
    assert stay or not sooner


def once_ids(case, events):
    """The ids of crossings of `once` triggers by trigger, subject and visit."""
    book = Scorebook(case.scorebook)
    world = read_world(Input(case.landed | {"events": events}, set(book.stages), case.as_of), book)
    once = {trigger.trigger_id for trigger in book.triggers if trigger.repeat == "once"}
    rows = [row for row in threshold_crossings(world) if row["trigger_id"] in once]
    return {(row["trigger_id"], row["subject_id"], visit_number(world, row)): row["crossing_id"] for row in rows}


def visit_number(world, row):
    return row["scope"] == "stage" and world.contacts[row["subject_id"]].visit_at(row["crossed_at"]).number


def test_a_first_visit_that_ended_before_its_contact_was_created_shares_its_id_with_the_second():
    changes = [{"contact_id": "ann", "stage": "customer", "changed_at": "2024-03-04"}]
    contacts = [{"contact_id": "ann", "created_at": "2024-03-05"}]
    options = {"contacts": contacts, "book": {"stages": STAGES}, "stage_changes": changes}
    (row,) = found([(march(3), 12), (march(6), 12)], {"scope": "stage"}, **options)
    assert (row["crossing_id"], row["crossed_at"]) == (name("g", "ann", micros(march(4))), march(3))


def test_a_contact_belongs_to_its_account_once_created():
    contacts = [{"contact_id": "ann", "created_at": "2024-03-09", "account_id": "acme"}]
    options = {"contacts": contacts, "accounts": [{"account_id": "acme"}]}
    zero = {"scope": "account", "threshold": "0", "repeat": "every"}
    rows = found([(march(5), 12), (march(8), -13), (march(8), 1)], zero, **options)
    assert told(rows) == [(march(9), 0, 0, None)]
