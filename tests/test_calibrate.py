"""scripts/calibrate.py: an edited copy of the scorebook with other points and nothing else changed."""

import difflib
import errno
import os
import shutil
import subprocess
import sys

import duckdb
import pytest

from conftest import ROOT
from support import calibration
from support.calibration import write_copy

SEEDS = ROOT / "seeds"

MARTS = """
    create schema internal;
    create table internal.int_cutoffs as
        select timestamp '2026-04-01' as cutoff_at, timestamp '2026-06-30' as horizon_ends_at;
    create table build_info as select timestamp '2026-06-30' as as_of;
    create table rule_performance as
        select * replace (points::double as points, suggested_points::double as suggested_points),
            timestamp '2026-04-01' as cutoff_at
        from (values
            ('email_clicked', 5.0, 11.4449, 1.8, 1.2, 2.6, 'too few points'),
            ('fit_student', -20.0, -3.04, 0.9, 0.8, 0.95, 'too few points'),
            ('email_opened', 3.0, 3.4, 1.5, 1.2, 1.8, 'earns its points'),
            ('post_liked', 1.0, 9.0, 1.1, 0.4, 2.9, 'no evidence'),
            ('prices_viewed', 4.0, -2.0, 0.0, null, null, 'too many points'),
            ('ticket_opened', 15.0, null, null, null, null, 'no evidence: no contact has it')
        ) as rules (rule_id, points, suggested_points, lift, lift_low, lift_high, verdict);
    create table stage_calibration as select 8::double as suggested_points from range(3);
"""


@pytest.fixture
def built(tmp_path):
    """A database that holds what the command reads."""
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(MARTS)
    return tmp_path / "a.duckdb"


