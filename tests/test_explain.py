"""scripts/explain.py: its fold says what the marts say, of now, the past, and a future in which nothing happens."""

import json
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, SMALL_DEMO_END, build
from support.database import opened, rows
from support.explanation import HORIZON, band_watch, explanation
from support.explanation.fold import Group, Ledger, Line, Watch, falls, follow_ups, future, rounded
from support.explanation.reading import read
from support.explanation.text import falling

END = SMALL_DEMO_END
LATER = END + timedelta(days=45)


@pytest.fixture(scope="module")
def databases(small_demo, made_once):
    """One demo, built as of its end and as of 45 days later."""
    known = (small_demo.given, small_demo.scorebook, LATER)
    folder = made_once("later", lambda folder: build(*known, folder / "later.duckdb"))
    return small_demo.database, folder / "later.duckdb"


@pytest.fixture(scope="module")
def now(databases):
    with opened(databases[0]) as connection:
        yield connection


@pytest.fixture(scope="module")
def later(databases):
    with opened(databases[1]) as connection:
        yield connection


def points_by_contact(connection):
    """What the marts say: points by contact and score group, the total included."""
    found = defaultdict(dict)
    for row in rows(connection, "select contact_id, score_group, points from group_scores"):
        found[row["contact_id"]][row["score_group"]] = row["points"]
    for row in rows(connection, "select contact_id, points from contact_scores"):
        found[row["contact_id"]]["total"] = row["points"]
    return found


def contacts(connection, every=4):
    """Some contacts, those with an adjustment among them."""
    found = [row["contact_id"] for row in rows(connection, "select contact_id from contact_scores order by contact_id")]
    return sorted({*found[::every], *(f"c00000{number}" for number in (3, 4, 5, 6, 7))} & set(found))


def test_the_fold_gives_what_the_marts_hold(now):
    points = points_by_contact(now)
    scores = {
        (row["contact_id"], row["score_group"]): (row["score"], row["band"])
        for row in rows(now, "select contact_id, score_group, score, band from group_scores")
        + rows(now, "select contact_id, 'total' as score_group, score, band from contact_scores")
    }
    statements = defaultdict(list)
    for row in rows(now, "select * from score_statement where points != 0 or awards > 0"):
        statements[row["contact_id"], row["score_group"]].append(
            (row["line"], row["label"], row["points"], row["awards"])
        )
    visits = {row["contact_id"]: row["points"] for row in rows(now, "select * from stage_scores where is_current")}
    for contact in contacts(now):
        known = read(now, contact, None)
        assert known.ledger.points() == pytest.approx(points[contact], abs=1e-6), contact
        told = explanation(now, contact, None, None, 5)
        for score in told["scores"] + told["other_scores"]:
            assert (score["score"], score["band"]) == scores[contact, score["score_group"]]
        for group in known.ledger.groups.values():
            found = known.ledger.statement(group)
            assert {line[:2] for line in found} == {line[:2] for line in statements[contact, group.score_group]}
            assert sorted(line[2] for line in found) == pytest.approx(
                sorted(line[2] for line in statements[contact, group.score_group]), abs=1e-6
            )
            assert sorted(line[3] or 0 for line in found) == sorted(
                line[3] or 0 for line in statements[contact, group.score_group]
            )
            assert rounded(sum(line[2] for line in found), 6) == known.ledger.points()[group.score_group]
        for trigger in told["triggers"]:
            if trigger["scope"] == "stage":
                assert trigger["points"] == pytest.approx(visits[contact], abs=1e-6)


def test_the_past_is_explained_as_it_was_built(now, later):
    points = points_by_contact(now)
    for contact in contacts(now):
        assert read(later, contact, END).ledger.points() == pytest.approx(points[contact], abs=1e-6), contact


