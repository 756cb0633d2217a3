"""Builds that go on from the one before give what builds from nothing give, whatever lands in between.

One seed again: `RANDOM_SEEDS=7 .venv/bin/python -m pytest tests/test_continued_builds.py`; many: `make test-landings`.
"""

import os
import shutil
import subprocess
import sys

import duckdb
import pytest

from conftest import ROOT
from reference.compare import MARTS
from reference.files import write, write_events
from reference.landings import Landings

HISTORIES, LANDINGS = 12, 9
# What a build says of itself, and no other build can.
OF_A_BUILD = {"scorebook_versions"}


def seeds():
    first, _, last = os.environ.get("RANDOM_SEEDS", "1-2").partition("-")
    return range(int(first), int(last or first) + 1)


def build(given, book, as_of, database, *options):
    """Build by the command; what it printed."""
    arguments = ("--input", given, "--scorebook", book, "--as-of", as_of.isoformat(), "--database", database, *options)
    command = [sys.executable, "scripts/build.py", *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


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


@pytest.mark.parametrize("seed", seeds())
def test_after_every_landing_the_marts_are_those_of_a_build_from_nothing(seed, tmp_path):
    given, book = tmp_path / "input", tmp_path / "scorebook"
    went_on = 0
    for number, landing in enumerate(Landings(seed, HISTORIES, LANDINGS)):
        shutil.rmtree(book, ignore_errors=True)
        write(landing.case, tmp_path, but=("events",))
        write_events(landing.new_events, given / "events" / f"{number}")
        said = build(given, book, landing.case.as_of, tmp_path / "continued.duckdb")
        went_on += "going on from" in said
        build(given, book, landing.case.as_of, tmp_path / "anew.duckdb", "--full-refresh")
        found = differences(tmp_path / "anew.duckdb", tmp_path / "continued.duckdb")
        again = f"RANDOM_SEEDS={seed} .venv/bin/python -m pytest tests/test_continued_builds.py"
        assert not found, "\n".join(
            [f"landing {number} of seed {seed} differs, anew | continued; again: {again}", *found]
        )
    assert went_on == LANDINGS - 1, "builds began anew: this shows nothing"
