"""scripts/preview_scorebook.py: it shows what two whole builds differ in, and nothing else ever happens.

One seed again: `RANDOM_SEEDS=7 .venv/bin/python -m pytest tests/test_preview_scorebook.py -k random`.
Many: `make test-random`.
"""

import ast
import csv
import json
import random
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, SMALL_DEMO_END, build, seeds
from support.console import CannotRun
from support.database import moment_of, opened
from support.preview import Preview, preview
from support.preview.beside import MARTS, UNREAD, Live, compared
from support.preview.difference import Comparison, Side, cause_beside_points, difference, trigger_differences
from support.preview.document import Heading, Listing, Sentence, document, trigger_blocks
from support.preview.edits import Reach, edits, reach, touched_by
from support.preview.forms import LONGEST_COMMENT, MARKER, html_page, markdown
from support.preview.graph import ancestors, parents, to_build
from support.preview.guards import Guards, breaches, load
from support.preview.touched import EVENTS, LINES, OF_CONTACTS, Touched
from support.scorebook import check
from support.scorebook.reading import read_scorebook
from support.scorebook.tables import plain
from support.workspace import locked

TOPICS = ("product_a", "product_b", "support_need", "journey", "email_channel", "web_channel")


def read_cells(folder):
    """The rows of a scorebook by file."""
    cells = {}
    for path in folder.glob("*.csv"):
        with path.open(newline="") as file:
            cells[path.stem] = list(csv.DictReader(file))
    return cells


def edited(source, folder, change):
    """A copy of a scorebook in which `change` was made to the rows by file."""
    shutil.copytree(source, folder)
    cells = read_cells(folder)
    change(cells)
    for name, rows in cells.items():
        header = (folder / f"{name}.csv").read_text().splitlines()[0].split(",")
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def cell(file, key, column, value):
    """A change of one cell, in the row that begins with the key."""

    def change(cells):
        row = next(row for row in cells[file] if next(iter(row.values())) == key)
        row[column] = value

    return change


def look(small_demo, folder, against=None, guards=None, listed=5):
    return preview(folder, against, small_demo.database, guards or Guards(), listed)


# Random edits


def of_group(rng, rows, groups):
    return rng.choice([row for row in rows if row["score_group"] in groups])


def reweigh(rng, cells, groups):
    of_group(rng, cells["event_weights"], groups)["points"] = str(rng.choice([-4, 0, 1, 2.5, 7, 12, 30]))


def remove_rule(rng, cells, groups):
    rule = of_group(rng, cells["event_weights"], groups)
    cells["event_weights"].remove(rule)
    cells["rule_conditions"] = [row for row in cells["rule_conditions"] if row["rule_id"] != rule["rule_id"]]


def add_rule(rng, cells, groups):
    rule = {**of_group(rng, cells["event_weights"], groups), "rule_id": "added", "max_awards": "", "points": "6"}
    cells["event_weights"].append(rule)


def change_cap(rng, cells, groups):
    of_group(rng, cells["event_weights"], groups).update(max_awards="2", per="month", per_asset="", idle_days="")


def change_condition(rng, cells, groups):
    rules = {row["rule_id"] for row in cells["event_weights"] if row["score_group"] in groups}
    if found := [row for row in cells["rule_conditions"] if row["rule_id"] in rules]:
        cells["rule_conditions"].remove(rng.choice(found))


def change_group(rng, cells, groups):
    row = rng.choice([row for row in cells["score_groups"] if row["score_group"] in groups])
    row.update({rng.choice(["full_points", "max_points"]): str(rng.choice([60, 90]))})


def change_attribute(rng, cells, groups):
    if found := [row for row in cells["attribute_weights"] if row["score_group"] in groups]:
        rng.choice(found)["points"] = "13"


def change_band(rng, cells, groups):
    if found := [row for row in cells["score_bands"] if row["score_group"] in groups and float(row["min_score"]) > 1]:
        row = rng.choice(found)
        row["min_score"] = str(float(row["min_score"]) + 1.5)


def change_trigger(rng, cells, groups):
    found = [row for row in cells["triggers"] if (row["score_group"] or "total") in (*groups, "total")]
    rng.choice(found)["threshold"] = str(rng.choice([15, 25, 55]))


def change_segment(rng, cells, groups):
    rng.choice(cells["segments"])["min_score"] = "3"


def change_exclusion(rng, cells, groups):
    cells["event_exclusions"].pop(0)
    cells["rule_conditions"] = [row for row in cells["rule_conditions"] if row["rule_id"] != "machine_open"]


def change_gate(rng, cells, groups):
    cells["attribute_weights"] = [row for row in cells["attribute_weights"] if row["rule_id"] != "gate_unreachable"]


def swap_stages(rng, cells, groups):
    cells["stages"][1]["position"], cells["stages"][2]["position"] = "3", "2"


OF_RULES = [reweigh, remove_rule, add_rule, change_cap, change_condition]
WITHIN_GROUPS = [*OF_RULES, change_group, change_attribute, change_band, change_trigger, change_segment]
BEYOND = [change_exclusion, change_gate, swap_stages]


def random_edit(seed, source, folder):
    """Some changes within a topic, within the total, beyond any group, or of rules alone, by turns."""
    rng = random.Random(seed)
    groups = [(rng.choice(TOPICS),), ("engagement", "fit"), ("engagement", *TOPICS), ("engagement",)][seed % 4]
    changes = rng.sample(OF_RULES if seed % 4 == 3 else WITHIN_GROUPS, 2)
    changes += [rng.choice(BEYOND)] if seed % 4 == 2 else []

    def change(cells):
        for each in changes:
            each(rng, cells, groups)

    while True:
        shutil.rmtree(folder, ignore_errors=True)
        edited(source, folder, change)
        if not check(folder):
            return folder