def test_the_future_comes_as_told_where_nothing_happens(now, later):
    """Rows of the demo that wait at its end are what happens."""
    busy = {
        row["contact_id"]
        for row in rows(later, "select contact_id from internal.stg_events where occurred_at > $1", END)
        + rows(later, "select contact_id from internal.stg_stage_changes where changed_at > $1", END)
        + rows(later, "select entity_id as contact_id from internal.stg_attribute_changes where changed_at > $1", END)
        + rows(later, "select contact_id from internal.stg_contacts where created_at > $1", END)
    }
    points = points_by_contact(later)
    compared, kinds = 0, set()
    for contact in set(contacts(now)) - busy:
        known = read(now, contact, None)
        coming = future(known.ledger, known.scheduled, LATER)
        kinds |= {line.line_kind for line in coming}
        forecast = replace(known.ledger, lines=known.ledger.lines + coming, moment=LATER).points()
        assert forecast == pytest.approx(points[contact], abs=1e-6), contact
        compared += 1
    assert compared > 30
    assert kinds == {"idle", "decay", "expiry", "manual"}


def test_a_fall_is_told_to_the_second(now):
    found = 0
    for contact in contacts(now)[:30]:
        known = read(now, contact, None)
        until = END + HORIZON
        coming = future(known.ledger, known.scheduled, until)
        points = known.ledger.points()
        watches = [band_watch(known, group, points) for group in known.ledger.groups.values()]
        for watch, at in falls(known.ledger, coming, filter(None, watches), until).items():
            group = known.ledger.groups[watch.score_group]

            def score(moment, known=known, coming=coming, group=group):
                lines = known.ledger.lines + [line for line in coming if line.effective_at <= moment]
                return group.score(replace(known.ledger, lines=lines, moment=moment).points()[group.score_group])

            assert score(at) < watch.limit <= score(at - timedelta(seconds=2)), (contact, watch)
            found += 1
    assert found > 10


GROUP = Group("g", "G", True, False, 0, 100, 100, 0, 100, "linear", None, None, None, False)
TOTAL = replace(GROUP, score_group="total", label="T", is_in_total=False, is_total=True)
AWARD = Line("g", "event", "r", "R", "e", None, END, 1, 40)


def ledger(group, *lines):
    return Ledger({"total": TOTAL, "g": group}, list(lines), 1, END)


def fall(group, limit, *lines):
    book = ledger(group, *lines)
    until = END + HORIZON
    return falls(book, future(book, [], until), [Watch("total", limit)], until).get(Watch("total", limit))


def test_what_neither_fades_nor_expires_never_falls():
    assert fall(GROUP, 40, AWARD) is None


def test_the_end_of_time_is_far_enough(databases, tmp_path):
    """No date is ten years after it."""
    database = shutil.copy(databases[0], tmp_path)
    with duckdb.connect(database) as connection:
        connection.execute("update build_info set as_of = '9999-12-31 12:00:00'")
    with opened(Path(database)) as connection:
        told = explanation(connection, "c000004", None, None, 3)
    assert told["as_of"].year == 9999
    assert told["next_lines"] == []


def test_half_life_falls_when_it_must():
    at = fall(replace(GROUP, half_life_days=30), 20, AWARD)
    # The points are rounded to 6 decimals, and 20.0000004 is not yet below 20.
    assert abs(at - (END + timedelta(days=30))) < timedelta(seconds=60)


def test_expiry_and_the_last_step_of_decay_take_the_rest():
    fading = replace(GROUP, decay_percent=30, decay_every_days=10)
    steps = list(follow_ups(AWARD, fading, END + HORIZON))
    assert [line.points for line in steps] == pytest.approx([-12, -12, -12, -4])
    cut_short = list(follow_ups(replace(AWARD, expires_after_days=20), fading, END + HORIZON))
    assert [(line.line_kind, line.points) for line in cut_short] == [("decay", -12), ("expiry", -28)]
    assert fall(fading, 20, AWARD) == END + timedelta(days=20)


def test_negative_points_that_fade_lift_the_total_before_it_falls():
    mixed = {
        "total": TOTAL,
        "g": replace(GROUP, half_life_days=3, min_points=-50),
        "h": replace(GROUP, score_group="h"),
    }
    lines = [replace(AWARD, points=-30), replace(AWARD, score_group="h", points=60, expires_after_days=20)]
    book = Ledger(mixed, lines, 1, END)
    until = END + HORIZON
    assert book.points()["total"] == 30
    found = falls(book, future(book, [], until), [Watch("total", 29)], until)
    assert found == {Watch("total", 29): END + timedelta(days=20)}


