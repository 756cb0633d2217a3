"""scripts/export_crossings.py on folders: what is sent, what is only recorded, and what it says."""

import contextlib
import json
import os
import re
import shlex
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from export.world import AS_OF, COMMAND, ROOT, crossing, crossings, event_of, files_of, id_of
from support.export.states import State

DAY = timedelta(days=1)
PENDING, SENT = "pending", "sent"


def ids(*numbers):
    """How often each of these crossings is expected: once."""
    return Counter(id_of(number) for number in numbers)


# What the first export does


def test_a_first_export_records_and_sends_nothing(world):
    done = world.build([*crossings(1, 2), crossing(3, is_suppressed=True)]).fine()
    assert "This is the first export to default, sales: what was there before is recorded, not sent." in done.out
    assert world.states() == {1: "baseline", 2: "baseline", 3: "baseline"}
    assert not world.out.exists()
    assert world.fine().out.endswith("Nothing new.\n")


def test_a_first_export_can_be_asked_to_send_what_is_fresh(world):
    world.build([*crossings(1, 2), crossing(3, age=8 * DAY), crossing(4, is_suppressed=True)]).fine("--no-baseline")
    assert world.states() == {1: SENT, 2: SENT, 3: "stale", 4: "suppressed"}
    assert files_of(world.out / "sales") == ids(1, 2)


def test_the_baseline_can_be_sent_later(world):
    world.build(crossings(1, 2)).fine()
    world.fine("--no-baseline")
    assert files_of(world.out / "sales") == ids(1, 2)


def test_a_target_that_is_added_gets_no_history(world):
    world.build(crossings(1)).fine()
    world.configure("sales: {directory: out/sales}", "marketing: {directory: out/marketing}")
    world.build([*crossings(1, 2, target="sales|marketing")]).fine()
    assert (world.states("sales"), world.states("marketing")) == (
        {1: "baseline", 2: SENT},
        {1: "baseline", 2: "baseline"},
    )


def test_a_target_that_had_nothing_yet_gets_its_first_crossing(world):
    world.build([]).fine()
    world.build(crossings(1)).fine()
    assert files_of(world.out / "sales") == ids(1)


# What later exports do


def test_new_crossings_are_sent_once(world):
    world.build(crossings(1)).fine()
    world.build(crossings(1, 2, 3)).fine()
    world.fine()
    world.build(crossings(1, 2, 3, 4), as_of=AS_OF + DAY).fine()
    assert files_of(world.out / "sales") == ids(2, 3, 4)
    days = sorted(path.name for path in (world.out / "sales").iterdir())
    assert days == ["date=2026-03-01", "date=2026-03-02"], "a run adds to one day, that of its build"


def test_crossings_go_where_their_triggers_say(world):
    world.configure(*(f"{name}: {{directory: out/{name}}}" for name in ("Sales", "marketing", "default")))
    world.build([]).fine()
    rows = [crossing(1, target="sales"), crossing(2, target=" Marketing | SALES"), crossing(3, target=None)]
    world.build([*rows, crossing(4, target=""), crossing(5, target="|")]).fine()
    assert files_of(world.out / "Sales") == ids(1, 2)
    assert files_of(world.out / "marketing") == ids(2)
    assert files_of(world.out / "default") == ids(3, 4, 5)


def test_to_sends_everything_to_the_places_named(world):
    world.configure("sales: {directory: out/sales}")
    world.build(crossings(1, 2, target="nowhere")).fine("--to", world.out / "a", "SALES", "--no-baseline")
    assert files_of(world.out / "a") == files_of(world.out / "sales") == ids(1, 2)


def test_old_crossings_are_stale_until_asked_for(world):
    world.build([]).fine()
    world.build([crossing(1, age=7 * DAY), crossing(2, age=7 * DAY + timedelta(microseconds=1))]).fine()
    assert world.states() == {1: SENT, 2: "stale"}
    world.fine()
    world.fine("--include-stale")
    assert files_of(world.out / "sales") == ids(1, 2)


def test_how_old_is_stale_can_be_said(world):
    world.build([]).fine()
    world.build([crossing(1, age=2 * DAY), crossing(2, age=20 * DAY)]).fine("--stale-after-days", "1.5")
    assert world.states() == {1: "stale", 2: "stale"}
    world.build([crossing(3, age=4000 * DAY)]).fine("--stale-after-days", "1e9")
    assert world.states() == {1: "stale", 2: "stale", 3: SENT}


def test_an_edited_scorebook_floods_nobody(world):
    world.build(crossings(1)).fine()
    fresh = crossing(3, crossed_at=str(AS_OF + timedelta(hours=1)))
    world.build([*crossings(1, 2), crossing(4, age=9 * DAY), fresh], as_of=AS_OF + DAY, version="v2").fine()
    assert world.states() == {1: "baseline", 2: "rescored", 3: SENT, 4: "rescored"}
    world.fine("--include-stale")
    assert world.states()[2] == "rescored", "the scorebook has not changed since, and still it is no news"
    assert world.states()[4] == "rescored", "that it is old as well does not make it news either"
    world.fine("--include-rescored")
    assert world.states() == {1: "baseline", 2: SENT, 3: SENT, 4: "stale"}