def approximately(value):
    """A value in which numbers may differ as two builds may."""
    if isinstance(value, dict):
        return {name: approximately(each) for name, each in value.items()}
    if isinstance(value, list):
        return [approximately(each) for each in value]
    return pytest.approx(value, abs=3e-6) if isinstance(value, float) else value


def test_names_are_compared_as_in_the_scorebook(small_demo):
    with compared(Live(small_demo.database), None, small_demo.database) as connection:
        for name in (" Total ", "\u3000a\u00a0", "a\t", "ΟΔΟΣ", "οδος", "İx", "É"):
            assert connection.execute("select plain($1)", [name]).fetchall() == [(plain(name),)]


@pytest.mark.parametrize("seed", seeds("1"))
def test_a_preview_of_random_edits_is_the_difference_of_two_builds(small_demo, seed, tmp_path):
    book = random_edit(seed, small_demo.scorebook, tmp_path / "book")
    shown = look(small_demo, book)
    build(small_demo.given, book, SMALL_DEMO_END, tmp_path / "whole.duckdb")

    live, after = Live(small_demo.database), read_scorebook(book)[0]
    before = read_scorebook(small_demo.scorebook)[0]
    moved = reach(before, after)
    with compared(live, None, tmp_path / "whole.duckdb") as connection:
        sides = (Side("before", before, set()), Side("after", after, MARTS))
        whole = difference(Comparison(connection, *sides, moved, live.as_of, 7, 5))
        assert shown.changes == approximately(whole), shown.edits
        for name, query in BEYOND_REACH.items():
            names = [sorted(moved.groups), sorted(moved.triggers), sorted(moved.segments)]
            for side, other in (("live", "after"), ("after", "live")):
                sql = f"{query.format(side)} except {query.format(other)}"
                used = [value for number, value in enumerate(names, 1) if f"${number}" in sql]
                sql = re.sub(r"\$\d", "$1", sql)
                assert connection.execute(sql, used).fetchall() == [], (
                    f"{name} moves, and was not looked at: {shown.edits}"
                )


BEYOND_REACH = {
    "a score": "select contact_id, score_group, round(points, 4), band from {}.main.group_scores "
    "where lower(score_group) not in (select unnest($1::varchar[]))",
    "the total": "select contact_id, round(points, 4), band from {}.main.contact_scores "
    "where 'total' not in (select unnest($1::varchar[]))",
    "an account": "select account_id, score_group, round(points, 4), band from {}.main.account_scores "
    "where lower(score_group) not in (select unnest($1::varchar[]))",
    "a crossing": "select crossing_id, is_suppressed from {}.main.threshold_crossings "
    "where trigger_id not in (select unnest($2::varchar[]))",
    "a segment": "select segment, contact_id from {}.main.segment_members "
    "where lower(segment) not in (select unnest($3::varchar[]))",
}


@pytest.mark.parametrize(
    ("change", "touched"),
    [
        (cell("event_weights", "email_clicked", "points", "8"), Touched({"email_click"}, True)),
        (cell("event_weights", "email_clicked", "event_type", "like"), Touched({"email_click", "like"}, True)),
        (cell("event_weights", "email_clicked", "label", "x"), Touched(set(), True)),
        (cell("rule_conditions", "form_filled", "value", "x"), Touched({"form_submit"}, True)),
        (cell("score_groups", "fit", "full_points", "60"), Touched(set(), False)),
        (cell("attribute_weights", "fit_manager", "points", "60"), Touched(set(), False)),
        (cell("triggers", "high_interest", "threshold", "60"), Touched(set(), False)),
        (cell("score_bands", "total", "band", "x"), Touched(set(), True)),
        (cell("stages", "lead", "position", "9"), Touched()),
        (cell("event_exclusions", "machine_open", "channel", "web"), Touched()),
        (cell("rule_conditions", "machine_open", "value", "x"), Touched()),
    ],
)
def test_what_an_edit_touches(tmp_path, change, touched):
    book = edited(ROOT / "seeds", tmp_path / "book", change)
    assert touched_by(read_scorebook(ROOT / "seeds")[0], read_scorebook(book)[0]) == touched


def test_lines_follow_the_spelling_of_their_group(tmp_path):
    book = edited(ROOT / "seeds", tmp_path / "book", cell("score_groups", "product_b", "score_group", "Product_B"))
    sides = [read_scorebook(folder)[0] for folder in (ROOT / "seeds", book)]
    rules = [rule for rule in sides[0]["event_weights"].rows if rule.get("score_group") == "product_b"]
    assert touched_by(*sides).types == {rule.get("event_type") for rule in rules} != set()


def test_nothing_else_reads_what_a_preview_computes_in_part():
    """Of some events only, or of some contacts: a model that is to read one of these belongs into touched.py first."""

    def readers(*names):
        return {name for name in ancestors(MARTS) if parents()[name] & set(names)}

    capping = {"int_awards_counted", "int_periods_overfull", "int_awards_refused"}
    matching = {"int_excluded_events", "int_event_matches", "int_matches_frequent", "int_matches_admitted", *capping}
    assert matching | set(LINES) == readers(EVENTS, *matching)
    levels = readers(*OF_CONTACTS)
    while more := readers(*levels) - levels - MARTS:
        levels |= more
    assert levels & MARTS == set()
    assert {mart for mart in MARTS if parents()[mart] & levels} == {"threshold_crossings"}


def test_what_nobody_reads_is_not_built():
    """The comparison does not name what these add to the marts."""
    everything, _ = to_build(MARTS, {"event_weights"}, frozenset())
    built, reused = to_build(MARTS, {"event_weights"}, UNREAD)
    assert UNREAD & built == set()
    assert UNREAD & everything & reused == UNREAD
    compared_by = (ROOT / "scripts/support/preview/difference.py").read_text()
    for column in ("cause_rule_id", "cause_event_id", "top_reasons", "events"):
        assert not re.search(rf"\b{column}\b", compared_by)


