"""Builds that go on from the one before give what builds from nothing give, whatever lands in between, and also if
builds in between are killed. So do builds after one with another scorebook or a later as_of, which do not go on.

A slice is what lands of one history between two builds: histories stand beside each other in one input and do not meet.

One seed again: `RANDOM_SEEDS=7 .venv/bin/python -m pytest tests/test_continued_builds.py`; many: `make test-landings`.
"""

import json
import random
import shutil
import subprocess
import sys
from datetime import datetime, timedelta

import duckdb
import pytest

from conftest import ROOT, assert_built, build, run_build, seeds
from reference.compare import MARTS
from reference.files import write, write_events
from reference.landings import Landings

HISTORIES, LANDINGS = 70, 4
# What a build says of itself, and no other build can.
OF_A_BUILD = {"scorebook_versions"}


@pytest.fixture
def database(tmp_path_factory):
    """The file that builds go on from, always the same, so that dbt parses the project for it but once."""
    file = tmp_path_factory.getbasetemp() / "continued.duckdb"
    yield file
    file.unlink()


def options(given, book, as_of, database, *others):
    """A command to build."""
    return ["--input", given, "--scorebook", book, "--as-of", as_of.isoformat(), "--database", database, *others]


def build_on(*known):
    """Build; what was printed."""
    done = run_build(*options(*known))
    assert_built(done)
    return done.stdout


def is_killed(*known, after):
    """Build, and kill it after some seconds, if it is not done by then."""
    command = [sys.executable, "scripts/build.py", *map(str, options(*known))]
    try:
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=after)
    except subprocess.TimeoutExpired:
        return True
    return False


def differences(one, other):
    """How many rows of each mart are in only one of two databases, where any are."""
    found = []
    with duckdb.connect() as session:
        session.execute(f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)")
        for mart in sorted(all_marts(session) - OF_A_BUILD):
            sides = (("one", "other"), ("other", "one"))
            rows = [session.sql(f"from {a}.main.{mart} except all from {b}.main.{mart}").fetchall() for a, b in sides]
            if rows[0] or rows[1]:
                found.append(f"{mart}: {len(rows[0])} | {len(rows[1])}: {rows[0][:2]} | {rows[1][:2]}")
    return found


def all_marts(session):
    """Names of the marts of the first database."""
    marts = session.sql(
        "select table_name from information_schema.tables where table_catalog = 'one' and table_schema = 'main'"
    )
    found = {name for (name,) in marts.fetchall()}
    assert found >= MARTS.keys()
    return found


@pytest.mark.parametrize("seed", seeds("1"))
def test_after_every_landing_the_marts_are_those_of_a_build_from_nothing(seed, database, tmp_path):
    given, book = tmp_path / "input", tmp_path / "scorebook"
    chance, went_on, killed = random.Random(seed), 0, 0
    landings = Landings(seed, HISTORIES, LANDINGS)

    for number, landing in enumerate(landings):
        shutil.rmtree(book, ignore_errors=True)
        write(landing.case, tmp_path, but=("events",))
        write_events(landing.new_events, given / "events" / f"{number}")
        known = (given, book, landing.case.as_of)
        if number == 0:
            build_on(given, book, landing.case.as_of + timedelta(days=1), database)
        if number % 2:
            killed += is_killed(*known, database, after=chance.uniform(0.5, 8))
        said = build_on(*known, database)
        if number in (0, landings.edited_at):
            assert "going on from" not in said, "lines of an earlier scorebook or a later moment may be left"
        went_on += "going on from" in said or "nothing has changed" in said
        build(*known, tmp_path / "anew.duckdb")
        found = differences(tmp_path / "anew.duckdb", database)
        again = f"RANDOM_SEEDS={seed} .venv/bin/python -m pytest tests/test_continued_builds.py"
        what = f"landing {number} of seed {seed} differs, anew | continued"
        assert not found, "\n".join([f"{what}; again: {again}", *found])
    assert went_on >= LANDINGS - 2, "builds began anew: this shows nothing"
    assert killed, "no build was killed: this shows nothing"