def test_what_since_leaves_for_later_is_judged_when_it_is_seen(world):
    """Neither the next build, which knows of no edit, nor the days until then may change what it is."""
    world.build([crossing(1, age=DAY)]).fine()
    rows = [crossing(1, age=DAY), crossing(2, age=2 * DAY), crossing(3, crossed_at=str(AS_OF + DAY))]
    since = "2026-03-03T00:00:00Z"
    world.build(rows, as_of=AS_OF + 2 * DAY, version="v2").fine("--since", since)
    assert world.states() == {1: "baseline", 2: "rescored", 3: PENDING}
    world.build(rows, as_of=AS_OF + 30 * DAY, version="v3").fine()
    assert world.states() == {1: "baseline", 2: "rescored", 3: SENT}


def test_what_an_edit_brought_up_of_somebody_suppressed_is_rescored(world):
    world.build([]).fine()
    world.build(crossings(1, is_suppressed=True), as_of=AS_OF + DAY, version="v2").fine()
    world.build(crossings(1), as_of=AS_OF + DAY, version="v2").fine()
    assert world.states() == {1: "rescored"}


def test_an_edit_that_frees_what_was_suppressed_floods_nobody(world):
    world.build([]).fine()
    world.build(crossings(1, 2, is_suppressed=True)).fine()
    rows = [crossing(1), crossing(2, is_suppressed=True)]
    world.build(rows, version="v2").fine()
    world.build(crossings(1, 2), version="v2").fine()
    assert world.states() == {1: "rescored", 2: SENT}


def test_an_edit_is_judged_by_the_last_export_and_not_by_a_build_of_a_mistyped_year(world):
    world.build([], as_of=AS_OF.replace(year=2062)).fine()
    world.build([]).fine()
    fresh = crossing(1, crossed_at=str(AS_OF + timedelta(hours=1)))
    world.build([fresh], as_of=AS_OF + DAY, version="v2").fine()
    assert world.states() == {1: SENT}


def test_each_target_has_its_own_last_export(world):
    world.build([]).fine("--to", world.out / "daily", world.out / "weekly")
    world.build(crossings(1), as_of=AS_OF + DAY, version="v2").fine("--to", world.out / "daily")
    world.fine("--to", world.out / "weekly")
    assert world.states(str(world.out / "daily")) == world.states(str(world.out / "weekly")) == {1: "rescored"}


def test_late_data_under_an_unchanged_scorebook_is_news(world):
    world.build([]).fine()
    world.build(crossings(1), as_of=AS_OF + DAY).fine()
    assert world.states() == {1: SENT}


def test_a_suppressed_crossing_is_sent_when_it_no_longer_is(world):
    world.build([]).fine()
    world.build([crossing(1, is_suppressed=True), crossing(2, age=6 * DAY, is_suppressed=True)]).fine()
    world.build([*crossings(1), crossing(2, age=6 * DAY)], as_of=AS_OF + 2 * DAY).fine()
    assert world.states() == {1: SENT, 2: "stale"}


def test_what_is_owed_to_somebody_who_opts_out_is_not_sent(world):
    world.build([]).fine()
    world.build(crossings(1)).fine("--limit", "0")
    assert world.states() == {1: PENDING}
    world.build(crossings(1, is_suppressed=True)).fine()
    assert world.states() == {1: "suppressed"}


def test_a_sent_crossing_that_is_gone_is_listed_once(world):
    world.build(crossings(1, 2)).fine("--no-baseline")
    world.build(crossings(2))
    done = world.json()
    (gone,) = done["retracted"]
    assert (gone["crossing_id"], gone["subject_id"], gone["destination"]) == (id_of(1), "c1", "sales")
    assert done["targets"]["sales"]["retracted"] == 1
    assert world.states() == {1: "retracted", 2: SENT}
    assert world.json()["retracted"] == []
    world.build(crossings(1, 2)).fine()
    assert world.states() == {1: SENT, 2: SENT}
    assert files_of(world.out / "sales") == ids(1, 2), "it came back, and was sent before"
    assert "Sent before, and no longer crossings now:" in world.build(crossings(2)).fine().out


def test_what_was_sent_and_now_goes_elsewhere_is_not_retracted(world):
    world.configure("sales: {directory: out/sales}", "other: {directory: out/other}")
    world.build(crossings(1, 2)).fine("--no-baseline", "--limit", "1")
    (number,) = (number for number, state in world.states().items() if state == SENT)
    done = world.build(crossings(1, 2, target="other")).json()
    assert done["retracted"] == []
    assert world.states() == {1: "retracted", 2: "retracted"} | {number: SENT}
    world.build(crossings(1, 2)).fine()
    assert files_of(world.out / "sales") == ids(1, 2), "meant for it again, the other one is sent"


def test_an_earlier_build_leaves_what_is_owed_later(world):
    world.build([]).fine()
    rows = [*crossings(1), crossing(2, crossed_at=str(AS_OF + DAY))]
    world.build(rows, as_of=AS_OF + 2 * DAY).fine("--limit", "0")
    assert world.build(crossings(1)).json("--limit", "1")["targets"]["sales"]["pending"] == 1
    assert world.states() == {1: SENT, 2: PENDING}
    assert world.export("--max-per-trigger", "0").status == 0, "what is not there is no flood"
    world.build(rows, as_of=AS_OF + 2 * DAY).fine()
    assert files_of(world.out / "sales") == ids(1, 2)


