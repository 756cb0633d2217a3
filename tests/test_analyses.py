"""The questions in analyses/: each compiles, runs on a built demo and answers what it says."""

import os
import subprocess
import sys
from datetime import datetime
from itertools import groupby

import duckdb

from conftest import ROOT

POINTS_OF_THE_BEST = """
    with best as (select contact_id, points from contact_scores order by score desc, contact_id limit 1)
    select 'total' as score_group, points from best
    union all
    select score_group, group_scores.points from group_scores inner join best using (contact_id)
"""

LEFT_ALONE = "select contact_id from contact_scores where is_disqualified or is_opted_out"


def compiled_analyses(database, target):
    """The SQL of every analysis by its name, as dbt compiles it for a database."""
    command = [sys.executable, "-m", "dbt.cli.main", "--quiet", "compile", "--select", "path:analyses"]
    folders = ["--project-dir", ROOT, "--profiles-dir", ROOT, "--target-path", target, "--log-path", target]
    environment = os.environ | {"SCORING_DATABASE": str(database)}
    done = subprocess.run(
        [*command, *map(str, folders)], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.stem: path.read_text() for path in target.glob("compiled/*/analyses/*.sql")}


def answer(connection, sql):
    """Rows of a query as dicts."""
    found = connection.execute(sql)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_every_question_is_answered_on_the_demo(small_demo, tmp_path):
    queries = compiled_analyses(small_demo.database, tmp_path / "target")
    assert set(queries) == {path.stem for path in (ROOT / "analyses").glob("*.sql")}

    with duckdb.connect(str(small_demo.database), read_only=True) as connection:
        # As dbt show asks them, with a limit behind.
        answers = {name: answer(connection, f"{sql}\nlimit 1000") for name, sql in queries.items()}
        points = dict(connection.execute(POINTS_OF_THE_BEST).fetchall())
        left_alone = {contact for (contact,) in connection.execute(LEFT_ALONE).fetchall()}
    assert [name for name, rows in answers.items() if not rows] == []

    statement = [row for row in answers["why_this_score"] if row["part"] == "statement"]
    sums = {
        group: round(sum(row["points"] for row in rows), 6)
        for group, rows in groupby(statement, key=lambda row: row["score_group"])
    }
    assert sums == {group: points[group] for group in sums}
    assert sums["total"] > 0

    assert {"never_seen", "nobody"} <= {row["rule_id"] for row in answers["which_rules_are_dead"]}
    assert all(row["points"] >= row["ready_points"] for row in answers["who_is_stuck"])
    assert all(row["points_missing"] > 0 for row in answers["how_far_to_the_next_band"])
    assert all(row["last_row_day"] <= datetime(2026, 5, 31).date() for row in answers["scores_as_of_a_past_day"])
    assert all(row["people"] < row["required_members"] for row in answers["accounts_to_call"])
    assert not left_alone & {row["contact_to_call_id"] for row in answers["accounts_to_call"]}
    assert {row["withheld_reason"] for row in answers["what_was_withheld_and_why"]} >= {"cap", "machine open"}
