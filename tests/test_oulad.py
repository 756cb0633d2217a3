"""OULAD, 768,000 real events: none is lost, the scores are right, and the README of the example says what they say."""

import os
import re
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from conftest import ROOT, build
from support.scorebook import check

DATA = Path(os.environ.get("OULAD_DATA", ROOT.parent / "shared" / "data" / "oulad")).resolve()
EXAMPLE = ROOT / "examples" / "oulad"
README = (EXAMPLE / "README.md").read_text()
TIMES = {
    "events.parquet": "occurred_at",
    "contacts.csv": "created_at",
    "stage_changes.csv": "changed_at",
    "conversions.csv": "converted_at",
}


def landed(file):
    """The rows of a file of the data, as a relation."""
    path = f"{DATA / file}".replace("'", "''")
    return f"read_parquet('{path}')" if file.endswith("parquet") else f"read_csv('{path}')"


def rows(connection, sql, **values):
    return connection.execute(sql, values).fetchall()


def question(number):
    """A query of the README, on the data of this test."""
    query = re.findall(r"```sql\n(.*?)```", README, flags=re.DOTALL)[number]
    return query.replace("'../shared/data/oulad/conversions.csv'", landed("conversions.csv"))


def band_table(connection):
    """How completion rises by band: the first query of the README, as its table shows it."""
    return [
        f"| `{band}` | {students} | {completed} | {share:.1f} % |"
        for band, students, completed, share in rows(connection, question(0))
    ]


def auc_row(connection, as_of):
    """How often a student who completes is scored above one who does not, among those whose course is going on."""
    figures = rows(
        connection,
        f"""
        with
        enrolled as (
            select contact_id from contact_scores
            where
                stage in ('registered', 'started')
                and contact_id in (select contact_id from stage_scores where stage = 'started')
        ),
        scores as (
            select contact_id, score_group, score from group_scores
            union all
            select contact_id, 'total' as score_group, score from contact_scores
        ),
        ranked as (
            select
                score_group,
                contact_id in (
                    select contact_id from {landed("conversions.csv")} where converted_at > $as_of
                ) as completes,
                rank() over (partition by score_group order by score)
                + (count(*) over (partition by score_group, score) - 1) / 2 as place
            from scores
            where contact_id in (from enrolled)
        )
        select
            score_group,
            (sum(place) filter (completes) - count(*) filter (completes) * (count(*) filter (completes) + 1) / 2)
            / (count(*) filter (completes) * count(*) filter (not completes))
        from ranked
        group by score_group
        """,
        as_of=as_of,
    )
    auc = dict(figures)
    shown = " | ".join(f"{auc[name]:.3f}" for name in ("fit", "engagement", "assessments", "total"))
    return f"| {as_of:%Y-%m-%d} | {shown} |"


def check_every_row_has_its_verdict(connection, as_of):
    """Rows are used, wait or lie in the future, by their time alone; and each event that is used scores or is named."""
    expected = {("accounts", "used"): 13}
    for file, column in TIMES.items():
        verdicts = f"""
            select
                case
                    when {column} <= $as_of then 'used'
                    when {column} <= $as_of + interval 1 day then 'waiting'
                    else 'future'
                end,
                count(*)
            from {landed(file)}
            group by all
        """
        counted = rows(connection, verdicts, as_of=as_of)
        expected |= {(file.split(".")[0], verdict): count for verdict, count in counted}
    found = {(table, verdict): count for table, verdict, count in rows(connection, "from input_summary")}
    assert found == expected
    rejected = rows(connection, "select source_table, reason, count(*) from rejected_rows group by all")
    assert {row[:2]: row[2] for row in rejected} == {key: n for key, n in expected.items() if key[1] == "future"}
    assert rows(connection, "from unmatched_rows") == []

    unscored = dict(rows(connection, "select event_type, events from unscored_event_types"))
    assert unscored.keys() == {"subpage", "sharedsubpage"}
    [(scored,)] = rows(connection, "select count(distinct event_id) from points_ledger where line_kind = 'event'")
    assert scored + sum(unscored.values()) == expected["events", "used"]