RELATION = """\
event_id,contact_id,event_type,channel,occurred_at,received_at
old,c1,email_open,email,2024-01-02,
dropped,c1,email_click,email,2024-01-03,
lately,c1,email_click,email,2024-01-29,2024-01-31
withdrawn,c2,email_click,email,2024-01-31,
faulty,c2,email_click,email,no time,
nobody's,,email_click,email,no time,
to be repaired,c2,share,social,4 January,2024-01-05
repaired,c2,share,social,no time,
put back,c1,share,social,2024-01-31,
"""
# Received within two days of the build before, or an id again; an old row that is gone is not looked for.
LATER = """\
event_id,contact_id,event_type,channel,occurred_at,received_at
old,c1,email_open,email,2024-01-02,
dropped,c1,email_click,email,2024-01-03,
lately,c1,email_click,email,2024-01-29,2024-01-31
faulty,c2,email_click,email,no time,
nobody's,,email_click,email,no time,
faulty too,c2,email_click,email,never,
late,c2,email_click,email,2024-01-04,2024-01-30 12:00
new,c2,form_submit,web,2024-02-01 12:00,
old,c2,demo_request,web,2024-01-01,2024-02-01 13:00
lately,c2,demo_request,web,2024-01-28,2024-02-01 13:00
to be repaired,c2,share,social,2024-01-04,2024-02-01
repaired,c2,share,social,2024-01-04,
put back,c1,share,social,2024-01-09,
"""


def test_of_a_relation_only_what_was_received_lately_is_read_again(database, tmp_path):
    given, relation = tmp_path / "input", tmp_path / "relation.csv"
    given.mkdir()
    (given / "contacts.csv").write_text("contact_id,created_at\nc1,2024-01-01\nc2,2024-01-01\n")
    events = f"read_csv('{relation}', all_varchar = true)"
    variables = {"input_relations": {"events": events}, "look_back_days": 2}
    told = ["--vars", json.dumps(variables)]
    relation.write_text(RELATION.replace("\n", ",\n").replace("received_at,", "received_at,mood"))
    build_on(given, ROOT / "seeds", datetime(2024, 1, 31), database, *told)
    relation.write_text(RELATION)
    said = build_on(given, ROOT / "seeds", datetime(2024, 2, 1), database, *told)
    assert "going on from 2024-01-31 00:00:00" in said, "a column that has gone takes no build from nothing"
    relation.write_text(LATER)
    said = build_on(given, ROOT / "seeds", datetime(2024, 2, 2), database, *told)
    assert "going on from 2024-02-01 00:00:00" in said
    build(given, ROOT / "seeds", datetime(2024, 2, 2), tmp_path / "anew.duckdb", variables)
    assert differences(tmp_path / "anew.duckdb", database) == []

    relation.write_text(LATER.replace("dropped", "replaced"))
    build_on(given, ROOT / "seeds", datetime(2024, 2, 3), database, *told)
    with duckdb.connect(str(database), read_only=True) as session:
        ids = session.sql("select event_id from points_ledger where rule_id = 'email_clicked'").fetchall()
    assert ("dropped",) in ids, "a row from before the look-back is read again"
    assert ("replaced",) not in ids, "a row from before the look-back is read again"


def test_new_columns_and_files_that_changed_or_vanished_are_noticed(database, tmp_path):
    given = tmp_path / "input"
    (given / "events").mkdir(parents=True)
    (given / "contacts.csv").write_text("contact_id,created_at\nc1,2024-01-01\nc2,2024-01-01\nc3,2024-01-01\n")
    header = "event_id,contact_id,event_type,occurred_at"
    files = {
        "1": f"{header}\ne1,c1,email_click,2024-01-02\ne2,c1,email_click,\n,c3,email_click,2024-01-02\n",
        "2": f"{header}\ne3,c2,email_click,2024-01-03\n",
        "3": f"{header}\ne4,c2,form_submit,2024-01-04\n",
        "4": f"{header},mood\ne5,c2,form_submit,2024-01-05,good\ne6,c2,form_submit,,bad\n",
    }
    for day, (names, goes_on) in enumerate([("12", False), ("1234", True), ("134", False)], start=5):
        if "2" not in names:
            (given / "events" / "1.csv").write_text(f"{header}\ne1,c2,email_click,2024-01-02\n")
        for name, text in files.items():
            file = given / "events" / f"{name}.csv"
            if name not in names:
                file.unlink(missing_ok=True)
            elif not file.exists():
                file.write_text(text)
        said = build_on(given, ROOT / "seeds", datetime(2024, 1, day), database)
        assert ("going on from" in said) == goes_on, names
        if "4" in names:
            build(given, ROOT / "seeds", datetime(2024, 1, day), tmp_path / "anew.duckdb")
            assert differences(tmp_path / "anew.duckdb", database) == [], names
    (given / "events.jsonl").write_text("{}\n")
    keep_one = r"more than one form of events found in .*: keep one of \S+/events/\*\.csv, \S+/events\.jsonl$"
    with pytest.raises(AssertionError, match=f"(?m){keep_one}"):
        build_on(given, ROOT / "seeds", datetime(2024, 1, 9), database)
