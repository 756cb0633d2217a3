"""dbt's own tests and the check refuse the same scorebooks: both read seeds/scorebook.yml, each in its own language."""

import os
import shutil
import subprocess
import sys

import duckdb
import pytest
from dbt_common.clients import agate_helper

from conftest import ROOT
from support.scorebook import check
from support.scorebook.tables import contract, empty_table
from support.workspace import copy_scorebook
from test_check_scorebook import CELLS, FILES, GOOD_EDITS, THRESHOLDS, scorebook

__all__ = ["scorebook"]

# What dbt's reader of CSV files passes over, so that no test of it can see it; the check, which every build by
# scripts/build.py begins with, refuses it.
UNSEEN_BY_DBT = (
    "would be read as an empty cell",
    "cells, the header",
    "the row is empty; remove the line",
    "begins with a quote that is never closed",
    "text follows a closing quote",
    "cannot be read as CSV",
    "the header line is missing",
)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory):
    """A database with the views that cast the cells, and the SQL of dbt's tests of a scorebook, to be run on any."""
    folder = tmp_path_factory.mktemp("agreement")
    book = ROOT / "target" / "tests" / f"agreement-{os.getpid()}"
    shutil.copytree(ROOT / "seeds", book)
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "build", "--exclude-resource-type", "unit_test"]
    command += ["--select", "resource_type:seed", "path:models/staging/scorebook", "path:tests/invariants/staging"]
    command += ["--exclude", "assert_aliases_have_no_cycle", "--indirect-selection", "cautious"]
    command += ["--project-dir", ROOT, "--profiles-dir", ROOT, "--target-path", folder, "--log-path", folder]
    environment = os.environ | {
        "SCORING_SCOREBOOK": str(book.relative_to(ROOT)),
        "SCORING_DATABASE": str(folder / "book.duckdb"),
    }
    try:
        done = subprocess.run(
            list(map(str, command)), env=environment, cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    finally:
        shutil.rmtree(book)
    compiled = [path.read_text() for path in sorted(folder.glob("compiled/**/*.sql")) if "/models/" not in str(path)]
    tests = [sql for sql in compiled if sql.strip()]
    assert len(tests) == len(contract()) + 3
    with duckdb.connect(str(folder / "book.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection, tests


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


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("edits", [case[0] for case in CELLS + THRESHOLDS + FILES] + list(GOOD_EDITS.values()))
def test_both_refuse_the_same_scorebooks(dbt, scorebook, tmp_path_factory, edits):
    folder = scorebook(edits)
    mistakes = [str(mistake) for mistake in check(folder)]
    seen = [mistake for mistake in mistakes if not any(words in mistake for words in UNSEEN_BY_DBT)]
    found = complaints(dbt, folder, tmp_path_factory.mktemp("copy"))
    if mistakes and not seen:
        return
    assert bool(found) == bool(seen), f"check: {mistakes}\ndbt: {found}"