def check_stages(connection, as_of):
    """Everybody is in the stage of their latest change."""
    wrong = rows(
        connection,
        f"""
        with latest as (
            select
                contact_id,
                max_by(stage, (changed_at, list_position(['registered', 'started'], stage))) as stage
            from {landed("stage_changes.csv")}
            where changed_at <= $as_of
            group by contact_id
        )
        select contact_id, latest.stage, scores.stage
        from latest full join contact_scores as scores using (contact_id)
        where latest.stage is distinct from scores.stage
        """,
        as_of=as_of,
    )
    assert wrong == []


def check_points_by_hand(connection, as_of):
    """Engagement and results follow from the events in one statement each."""
    wrong = rows(
        connection,
        f"""
        with
        events as (from {landed("events.parquet")} where occurred_at <= $as_of),
        visits as (select distinct contact_id, occurred_at from events where event_type = 'homepage'),
        by_hand as (
            select
                contact_id,
                'engagement' as score_group,
                least(15, sum(1.5 * 2 ** (-epoch($as_of - occurred_at) / 86400 / 10))) as points
            from visits group by contact_id
            union all
            select
                contact_id,
                'assessments',
                least(60, sum(
                    (properties ->> '$.score')::double * if(properties ->> '$.type' = 'TMA', 0.15, 0.075)
                ))
            from events where event_type = 'assessment_submit' group by contact_id
        )
        select scores.contact_id, scores.score_group, by_hand.points, scores.points
        from group_scores as scores left join by_hand using (contact_id, score_group)
        where
            scores.score_group in ('engagement', 'assessments')
            and abs(coalesce(by_hand.points, 0) - scores.points) > 0.000002
        """,
        as_of=as_of,
    )
    assert wrong == []


def check_no_binge_wins(connection):
    """Nobody gets more than four points from the texts, or from the forum, in one day."""
    most = rows(
        connection,
        """
        with days as (
            select score_group, sum(points) as points
            from points_ledger
            where line_kind = 'event' and score_group in ('content', 'forum')
            group by score_group, contact_id, effective_at::date
        )
        select score_group, max(points)::double from days group by score_group
        """,
    )
    assert {group for group, _ in most} == {"content", "forum"}
    assert all(points <= 4 for _, points in most)


def check_bands_mean_something(connection):
    """Completion rises from band to band, from few to nearly all."""
    shares = {band: share for band, _, _, share in rows(connection, question(0))}
    assert list(shares) == ["at_risk", "wavering", "steady", "strong"]
    assert list(shares.values()) == sorted(set(shares.values()))
    assert shares["at_risk"] < 10
    assert shares["strong"] > 90


def call_row(connection, as_of):
    """How many students are to be called, and how many of them passed later; each has a reason."""
    called = rows(connection, question(1))
    assert all(reasons for *_, reasons in called)
    passed = {contact for (contact,) in rows(connection, f"from {landed('conversions.csv')} select contact_id")}
    return f"| {as_of:%Y-%m-%d} | {len(called)} | {sum(contact in passed for contact, *_ in called)} |"


def alarm_table(connection):
    """What went wrong with the first student on the list of 2013, whatever was built since."""
    return [f"| {day} | {rule} | {points:.0f} |" for day, rule, points in rows(connection, question(2))]


def test_the_scorebook_has_no_mistake():
    assert check(EXAMPLE / "scorebook") == []


@pytest.mark.skipif(
    not (DATA / "events.parquet").is_file(),
    reason=f"no OULAD data in {DATA}: put it there or name its folder in OULAD_DATA (examples/oulad/README.md)",
)
@pytest.mark.parametrize("as_of", [datetime(2013, 6, 1), datetime(2014, 5, 1)], ids=lambda moment: f"{moment:%Y-%m-%d}")
def test_real_students_score_as_the_readme_says(as_of, tmp_path):
    database = tmp_path / "oulad.duckdb"
    build(DATA, EXAMPLE / "scorebook", as_of, database)
    with duckdb.connect(str(database), read_only=True) as connection:
        check_every_row_has_its_verdict(connection, as_of)
        check_stages(connection, as_of)
        check_points_by_hand(connection, as_of)
        check_no_binge_wins(connection)
        check_bands_mean_something(connection)
        one_liners = [auc_row(connection, as_of)], [call_row(connection, as_of)]
        for table in (band_table(connection), alarm_table(connection), *one_liners):
            assert "\n" + "\n".join(table) + "\n" in README