def test_what_is_scheduled_by_hand_is_awaited():
    book, until = ledger(GROUP, AWARD), END + HORIZON
    given = replace(AWARD, line_kind="manual", points=30, effective_at=END + timedelta(days=2))
    taken = replace(given, points=-60, effective_at=END + timedelta(days=5), expires_at=END + timedelta(days=9))
    coming = future(book, [given, taken, replace(given, effective_at=until + timedelta(days=1))], until)
    assert [line.points for line in coming] == [30, -60, 60]
    watches = [Watch("total", 40), Watch("total", 5)]
    assert falls(book, coming, watches, until) == {watches[0]: END + timedelta(days=5)}


def explain(database, *arguments):
    command = [sys.executable, ROOT / "scripts" / "explain.py", *arguments, "--database", database]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)


def test_the_text_sums_and_names_what_comes(databases, now):
    best = rows(now, "select contact_id, score from contact_scores order by points_30d desc, contact_id limit 1")[0]
    done = explain(databases[0], best["contact_id"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    told = explanation(now, best["contact_id"], None, None, 10)
    for title in ("Why Total interest", "The last lines", "What comes next", "How far to the next band"):
        assert title in done.stdout
    for score in told["scores"]:
        block = done.stdout.split(f"\nWhy {score['label']} ")[1].split("\n\n")[0].splitlines()[2:]
        last = block[-1].split()
        assert block[-1].startswith(f"= {score['label']}")
        assert float(last[-1].replace(",", "")) == pytest.approx(score["points"], abs=1e-6)


def test_the_json_holds_the_same(databases, now):
    contact = contacts(now)[0]
    done = explain(databases[0], contact, "--format", "json", "--score-group", " Engagement", "--as-of", "2026-06-01")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["as_of"] == "2026-06-01T00:00:00.000000Z"
    assert [score["score_group"] for score in told["scores"]] == ["engagement"]
    assert sum(line["points"] for line in told["scores"][0]["statement"]) == pytest.approx(told["scores"][0]["points"])
    assert all(line["at"] <= told["as_of"] for line in told["latest_lines"])
    assert all(line["at"] > told["as_of"] for line in told["next_lines"])


def test_a_fall_is_a_sentence():
    assert falling(datetime(2026, 7, 3), 10, "points") == "falls below 10 points on 2026-07-03 if nothing more happens"
    assert falling(None, 2.5) == "stays at or above 2.5 for ten years if nothing more happens"


def test_a_trigger_that_told_is_named(databases, now):
    crossing = rows(
        now, "select * from threshold_crossings where trigger_id = 'high_interest' order by crossed_at desc limit 1"
    )[0]
    told = explanation(now, crossing["subject_id"], None, None, 1)
    trigger = next(each for each in told["triggers"] if each["trigger_id"] == "high_interest")
    assert trigger["fired_at"] == crossing["crossed_at"]
    before = crossing["crossed_at"] - timedelta(microseconds=1)
    told = explanation(now, crossing["subject_id"], before, None, 1)
    trigger = next(each for each in told["triggers"] if each["trigger_id"] == "high_interest")
    assert trigger["points_missing"] > 0
    assert trigger["fired_at"] is None or trigger["fired_at"] < before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["c00001"], "there is no contact c00001. Did you mean c000001?"),
        (["nobody at all"], "there is no contact nobody at all"),
        (
            ["c000001", "--score-group", "engagment"],
            "--score-group: 'engagment' is no score group. Did you mean engagement?",
        ),
        (["c000001", "--as-of", "soon"], "--as-of: 'soon' is not a timestamp; write it as 2024-01-31,"),
        (
            ["c000001", "--as-of", "2027-01-01"],
            "--as-of: the database knows nothing after 2026-06-30 00:00:00; build it",
        ),
        (["c000001", "--as-of", "1999-01-01"], "c000001 was created at "),
        (["c000001", "--lines", "-1"], "--lines must not be negative"),
    ],
)
def test_what_cannot_be_explained_gets_one_sentence(databases, arguments, sentence):
    done = explain(databases[0], *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


def test_an_alias_is_explained_as_its_contact(databases, now):
    alias, owner = now.execute("select alias_id, contact_id from internal.int_aliases_resolved limit 1").fetchone()
    done = explain(databases[0], alias)
    assert (done.returncode, done.stderr) == (0, f"{alias} is an alias of {owner}, where its events count\n")
    assert done.stdout == explain(databases[0], owner).stdout
