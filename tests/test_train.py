"""scripts/train.py: what it learns, what it refuses by name, and that SQL predicts what it learned."""

import csv
import math
import random
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import datetime

import duckdb
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import demo
import train
from conftest import ROOT, build
from support import learning
from support.console import CannotRun

END = datetime(2026, 6, 30)
CUTOFF = datetime(2026, 1, 1)


def made(contacts=2000, seed=1, strength=1.0):
    """Contacts whose outcome follows from two features and not from a third; a fourth is nearly unheard of."""
    chance = np.random.default_rng(seed)
    values = chance.normal(size=(contacts, 3))
    log_odds = -1 + strength * (1.5 * values[:, 0] - values[:, 1])
    outcomes = chance.random(contacts) < 1 / (1 + np.exp(-log_odds))
    rare = (np.arange(contacts) < contacts * 0.01).astype(float)
    return learning.TrainingRows(
        [f"c{number}" for number in range(contacts)],
        outcomes,
        outcomes,
        {"times: a": values[:, 0], "times: b": values[:, 1], "times: c": values[:, 2], "holds: rare": rare},
        {"times: a": "A (how often)"},
        {},
        datetime(2026, 4, 1),
    )


def applied(table, rows):
    """What SQL makes of the table: probabilities."""
    log_odds = sum(float(row["weight"]) for row in table if row["part"] == "intercept")
    for row in table:
        if row["part"] == "feature":
            inside = rows.values(row["feature"]).clip(float(row["least_value"]), float(row["most_value"]))
            log_odds = log_odds + float(row["weight"]) * inside
    return 1 / (1 + np.exp(-log_odds))


def test_what_was_planted_is_learned_and_calibrated():
    rows = made(8000)
    model = learning.learn(rows)
    assert model.names == ["times: a", "times: b", "times: c"]
    assert np.allclose(model.weights, [1.5, -1, 0], atol=0.25)
    assert 0.75 < model.auc < 0.95
    # On contacts that it has never seen, it promises as many conversions as there are, above and below the middle.
    unseen = made(8000, seed=2)
    probabilities = applied(learning.table_of(model, rows), unseen)
    is_high = probabilities > np.median(probabilities)
    for half in (is_high, ~is_high):
        assert probabilities[half].mean() == pytest.approx(unseen.outcomes[half].mean(), abs=0.03)


def test_weights_are_those_of_scikit_learn_but_for_the_calibration():
    rows = made()
    model = learning.learn(rows)
    values = np.column_stack([rows.values(name) for name in model.names])
    plain = LogisticRegression(C=1e6).fit(values, rows.outcomes)
    assert np.corrcoef(values @ model.weights, plain.decision_function(values))[0, 1] > 0.999


def test_noise_teaches_nothing():
    aucs = [learning.learn(made(seed=seed, strength=0.0)).auc for seed in range(5)]
    assert all(abs(auc - 0.5) < 0.05 for auc in aucs)


def test_the_same_rows_give_the_same_version_and_others_another():
    one, again = made(), made()
    tables = [learning.table_of(learning.learn(rows), rows) for rows in (one, again, made(seed=3))]
    assert tables[0] == tables[1]
    versions = [{row["model_version"] for row in table} for table in tables]
    assert len(versions[0]) == 1 and versions[0] != versions[2]


def test_tiers_are_the_quarters_of_those_learned_from():
    rows = made()
    table = learning.table_of(learning.learn(rows), rows)
    tiers = {row["feature"]: float(row["weight"]) for row in table if row["part"] == "tier"}
    assert list(tiers) == ["1", "2", "3"]
    for tier, share in (("1", 0.25), ("2", 0.5), ("3", 0.75)):
        assert (applied(table, rows) >= tiers[tier]).mean() == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize("converted", [0, 49])
def test_too_little_is_refused(converted):
    rows = made()
    rows.outcomes[:] = np.arange(len(rows.outcomes)) < converted
    with pytest.raises(
        CannotRun,
        match=f"^too little to learn from: {converted} contacts that converted .* 50 of each .*training_cutoffs",
    ):
        learning.learn(rows)


def test_one_contact_at_many_cutoffs_is_one():
    rows = made()
    rows.contacts[:] = ["c"] * len(rows.contacts)
    with pytest.raises(CannotRun, match=r"^too little to learn from: 1 contacts"):
        learning.learn(rows)


def test_a_contact_of_several_builds_is_one():
    """It counts once, and no fold judges it by a model that knows its outcome from another build."""
    rows = made(contacts=60)
    rows.outcomes[:] = np.arange(60) < 30
    rows = learning.TrainingRows.joined([rows, rows])
    assert len(rows.contacts) == len(rows.outcomes) == 120
    with pytest.raises(CannotRun, match=r"^too little to learn from: 30 contacts that converted .* and 30 that"):
        learning.learn(rows)