def test_only_what_an_edit_touches_is_computed_again(small_demo, tmp_path):
    """The rest is read from the live database, and is all there."""
    look(
        small_demo,
        edited(small_demo.scorebook, tmp_path / "book", cell("event_weights", "demo_requested", "points", "9")),
    )
    live = Live(small_demo.database)
    with compared(live, None, live.file_beside("after")) as connection:

        def column(query):
            return [value for (value,) in connection.execute(query).fetchall()]

        rules = "select rule_id from internal.stg_event_weights where event_type = 'demo_request'"
        connection.execute("use live")
        demo_rules = column(rules)
        lines = "select count(*) from {}.internal.{} where score_group = 'engagement'"
        connection.execute("use after")
        assert set(column("select rule_id from internal.int_event_lines_built")) == {"demo_requested"}
        assert "demo_requested" in demo_rules
        counts = [column(lines.format(name, "int_event_lines")) for name in ("live", "after")]
        assert counts[0] == counts[1] != [0]
        touched = column("select contact_id from preview.touched_contacts")
        assert 0 < len(touched) < 100
        scratch = live.file_beside("after").with_name("scratch.duckdb")
        connection.execute(f"attach '{scratch}' as scratch (read_only)")
        assert set(column("select contact_id from scratch.internal.int_spans_passing")) <= set(touched)
        others = "select contact_id from after.preview.touched_contacts"
        counted = f"""
            select count(*) from {{}}.main.threshold_crossings
            where trigger_id = 'cooled_off' and subject_id not in ({others})
        """
        counts = [column(counted.format(name)) for name in ("live", "after")]
        assert counts[0] == counts[1] != [0]


# Edits with a known answer


def test_no_edit_gives_exactly_nothing(small_demo, tmp_path):
    """Nor do another order of rows, another way to write a number, or a value in place of the blank that means it."""

    def reorder(cells):
        cells["event_weights"].reverse()
        cells["event_weights"][3]["points"] += ".0"
        cells["segments"].reverse()
        cells["score_groups"][0]["scale"] = ""
        cells["score_groups"][1]["account_rollup"] = " "
        cell("event_weights", "unsubscribed", "per", "ever")(cells)

    book = edited(small_demo.scorebook, tmp_path / "book", reorder)
    shown = look(small_demo, book)
    assert (shown.edits, shown.changes, shown.findings) == ([], None, [])
    assert "nothing changes" in "".join(getattr(block, "text", "") for block in document(shown, []))


def test_a_label_moves_nothing(small_demo, tmp_path):
    shown = look(
        small_demo, edited(small_demo.scorebook, tmp_path / "book", cell("event_weights", "email_sent", "label", "x"))
    )
    assert shown.edits == ["event_weights.csv: email_sent: label Was sent an e-mail → x"]
    assert shown.changes is None


@pytest.mark.slow
def test_movers_are_told_what_moves_them_besides_rules(small_demo, tmp_path):
    """A group that joins the total and another scale are causes; a group that has another name moves nobody."""

    def change(cells):
        cell("score_groups", "product_a", "in_total", "yes")(cells)
        cell("score_groups", "support_need", "full_points", "80")(cells)
        next(row for row in cells["score_bands"] if row["score_group"] == "product_b")["band"] = "cool"
        for rows in cells.values():
            for row in rows:
                row |= {"score_group": "site"} if row.get("score_group") == "web_channel" else {}

    shown = look(small_demo, edited(small_demo.scorebook, tmp_path / "book", change))
    scores = {score["score_group"]: score for score in shown.changes["scores"]}
    assert list(scores) == ["total", "product_a", "product_b", "support_need"]
    assert [(group["score_group"], group["is_new"]) for group in shown.changes["lone_groups"]] == [
        ("web_channel", False),
        ("site", True),
    ]
    with opened(small_demo.database) as live:
        points = dict(
            live.execute("select contact_id, points from group_scores where score_group = 'product_a'").fetchall()
        )
        counts = dict(
            live.execute(
                "select score_group, count(*) from group_scores where points != 0 group by score_group"
            ).fetchall()
        )
        cold = live.execute("select count(*) from group_scores where score_group = 'product_b' and band = 'cold'")
        (cold,) = cold.fetchone()
    for row in scores["total"]["movers"]:
        assert (row["cause"], row["cause_label"]) == ("product_a", "Interest in product A joins the total")
        assert row["cause_points"] == pytest.approx(points[row["contact_id"]])
    assert {row["cause"] for row in scores["support_need"]["movers"]} == {"score_groups.csv"}
    assert {row["cause"] for row in scores["product_b"]["movers"]} == {"score_bands.csv"}
    assert scores["product_b"]["band_changes"] == cold
    most = counts["product_a"] + counts["support_need"] + cold
    assert counts["support_need"] <= shown.changes["contacts"]["moved"] <= min(most, 200)
    said = "\n".join(getattr(block, "text", "") for block in document(shown, ["product_b"]))
    assert "The score group web_channel (Activity on the website) is gone: it has no scores after the edit." in said
    assert "The score group site (Activity on the website) is new: it has no scores before the edit." in said
    assert "Bands that only one side has: cold gone; cool new. Who was in" in said
    matrix = next(block for block in document(shown, ["product_b"]) if hasattr(block, "columns"))
    assert matrix.columns[1:3] == ["Little interest in product B (cold)", "Little interest in product B (cool)"]

    back = look(small_demo, small_demo.scorebook, against=str(tmp_path / "book"))
    movers = back.changes["scores"][0]["movers"]
    assert {row["cause_label"] for row in movers} == {"Interest in product A leaves the total"}