def test_an_earlier_build_retracts_nothing_later(world):
    late = crossing(2, crossed_at=str(AS_OF + DAY))
    world.build([*crossings(1), late], as_of=AS_OF + 2 * DAY).fine("--no-baseline")
    world.build(crossings(1)).fine()
    assert world.states() == {1: SENT, 2: SENT}


def test_an_earlier_build_retracts_nothing_that_has_moved_beyond_it(world):
    """Late data may move the first crossing of a contact, which keeps its id."""
    world.build(crossings(1)).fine("--no-baseline")
    world.build([crossing(1, crossed_at=str(AS_OF + DAY))], as_of=AS_OF + 2 * DAY).fine()
    assert world.build([]).json()["retracted"] == []
    assert world.states() == {1: SENT}


def test_what_was_owed_and_is_gone_is_not_sent(world):
    world.build([]).fine()
    world.build(crossings(1, 2)).fine("--limit", "0")
    world.configure("sales: {directory: out/sales}", "other: {directory: out/other}")
    done = world.build(crossings(2, target="other")).json()
    assert (world.states(), done["retracted"]) == ({1: "retracted", 2: "retracted"}, [])
    assert not world.out.exists()


# Portions, previews, brakes


def test_since_leaves_earlier_crossings_for_later(world):
    world.build([]).fine()
    world.build([crossing(1), crossing(2, age=DAY)]).fine("--since", "2026-02-28T12:00:00Z")
    assert world.states() == {1: SENT, 2: PENDING}
    world.fine()
    assert files_of(world.out / "sales") == ids(1, 2)


def test_a_limit_sends_the_oldest_and_the_next_run_goes_on(world):
    world.build([]).fine()
    world.build([crossing(number, age=timedelta(hours=number)) for number in range(1, 8)])
    world.fine("--limit", "3")
    assert files_of(world.out / "sales") == ids(7, 6, 5)
    done = world.json("--limit", "3")
    assert done["targets"]["sales"] == {"where": str(world.out / "sales"), "sent": 3, "pending": 1}
    world.fine()
    assert files_of(world.out / "sales") == ids(*range(1, 8))


def test_a_limit_counts_crossings_and_not_targets(world):
    world.configure("sales: {directory: out/sales}", "other: {directory: out/other}")
    world.build([]).fine()
    world.build(crossings(1, 2, 3, target="sales|other")).fine("--limit", "2")
    assert files_of(world.out / "sales") == files_of(world.out / "other")
    assert len(files_of(world.out / "sales")) == 2


def test_a_flood_is_stopped_and_the_way_on_is_said(world):
    world.build([]).fine()
    before = world.rows()
    world.build([*crossings(*range(6)), *crossings(*range(10, 15), trigger_id="other")])
    given = f"--database {world.database} --targets {world.targets}"
    done = world.export("--max-per-trigger", "5")
    assert done.status == 1
    assert done.err == (
        "trigger high_interest would send 6 crossings, more than 5; nothing was recorded or sent. Look at them with "
        f"{given} --dry-run --max-per-trigger 6, then send all with {given} --max-per-trigger 6, some with {given} "
        f"--limit 5, or record them without sending with {given} --baseline\n"
    )
    assert (world.rows(), world.out.exists()) == (before, False)
    tried = world.export("--max-per-trigger", "5", "--dry-run")
    assert (tried.status, tried.err) == (1, done.err) and "Nothing was sent." in tried.out
    world.fine("--max-per-trigger", "5", "--limit", "2")
    world.fine("--max-per-trigger", "6")
    assert files_of(world.out / "sales") == ids(*range(6), *range(10, 15))


def test_the_way_on_repeats_what_was_asked_for(world):
    world.build(crossings(*range(6)))
    asked = ["--to", f"{world.out}/a look", f"{world.out}/b", "--state", f"{world.folder}/it's.sqlite"]
    asked += ["--since", "2026-01-01 00:00:00Z", "--stale-after-days", "9.0625001", "--include-stale"]
    asked += ["--include-rescored", "--no-baseline", "--retry-failed", "--allow-http", "--allow-private"]
    done = world.export(*asked, "--max-per-trigger", "5", "--limit", "9")
    ways = re.findall(r" with (--.*?)(?:,|\n)", done.err)
    decided = (["--dry-run", "--max-per-trigger", "6"], ["--max-per-trigger", "6"], ["--limit", "5"], ["--baseline"])
    expected = [sorted(world.arguments(*asked, *last)) for last in decided]
    expected[-1].remove("--no-baseline")
    assert [sorted(shlex.split(way)) for way in ways] == expected
    world.fine(*asked, "--limit", "5", "--max-per-trigger", "5")
    assert len(files_of(world.out / "a look")) == 5


def test_the_way_on_shows_no_address(world):
    world.build(crossings(1))
    done = world.export("--to", "https://a.example/t0ken", "--no-baseline", "--max-per-trigger", "0")
    assert "--to ADDRESS " in done.err and "t0ken" not in done.err


