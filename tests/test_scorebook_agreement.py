"""dbt's own tests and the check refuse the same scorebooks: both read seeds/scorebook.yml, each in its own language."""

import os
import re
import shutil
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest
from dbt_common.clients import agate_helper
from hypothesis import HealthCheck, example, given, settings
from hypothesis.strategies import binary, characters, data, integers, one_of, sampled_from, text

from conftest import ROOT, build
from support.scorebook import check
from support.scorebook.fixing import fix
from support.scorebook.reading import read_scorebook
from support.scorebook.tables import contract, empty_table
from support.workspace import copy_scorebook
from test_check_scorebook import BROKEN_NAMES, CELLS, FILES, GOOD, GOOD_EDITS, THRESHOLDS, as_csv, broken, scorebook

__all__ = ["scorebook"]

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")

# What dbt's reader of CSV files passes over, so that no test of it can see it; the check, which every build by
# scripts/build.py begins with, refuses it.
UNSEEN_BY_DBT = re.compile(
    "would be read as an empty cell|cells, the header|the row is empty|a quote that is never closed"
    "|text follows a closing quote|cannot be read as CSV|the header line is missing"
    r"|: '(\\u[0-9a-f]{4}| )+' holds"  # nothing but white space
)


@pytest.fixture(scope="module")
def dbt(made_once, tmp_path_factory):
    """A database with the views that cast the cells, and the SQL of dbt's tests of a scorebook, to be run on any."""
    folder = made_once("agreement", build_scorebook)
    compiled = [path.read_text() for path in sorted(folder.glob("compiled/**/*.sql")) if "/models/" not in str(path)]
    tests = [sql for sql in compiled if sql.strip()]
    assert len(tests) == len(contract()) + 3
    own = shutil.copy(folder / "book.duckdb", tmp_path_factory.mktemp("agreement"))
    with duckdb.connect(str(own)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection, tests


def build_scorebook(folder):
    """Build what stands in the default scorebook, with dbt's tests of it."""
    book = ROOT / "target" / "tests" / f"agreement-{os.getpid()}"
    shutil.copytree(ROOT / "seeds", book)
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--exclude-resource-type", "unit_test"]
    command += ["--select", "resource_type:seed", "path:models/staging/scorebook", "path:tests/invariants/scorebook"]
    command += ["--indirect-selection", "cautious"]
    command += ["--project-dir", ROOT, "--profiles-dir", ROOT, "--target-path", folder, "--log-path", folder]
    environment = {
        "SCORING_SCOREBOOK": str(book.relative_to(ROOT)),
        "SCORING_DATABASE": str(folder / "book.duckdb"),
    }
    try:
        done = subprocess.run(
            list(map(str, command)), env=os.environ | environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        shutil.rmtree(book)


def complaints(dbt, folder, workspace):
    """What dbt says of a scorebook: the error on which it cannot load it, or the sentences of its tests."""
    connection, tests = dbt
    copy = copy_scorebook(folder, workspace)
    for name in contract():
        columns = list(empty_table(name).columns)
        try:
            table = agate_helper.from_csv(str(copy / f"{name}.csv"), text_columns=columns)
        except Exception as error:
            return [f"{name}: {error}"]
        if list(table.column_names) != columns and sorted(table.column_names) != sorted(columns):
            return [f"{name}: header_complaints names the columns {table.column_names}"]
        connection.execute(f"delete from scorebook.{name}")
        if rows := [[row[column] for column in columns] for row in table.rows]:
            connection.executemany(f"insert into scorebook.{name} values ({', '.join('?' * len(columns))})", rows)
    found = []
    for test in tests:
        try:
            found += [row[0] for row in connection.execute(test).fetchall()]
        except duckdb.Error as error:
            found.append(str(error))
    return found


def assert_agreement(dbt, folder, workspace):
    """Both refuse a scorebook, or neither does."""
    mistakes = [str(mistake) for mistake in check(folder)]
    assert all(mistake.isprintable() for mistake in mistakes)
    seen = [mistake for mistake in mistakes if not UNSEEN_BY_DBT.search(mistake)]
    found = complaints(dbt, folder, workspace)
    assert bool(found) == bool(seen) or (mistakes and not seen), f"check: {mistakes}\ndbt: {found}"


@pytest.mark.parametrize("edits", [case[0] for case in CELLS + THRESHOLDS + FILES] + list(GOOD_EDITS.values()))
def test_both_refuse_the_same_scorebooks(dbt, scorebook, tmp_path_factory, edits):
    assert_agreement(dbt, scorebook(edits), tmp_path_factory.mktemp("copy"))


@pytest.mark.parametrize("name", BROKEN_NAMES)
def test_both_refuse_the_broken_scorebooks(dbt, name, tmp_path, tmp_path_factory):
    assert_agreement(dbt, broken(name, tmp_path)[0], tmp_path_factory.mktemp("copy"))


BLANKS = [
    (name, column["name"], column["config"]["meta"]["blank"])
    for name, seed in contract().items()
    for column in seed["columns"]
    if "blank" in column["config"]["meta"]
]


@pytest.mark.parametrize(("name", "column", "value"), BLANKS)
def test_a_blank_means_what_the_contract_says(dbt, name, column, value):
    """The preview takes both for the same; here the view that casts the cells does."""
    connection, _ = dbt
    cells = dict.fromkeys(empty_table(name).columns)
    read = []
    for cell in (None, str(value)):
        connection.execute(f"delete from scorebook.{name}")
        marks = ", ".join("?" * len(cells))
        connection.execute(f"insert into scorebook.{name} values ({marks})", list((cells | {column: cell}).values()))
        read.append(connection.execute(f"select * from internal.stg_{name}").fetchall())
    assert read[0] == read[1] != []


NASTY = [
    "=1+1", "@SUM(A1)", "+5", "-3", "1e5", "1e400", "9" * 400, "0x10", "1_0", "١", "½", "∞", "-0", ".5", "5.", "1e",
    "'; drop table scorebook.stages; --", "' or '1'='1", "x' || 'y", "{{ 1/0 }}", "{% raw %}", "$(id)", "%s", "?",
    "\\", '"', "'", ",", ";", "|", "||", "a|b", "5|1", "1|5", "\n", "\r\n", "\t", "\0", "\xa0", "\u200b", "\u2800",
    "\ufeff", "😀", "null", "NULL", "None", "nan", "true", "TRUE ", "yes", "0", "1", "2024-02-30", "9999-12-31",
    "0001-01-01", "2024-01-31T09:30:00+02:00", "day", " Day", "Total", "fit", "engagement", "open", "lead", "channel",
    "Channel", "between", "x" * 5000,
]  # fmt: skip


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data())
def test_any_cell_is_refused_by_both_or_read_by_both(dbt, tmp_path_factory, data):
    """Never a traceback, never a cell that is read as nothing without a word, never one that runs as SQL."""
    folder = tmp_path_factory.mktemp("fuzz")
    rows = {name: [dict(row) for row in table] for name, table in GOOD.items()}
    for _ in range(data.draw(integers(1, 3))):
        name = data.draw(sampled_from(sorted(rows)))
        column = data.draw(sampled_from(list(empty_table(name).columns)))
        line = data.draw(integers(0, len(rows[name]) - 1))
        rows[name][line][column] = data.draw(one_of(sampled_from(NASTY), text(characters(exclude_categories=["Cs"]))))
    for name, table in rows.items():
        (folder / f"{name}.csv").write_bytes(as_csv(name, table))
    assert_agreement(dbt, folder, tmp_path_factory.mktemp("copy"))


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(binary(max_size=60), integers(0, 400), integers(0, 20))
@example(b"\n", 0, 5)  # an empty line hides what is wrong with the header after it
def test_any_bytes_are_judged(tmp_path, garbage, place, cut):
    """Whatever a file holds, there is an answer, and --fix, once, leaves it no worse."""
    for name, rows in GOOD.items():
        (tmp_path / f"{name}.csv").write_bytes(as_csv(name, rows))
    sound = (tmp_path / "event_weights.csv").read_bytes()
    (tmp_path / "event_weights.csv").write_bytes(sound[:place] + garbage + sound[place + cut :])
    before, was_readable = check(tmp_path), is_readable(tmp_path, "event_weights")
    list(fix(tmp_path))
    after = check(tmp_path)
    if was_readable:
        assert is_readable(tmp_path, "event_weights")
        assert len(after) <= len(before)
    assert not list(fix(tmp_path))


def is_readable(folder, name):
    """Whether a table's file can be read; one that cannot is one mistake, whatever else is wrong in it."""
    book, _ = read_scorebook(folder)
    return book[name].is_readable


def test_nasty_texts_that_pass_are_built_as_they_stand(tmp_path):
    """Labels, reasons and values are texts to the last character, in a whole build."""
    rules = []
    for number, value in enumerate(NASTY):
        rule = {"rule_id": f"r{number}{value}", "label": value, "score_group": "engagement", "event_type": "open"}
        rules.append(rule | {"points": "1", "asset": value, "multiply_by": value if number % 2 else ""})
    book = tmp_path / "book"
    book.mkdir()
    (book / "score_groups.csv").write_bytes(as_csv("score_groups", GOOD["score_groups"]))
    passed = []
    for rule in rules:
        (book / "event_weights.csv").write_bytes(as_csv("event_weights", [rule]))
        passed += [rule] * (not check(book))
    assert len(passed) > len(NASTY) / 2
    (book / "event_weights.csv").write_bytes(as_csv("event_weights", passed))
    conditions = [
        {"rule_id": rule["rule_id"], "field": "f", "operator": "not_equals", "value": "'; --"} for rule in passed
    ]
    (book / "rule_conditions.csv").write_bytes(as_csv("rule_conditions", conditions))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "contacts.csv").write_text("contact_id,created_at\nc1,2024-01-01\n")
    (tmp_path / "in" / "events.csv").write_text(
        "event_id,contact_id,event_type,asset,occurred_at\ne1,c1,open,'; drop table scorebook.stages; --,2024-01-02\n"
    )
    build(tmp_path / "in", book, datetime(2024, 2, 1), tmp_path / "a.duckdb")
    with duckdb.connect(str(tmp_path / "a.duckdb"), read_only=True) as connection:
        found = dict(connection.execute("select rule_id, label from scorebook.event_weights").fetchall())
        awarded = connection.execute("select rule_id from points_ledger").fetchall()
    assert found == {
        rule["rule_id"].replace("\r\n", "\n"): rule["label"] if rule["label"].strip() else None for rule in passed
    }
    meant = [rule["rule_id"] for rule in passed if rule["asset"].startswith("'; drop") or not rule["asset"].strip()]
    assert sorted(rule for (rule,) in awarded) == sorted(rule.replace("\r\n", "\n") for rule in meant)
