"""The reference itself: figures computed by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from reference import score
from reference.values import holds, number, rounded, timestamp

AS_OF = datetime(2024, 3, 31, 12)
GROUPS = [{"score_group": "total"}, {"score_group": "heat", "in_total": "yes"}]
STAGES = [{"stage": "Lead", "position": "1", "ready_points": "5"}, {"stage": "Customer", "position": "2"}]


def marts(events=(), contacts=("ann",), as_of=AS_OF, scorebook=None, group=None, rule=None, **tables):
    """Marts of events (day of March or moment, further cells) under one rule on `visit`, 4 points in group heat."""
    book = {"score_groups": [GROUPS[0], GROUPS[1] | (group or {})]} | (scorebook or {})
    one = {"rule_id": "r", "score_group": "heat", "event_type": "visit", "points": "4"}
    book.setdefault("event_weights", [one | (rule or {})])
    landed = dict(tables)
    landed["contacts"] = [
        {"contact_id": one, "created_at": "2024-03-01"} if isinstance(one, str) else one for one in contacts
    ]
    landed["events"] = [
        {"event_id": f"e{n}", "contact_id": "ann", "event_type": "visit", "occurred_at": march(moment)} | cells
        for n, (moment, cells) in enumerate((one if isinstance(one, tuple) else (one, {})) for one in events)
    ]
    return score(landed, book, as_of)


def march(moment):
    return f"2024-03-{moment:02}" if isinstance(moment, int) else moment


def lines(found, *columns):
    """Ledger lines as tuples, by time."""
    ledger = sorted(found["points_ledger"], key=lambda line: (line["effective_at"], line["event_id"] or ""))
    return [tuple(line[column] for column in columns) for line in ledger]


def points(found, contact_id="ann", score_group="heat"):
    rows = (
        row for row in found["group_scores"] if (row["contact_id"], row["score_group"]) == (contact_id, score_group)
    )
    return next(rows)["points"]


def test_a_cap_per_day_starts_again_at_midnight():
    events = ["2024-03-05 23:00", "2024-03-05T23:59:59.999999Z", "2024-03-06", "2024-03-06 23:30:00-01:00"]
    found = marts(events, rule={"max_awards": "1", "per": "day"})
    assert lines(found, "points", "withheld_points", "withheld_reason") == [(4, 0, None), (0, 4, "cap")] + 2 * [
        (4, 0, None)
    ]


def test_a_cap_per_asset_takes_no_asset_as_one_asset():
    events = [(5, {"asset": "A"}), (6, {"asset": " a"}), (7, {}), (8, {"asset": ""}), (9, {"asset": "b"})]
    assert lines(marts(events, rule={"max_awards": "1", "per_asset": "t"}), "points") == [(4,), (0,), (4,), (0,), (4,)]


def test_frequency_counts_both_ends_and_the_same_moment():
    rule = {"min_count": "2", "count_days": "3"}
    assert lines(marts([2, 5, 9, 9], rule=rule), "event_id") == [("e1",), ("e2",), ("e3",)]
    assert lines(marts([2, "2024-03-05 00:00:00.000001"], rule=rule), "event_id") == []


def test_an_excluded_event_uses_up_nothing():
    book = {"event_exclusions": [{"rule_id": "x", "channel": "Bot", "reason": "machine"}]}
    found = marts([(5, {"channel": "bot"}), 6, 7], rule={"max_awards": "1", "min_count": "2"}, scorebook=book)
    assert lines(found, "event_id", "points", "withheld_points", "withheld_reason") == [
        ("e0", 0, 4, "machine"),
        ("e2", 4, 0, None),
    ]
    assert found["group_scores"][0]["events"] == 1


def test_silence_earns_from_the_last_of_a_moment_both_ends_included():
    found = marts([1, 8, 8, "2024-03-15 00:00:00.000001"], rule={"idle_days": "7", "points": "-2"})
    day = timedelta(days=1)
    assert lines(found, "line_kind", "event_id", "effective_at", "origin_at", "points") == [
        ("idle", "e2", datetime(2024, 3, 15), datetime(2024, 3, 8), -2),
        ("idle", "e3", datetime(2024, 3, 22, 0, 0, 0, 1), datetime(2024, 3, 22, 0, 0, 0, 1) - 7 * day, -2),
    ]


def test_half_life_and_what_expiry_takes_back():
    group = {"half_life_days": "10", "expires_after_days": "20"}
    assert points(marts([1], group=group, as_of=datetime(2024, 3, 11))) == 2
    found = marts([1], group=group, as_of=datetime(2024, 3, 26))
    assert lines(found, "line_kind", "points") == [("event", 4), ("expiry", -1)]
    assert points(found) == 0
    stated = {row["line"]: float(row["points"]) for row in found["score_statement"] if row["score_group"] == "heat"}
    half_life = 4 * 2**-2.5 - 4 + 1 - 2**-0.5
    assert stated == pytest.approx(
        {"awarded": 4, "expiry": -1, "decay": 0, "half_life": half_life, "reset": 0, "limit": 0}
    )


def test_linear_decay_of_negative_points_ends_with_the_rest():
    group = {"decay_percent": "30", "decay_every_days": "2"}
    found = marts([1], group=group, rule={"points": "-10"})
    assert lines(found, "line_kind", "points") == [("event", -10), *3 * [("decay", 3)], ("decay", 1)]
    found = marts([1], group=group | {"expires_after_days": "4"}, rule={"points": "-10"})
    assert lines(found, "line_kind", "points") == [("event", -10), ("decay", 3), ("expiry", 7)]


def test_a_multiplied_rule_is_rounded_half_away_from_zero():
    events = [
        (n + 1, {"properties": text})
        for n, text in enumerate(['{"x": 0.00125}', '{"x": "-0.00125"}', '{"x": "?"}', ""])
    ]
    found = marts(events, rule={"multiply_by": "x", "points": "0.1"})
    assert lines(found, "points") == [(Decimal("0.0001"),), (Decimal("-0.0001"),), (0,), (0,)]
    assert rounded(Decimal("2.5"), 0) == 3
    assert rounded(Decimal("-2.5"), 0) == -3


def test_a_stage_change_at_the_moment_of_an_event_starts_the_visit_of_the_event():
    changes = [
        ("customer", "2024-03-05 10:00:00.000002"),
        ("Lead", "2024-03-05 10:00:00.000002"),
        ("customer", "2024-03-07"),
    ]
    found = marts(
        ["2024-03-05 10:00:00.000001", "2024-03-05 10:00:00.000002"],
        group={"reset_on_stage_change": "1"},
        scorebook={"stages": STAGES},
        stage_changes=[{"contact_id": "ann", "stage": stage, "changed_at": at} for stage, at in changes],
    )
    assert lines(found, "stage_visit", "points") == [(1, 4), (2, 4)]
    assert points(found) == 4
    visits = found["stage_scores"]
    assert [(row["stage"], row["left_at"], row["score"], row["is_stuck"]) for row in visits] == [
        ("Lead", datetime(2024, 3, 5, 10, 0, 0, 2), 80, False),
        ("Customer", None, None, False),
    ]
    assert visits[1]["days_in_stage"] == Decimal("26.083333")


def test_a_change_before_creation_ends_the_first_visit_where_it_begins():
    change = {"contact_id": "ann", "stage": "customer", "changed_at": "2024-02-20"}
    found = marts(["2024-02-10"], scorebook={"stages": STAGES}, stage_changes=[change])
    entered = [(row["stage_visit"], row["entered_at"], row["points"]) for row in found["stage_scores"]]
    assert entered == [(1, datetime(2024, 2, 20), 4), (2, datetime(2024, 2, 20), 0)]


def test_an_attribute_that_changes_and_is_unset():
    rule = {"rule_id": "t", "score_group": "heat", "entity": "contact", "attribute": "Title", "points": "6"}
    book = {"attribute_weights": [rule | {"operator": "contains", "value": "boss"}]}
    ann = {"contact_id": "ann", "created_at": "2024-03-01", "Title": "Boss"}
    assert lines(marts(contacts=[ann], scorebook=book), "effective_at", "points") == [(datetime(2024, 3, 1), 6)]
    changes = [("Big Boss", "2024-02-01"), ("boss", "2024-03-03"), ("", "2024-03-04"), ("boss", "2024-05-01")]
    rows = [
        {"entity": "Contact", "entity_id": "ann", "attribute": "Title", "value": v, "changed_at": t} for v, t in changes
    ]
    found = marts(contacts=[ann], scorebook=book, attribute_changes=rows)
    assert lines(found, "effective_at", "points") == [(datetime(2024, 3, 1), 6), (datetime(2024, 3, 4), -6)]
    found = marts(contacts=[ann], scorebook=book, attribute_changes=rows[3:])
    assert lines(found, "points") == []
    assert found["input_summary"][-1] == {"source_table": "attribute_changes", "verdict": "future", "row_count": 1}


def test_of_duplicates_the_first_received_is_kept():
    day_after = {"event_id": "e", "received_at": "2024-03-09"}
    found = marts([(5, day_after), (7, {"event_id": "e"}), (6, {"event_id": "e", "received_at": "2024-03-08"})])
    assert lines(found, "effective_at") == [(datetime(2024, 3, 7),)]
    assert {row["reason"] for row in found["rejected_rows"]} == {"duplicate"}
    assert [row["row_count"] for row in found["input_summary"] if row["verdict"] == "duplicate"] == [2]


def test_every_row_has_one_verdict():
    late = ["2024-04-01 12:00:00", "2024-04-01 12:00:00.000001"]
    events = [30, *late, (5, {"contact_id": "bob"}), (5, {"event_type": " "}), "20240301", (5, {"properties": "[1]"})]
    found = marts(events)
    verdicts = {row["verdict"]: row["row_count"] for row in found["input_summary"] if row["source_table"] == "events"}
    names = ("used", "waiting", "future", "unmatched", "missing_key", "bad_timestamp", "bad_value")
    assert verdicts == dict.fromkeys(names, 1)


def test_events_of_an_alias_of_an_alias_belong_to_the_contact():
    aliases = [{"alias_id": "bob", "contact_id": "cid"}, {"alias_id": "cid", "contact_id": "ann"}]
    found = marts([(5, {"contact_id": "bob"})], contacts=("ann", "bob"), contact_aliases=aliases)
    assert [(row["contact_id"], row["points"]) for row in found["contact_scores"]] == [("ann", 4)]


def test_the_history_of_a_half_life_is_read_at_midnight():
    found = marts(["2024-03-21", "2024-03-31 10:00"], group={"half_life_days": "4", "max_points": "5"})
    history = {row["day"]: float(row["points"]) for row in found["score_history"] if row["score_group"] == "total"}
    assert history == pytest.approx(
        {date(2024, 3, 21): 4 * 2**-0.25, date(2024, 3, 31): 4 * 2**-2.625 + 4 * 2 ** (-1 / 48)}
    )


def test_scores_bands_and_reasons():
    book = {
        "score_bands": [
            {"score_group": "total", "min_score": "8", "band": "B"},
            {"score_group": "total", "min_score": "0", "band": "C"},
        ],
        "manual_adjustments": [
            {"adjustment_id": "m", "contact_id": "bob", "score_group": "heat", "points": "12.345",
             "reason": "met at the fair", "adjusted_at": "2024-03-05"},
        ],
    }  # fmt: skip
    found = marts([2, 3], contacts=("ann", "bob", "cid"), scorebook=book)
    rows = {row["contact_id"]: row for row in found["contact_scores"]}
    shown = {key: (row["score"], row["band"], row["percentile"], row["top_reasons"]) for key, row in rows.items()}
    assert shown == {
        "ann": (8, "B", 0.5, ["r"]),
        "bob": (Decimal("12.35"), "B", 1, ["met at the fair"]),
        "cid": (0, "C", 0, []),
    }


def test_the_square_root_scale():
    found = marts([2], group={"full_points": "16", "scale": "sqrt", "scale_min": "1", "scale_max": "10"})
    assert found["group_scores"][0]["score"] == Decimal("5.5")


def test_an_account_rolls_up_its_contacts_and_roles():
    def person(name, role):
        return {"contact_id": name, "created_at": "2024-03-01", "account_id": "acme", "buying_role": role}

    found = marts(
        [5, (6, {"contact_id": "bob"}), (7, {"contact_id": "bob"}), ("2024-02-20", {"contact_id": "cid"})],
        contacts=[person("ann", "User"), person("bob", "user"), person("cid", "boss")],
        group={"account_rollup": "mean"},
        scorebook={
            "buying_roles": [{"buying_role": "user", "weight": "3", "required_members": "4"}, {"buying_role": "boss"}]
        },
        accounts=[{"account_id": "acme"}, {"account_id": "empty"}],
    )
    rows = {(row["account_id"], row["score_group"]): row for row in found["account_scores"]}
    total = rows["acme", "total"]
    assert rows["acme", "heat"]["points"] == total["points"] == Decimal("5.333333")
    assert (total["contacts"], total["engaged_contacts"], total["top_contact_id"]) == (3, 2, "bob")
    assert (total["role_weighted_points"], total["completeness"]) == ((6 * 3 + 4) / Decimal(4), Decimal("0.75"))
    assert (rows["empty", "total"]["points"], rows["empty", "total"]["contacts"]) == (0, 0)


def test_nps_takes_the_latest_response_of_a_contact():
    ratings = [("ann", "0", 2), ("ann", "9", 3), ("bob", "10", 4), ("cid", "7", 5), ("dan", "6", 6)]
    rows = [
        {"response_id": f"s{n}", "contact_id": who, "rating": rating, "responded_at": march(day), "survey": "s"}
        for n, (who, rating, day) in enumerate(ratings)
    ]
    found = marts(contacts=("ann", "bob", "cid", "dan"), survey_responses=rows)["nps_scores"]
    assert [row["month"] for row in found] == [date(2024, 3, 1), None]
    assert (found[1]["responses"], found[1]["promoters"], found[1]["nps"]) == (4, 2, 25)
    assert (float(found[1]["nps_low"]), found[1]["nps_high"]) == (pytest.approx(25 - 196 * (0.6875 / 4) ** 0.5), 100)


@pytest.mark.parametrize(
    ("operator", "value", "operand", "expected"),
    [
        ("equals", " Pro ", "pro", True),
        ("not_equals", None, "pro", True),
        ("not_in", " ", "a|b", True),
        ("in", "B", "a|b", True),
        ("gt", "10", "9", True),
        ("lt", "ten", "9", False),
        ("gte", None, "0", False),
        ("between", "1e1", "1|10", True),
        ("is_missing", " ", None, True),
        ("is_present", "x", None, True),
        ("ends_with", "WXYZ", "yz", True),
    ],
)
def test_operators(operator, value, operand, expected):
    assert holds(operator, value, operand) is expected


def test_timestamps_and_numbers():
    assert timestamp("2024-03-01T01:00:00.1234569+02:30") == datetime(2024, 2, 29, 22, 30, 0, 123456)
    assert [timestamp(text) for text in ("01/02/2024", "20240101", "infinity", "2023-02-29", "2024-1-5")] == [None] * 5
    assert [number(text) for text in ("1,000", "NaN", "1e999", "", "0x1")] == [None] * 5
    assert number(" -1.5e2 ") == -150