@pytest.mark.slow
def test_a_rule_whose_group_stays_at_its_limit_moves_nobody(small_demo, tmp_path):
    """Fit is full before and after a job is worth more; it is the click that is worth less that takes points away."""
    given = tmp_path / "input"
    given.mkdir()
    (given / "contacts.csv").write_text("contact_id,created_at,job_title\nfull,2026-01-01,manager\n")
    (given / "events.csv").write_text("event_id,contact_id,event_type,channel,occurred_at\n")
    with (given / "events.csv").open("a") as file:
        file.write("e1,full,email_click,email,2026-06-29\n")

    def fill(cells):
        cell("attribute_weights", "fit_manager", "points", "60")(cells)

    def change(cells):
        cell("attribute_weights", "fit_manager", "points", "90")(cells)
        cell("event_weights", "email_clicked", "points", "3")(cells)

    book = edited(small_demo.scorebook, tmp_path / "book", fill)
    (book / "manual_adjustments.csv").unlink()
    live = small_demo._replace(database=tmp_path / "full.duckdb")
    build(given, book, SMALL_DEMO_END, live.database)
    [mover] = look(live, edited(book, tmp_path / "edited", change)).changes["scores"][0]["movers"]
    assert mover["points_after"] < mover["points_before"]
    assert mover["cause"] == "email_clicked"


ANYBODY = {"segment": "Extra_Benefits", "score_group": "fit", "min_score": "0"}


@pytest.fixture(scope="module")
def bands_book(small_demo, tmp_path_factory):
    """A band and a segment that begin lower; the ledger stays as it is."""

    def change(cells):
        cell("segments", "extra_benefits", "min_score", "2")(cells)
        cells["segments"].append(dict.fromkeys(cells["segments"][0], "") | ANYBODY)
        next(row for row in cells["score_bands"] if row["band"] == "high_interest")["min_score"] = "60"

    return edited(small_demo.scorebook, tmp_path_factory.mktemp("bands") / "book", change)


@pytest.fixture(scope="module")
def bands_moved(small_demo, bands_book):
    """The preview of it."""
    before = small_demo.database.read_bytes()
    guards = Guards(max_band_change_percent={"total.high_interest": 10}, max_sends=0)
    shown = look(small_demo, bands_book, guards=guards)
    assert small_demo.database.read_bytes() == before, "the live database was written to"
    return shown


def test_against_the_edited_scorebook_the_live_one_is_the_way_back(small_demo, bands_book, bands_moved):
    back = look(small_demo, small_demo.scorebook, against=str(bands_book)).changes
    for there, again in zip(bands_moved.changes["scores"], back["scores"], strict=True):
        moves = sorted((row["before"], row["after"], row["count"]) for row in there["matrix"])
        assert moves == sorted((row["after"], row["before"], row["count"]) for row in again["matrix"])
    segments = [(row["joined"], row["left"]) for row in bands_moved.changes["segments"]]
    assert segments == [(row["left"], row["joined"]) for row in back["segments"]]


def test_bands_and_segments_move_as_scores_say(bands_moved, small_demo):
    new = "segments.csv: extra_benefits: new, label Gets extra benefits, score_group engagement, min_score 2"
    assert [edit for edit in bands_moved.edits if edit.startswith(new)]
    with opened(small_demo.database) as live:
        high, lifted = live.execute(
            "select count(*) filter (score >= 80), count(*) filter (score >= 60 and score < 80) from contact_scores"
        ).fetchone()
        joined = live.execute(
            "select count(*) from group_scores where score_group = 'engagement' and score >= 2 and score < 8"
        ).fetchone()[0]
    assert high and lifted and joined
    total = bands_moved.changes["scores"][0]
    into = sum(row["count"] for row in total["matrix"] if row["after"] == "high_interest" != row["before"])
    assert {row["cause"] for row in total["movers"]} == {"score_bands.csv"}
    assert (into, total["band_changes"], bands_moved.changes["contacts"]["moved"]) == (lifted, lifted, lifted)
    segment = next(row for row in bands_moved.changes["segments"] if row["segment"] == "extra_benefits")
    assert (segment["label"], segment["joined"], segment["left"]) == ("Gets extra benefits", joined, 0)
    assert [trigger["trigger_id"] for trigger in bands_moved.changes["triggers"] if trigger["would_send"]] == []
    change = f"{100 * lifted / high:.1f} %"
    assert bands_moved.findings == [
        f"band total.high_interest goes from {high} to {high + lifted} contacts: {change}, over 10 %"
    ]


