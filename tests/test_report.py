"""scripts/report.py: what it shows of a build, and what it says where there is none."""

import re
import subprocess
import sys

import duckdb
import pytest

from conftest import ROOT
from support.console import CannotRun
from support.database import opened
from support.replacement import settle

MARTS = """
    create schema internal;
    create table internal.stg_score_groups as
        select * from (values ('total', true), ('fit', false)) as score_groups (score_group, is_total);
    create table internal.stg_score_bands as
        select * from (values
            ('total', 80, 'High interest', 'red'),
            ('total', 60, 'High interest', 'red'),
            ('total', 0, 'low', 'no colour'),
            ('fit', 0, 'Fits', 'grey')
        ) as bands (score_group, min_score, label, color);
    create table contact_scores as
        select *, 1.5 as points, timestamp '2024-02-01 00:00:00' as as_of from (values
            ('[b]c2', 90.04, 'High interest', 'red', 'Ahigh', 'Lead', 'Asked for a demo (+25.00)', false, false),
            ('c1', 90.04, 'High interest', 'red', null, null, null, false, null),
            ('c3', 95.0, 'High interest', 'red', 'Ahigh', 'Lead', 'Never shown', true, false),
            ('c4', 99.0, 'High interest', 'red', 'Ahigh', 'Lead', 'Never shown', false, true),
            ('c5', null, null, null, null, null, null, false, false)
        ) as contacts (
            contact_id, score, band_label, band_color, grade, stage_label, top_reasons, is_disqualified, is_opted_out
        );
    create table build_info as select timestamp '2024-02-01 00:00:00' as as_of;
    create table input_summary as
        select * from (values
            ('events', 'used', 7),
            ('events', 'unmatched', 1),
            ('events', 'waiting', 2),
            ('events', 'duplicate', 1200)
        ) as input_summary (source_table, verdict, row_count);
    create table unscored_event_types as select 'chat' as event_type, 16 as events;
"""
OTHERS = ["group_scores", "stage_scores", "account_scores", "score_history", "score_statement", "points_ledger"]
OTHERS += ["segment_members", "nps_scores"]


@pytest.fixture
def built(tmp_path):
    """A database that holds what the report reads."""
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(MARTS)
        for mart in OTHERS:
            connection.execute(f"create table {mart} as select range from range(3)")
    return tmp_path / "a.duckdb"


def report(database):
    """Run the command where nobody watches."""
    command = [sys.executable, ROOT / "scripts" / "report.py", "--database", database]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_report_shows_the_build(built):
    done = report(built)
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "\x1b" not in done.stdout
    assert "Scores as of 2024-02-01 00:00:00 UTC" in lines
    assert "contact_scores 5 one row per contact: score, band, grade and the reasons" in lines
    assert "nps_scores 3 per survey and month" in lines
    assert "threshold_crossings" not in done.stdout
    best = lines.index("The best contacts (left aside, as disqualified or opted out: 2)")
    assert lines[best + 2 : best + 5] == [
        "[b]c2 90.0 High interest Ahigh Lead Asked for a demo (+25.00)",
        "c1 90.0 High interest - - -",
        "c5 - - - - -",
    ]
    bands = lines.index("Contacts by band")
    assert lines[bands + 2 : bands + 5] == ["High interest 4", "low 0", "no band 1"]
    assert lines[lines.index("Rows left out of the scores") + 2 :][:3] == [
        "events duplicate 1,200",
        "events unmatched: waits for its contact 1",
        "events waiting: later than that moment 2",
    ]
    assert "Event types that no rule names: chat (16)" in lines
    assert f"The database is {built}; any DuckDB client opens it." in lines
    assert f".venv/bin/python scripts/explain.py '[b]c2' --database {built}" in lines
    assert "select * from score_statement where contact_id = '[b]c2' order by score_group, line, points desc" in lines


def test_what_a_build_makes_can_be_reported(default_demo):
    done = report(default_demo.database)
    assert (done.returncode, done.stderr) == (0, "")
    with duckdb.connect(default_demo.database, read_only=True) as connection:
        best = connection.execute(
            "select contact_id, band_label from contact_scores where not is_disqualified and not is_opted_out"
            " order by score desc, contact_id limit 1"
        ).fetchone()
    assert re.search(rf"^ *{best[0]} .* {best[1]} ", done.stdout, re.MULTILINE)


def test_what_was_built_in_part_is_not_reported(built):
    with duckdb.connect(str(built)) as connection:
        connection.execute("delete from build_info")
    done = report(built)
    assert (done.returncode, done.stdout) == (2, "")
    assert "of which --select renewed only a part; build all of it" in done.stderr


def test_no_contacts_are_no_problem(built):
    with duckdb.connect(str(built)) as connection:
        connection.execute("delete from contact_scores")
    done = report(built)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("No contacts to score\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "there is no database {}; make one with scripts/build.py\n"),
        ("hello", "{} is not a DuckDB database; name another file with --database\n"),
        ("", "{} is not a DuckDB database; name another file with --database\n"),
        ("SQLite format 3\0", "{} is an SQLite file; name the one that scripts/build.py built\n"),
        ("create table t (a int)", "{} does not hold a whole build; run scripts/build.py with it\n"),
    ],
)
def test_anything_but_a_build_gets_one_sentence(tmp_path, content, sentence):
    path = tmp_path / "a.duckdb"
    if content and content.startswith("create table"):
        with duckdb.connect(str(path)) as connection:
            connection.execute(content)
    elif content is not None:
        path.write_text(content)
    done = report(path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence.format(path))


@pytest.mark.parametrize("name", ["contacts.csv", "contacts.jsonl", "contacts.parquet"])
def test_a_table_of_the_input_is_no_database(tmp_path, name):
    """The engine goes by what such files are called."""
    path = tmp_path / name
    duckdb.execute(f"copy (select 'c1' as contact_id, 'a word' as company) to '{path}'")
    sentence = f"{name} is not a DuckDB database; name another file with --database"
    with pytest.raises(CannotRun, match=sentence), opened(path):
        pass
    with pytest.raises(CannotRun, match=sentence):
        settle(path)
