"""scripts/benchmark.py: what lands, what is summed and how it is reported. Its runs are a make target of their own."""

import csv
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest

import benchmark
from conftest import ROOT
from support.benchmark.landing import Landing
from support.benchmark.measure import Measured, measured
from support.benchmark.report import describe
from support.benchmark.rivals import agree, rival
from support.console import CannotRun


def test_what_is_not_installed_is_said_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr(benchmark, "find_spec", lambda name: None if name == "polars" else name)
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--size", "4000", "--folder", str(tmp_path / "made")])
    with pytest.raises(CannotRun, match="polars is not installed; 'make benchmark' installs it"):
        benchmark.main()
    assert not (tmp_path / "made").exists()


@pytest.fixture(scope="module")
def landing(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    demo = [sys.executable, ROOT / "scripts" / "demo.py", "--contacts", "100", "--out", folder / "demo"]
    subprocess.run(demo, check=True, capture_output=True)
    kept = folder / "all.parquet"
    duckdb.execute(f"copy (from '{folder}/demo/events/*.parquet') to '{kept}' (format parquet)")
    return Landing(folder / "demo", folder / "landed"), kept


def rows(*files):
    """The rows of Parquet files, in an order."""
    return sorted(map(repr, duckdb.execute("from read_parquet(?)", [[str(file) for file in files]]).fetchall()))


@pytest.mark.parametrize("size", ["nan", "inf", "3999"])
def test_a_size_that_nothing_can_be_measured_at_is_refused(monkeypatch, size):
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--size", size])
    with pytest.raises(CannotRun, match="--size must be at least 4000 and --repeat at least 1"):
        benchmark.main()


def test_only_folders_that_a_benchmark_made_are_replaced(tmp_path, monkeypatch):
    def fail(*_):
        raise CannotRun("it failed")

    monkeypatch.setattr(benchmark, "measured", fail)
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--size", "4000", "--without-rivals", "--folder", str(tmp_path)])
    for _ in range(2):
        with pytest.raises(CannotRun, match="it failed"):
            benchmark.main()
    (tmp_path / "1000").mkdir()
    with pytest.raises(CannotRun, match=f"--folder: {tmp_path}/1000 exists and was not made by this command; name"):
        benchmark.main()


def test_what_lands_later_is_apart_and_nothing_is_lost(landing):
    landing, kept = landing
    history = landing.folder / "events" / "history.parquet"
    names = ("quarter of a day", "rest of the day", "late")
    quarter, rest, late = (landing.aside / f"{name}.parquet" for name in names)
    assert rows(history, quarter, rest, late) == rows(kept)
    assert len(rows(quarter)) < len(rows(rest))
    latest = duckdb.execute(f"select max(received_at) from '{history}'").fetchall()[0][0]
    assert latest < datetime.fromisoformat(landing.yesterday)
    with landing.more("quarter of a day", "rest of the day"):
        assert {file.name for file in (landing.folder / "events").iterdir()} == {history.name, quarter.name, rest.name}
    assert quarter.exists() and rest.exists()


def test_an_edit_gives_one_rule_one_point_more(landing):
    seeds = ROOT / "seeds"
    edited = landing[0].edited_scorebook(seeds)
    before, after = (
        {row["rule_id"]: float(row["points"]) for row in csv.DictReader((folder / "event_weights.csv").open())}
        for folder in (seeds, edited)
    )
    assert sorted(after[rule] - before[rule] for rule in before)[-2:] == [0, 1]
    assert before.keys() == after.keys()


def test_the_floor_is_the_sum_of_weights_each_halved_by_its_age(landing, tmp_path):
    landing = landing[0]
    as_of = datetime.fromisoformat(landing.yesterday)
    groups = {row["score_group"]: row for row in csv.DictReader((ROOT / "seeds" / "score_groups.csv").open())}
    weights = list(csv.DictReader((ROOT / "seeds" / "event_weights.csv").open()))
    expected = {}
    events = f"select contact_id, event_type, occurred_at from '{landing.folder}/events/history.parquet'"
    for contact, event_type, occurred_at in duckdb.execute(events).fetchall():
        for rule in weights:
            if rule["event_type"] == event_type and occurred_at <= as_of:
                half_life = groups[rule["score_group"]]["half_life_days"]
                age = (as_of - occurred_at).total_seconds() / 86400 / float(half_life) if half_life else 0
                key = (contact, rule["score_group"])
                expected[key] = expected.get(key, 0) + float(rule["points"]) * 2**-age
    rival("floor", landing, tmp_path)
    found = duckdb.execute(f"select contact_id, score_group, points from '{tmp_path}/floor.parquet'").fetchall()
    assert {(contact, group): pytest.approx(points) for contact, group, points in found} == expected


def test_sums_that_differ_are_refused(tmp_path):
    duckdb.connect(str(tmp_path / "plain dbt.duckdb")).close()
    for name, points in (("floor", 1), ("pandas", 1.0000001), ("polars", 1.1)):
        sums = f"select 'c1' as contact_id, 'web' as score_group, {points}::double as points"
        duckdb.execute(f"copy ({sums}) to '{tmp_path}/{name}.parquet' (format parquet)")
    agree(("floor", "pandas"), tmp_path)
    with pytest.raises(CannotRun, match="polars comes to other sums than the floor, in 1 rows"):
        agree(("floor", "polars"), tmp_path)


def test_a_run_is_measured_with_all_that_it_starts():
    child = "import time; taken = bytearray(200_000_000); time.sleep(0.3)"
    run = measured(
        "run", [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"]
    )
    assert run.seconds > 0.3
    assert 190 < run.peak_mb < 400
    large = bytearray(300_000_000)  # of this process, which is not what is measured
    assert measured("run", [sys.executable, "-S", "-c", "1"]).peak_mb < 60 < len(large) / 2**20
    with pytest.raises(CannotRun, match=r"(?s)run: the command failed:.*ZeroDivisionError"):
        measured("run", [sys.executable, "-c", "1 / 0"])


def test_ratios_leave_out_what_dbt_costs_whatever_lands():
    kinds = {"floor": 2, "empty": 10, "cold": 50, "nothing": 1, "day": 18, "late": 30, "rule edit": 50}
    kinds["quarter day"] = 15
    whole = {kind: Measured(kind, seconds, 100) for kind, seconds in kinds.items()}
    quarter = {"cold": Measured("cold", 20, 100), "day": Measured("day", 12, 100)}
    text = describe({4000: whole, 1000: quarter})
    assert "| cold : floor | 25.0 |" in text
    assert "| (day − empty) : (cold − empty) | 0.20 |" in text
    assert "| growth of cold − empty from 1,000 to 4,000 events | 4.0 |" in text
    assert "| growth of day, of as many new events | 1.2 |" in text
    assert "| growth of day, of four times the new events | 1.5 |" in text