@pytest.mark.slow
def test_a_gate_silences_and_another_target_hears_for_the_first_time(small_demo, tmp_path):
    """Neither moves a point, and no crossing comes or goes: counted here from the rows of two builds."""

    def change(cells):
        cell("attribute_weights", "fit_home_market", "disqualifies", "yes")(cells)
        cell("triggers", "high_interest", "target", "sales|marketing")(cells)
        cell("triggers", "cooled_off", "target", " Marketing | ")(cells)  # as before, in another spelling
        cells["attribute_weights"] = [row for row in cells["attribute_weights"] if row["rule_id"] != "gate_unreachable"]

    book = edited(small_demo.scorebook, tmp_path / "book", change)
    shown = look(small_demo, book)
    build(small_demo.given, book, SMALL_DEMO_END, tmp_path / "whole.duckdb")
    crossings = "select crossing_id, trigger_id, crossed_at, is_suppressed, target from threshold_crossings"
    gated = "select contact_id from contact_scores where is_disqualified"
    with duckdb.connect(str(small_demo.database), read_only=True) as live:
        before = {row[0]: row for row in live.execute(crossings).fetchall()}
        was_gated = {contact for (contact,) in live.execute(gated).fetchall()}
    with duckdb.connect(str(tmp_path / "whole.duckdb"), read_only=True) as whole:
        after = whole.execute(crossings).fetchall()
        is_gated = {contact for (contact,) in whole.execute(gated).fetchall()}

    expected = Counter()
    for crossing_id, trigger, crossed_at, is_suppressed, target in after:
        _, _, _, was_suppressed, heard = before[crossing_id]
        if is_suppressed != was_suppressed or (heard, target) == ("sales", "sales|marketing"):
            is_old = crossed_at < SMALL_DEMO_END - timedelta(days=7)
            expected[trigger, "suppressed" if is_suppressed else "stale" if is_old else "would_send"] += 1
    found = Counter(
        {
            (each["trigger_id"], what): each[what]
            for each in shown.changes["triggers"]
            for what in ("would_send", "stale", "suppressed", "gone")
            if each[what]
        }
    )
    assert found == expected
    assert {"suppressed", "stale"} <= {what for _, what in expected}
    assert shown.changes["contacts"]["moved"] == 0
    assert shown.changes["besides"] == {"disqualified": len(was_gated ^ is_gated)}
    said = "".join(getattr(block, "text", "") for block in document(shown, []))
    assert f"Besides: {len(was_gated ^ is_gated):,} contacts become disqualified, or no longer are." in said


def test_what_is_no_score_is_told_besides(small_demo, tmp_path):
    def change(cells):
        cell("buying_roles", "decision_maker", "weight", "9")(cells)
        cell("buying_roles", "decision_maker", "required_members", "4")(cells)
        cell("stages", "lead", "ready_points", "20")(cells)
        # In other letters a name stays the same.
        cell("score_groups", "total", "score_group", "Total")(cells)
        for row in cells["score_bands"]:
            row["band"] = row["band"].upper()

    shown = look(small_demo, edited(small_demo.scorebook, tmp_path / "book", change))
    assert shown.changes["contacts"]["moved"] == 0
    assert shown.changes["besides"].keys() == {"roles", "completeness", "stuck"}


def test_a_stage_that_has_another_name_is_told_with_what_is_lost_by_it(small_demo, tmp_path):
    """Counted here from the rows of two builds: stages, landed changes, and visits that are stuck or vanish."""

    def change(cells):
        cell("stages", "lead", "label", "Prospect")(cells)
        cell("stages", "lead", "stage", "prospect")(cells)
        for row in cells["triggers"]:
            row |= {"stage": "prospect"} if row["stage"] == "lead" else {}

    book = edited(small_demo.scorebook, tmp_path / "book", change)
    shown = look(small_demo, book)
    build(small_demo.given, book, SMALL_DEMO_END, tmp_path / "whole.duckdb")

    stages = "select contact_id, stage from contact_scores"
    stuck = "select contact_id, entered_at from stage_scores where is_stuck"
    rejected = "select row_key from rejected_rows where reason = 'unknown_stage'"

    def both(query):
        answers = []
        for database in (small_demo.database, tmp_path / "whole.duckdb"):
            with opened(database) as connection:
                answers.append(Counter(connection.execute(query).fetchall()))
        return answers

    in_stages, are_stuck, are_rejected = map(both, (stages, stuck, rejected))
    moved, lost = (sum((was - now).values()) for was, now in (in_stages, are_rejected[::-1]))
    turned = sum(((are_stuck[0] - are_stuck[1]) + (are_stuck[1] - are_stuck[0])).values())
    besides = shown.changes["besides"]
    assert moved and lost and are_stuck[0] - are_stuck[1]
    assert (besides["stage"], besides["stages_gone"], besides["stuck"]) == (moved, lost, turned)
    assert "stages_found" not in besides
    assert shown.edits == [
        "stages.csv: prospect: stage lead → prospect",
        "stages.csv: prospect: label Lead → Prospect",
        "triggers.csv: stuck_lead: stage lead → prospect",
    ]
    told = (
        f"{moved:,} contacts are in another stage",
        f"{lost:,} landed stage changes are rejected, as their stage is no longer known",
    )
    for text in (markdown(document(shown, [])), html_page(document(shown, []))):
        assert all(each in text for each in told)

    back = look(small_demo, small_demo.scorebook, against=str(book)).changes["besides"]
    assert (back["stage"], back["stages_found"], back["stuck"]) == (moved, lost, turned)
    assert "stages_gone" not in back


def test_scores_on_two_scales_are_not_counted_on_one(small_demo, tmp_path):
    def change(cells):
        cell("score_groups", "email_channel", "scale_min", "10")(cells)
        cell("score_groups", "email_channel", "scale_max", "50.5")(cells)

    shown = look(small_demo, edited(small_demo.scorebook, tmp_path / "book", change))
    [score] = shown.changes["scores"]
    assert score["distribution"] == []
    assert score["scale"] == {"before": (0, 100), "after": (10, 50.5)}
    blocks = list(document(shown, []))
    said = "The scale has changed from 0–100 to 10–50.5, so its tenths before and after cannot be compared."
    assert blocks[blocks.index(Heading("Response to e-mail: distribution of scores")) + 1] == Sentence(said)
    assert said in markdown(blocks) and said in html_page(blocks)
    movers = next(block for block in blocks if getattr(block, "columns", [""])[0] == "contact")
    assert {row[5] for row in movers.rows} == {"the scale that was edited (score_groups.csv)"}