def test_outcomes_in_disguise_are_refused_by_name():
    rows = made()
    chance = np.random.default_rng(9)
    ever = rows.outcomes | (chance.random(len(rows.outcomes)) < 0.2)
    disguised = {
        "times: contract": rows.outcomes.astype(float),
        "holds: customer": ever.astype(float),
        "holds: gold": (ever & (chance.random(len(ever)) < 0.3)).astype(float),
        # What says of some that they are no customers yet says of the others that they are.
        "holds: prospect": (~(ever & (chance.random(len(ever)) < 0.3))).astype(float),
        "group: fit": chance.random(len(ever)) + 0.5 * ever,
        "group: other": chance.random(len(ever)),
        "holds: fine": (chance.random(len(ever)) < 0.3).astype(float),
    }
    rows = replace(rows, features=rows.features | disguised, ever_converted=ever)
    rows.groups = {"holds: gold": "group: fit", "holds: fine": "group: other", "holds: unheard of": "group: other"}
    model = learning.learn(rows)
    found = {"times: contract", "holds: customer", "holds: gold", "holds: prospect", "group: fit"}
    assert rows.refused.keys() == found
    assert "tells all alone who converts (" in rows.refused["times: contract"]
    assert "tells all alone who converts sooner or later" in rows.refused["holds: customer"]
    assert "contacts that have it convert sooner or later" in rows.refused["holds: gold"]
    assert "contacts that do not have it convert sooner or later" in rows.refused["holds: prospect"]
    assert rows.refused["group: fit"] == "the points of gold are part of it"
    assert model.names == ["times: a", "times: b", "times: c", "group: other", "holds: fine"]


def test_nothing_to_learn_from_is_said():
    rows = made()
    with pytest.raises(CannotRun, match=r"^no feature is left"):
        learning.learn(replace(rows, features={"holds: rare": rows.values("holds: rare")}))