def test_a_flood_is_500_by_default(world):
    world.build([]).fine()
    world.build(crossings(*range(501)))
    assert world.export().status == 1
    world.build(crossings(*range(500))).fine()
    assert len(files_of(world.out / "sales")) == 500


def test_a_flood_can_be_recorded_without_sending(world):
    world.build([]).fine()
    world.build(crossings(*range(6))).fine("--baseline", "--max-per-trigger", "5")
    assert set(world.states().values()) == {"baseline"}
    world.build(crossings(*range(7))).fine("--max-per-trigger", "5")
    assert files_of(world.out / "sales") == ids(6)


def test_a_dry_run_changes_nothing(world):
    world.build(crossings(1, 2)).fine("--dry-run", "--no-baseline")
    assert sorted(path.name for path in world.folder.iterdir()) == ["scoring.duckdb", "targets.yml"]
    world.fine()
    before = world.state_file.read_bytes()
    done = world.build(crossings(1, 2, 3)).fine("--dry-run")
    assert "would be sent" in done.out and "contact c3" in done.out
    assert world.json("--dry-run")["targets"]["sales"] == {"where": str(world.out / "sales"), "would be sent": 1}
    assert [(each["target"], each["subject_id"]) for each in world.json("--dry-run")["crossings"]] == [("sales", "c3")]
    assert (world.state_file.read_bytes(), world.out.exists()) == (before, False)


def test_a_dry_run_counts_what_failed_before(world):
    world.build([]).fine()
    world.build(crossings(1, 2)).fine("--limit", "0")
    with contextlib.closing(sqlite3.connect(world.state_file)) as connection:
        connection.executescript(f"update deliveries set state = 'failed' where crossing_id = '{id_of(1)}'")
    assert world.json("--dry-run")["targets"]["sales"] == {"where": str(world.out / "sales"), "would be sent": 2}


# What goes with a crossing


def test_only_named_attributes_leave_the_house(world):
    contact = {"email": "c1@buyer.example", "phone": "=49", "job": None, "secret": "never"}
    rows = [crossing(1), crossing(2, scope="account", subject_id="c1"), crossing(3, scope="stage")]
    world.build(rows, contacts=[{"contact_id": "c1", "account_id": "a1", "attributes": json.dumps(contact)}])
    world.fine("--to", world.out / "plain", "--no-baseline")
    world.configure("sales: {directory: out/sales}", attributes="[email, job, phone]")
    world.fine("--no-baseline")
    (lines,) = world.out.glob("sales/*/*/crossings.ndjson")
    found = {
        event.get_id(): event.get_data().get("attributes") for event in map(event_of, lines.read_bytes().splitlines())
    }
    assert found == {id_of(1): {"email": "c1@buyer.example", "phone": "=49"}, id_of(2): None, id_of(3): None}
    for path in world.out.rglob("*.*"):
        assert path.is_dir() or b"never" not in path.read_bytes()
    (table,) = world.out.glob("sales/*/*/crossings.csv")
    assert '"c1@buyer.example","","\'=49"' in table.read_text()
    for path in world.out.glob("plain/*/*/*"):
        assert b"buyer" not in path.read_bytes()


def test_an_attribute_that_no_contact_has_is_said_and_stops_nothing(world):
    world.configure("sales: {directory: out/sales}", attributes="[Email, phone]")
    contact = {"contact_id": "c1", "attributes": json.dumps({"email": "c1@buyer.example", "phone": "1"})}
    done = world.build(crossings(1), contacts=[contact]).export("--no-baseline")
    sentence = f"{world.targets}: attributes: no contact has 'Email', which is left out. Did you mean email?\n"
    assert (done.status, done.err) == (0, sentence)
    assert files_of(world.out / "sales") == ids(1)
    world.build(crossings(1, 2)).fine()


# Results and status


def test_the_result_is_text_or_json(world):
    world.build([]).fine()
    done = world.build([*crossings(1, 2), crossing(3, age=9 * DAY)]).fine()
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert lines[0] == "Crossings as of 2026-03-01 00:00:00 UTC"
    assert "target where sent stale" in lines
    assert f"sales {world.out / 'sales'} 2 1" in lines
    assert "High interest - contact c1: from 74.50 to 83 points on 2026-02-28 23:00 UTC, by Asked for a demo" in lines
    assert world.json() == {
        "as_of": "2026-03-01T00:00:00Z",
        "scorebook_version": "v1",
        "state": str(world.state_file),
        "dry_run": False,
        "targets": {name: {"where": str(world.out / name)} for name in ("default", "sales")},
        "crossings": [],
        "retracted": [],
        "findings": [],
    }