def test_the_comment_is_short_marked_and_calls_nobody(bands_moved):
    text = markdown(document(bands_moved, []))
    assert text.startswith(MARKER + "\n")
    assert "**Too much: band total.high\\_interest" in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert len(re.findall(r"(?<!\\)\|", line)) >= 3
    nasty = Preview("now", "@everybody <b> | `x`", "y", ["@all [x](y.example) #1"])
    text = markdown(document(nasty, []))
    assert not re.search(r"@|<b>|(?<!\\)[\[\]|`]|#1", text)
    text = markdown([Listing([f"contact {number}" for number in range(50_000)])])
    assert LONGEST_COMMENT - 100 < len(text) < 65_000
    assert text.endswith("\n\nThe rest is too long for a comment; run the preview for it.\n")


class Page(HTMLParser):
    """Tags that are open, and everything that a page would fetch."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched = [], []

    def handle_starttag(self, tag, attributes):
        self.fetched += [value for name, value in attributes if name in ("src", "href")]
        if tag not in ("meta", "link", "img", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_needs_nothing_else(bands_moved):
    page = Page()
    bands_moved.edits.append("<script>alert(1)</script>")
    text = html_page(document(bands_moved, []))
    bands_moved.edits.pop()
    page.feed(text)
    assert (page.open, page.fetched) == ([], [])
    assert "<script" not in text and "&lt;script&gt;" in text
    assert "url(" not in text and "@import" not in text


def test_a_build_in_the_meantime_is_noticed(small_demo, tmp_path, monkeypatch):
    database = Path(shutil.copy(small_demo.database, tmp_path))

    def build_anew(connection):
        Path(shutil.copy(database, tmp_path / "next.duckdb")).replace(database)
        return moment_of(connection)

    live = Live(database)
    live.insist_on_the_same()
    monkeypatch.setattr("support.preview.beside.moment_of", build_anew)
    while_it_is_read = Live(database)
    for each in (live, while_it_is_read):
        with pytest.raises(CannotRun, match="was built anew while the preview ran"):
            each.insist_on_the_same()


# Never anything sent


def test_nothing_of_a_preview_can_be_exported(small_demo, bands_moved, tmp_path):
    database = Live(small_demo.database).file_beside("after")
    assert database.exists()
    command = [
        sys.executable,
        ROOT / "scripts" / "export_crossings.py",
        "--database",
        database,
        "--to",
        f"{tmp_path}/out",
    ]
    command += ["--state", tmp_path / "state.sqlite", "--no-baseline"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert not (tmp_path / "out").exists()
    with pytest.raises(CannotRun, match="the database holds a preview"):
        Live(database)


def test_a_preview_knows_no_way_out():
    for path in [ROOT / "scripts" / "preview_scorebook.py", *(ROOT / "scripts" / "support" / "preview").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not [name for name in names if re.match(r"support\.export|socket|urllib|http|smtplib|apprise", name)]


# The command


def run(*arguments, cwd=ROOT):
    command = [sys.executable, ROOT / "scripts" / "preview_scorebook.py", *arguments]
    return subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False)


def test_a_weight_is_edited_as_a_pull_request(small_demo, tmp_path):
    """A commit against its branch: the mover's rule is the edited one, and the guard rails say no."""

    def git(*words):
        name = ["-c", "user.name=x", "-c", "user.email=x@y.example"]
        subprocess.run(["git", *name, *words], cwd=tmp_path, check=True, capture_output=True)

    book = tmp_path / "seeds"
    shutil.copytree(small_demo.scorebook, book)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "before")
    text = (book / "event_weights.csv").read_text()
    (book / "event_weights.csv").write_text(text.replace("email_click,email,,5,", "email_click,email,,9,", 1))
    (tmp_path / "guards.yml").write_text("max_contacts_moved_percent: 1\n")
    given = ["--scorebook", "seeds", "--against", "HEAD", "--database", small_demo.database, "--guards", "guards.yml"]
    done = run(*given, "--format", "json", cwd=tmp_path)
    assert done.returncode == 1
    assert re.search(r"too much: \d+\.\d % of the contacts move, more than 1 %\nnothing was changed;", done.stderr)
    shown = json.loads(done.stdout)
    assert shown["edits"] == ["event_weights.csv: email_clicked: points 5 → 9"]
    movers = shown["changes"]["scores"][0]["movers"]
    assert len(movers) == 10
    assert {row["cause"] for row in movers} == {"email_clicked"}
    assert all(row["points_after"] > row["points_before"] for row in movers)
    triggers = shown["changes"]["triggers"]
    assert any(row["would_send"] and row["gone"] for row in triggers)
    assert [len(row["latest"]) for row in triggers] == [min(row["would_send"], 10) for row in triggers]


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--scorebook", "nowhere"], 2, "--scorebook: there is no folder nowhere"),
        (["--database", "nowhere.duckdb"], 2, "there is no database "),
        (
            ["--against", "no_such_ref"],
            2,
            "--against: 'no_such_ref' is neither a folder nor a commit that git knows in ",
        ),
        (["--against", ""], 2, "--against is empty; name a commit or a folder, or leave it out"),
        (["--score-group", "engagment"], 2, "--score-group: 'engagment' is no score group. Did you mean engagement?"),
        (["--list", "0"], 2, "--list must be at least 1"),
        (["--guards", "nowhere.yml"], 2, "--guards: there is no file nowhere.yml"),
    ],
)
def test_what_cannot_be_previewed_gets_one_sentence(small_demo, arguments, status, sentence):
    known = ["--scorebook", ROOT / "seeds", "--database", small_demo.database]
    done = run(*known, *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1


def test_a_score_that_the_edit_cannot_move_is_refused_before_anything_is_built(small_demo, tmp_path):
    book = edited(small_demo.scorebook, tmp_path / "book", cell("event_weights", "email_clicked", "points", "8"))
    done = run("--scorebook", book, "--database", small_demo.database, "--score-group", "fit")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "--score-group: 'fit' does not move; those that move are engagement, total\n"


def test_a_commit_says_nothing_of_a_folder_outside_of_its_repository(small_demo, tmp_path):
    shutil.copytree(small_demo.scorebook, tmp_path / "book")
    done = run("--scorebook", "book", "--against", "HEAD", "--database", small_demo.database, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "--against: there is no folder 'HEAD', and book is in no git repository, so no commit holds another state "
        "of it; name a folder\n"
    )


def test_a_second_preview_is_called_one(small_demo):
    with locked(Live(small_demo.database).workspace, small_demo.database, "preview"):
        done = run("--database", small_demo.database)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"another preview of {small_demo.database} is running; wait for its end\n"


@pytest.fixture
def changed_live(small_demo, tmp_path):
    """A copy of the live database in which the scorebook that it was built with is another."""

    def change(statement):
        database = Path(shutil.copy(small_demo.database, tmp_path / "live.duckdb"))
        with duckdb.connect(str(database)) as connection:
            connection.execute(statement)
        return database

    return change


def test_a_live_scorebook_that_is_refused_today_is_compared_as_it_is(small_demo, changed_live):
    database = changed_live("update scorebook.event_exclusions set reason = null where rule_id = 'machine_open'")
    shown = preview(small_demo.scorebook, None, database, Guards(), 5)
    assert shown.edits == ["event_exclusions.csv: machine_open: reason (blank) → machine open"]
    assert len(shown.notes) == 1
    assert re.fullmatch(
        r"The check refuses the live scorebook, with which \S+live.duckdb was built; it is compared as it is: "
        r"event_exclusions.csv:\d: reason: is empty, but every row needs it",
        shown.notes[0],
    )


def test_a_live_scorebook_that_cannot_be_read_is_called_that(small_demo, changed_live):
    database = changed_live("update scorebook.event_weights set points = 'ten' where rule_id = 'email_clicked'")
    with pytest.raises(CannotRun) as refused:
        preview(small_demo.scorebook, None, database, Guards(), 5)
    assert re.fullmatch(
        r"the live scorebook, with which \S+live.duckdb was built, cannot be read any more: event_weights.csv:5: "
        r"points: 'ten' is not a number; build it again with scripts/build.py",
        str(refused.value),
    )


def test_mistakes_of_what_is_compared_with_carry_its_name(small_demo, tmp_path):
    book = edited(small_demo.scorebook, tmp_path / "book", cell("event_weights", "email_clicked", "points", "ten"))
    done = run("--scorebook", small_demo.scorebook, "--against", book, "--database", small_demo.database)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{book}/event_weights.csv:5: points: 'ten' is not a number\n")


def test_a_down_trigger_is_told_apart():
    trigger = dict.fromkeys(("would_send", "stale", "suppressed", "gone", "above_before", "above_after"), 1)
    trigger |= {"trigger_id": "cooled", "rise": 0, "fall": 1, "is_new": False, "is_removed": False}
    trigger |= {"latest": [], "falling": ["c1"]}
    for direction, name in (("up", "cooled"), ("down", "cooled (down)")):
        blocks = list(trigger_blocks([trigger | {"direction": direction}]))
        assert blocks[1].rows[0][0] == name
        told = [block for block in blocks if getattr(block, "text", "").startswith("(down): such a trigger tells of")]
        assert bool(told) == (direction == "down")


def test_mistakes_are_told_before_anything_is_built(small_demo, tmp_path):
    book = edited(
        small_demo.scorebook, tmp_path / "book", cell("event_weights", "email_clicked", "score_group", "engagment")
    )
    done = run("--scorebook", "book", "--database", small_demo.database, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "book/event_weights.csv:5: score_group: 'engagment' is no score_group of score_groups.csv. "
        "Did you mean engagement?",
        "nothing was built; scripts/check_scorebook.py tells more",
    ]
    assert book.exists()


# Guard rails


def test_guard_rails_are_read_and_kept(tmp_path):
    file = tmp_path / "guards.yml"
    file.write_text("max_sends: 2\nmax_sends_of: {quiet: 0}\nmax_band_change_percent: {total.high: 10}\n")
    guards = load(file)
    matrix = [{"before": "high", "after": "high", "count": 9}, {"before": "low", "after": "high", "count": 2}]
    changes = {
        "contacts": {"all": 10, "moved": 10},
        "scores": [{"score_group": "total", "matrix": matrix}],
        "triggers": [{"trigger_id": "loud", "would_send": 3}, {"trigger_id": "quiet", "would_send": 1}],
    }
    assert breaches(changes, guards) == [
        "band total.high goes from 9 to 11 contacts: 22.2 %, over 10 %",
        "trigger loud would send 3, more than 2",
        "trigger quiet would send 1, more than 0",
    ]
    assert breaches(changes, Guards()) == []


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max_send: 5", "'max_send' is no guard rail. Did you mean max_sends?"),
        ("max_sends: many", "max_sends: it must be a number of at least 0"),
        ("max_sends_of: 5", "max_sends_of: it must be entries of a name and a number"),
        ("[1]", "it must hold entries such as max_sends: 200"),
        ("max_sends_of: {7: 5}", "max_sends_of: it must be entries of a name and a number"),
        ("a: [", "this is not YAML"),
        ("max_sends: 2024-02-30", "this is not YAML"),
        ("max_sends: 3\nmax_sends: 300", "guards.yml:2: 'max_sends' is there twice"),
        ("max_sends_of: {a: 1}\nmax_band_change_percent:\n  b: 1\n  b: 2", "guards.yml:4: 'b' is there twice"),
    ],
)
def test_a_wrong_guard_rail_is_named(tmp_path, text, sentence):
    (tmp_path / "guards.yml").write_text(text)
    with pytest.raises(CannotRun, match=re.escape(sentence)):
        load(tmp_path / "guards.yml")