def run(*options):
    command = [sys.executable, "scripts/calibrate.py", *map(str, options)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def texts(folder):
    """The bytes of every file of a scorebook."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".yml")}


def changes(old, new):
    """Lines that differ, by file."""
    return [
        line
        for name, text in texts(old).items()
        for line in difflib.ndiff(text.decode().splitlines(), texts(new)[name].decode().splitlines())
        if line[0] in "+-"
    ]


def test_rules_with_evidence_get_other_points_and_all_else_stays(built, tmp_path):
    before = texts(SEEDS)
    done = run("--database", built, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert texts(SEEDS) == before
    assert texts(tmp_path / "out").keys() == before.keys()
    assert sorted(changes(SEEDS, tmp_path / "out")) == sorted(
        [
            "- email_clicked,Clicked a link in an e-mail,engagement,email_click,email,,5,,3,week,,,,,,,",
            "+ email_clicked,Clicked a link in an e-mail,engagement,email_click,email,,11,,3,week,,,,,,,",
            "- fit_student,Is a student,fit,contact,job_title,contains,student,-20,",
            "+ fit_student,Is a student,fit,contact,job_title,contains,student,-3,",
            "- prices_viewed,Looked at the prices,engagement,page_view,web,pricing,4,,2,week,,,,,,,",
            "+ prices_viewed,Looked at the prices,engagement,page_view,web,pricing,-2,,2,week,,,,,,,",
        ]
    )
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "email_clicked 5 -> 11 lift 1.80 (1.20 to 2.60) too few points"
    assert "prices_viewed 4 -> -2 lift 0.00 too many points" in lines
    assert "post_liked 1 lift 1.10 (0.40 to 2.90) no evidence" in lines
    assert "by who converted after 2026-04-01 00:00:00 and until 2026-06-30 00:00:00" in lines
    assert "an action of those who converted: 8 points (mart stage_calibration)" in lines
    assert f"wrote {tmp_path / 'out'}: 3 of 5 rules have other points than in seeds" in lines


def test_what_a_build_makes_can_be_calibrated(default_demo, tmp_path):
    done = run("--database", default_demo.database, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert {line[0] for line in changes(SEEDS, tmp_path / "out")} == {"-", "+"}


def test_all_rules_change_when_asked(built, tmp_path):
    done = run("--database", built, "--out", tmp_path / "out", "--all")
    assert done.returncode == 0
    assert any(line.startswith("+ post_liked,") and ",9," in line for line in changes(SEEDS, tmp_path / "out"))


def test_a_rule_without_points_gets_some(built, tmp_path):
    """A blank cell, which a rule that disqualifies may have, is 0."""
    shutil.copytree(SEEDS, tmp_path / "mine")
    path = tmp_path / "mine" / "attribute_weights.csv"
    path.write_text(path.read_text().replace(",contains,student,-20,", ",contains,student,,yes", 1))
    with duckdb.connect(str(built)) as connection:
        connection.execute("update rule_performance set points = 0 where rule_id = 'fit_student'")
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (0, "")
    assert ",contains,student,-3,yes\n" in (tmp_path / "out" / "attribute_weights.csv").read_text()


def test_outcomes_that_are_still_to_come_are_said(built, tmp_path):
    with duckdb.connect(str(built)) as connection:
        connection.execute("update build_info set as_of = timestamp '2026-05-01'")
    lines = run("--database", built, "--out", tmp_path / "out").stdout.splitlines()
    assert (
        "by who converted after 2026-04-01 00:00:00 and until 2026-06-30 00:00:00; the build knows of conversions "
        "until 2026-05-01 00:00:00 only"
    ) in lines
    with duckdb.connect(str(built)) as connection:
        connection.execute("update rule_performance set cutoff_at = null")
    lines = run("--database", built, "--out", tmp_path / "out").stdout.splitlines()
    assert "no evaluation cut-off has contacts to look at" in lines


def test_a_copy_is_replaced_and_nothing_else(built, tmp_path):
    """A folder of somebody else, the scorebook itself, and what lies in or around it are refused."""
    out = tmp_path / "former"
    assert run("--database", built, "--out", out).returncode == 0
    (out / "event_weights.csv").write_text("spoilt")
    assert run("--database", built, "--out", out).returncode == 0
    assert len(changes(SEEDS, out)) == 6
    (out / "notes.txt").write_text("mine")
    done = run("--database", built, "--out", out)
    assert done.stderr == (
        f"--out: {out / 'notes.txt'} was not written by this command; move it away, or name another folder\n"
    )
    assert (out / "notes.txt").read_text() == "mine"
    shutil.copytree(SEEDS, tmp_path / "mine")
    before = texts(tmp_path / "mine")
    (tmp_path / "link").symlink_to(tmp_path / "mine")
    for out in (tmp_path / "mine", tmp_path / "mine" / "inside", tmp_path / "link", tmp_path):
        done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", out)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert done.stderr == "--out: the scorebook itself is never edited; name a folder apart from it\n"
    done = run("--database", built, "--out", tmp_path / "mine")
    assert (
        done.stderr == f"--out: {tmp_path / 'mine'} exists and was not written by this command; name another folder\n"
    )
    assert texts(tmp_path / "mine") == before


def test_quotes_line_ends_and_other_rows_are_kept(built, tmp_path):
    shutil.copytree(SEEDS, tmp_path / "mine")
    path = tmp_path / "mine" / "event_weights.csv"
    text = path.read_text().replace("Clicked a link in an e-mail", '"Clicked, or ""tapped"",\n a link"', 1)
    path.write_bytes(text.replace("\n", "\r\n").encode())
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    wanted = path.read_bytes().replace(
        b'a link",engagement,email_click,email,,5,', b'a link",engagement,email_click,email,,11,'
    )
    prices = b"prices_viewed,Looked at the prices,engagement,page_view,web,pricing,"
    wanted = wanted.replace(prices + b"4,", prices + b"-2,")
    assert (tmp_path / "out" / "event_weights.csv").read_bytes() == wanted


def test_another_scorebook_than_that_of_the_build_is_refused(built, tmp_path):
    shutil.copytree(SEEDS, tmp_path / "mine")
    path = tmp_path / "mine" / "event_weights.csv"
    path.write_text(path.read_text().replace("email_click,email,,5,", "email_click,email,,6,", 1))
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("event_weights.csv: email_clicked has 6 points, but 5 in the build; ")
    path.write_text("".join(line for line in path.open() if not line.startswith("email_clicked,")))
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert done.stderr == (
        f"{tmp_path / 'mine'} has no rule email_clicked; name the scorebook that the build was made with\n"
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ("Clicked a link", "Clicked a caf\xe9", "event_weights.csv:"),
        ("email_click,email,,5,", "email_click,email,,ten,", "points: 'ten' is not a number"),
        (",points,", ",Points,", "'Points' is no column of event_weights.csv. Did you mean points?"),
    ],
)
def test_a_scorebook_with_mistakes_is_refused_as_it_is_elsewhere(built, tmp_path, old, new, mistake):
    shutil.copytree(SEEDS, tmp_path / "mine")
    path = tmp_path / "mine" / "event_weights.csv"
    path.write_text(path.read_text().replace(old, new, 1), encoding="latin-1")
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path / 'mine'}/event_weights.csv:")
    assert mistake in done.stderr
    assert done.stderr.endswith("nothing was written; scripts/check_scorebook.py tells more\n")
    assert not (tmp_path / "out").exists()


def test_a_copy_that_cannot_be_finished_leaves_the_former_one_and_nothing_beside(tmp_path, monkeypatch):
    write_copy(SEEDS, tmp_path / "out", [])
    before = texts(tmp_path / "out")

    def full(source, copy):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(copy))

    monkeypatch.setattr(calibration.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space left"):
        write_copy(SEEDS, tmp_path / "out", [])
    assert texts(tmp_path / "out") == before
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_a_copy_that_breaks_a_rule_is_said_to(built, tmp_path):
    """Without points for what it watches, a trigger can no longer fire."""
    shutil.copytree(SEEDS, tmp_path / "mine")
    groups = tmp_path / "mine" / "score_groups.csv"
    assert groups.exists()
    with duckdb.connect(str(built)) as connection:
        connection.execute("delete from rule_performance")
        connection.execute(
            """
            insert into rule_performance
            select unnest(['ticket_opened', 'ticket_urgent', 'help_article_read']), unnest([15.0, 25.0, 5.0]), -1.0,
                0.5, 0.4, 0.6, 'too many points', timestamp '2026-04-01'
            """
        )
    done = run("--database", built, "--scorebook", tmp_path / "mine", "--out", tmp_path / "out")
    assert done.returncode == 1
    assert f"{tmp_path / 'out'}/triggers.csv:" in done.stderr
    assert (tmp_path / "out" / "event_weights.csv").exists()


def test_where_nothing_is_to_change_nothing_is_written(built, tmp_path):
    with duckdb.connect(str(built)) as connection:
        connection.execute("delete from rule_performance where verdict like 'too%'")
    done = run("--database", built, "--out", tmp_path / "out")
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.endswith("nothing to suggest: no rule has evidence for other points\n")
    assert not (tmp_path / "out").exists()


def test_what_is_missing_is_said(built, tmp_path):
    for options, sentence in (
        (["--database", tmp_path / "none.duckdb"], f"there is no database {tmp_path / 'none.duckdb'}; make one with"),
        (["--database", built, "--scorebook", tmp_path / "none"], "--scorebook: there is no folder"),
    ):
        done = run(*options, "--out", tmp_path / "out")
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert done.stderr.startswith(sentence)
    done = run("--database", built, "--out", "/proc/out")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("--out: /proc/out cannot be written: ")
    duckdb.connect(str(tmp_path / "empty.duckdb")).close()
    done = run("--database", tmp_path / "empty.duckdb", "--out", tmp_path / "out")
    assert done.stderr == f"{tmp_path / 'empty.duckdb'} does not hold a whole build; run scripts/build.py with it\n"