def test_the_status_is_a_table(world):
    assert world.export("--status").out == (f"Nothing has been exported yet: {world.state_file} records no export.\n")
    world.build([crossing(1), crossing(2, age=9 * DAY)]).fine("--no-baseline")
    world.build([]).fine()
    world.database.unlink()
    lines = [" ".join(line.split()) for line in world.fine("--status").out.splitlines()]
    assert lines[2] == "target stale retracted last export as of last trouble"
    assert re.fullmatch(r"sales 1 1 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d 2026-03-01 00:00:00", lines[4])
    assert "Sent, and no longer a crossing" in lines
    assert any(line.startswith("sales high_interest c1 2026-02-28 23:00:00 20") for line in lines)
    found = world.json("--status")
    assert {row["state"]: row["crossings"] for row in found["states"]} == {"stale": 1, "retracted": 1}


def test_each_delivery_has_its_times(world):
    world.build([]).fine()
    world.build(crossings(1)).fine("--limit", "0")
    (row,) = world.rows()
    assert row["first_seen_at"] == row["changed_at"] and row["sent_at"] is None and row["attempts"] == 0
    world.fine()
    (row,) = world.rows()
    assert row["first_seen_at"] < row["changed_at"] == row["sent_at"] == row["last_attempt_at"]
    assert (row["attempts"], row["last_error"]) == (1, None)


# What cannot run


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--since", "yesterday"], "--since: 'yesterday' is not a timestamp; write it as 2024-01-31"),
        (["--limit", "-1"], "--limit: -1 is not 0 or more"),
        (["--max-per-trigger", "-1"], "--max-per-trigger: -1 is not 0 or more"),
        (["--stale-after-days", "nan"], "--stale-after-days: nan is not 0 or more"),
        (["--targets", "nowhere.yml"], "there is no file nowhere.yml; it says where crossings go"),
        (["--to", "salse"], "--to: there is no target 'salse' in {}/targets.yml (default, sales) and no such folder; "),
        (["--to", ""], "--to: there is no target ''"),
        (["--to", "slack://x/y"], "--to: slack is a target for {}/targets.yml, with its address in an environment"),
        (["--to", "http://a.example/"], "--to: http://a.example is not encrypted; use https://, or --allow-http"),
        (["--to", "https://10.0.0.1/"], "--to: 10.0.0.1 is not on the public internet; --allow-private sends there"),
        (["--to", "https://[::1]:8/"], "--to: ::1 is not on the public internet; --allow-private sends there all the"),
        (["--to", "https://u:pw@a.example/"], "--to: the address may hold no user, password or #"),
        (["--to", "https:///x"], "--to: the address is not an https:// address without spaces"),
        (["--to", "https://a.example/\r\nx"], "--to: the address is not an https:// address without spaces"),
        (["--database", "nowhere.duckdb"], "there is no database "),
        (
            ["--database", "{}/targets.yml"],
            "{}/targets.yml is not a DuckDB database; name another file with --database",
        ),
        (
            ["--state", "{}/targets.yml"],
            "{}/targets.yml is not the state file of an export; name another one with --state",
        ),
        (["--state", "/proc/x.sqlite"], "the state file /proc/x.sqlite cannot be written: "),
    ],
)
def test_wrong_arguments_end_with_one_sentence_and_send_nothing(world, monkeypatch, arguments, sentence):
    monkeypatch.chdir(ROOT / "tests")
    world.build(crossings(1, target="sales"))
    done = world.export("--no-baseline", *(each.format(world.folder) for each in arguments))
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(sentence.format(world.folder)) and done.err.count("\n") == 1
    assert not world.out.exists()


def test_one_folder_for_two_targets_is_refused(world):
    world.configure("sales: {directory: out}", "marketing: {directory: ./x/../out}")
    done = world.build([]).export()
    assert (done.status, done.err) == (2, f"marketing and sales are the same folder {world.out}; give each its own\n")


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("salse", "trigger high_interest: its target 'salse' is not in {} (default, sales); add it there\n"),
        ("sales|x", "trigger high_interest: its target 'x' is not in {} (default, sales); add it there\n"),
    ],
)
def test_an_unknown_target_is_refused_before_anything_is_sent(world, target, sentence):
    rows = [crossing(1), crossing(2, target=target, age=99 * DAY)]
    done = world.build(rows).export("--no-baseline")
    assert done == (2, "", sentence.format(world.targets))
    assert not world.out.exists() and not world.state_file.exists()


def test_an_unknown_target_is_refused_before_its_trigger_has_crossings(world):
    world.build(crossings(1)).fine()
    triggers = [{"trigger_id": "high_interest", "target": "sales"}, {"trigger_id": "new", "target": "slaes"}]
    done = world.build(crossings(1), triggers=triggers).export()
    sentence = f"trigger new: its target 'slaes' is not in {world.targets} (default, sales); add it there\n"
    assert done == (2, "", sentence)
    world.fine("--to", world.out / "elsewhere")