@pytest.mark.parametrize("days", [1e6, 1e99])
def test_what_is_never_too_old_has_no_date(days):
    assert list(trigger_differences(Comparison(None, None, None, Reach(), SMALL_DEMO_END, days, 5))) == []


@pytest.mark.parametrize(
    ("guards", "sentence"),
    [
        (Guards(max_band_change_percent={"total.hihg_interest": 5}), "'total.hihg_interest' is no band of"),
        (Guards(max_sends_of={"High_interest": 5}), "'High_interest' is no trigger of"),
    ],
)
def test_a_guard_rail_that_guards_nothing_is_refused(guards, sentence):
    book = read_scorebook(ROOT / "seeds")[0]
    with pytest.raises(CannotRun, match=f"{sentence} the scorebook. Did you mean (total.)?high_interest"):
        guards.insist_on_names(book)


def test_guard_rails_that_nobody_named_are_passed_over_where_they_do_not_fit(small_demo, changed_live, tmp_path):
    """A scorebook of one's own need not have the bands and triggers of the project's guards.yml."""
    database = changed_live("delete from scorebook.score_bands where band = 'high_interest'")

    def change(cells):
        cells["score_bands"] = [row for row in cells["score_bands"] if row["band"] != "high_interest"]
        cells["event_weights"][1]["label"] = "Read a mail"

    book = edited(small_demo.scorebook, tmp_path / "book", change)
    done = run("--scorebook", book, "--database", database)
    assert (done.returncode, done.stderr) == (0, "")
    named = run("--scorebook", book, "--database", database, "--guards", ROOT / "guards.yml")
    assert (named.returncode, named.stdout) == (2, "")
    assert named.stderr.startswith("guard rails: max_band_change_percent: 'total.high_interest' is no band of")