def run(*options):
    command = [sys.executable, "scripts/train.py", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_what_is_no_build_is_said(tmp_path):
    done = run("--database", tmp_path / "none.duckdb", "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"there is no database {tmp_path / 'none.duckdb'}; make one with scripts/build.py\n"
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    done = run("--database", tmp_path / "empty.duckdb", "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path / 'empty.duckdb'} does not hold a whole build; run scripts/build.py with it\n"
    (tmp_path / "text.duckdb").write_text("no database" * 1000)
    done = run("--database", tmp_path / "text.duckdb", "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert not (tmp_path / "out.csv").exists()


def test_one_build_is_not_learned_from_twice(tmp_path):
    (tmp_path / "again.duckdb").symlink_to(tmp_path / "a.duckdb")
    done = run("--database", tmp_path / "a.duckdb", "--database", tmp_path / "again.duckdb")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"--database: {tmp_path / 'a.duckdb'} is given more than once; each contact would count as several\n"
    )


def test_a_file_that_cannot_be_finished_leaves_the_former_one(tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("former")
    with pytest.raises(ValueError, match="fields not in fieldnames"):
        train.write([{"part": "tier"}, {"spoilt": "1"}], out)
    assert (out.read_text(), list(tmp_path.iterdir())) == ("former", [out])
    train.write([{"part": "tier"}], out)
    assert ",tier," in out.read_text() and list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("out", "sentence"), [("/dev/null", "is no file; name another"), ("/proc/out.csv", "cannot be written: ")]
)
def test_where_nothing_can_be_written_is_said(monkeypatch, out, sentence):
    monkeypatch.setattr(learning, "read_rows", lambda _: made())
    monkeypatch.setattr(sys, "argv", ["train.py", "--out", out])
    with pytest.raises(CannotRun, match=f"--out: {out} {sentence}"):
        train.main()


@pytest.fixture(scope="module")
def learned(made_once):
    """A demo with outcomes in disguise, what was learned from it, and what a build makes of that."""

    def fill(folder):
        demo.make_demo(folder / "demo", 2000, 365, END, 1, 2)
        disguise(folder / "demo")
        shutil.copytree(ROOT / "seeds", folder / "seeds")
        with (folder / "seeds" / "score_groups.csv").open("a") as file:
            file.write("topic_open,Open,,no" + "," * 12 + "\n")
        with (folder / "seeds" / "attribute_weights.csv").open("a") as file:
            file.write("signed,Has signed,fit,contact,contract,equals,signed,1,\n")
            file.write("is_customer,Is a customer,fit,contact,customer,equals,yes,1,\n")
            # Whose account has a history only since somebody there bought, is told by having no present value before.
            file.write("is_open,Has no contract,topic_open,account,contract,not_equals,signed,1,\n")
        build(folder / "demo", folder / "seeds", END, folder / "before.duckdb")
        done = run("--database", folder / "before.duckdb", "--out", folder / "seeds" / "prediction_weights.csv")
        assert done.returncode == 0, done.stderr
        (folder / "printed").write_text(done.stdout)
        build(folder / "demo", folder / "seeds", END, folder / "after.duckdb")

    folder = made_once("learned", fill)
    return folder, (folder / "printed").read_text()


def disguise(folder):
    """Set an attribute without history, one with history and a stage as people convert."""
    with (folder / "conversions.csv").open(newline="") as file:
        converted = {row["contact_id"]: row["converted_at"] for row in csv.DictReader(file)}
    with (folder / "contacts.csv").open(newline="") as file:
        contacts = list(csv.DictReader(file))
    with (folder / "contacts.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, [*contacts[0], "contract"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"contract": "signed" if row["contact_id"] in converted else ""} for row in contacts)
    accounts = {row["contact_id"]: row["account_id"] for row in contacts if row["account_id"]}
    with (folder / "attribute_changes.csv").open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(
            ("account", accounts[contact], "contract", "signed", moment)
            for contact, moment in converted.items()
            if contact in accounts
        )
    chance = random.Random(1)
    others = [row["contact_id"] for row in contacts if row["contact_id"] not in converted and chance.random() < 0.1]
    with (folder / "attribute_changes.csv").open("a", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows(("contact", contact, "customer", "yes", moment) for contact, moment in converted.items())
        writer.writerows(("contact", contact, "customer", "yes", "2025-07-02") for contact in others)
    with (folder / "stage_changes.csv").open("a", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows((contact, "customer", "2025-12-31") for contact in others)


def test_disguises_in_a_build_are_refused_by_name(learned):
    folder, printed = learned
    assert "refused: holds: signed: " in printed
    assert "refused: group: fit: the points of is_customer are part of it\n" in printed
    assert "refused: holds: is_customer: its attribute is set by the conversion\n" in printed
    assert "refused: holds: is_open: its attribute is set by the conversion\n" in printed
    assert "refused: stage: customer: most contacts reach it as they convert, or after it\n" in printed
    text = (folder / "seeds" / "prediction_weights.csv").read_text()
    assert "holds: fit_decision_maker" in text
    assert not any(name in text for name in ("holds: signed", "group: fit", "holds: is_customer", "stage: customer"))


def test_sql_predicts_what_was_learned(learned):
    """Probabilities, tiers and the version are those of the table, for every contact that has not converted."""
    folder, printed = learned
    with (folder / "seeds" / "prediction_weights.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    with duckdb.connect(str(folder / "after.duckdb"), read_only=True) as connection:
        found = connection.execute(
            "select contact_id, probability, tier, model_version, top_reasons from predicted_conversions"
        ).fetchall()
        features = connection.execute(
            "select contact_id, feature, feature_value from internal.int_features where cutoff_at = ?", [END]
        ).fetchall()
        left = connection.execute(
            """
            select count(*) from contact_scores
            where contact_id not in (select contact_id from internal.stg_conversions where verdict = 'used')
            """
        ).fetchone()
        judged = connection.execute(
            """
            select auc, auc_low, contacts from score_evaluation
            where score_group = 'predicted_conversion' and part = 'overall'
            """
        ).fetchall()
    values = {}
    for contact, feature, value in features:
        values.setdefault(contact, {})[feature] = value
    assert (len(found),) == left
    tiers = {int(row["feature"]): float(row["weight"]) for row in table if row["part"] == "tier"}
    for contact, probability, tier, version, reasons in found:
        weighed = []
        for row in table:
            if row["part"] == "feature":
                value = values[contact].get(row["feature"], 0.0)
                inside = min(max(value, float(row["least_value"])), float(row["most_value"]))
                weighed.append(float(row["weight"]) * inside)
        [intercept] = [float(row["weight"]) for row in table if row["part"] == "intercept"]
        log_odds = intercept + sum(weighed)
        assert probability == pytest.approx(1 / (1 + math.exp(-log_odds)), abs=1e-6)
        assert tier == min([number for number, least in tiers.items() if probability >= least], default=4)
        assert version == table[0]["model_version"] and version in printed
        assert (reasons is None) == (max(weighed) <= 0)
    [(auc, low, contacts)] = judged
    assert contacts > 1000
    assert auc > low > 0.5


def test_outcomes_still_to_come_are_refused(tmp_path):
    demo.make_demo(tmp_path / "demo", 50, 60, CUTOFF, 1, 2)
    known = (tmp_path / "demo", ROOT / "seeds", CUTOFF, tmp_path / "a.duckdb")
    build(*known, {"training_cutoffs": ["2025-12-01"]}, marts=["predicted_conversions"])
    done = run("--database", tmp_path / "a.duckdb", "--out", tmp_path / "out.csv")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "the outcomes of the training cut-off 2025-12-01 00:00:00 are not all known: its horizon ends at "
        "2026-03-01 00:00:00, after 2026-01-01 00:00:00; choose an earlier one in training_cutoffs\n"
    )