def test_a_trigger_without_target_needs_a_default(world):
    world.configure("sales: {directory: out/sales}")
    done = world.build(crossings(1, target=None)).export()
    sentence = (
        f"trigger high_interest: it names no target, and 'default' is not in {world.targets} (sales); add it there\n"
    )
    assert done == (2, "", sentence)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("targets: [", ":1: this is not YAML; look at the indentation and the quotes"),
        ("- a", ": it may hold source, attributes and targets"),
        ("target: {}", ": it may hold source, attributes and targets, not 'target'"),
        ("source: [1]", ": source: it must be a URI or a word, for example lead-scoring"),
        ("a: b\ntargets:\n  s: {directory: x}\n  s: {directory: y}", ":4: 's' is there twice"),
        ("targets: {}\ntargets: {}", ":2: 'targets' is there twice"),
        ("targets: {a: {directory: x, directory: y}}", ":1: 'directory' is there twice"),
        ("targets: {[a]: {directory: x}}", ":1: this is not YAML; look at the indentation and the quotes"),
        ("[" * 5000, ": this is not YAML; look at the indentation and the quotes"),
        ('source: "\\UFFFFFFFF"', ": this is not YAML; look at the indentation and the quotes"),
        ("source: 2024-13-45 x", ": source: it must be a URI or a word, for example lead-scoring"),
        ('attributes: ["\\uD800"]', ": attributes: it must be a list of different columns of contacts"),
        ("source: 'a b'", ": source: it must be a URI or a word, for example lead-scoring"),
        ("attributes: email", ": attributes: it must be a list of different columns of contacts"),
        ("attributes: [a, A]", ": attributes: it must be a list of different columns of contacts"),
        ("targets: [sales]", ": targets: it must hold one entry per target, for example 'sales: {directory: out}'"),
        ("targets: {a b: {directory: x}}", ": a b: a name has letters, digits, - and _"),
        ("targets: {a: {directory: x}, A: {directory: y}}", ": A: there are two targets of this name"),
        ("targets: {a: x}", ": a: it needs one of directory, webhook, webhook_env, apprise_env"),
        (
            "targets: {a: {directory: x, webhook: y}}",
            ": a: it needs one of directory, webhook, webhook_env, apprise_env",
        ),
        ("targets: {a: {directory: [x]}}", ": a: directory: it must be text"),
        ('targets: {a: {directory: "x\\0y"}}', ": a: directory: it must be text"),
        ('targets: {a: {directory: "x\\uD800y"}}', ": a: directory: it must be text"),
        ("targets: {a: {directory: ~nobody-of-this-name/x}}", ": a: directory: '~nobody-of-this-name/x' leads nowhere"),
        ("targets: {a: {apprise_env: 'json://me:c2VjcmV0@x/'}}", ": a: apprise_env: it must be the name of an"),
        ("targets: {a: {webhook: x, secret_env: whsec_c2VjcmV0}}", ": a: secret_env: it must be the name of an"),
        ('targets: {a: {webhook_env: "\\uD800", secret_env: Y}}', ": a: webhook_env: it must be text"),
        ("targets: {a: {directory: x, attempts: 1}}", ": a: a directory has no option 'attempts'"),
        ("targets: {a: {webhook: 'https://a.example'}}", ": a: secret_env: name the environment variable that holds"),
        (
            "targets: {a: {webhook: x, secret_env: Y, attempts: 0}}",
            ": a: attempts: '0' is not a whole number from 1 to",
        ),
        ("targets: {a: {webhook: x, secret_env: Y, attempts: 1.5}}", ": a: attempts: '1.5' is not a whole number from"),
        ("targets: {a: {webhook: x, secret_env: Y, attempts: 9999}}", ": a: attempts: '9999' is not a whole number"),
        ("targets: {a: {webhook: x, secret_env: Y, attempts: [1]}}", ": a: attempts: it must be text"),
        *(
            (f"targets: {{a: {{webhook: x, secret_env: Y, {option}: {value}}}}}", f": a: {option}: '{value}' is not")
            for option in ("timeout_seconds", "backoff_seconds")
            for value in (".inf", "-.inf", ".nan", "inf", "nan", "1e10", "0", "-1", "x", "2024-13-45")
        ),
        ("targets: {a: {webhook: x, secret_env: Y}}", ": a: the environment variable Y is not set"),
        ("targets: {a: {webhook_env: Z, secret_env: Y}}", ": a: the environment variable Z is not set"),
        ("targets: {a: {apprise_env: Z}}", ": a: the environment variable Z is not set"),
        ("targets: {a: {apprise_env: SHORT}}", ": a: SHORT: the address is none that Apprise knows"),
        (
            "targets: {a: {webhook: 'ftp://x', secret_env: SHORT}}",
            ": a: the address is not an https:// address without",
        ),
        (
            "targets: {a: {webhook: 'https://x', secret_env: SHORT}}",
            ": a: SHORT must hold whsec_ and 24 to 64 bytes in",
        ),
        ("\xff", " cannot be read: it is not UTF-8"),
    ],
)
def test_a_broken_targets_file_gets_one_sentence_that_says_where(world, text, sentence):
    world.environment["SHORT"] = "whsec_c2VjcmV0"
    world.targets.write_text(text, encoding="latin-1")
    done = world.build([]).export()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith(f"{world.targets}{sentence}") and done.err.count("\n") == 1
    assert "c2VjcmV0" not in done.err


def test_names_and_values_are_what_they_look_like(world):
    """YAML would take these for numbers, dates and truth values."""
    names = ("2024", "2024-02-30", "no", "1e3", "null")
    world.configure(*(f"{name}: {{directory: {name}}}" for name in names), attributes="[no, 1]")
    world.build(crossings(1, target="|".join(names))).fine("--no-baseline")
    for name in names:
        assert files_of(world.folder / name) == ids(1)