def test_a_guard_rail_that_was_passed_over_is_noted():
    guards = Guards(max_band_change_percent={"total.high_interest": 5, "total.x": 9}, max_sends_of={"y": 1})
    kept, notes = guards.with_known_names(read_scorebook(ROOT / "seeds")[0])
    assert kept == Guards(max_band_change_percent={"total.high_interest": 5})
    assert notes == [
        "A guard rail was passed over: max_band_change_percent: 'total.x' is no band of the scorebook",
        "A guard rail was passed over: max_sends_of: 'y' is no trigger of the scorebook",
    ]
    none = {"contacts": {"all": 1, "moved": 0}, "besides": {}, "lone_groups": [], "accounts": [], "segments": []}
    shown = Preview("now", "x", "y", ["an edit"], none | {"scores": [], "triggers": []}, notes=notes)
    assert [block.text for block in document(shown, []) if block.__class__.__name__ == "Sentence"][:2] == notes


def test_one_is_told_in_the_singular_and_several_in_the_plural():
    changes = {"contacts": {"all": 1, "moved": 0}, "besides": {"roles": 1, "stuck": 2, "stages_gone": 3}}
    changes |= {name: [] for name in ("lone_groups", "accounts", "segments", "scores", "triggers")}
    said = [getattr(block, "text", "") for block in document(Preview("now", "x", "y", ["an edit"], changes), [])]
    besides = (
        "Besides: 3 landed stage changes are rejected, as their stage is no longer known; "
        "2 stage visits become stuck, or no longer are; 1 account has other role-weighted points, at the same points."
    )
    assert besides in said

    score = {"score_group": "total", "label": "Total", "bands": [], "matrix": [], "movers": [], "distribution": []}
    score["scale"] = {"before": (0, 100), "after": (0, 100)}
    accounts = {"score_group": "total", "all": 9, "matrix": [], "movers": []}
    for count, contacts, bands, of_accounts in (
        (1, "1 of 9 contacts moves.", "Total: 1 contact changes its band", "1 of 9 moves, 1 changes its band"),
        (2, "2 of 9 contacts move.", "Total: 2 contacts change their band", "2 of 9 move, 2 change their band"),
    ):
        changes |= {"contacts": {"all": 9, "moved": count}, "scores": [score | {"band_changes": count}]}
        changes |= {"accounts": [accounts | {"moved": count, "band_changes": count}]}
        said = [getattr(block, "text", "") for block in document(Preview("now", "x", "y", ["an edit"], changes), [])]
        assert {contacts, bands, f"Total of accounts: {of_accounts}"} <= set(said)


def test_what_moves_somebody_besides_points_is_named_in_its_number():
    other_band = cause_beside_points({"score_before": 1, "score_after": 1})
    other_score = cause_beside_points({"score_before": 1, "score_after": 2})
    assert other_band["cause_label"] == "the bands that were edited"
    assert other_score["cause_label"] == "the scale that was edited"


def test_the_guard_rails_of_the_project_fit_its_scorebook():
    load(ROOT / "guards.yml").insist_on_names(read_scorebook(ROOT / "seeds")[0])


def test_edits_are_told_in_words(small_demo, tmp_path):
    def change(cells):
        cells["event_weights"][1]["points"] = "4"
        cells["event_weights"][2]["max_awards"] = ""
        cells["rule_conditions"].pop(0)
        cells["stages"].append({"stage": "partner", "position": "6", "label": "Partner"})

    book = edited(small_demo.scorebook, tmp_path / "book", change)
    sides = (read_scorebook(folder)[0] for folder in (small_demo.scorebook, book))
    assert [str(edit) for edit in edits(*sides)] == [
        "event_weights.csv: email_opened: points 3 → 4",
        "event_weights.csv: email_glanced: max_awards 1 → (blank)",
        "rule_conditions.csv: email_opened: removed, field read, operator not_equals, value glanced",
        "stages.csv: partner: new, position 6, label Partner",
    ]
