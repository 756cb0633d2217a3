"""The demo: the same rows each time, a manifest that tells the truth, and marts that show what the scorebook can do."""

import csv
import hashlib
import json
import re
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pytest

import demo
from conftest import ROOT
from reference.landed import Input

END = datetime(2026, 6, 30)
SEEDS = ROOT / "seeds"


def make(folder, contacts=200, days=100, seed=1, threads=2):
    return demo.make_demo(folder, contacts, days, END, seed, threads)


def digests(folder):
    """What every file of a demo holds, as digests by path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def event_rows(folder):
    times = "occurred_at::varchar as occurred_at, received_at::varchar as received_at"
    found = duckdb.execute(f"select * replace ({times}) from '{folder}/events/*.parquet'")
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def small_rows(folder, table):
    path = folder / f"{table}.{demo.FORMS[table]}"
    with path.open(newline="") as file:
        if path.suffix == ".csv":
            return list(csv.DictReader(file))
        rows = map(json.loads, file)
        return [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]


def seed_rows(name):
    with (SEEDS / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def default(default_demo):
    """The demo of the default size, its manifest, and its rows as the reference judges them."""
    folder = default_demo.given
    manifest = json.loads((folder / "manifest.json").read_text())
    landed = {"events": event_rows(folder)} | {table: small_rows(folder, table) for table in demo.FORMS}
    return folder, manifest, Input(landed, {row["stage"] for row in seed_rows("stages")}, END)


@pytest.fixture(scope="module")
def built(default_demo):
    """The marts of the default demo under the default scorebook."""
    with duckdb.connect(str(default_demo.database), read_only=True) as connection:
        yield connection


def test_neither_threads_nor_another_run_change_a_byte(tmp_path):
    for name, threads in (("one", 1), ("two", 2), ("four", 4)):
        make(tmp_path / name, threads=threads)
    make(tmp_path / "one", threads=1)
    assert digests(tmp_path / "one") == digests(tmp_path / "two") == digests(tmp_path / "four")


def test_another_seed_makes_other_rows(tmp_path):
    make(tmp_path / "one")
    make(tmp_path / "other", seed=2)
    one, other = digests(tmp_path / "one"), digests(tmp_path / "other")
    assert one.keys() == other.keys()
    assert not [path for path in one if one[path] == other[path]]


def test_events_do_not_hang_on_the_periods_they_are_made_in(tmp_path, monkeypatch):
    whole = make(tmp_path / "whole")
    monkeypatch.setattr(demo, "CONTACT_DAYS_AT_ONCE", 200 * 12)
    cut = make(tmp_path / "cut")
    assert cut == whole
    assert len(list((tmp_path / "cut" / "events").iterdir())) > len(list((tmp_path / "whole" / "events").iterdir()))

    def as_multiset(folder):
        return Counter(tuple(row.values()) for row in event_rows(folder))

    assert as_multiset(tmp_path / "cut") == as_multiset(tmp_path / "whole")


@pytest.mark.parametrize("contacts", [1, 20, 5000])
def test_a_demo_of_any_size_holds_about_as_much_per_contact(tmp_path, contacts):
    manifest = make(tmp_path / "demo", contacts=contacts, days=365)
    assert manifest["rows"]["contacts"] >= contacts
    assert sum(quintile["contacts"] for quintile in manifest["intent_quintiles"]) == contacts
    if contacts > 1000:
        assert 40 <= manifest["rows"]["events"] / contacts <= 60


def test_the_manifest_says_what_becomes_of_every_row(default):
    folder, manifest, judged = default
    verdicts = {table: Counter(row.verdict for row in rows) for table, rows in judged.rows.items()}
    assert manifest == json.loads((folder / "manifest.json").read_text())
    assert manifest["rows"] == {table: rows.total() for table, rows in verdicts.items()}
    for verdict in ("used", "waiting", "unmatched"):
        assert manifest[verdict] == {table: rows[verdict] for table, rows in verdicts.items() if rows[verdict]}
    rejected = {
        table: {verdict: rows[verdict] for verdict in rows.keys() - {"used", "waiting", "unmatched"}}
        for table, rows in verdicts.items()
    }
    assert manifest["rejected"] == rejected
    assert {reason for reasons in rejected.values() for reason in reasons} == set(demo.REASONS)
    assert set(manifest["unmatched"]) == set(manifest["rows"]) - {"contacts", "accounts", "contact_aliases"}
    assert set(manifest["waiting"]) == {"events", "contacts"}


def test_the_manifest_counts_the_planted_events(default):
    _, manifest, judged = default
    used = judged.used("events")
    landed = Counter(tuple(row.landed.values()) for row in judged.rows["events"] if row["event_id"])
    exact = sum(copies - 1 for copies in landed.values())
    late = sum(
        datetime.fromisoformat(row["received_at"]) > datetime.fromisoformat(row["occurred_at"]) + timedelta(days=1)
        for row in used
    )
    assert manifest["planted_events"] == {
        "conflicting duplicate": manifest["rejected"]["events"]["duplicate"] - exact,
        "exact duplicate": exact,
        "late": late,
    }
    assert min(manifest["planted_events"].values()) > 50

    properties = [(row["event_type"], json.loads(row["properties"] or "{}")) for row in used]
    assert manifest["excluded_events"] == {
        "machine open": sum(kind == "email_open" and found.get("is_machine") is True for kind, found in properties),
        "own staff": sum(found.get("email_domain") == "our-company.example" for _, found in properties),
        "scanner click": sum(
            kind == "email_click" and "scanner" in found.get("user_agent", "").lower() for kind, found in properties
        ),
    }
    named = {rule["event_type"] for rule in seed_rows("event_weights")}
    types = Counter(row["event_type"] for row in used)
    assert manifest["unscored_event_types"] == {name: types[name] for name in types.keys() - named}
    assert named <= types.keys()


def test_the_manifest_counts_the_planted_people(default):
    _, manifest, judged = default
    owners = judged.aliases
    chains = [alias for alias, owner in owners.items() if owner in owners]
    in_contacts = {row["contact_id"] for row in judged.used("contacts")} & owners.keys()
    assert manifest["aliases"] == {
        "also in contacts": len(in_contacts),
        "chain": len(chains),
        "direct": len(owners) - 2 * len(chains) - len(in_contacts),
    }
    assert {row["contact_id"][0] for row in judged.used("events")} == {"c", "d", "k"}

    quintiles = manifest["intent_quintiles"]
    assert [quintile["quintile"] for quintile in quintiles] == [1, 2, 3, 4, 5]
    assert sum(quintile["contacts"] for quintile in quintiles) == len(judged.contacts)
    converted = {row.contact_id for row in judged.used("conversions")}
    assert sum(quintile["converted"] for quintile in quintiles) == len(converted)
    events = sum(quintile["events_per_contact"] * quintile["contacts"] for quintile in quintiles)
    assert events == pytest.approx(len(judged.used("events")), rel=0.01)
    for measure in ("conversion_rate", "events_per_contact"):
        figures = [quintile[measure] for quintile in quintiles]
        assert figures == sorted(figures) and figures[4] > 3 * figures[0]


def test_ids_are_unique_but_for_planted_duplicates(default):
    _, manifest, judged = default
    for table, column in (("events", "event_id"), ("contacts", "contact_id"), ("accounts", "account_id")):
        repeated = Counter(row[column] for row in judged.rows[table] if row[column])
        assert sum(copies - 1 for copies in repeated.values()) == manifest["rejected"][table]["duplicate"]


def test_all_domains_are_examples(default):
    folder, _, judged = default
    texts = [(folder / f"{table}.{form}").read_text() for table, form in demo.FORMS.items()]
    texts += {value for row in judged.rows["events"] for value in row.cells.values()}
    domains = set(re.findall(r"[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}", "\n".join(texts)))
    assert domains and not [domain for domain in domains if not domain.endswith(".example")]


def test_what_is_no_demo_is_left_alone(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    (folder / "precious.txt").write_text("mine")
    monkeypatch.setattr("sys.argv", ["demo.py", "--contacts", "5", "--out", str(folder)])
    with pytest.raises(SystemExit) as ended:
        demo.main()
    assert ended.value.code == 2
    assert "holds something other than a demo; name another folder" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["manifest.json", "precious.txt", "target"]


def test_a_demo_that_fails_leaves_the_earlier_one(tmp_path, monkeypatch):
    make(tmp_path / "demo", contacts=20)
    before = digests(tmp_path / "demo")
    monkeypatch.setattr(demo, "EVENTS", Path(tmp_path / "gone.sql"))
    with pytest.raises(FileNotFoundError):
        make(tmp_path / "demo", contacts=20, seed=2)
    assert digests(tmp_path / "demo") == before
    assert [path.name for path in tmp_path.iterdir()] == ["demo"]


@pytest.mark.parametrize(
    ("option", "text"),
    [("--contacts", "0"), ("--contacts", "1,000"), ("--days", "3651"), ("--end", "2026-02-30"), ("--seed", "-1")],
)
def test_a_wrong_option_is_named(monkeypatch, capsys, option, text):
    monkeypatch.setattr("sys.argv", ["demo.py", f"{option}={text}"])
    with pytest.raises(SystemExit) as ended:
        demo.main()
    assert ended.value.code == 2
    assert f"argument {option}: '{text}' is not a" in capsys.readouterr().err


def test_a_build_finds_what_the_manifest_says(default, built):
    manifest = default[1]
    rejected = {}
    for table, reason, rows in built.execute(
        "select source_table, reason, count(*) from rejected_rows group by all"
    ).fetchall():
        rejected.setdefault(table, {})[reason] = rows
    assert rejected == manifest["rejected"]
    unmatched = "select source_table, count(*) from unmatched_rows group by all"
    assert dict(built.execute(unmatched).fetchall()) == manifest["unmatched"]
    assert (
        dict(built.execute("select event_type, events from unscored_event_types").fetchall())
        == (manifest["unscored_event_types"])
    )
    excluded = """
        select withheld_reason, count(distinct event_id) from points_ledger
        where withheld_reason in (select reason from scorebook.event_exclusions) group by all
    """
    assert dict(built.execute(excluded).fetchall()) == manifest["excluded_events"]
    assert built.execute("select count(*) from contact_scores").fetchone()[0] == sum(
        quintile["contacts"] for quintile in manifest["intent_quintiles"]
    )


def test_the_demo_shows_every_rule_band_grade_and_segment(built):
    def missing(wanted, found):
        return built.execute(f"select * from ({wanted}) except select * from ({found})").fetchall()

    bands = "select score_group, band from group_scores union all select 'total', band from contact_scores"
    grades = """
        select fit.band || engagement.band from scorebook.score_bands as fit, scorebook.score_bands as engagement
        where fit.score_group = 'fit' and engagement.score_group = 'engagement'
    """
    assert not missing("select score_group, band from scorebook.score_bands", bands)
    assert not missing(grades, "select grade from contact_scores")
    assert not missing("select segment from scorebook.segments", "select segment from segment_members")
    assert not missing("select rule_id from scorebook.event_weights", "select rule_id from points_ledger")
    assert not missing(
        "select rule_id from scorebook.attribute_weights where points is not null", "select rule_id from points_ledger"
    )
    assert not missing(
        "select label from scorebook.attribute_weights where disqualifies is not null",
        "select disqualified_reason from contact_scores",
    )
    assert not missing(
        "select stage from scorebook.stages where ready_points is not null",
        "select stage from stage_scores where is_stuck",
    )


def test_high_interest_is_rare(built):
    high, contacts = built.execute(
        "select count(*) filter (where band = 'high_interest'), count(*) from contact_scores"
    ).fetchone()
    assert 0.01 <= high / contacts <= 0.05


def test_segments_by_engagement_do_not_overlap(built):
    twice = """
        select contact_id from segment_members where segment in ('extra_benefits', 'conditional_offer', 'reactivate')
        group by contact_id having count(*) > 1
    """
    assert not built.execute(twice).fetchall()