def test_a_folder_may_be_at_home(world):
    world.environment["HOME"] = str(world.out)
    world.configure("sales: {directory: ~/sales}")
    world.build(crossings(1)).fine("--no-baseline")
    assert files_of(world.out / "sales") == ids(1)
    world.build(crossings(1)).fine("--no-baseline", "--to", "~/x")
    assert files_of(world.out / "x") == ids(1)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("drop table threshold_crossings", "does not hold a whole build; run scripts/build.py with it"),
        ("drop table build_info", "does not hold a whole build; run scripts/build.py with it"),
        ("alter table threshold_crossings drop action", "does not hold a whole build; run scripts/build.py with it"),
        (
            "update threshold_crossings set crossing_id = 'a' || chr(13) || chr(10) || 'x: y'",
            "threshold_crossings has 1 rows without a sound id of their own",
        ),
        ("delete from build_info", "does not say what it was built from; run scripts/build.py with it"),
        (
            "insert into threshold_crossings from threshold_crossings",
            "threshold_crossings has 1 rows without a sound id of their own",
        ),
    ],
)
def test_a_database_without_a_whole_build_gets_one_sentence(world, change, sentence):
    world.build(crossings(1))
    with duckdb.connect(str(world.database)) as connection:
        connection.execute(change)
    done = world.export("--no-baseline")
    assert (done.status, done.out) == (2, "")
    assert sentence in done.err and str(world.database) in done.err and done.err.count("\n") == 1


def test_a_database_that_a_build_holds_gets_one_sentence(world):
    world.build([])
    code = (
        f"import duckdb, time; c = duckdb.connect({str(world.database)!r}); print('open', flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "open\n"
        done = world.process()
        assert (done.status, done.out) == (2, "")
        assert f"{world.database} is in use by another process" in done.err and done.err.count("\n") == 1
    finally:
        holder.kill()


def test_a_second_export_waits_a_little_and_then_says_so(world):
    world.build([]).fine()
    world.build(crossings(1))
    lock = f"{world.state_file}.lock"
    code = f"import fcntl, sys; f = open({lock!r}, 'w'); fcntl.flock(f, 2); print(flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    holder.stdout.readline()
    began = time.monotonic()
    refused = world.process()
    assert refused == (2, "", f"another export with {world.state_file} is running; run again after its end\n")
    assert time.monotonic() - began > 4
    assert world.export("--dry-run").status == 0, "a look needs no lock"
    waiting = world.start()
    time.sleep(0.5)
    holder.communicate()
    assert waiting.wait(30) == 0
    waiting.communicate()
    assert files_of(world.out / "sales") == ids(1)


def test_two_exports_at_once_send_everything_once(world):
    world.build([]).fine()
    world.build(crossings(*range(200)))
    both = [world.start() for _ in range(2)]
    ends = [(process.communicate(timeout=60), process.returncode) for process in both]
    assert [status for _, status in ends] == [0, 0], ends
    assert files_of(world.out / "sales") == ids(*range(200))


@pytest.mark.parametrize("option", ["--status", "--dry-run", "--no-baseline"])
@pytest.mark.parametrize("kind", ["text", "sqlite", "later", "same", "alike"])
def test_a_state_file_that_is_none_gets_one_sentence_and_stays_as_it_is(world, option, kind):
    world.build([])
    if kind == "text":
        world.state_file.write_text("something else entirely, longer than the head of a database" * 9)
    else:
        with contextlib.closing(sqlite3.connect(world.state_file)) as connection:
            script = {
                "sqlite": "create table mine (a)",
                "later": "pragma user_version = 99",
                "same": "create table mine (a); pragma user_version = 1",
                "alike": "create table outbox (owner); insert into outbox values ('me'); pragma user_version = 1",
            }
            connection.executescript(script[kind])
    before = world.state_file.read_bytes()
    done = world.export(option)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"{world.state_file} is not the state file of an export; name another one with --state")
    assert world.state_file.read_bytes() == before
    assert kind != "text" or not world.state_file.with_name(f"{world.state_file.name}.lock").exists()


BASELINE = "move it away: the next export then records a baseline and sends nothing"


@pytest.mark.parametrize("option", ["--status", "--dry-run", "--no-baseline"])
@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            "pragma user_version = 99",
            "was written by a newer version of this export; use that one, or name another file",
        ),
        ("delete from outbox", f"is a damaged state file; restore it from a backup, or {BASELINE}"),
        ("drop table batches", f"is a damaged state file; restore it from a backup, or {BASELINE}"),
        ("alter table deliveries drop attempts", f"is a damaged state file; restore it from a backup, or {BASELINE}"),
        ("update destinations set as_of = 'soon'", f"is a damaged state file; restore it from a backup, or {BASELINE}"),
    ],
)
def test_a_state_file_that_cannot_be_used_gets_one_sentence_and_stays_as_it_is(world, option, change, sentence):
    world.build(crossings(1)).fine()
    with contextlib.closing(sqlite3.connect(world.state_file)) as connection:
        connection.executescript(change)
    before = world.state_file.read_bytes()
    done = world.export(option)
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert done.err.startswith(f"{world.state_file} {sentence}")
    assert world.state_file.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "update deliveries set state = 'posted'",
        "update deliveries set crossed_at = x'00'",
        "update deliveries set attempts = 'often'",
        "update destinations set last_export_at = null",
    ],
)
def test_a_state_file_takes_nothing_that_an_export_could_not_read(world, change):
    world.build(crossings(1)).fine()
    with contextlib.closing(sqlite3.connect(world.state_file)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(change)


def test_a_view_of_somebody_else_in_the_state_file_does_no_harm(world):
    world.build(crossings(1)).fine()
    with contextlib.closing(sqlite3.connect(world.state_file)) as connection:
        connection.executescript("create view mine as select * from deliveries; analyze")
    assert "baseline" in world.fine("--status").out
    world.fine()


@pytest.mark.parametrize("option", ["--status", "--dry-run", "--no-baseline"])
def test_a_device_is_no_state_file_and_gets_no_lock(world, option):
    fifo = world.folder / "fifo"
    os.mkfifo(fifo)
    for state in (Path(os.devnull), fifo, world.folder):
        done = world.build([]).export(option, "--state", state)
        assert done == (2, "", f"--state: {state} is no file; name one for what was sent where\n")
        assert not state.with_name(f"{state.name}.lock").exists()


def test_a_look_at_what_a_killed_export_left_half_recorded(world):
    """SQLite has to take back a transaction before anybody can read; looking must be able to do that."""
    world.build(crossings(1, 2)).fine()
    before = world.rows()
    code = f"""
import os, sqlite3
connection = sqlite3.connect({str(world.state_file)!r}, isolation_level=None)
connection.execute("pragma cache_size = 1")
connection.execute("begin immediate")
connection.execute("update deliveries set last_error = hex(zeroblob(100000))")
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", code], check=False)
    journal = world.state_file.with_name(f"{world.state_file.name}-journal")
    assert journal.stat().st_size > 0
    assert "baseline" in world.fine("--status").out
    assert world.rows() == before


def closed_pipe():
    """A pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


@pytest.mark.parametrize("command", ["build", "check_scorebook", "demo", "export_crossings", "report"])
def test_a_reader_who_leaves_gets_no_traceback(command):
    arguments = [sys.executable, COMMAND.with_name(f"{command}.py"), "--help"]
    environment = os.environ | {"PYTHONUNBUFFERED": ""}
    done = subprocess.run(arguments, env=environment, stdout=closed_pipe(), stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_export_that_nobody_reads_sends_all_the_same(world, receiver):
    """Neither who reads its result nor who reads its progress may end it by leaving."""
    receiver.answers = [500]
    world.configure(f"sales: {{webhook: '{receiver.url}', secret_env: SCORING_WEBHOOK_SECRET, backoff_seconds: 0.01}}")
    world.build(crossings(1, 2))
    arguments = ("--no-baseline", "--allow-http", "--allow-private")
    process = world.start(*arguments, stdout=closed_pipe(), stderr=closed_pipe())
    assert process.wait(30) == 141
    assert world.states() == {1: SENT, 2: SENT}
    for buffered in ("", "1"):
        world.environment["PYTHONUNBUFFERED"] = buffered
        status = world.start("--status", stdout=closed_pipe())
        assert (status.communicate()[1], status.returncode) == ("", 141)


def test_a_terminal_in_ascii_is_shown_what_it_can_show(world):
    world.environment |= {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    world.build([crossing(1, subject_id="Zoë 🙂")])
    done = world.process("--no-baseline")
    assert (done.status, done.err) == (0, "") and "contact Zo\\xeb \\U0001f642" in done.out


def test_the_command_is_quick_and_explains_itself():
    done = subprocess.run([sys.executable, COMMAND, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for words in ("target/scoring.duckdb", "targets.yml", "--include-rescored", "docs/delivery.md", "--no-baseline"):
        assert words in done.stdout
    code = "import sys, support.export.run, support.export.summary; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    assert not {"rich", "apprise", "requests", "dbt", "ssl"} & set(loaded.stdout.split())


def test_the_page_on_delivery_names_tests_and_options_that_exist():
    page = (ROOT / "docs" / "delivery.md").read_text()
    tests = "".join(path.read_text() for path in (ROOT / "tests" / "export").glob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", page))
    assert len(named) > 25 and {name for name in named if f"def {name}(" not in tests} == set()
    options = set(re.findall(r"`(--[a-z-]+)", page))
    assert {option for option in options if f'"{option.replace("--no-", "--")}"' not in COMMAND.read_text()} == set()
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == {state.value for state in State}


def test_every_target_of_the_default_triggers_is_known():
    import csv

    import yaml

    with (ROOT / "seeds" / "triggers.csv").open(encoding="utf-8") as lines:
        named = {name.strip() for row in csv.DictReader(lines) for name in row["target"].split("|")}
    targets = yaml.safe_load((ROOT / "targets.yml").read_text())["targets"]
    assert named | {"default"} <= set(targets)
    assert {name: f"target/outbox/{name}" for name in targets} == {
        name: each["directory"] for name, each in targets.items()
    }
