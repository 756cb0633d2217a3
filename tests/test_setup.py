"""What a fresh machine starts from: requirements that install anywhere, and a list of commands."""

import re
import shutil
import subprocess

from conftest import ROOT


def test_requirements_are_pinned_by_hash_and_name_no_registry():
    text = (ROOT / "requirements.txt").read_text()
    assert not re.search(r"https?:|file:|index-url|find-links", text)
    entries = [entry for entry in re.split(r"\n(?=[a-z])", text) if not entry.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_every_named_requirement_is_pinned():
    named = re.findall(r"^([a-z][a-z0-9-]*)", (ROOT / "requirements.in").read_text(), re.MULTILINE)
    pinned = re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert named
    assert set(named) <= set(pinned)


def test_make_lists_its_commands():
    done = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, capture_output=True, text=True, check=True)
    listed = re.findall(r"^  make ([\w-]+) +\S", done.stdout, re.MULTILINE)
    assert {"help", "setup", "demo", "build", "report", "check", "test", "lint", "clean"} <= set(listed)
    phony = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1].split()
    assert sorted(listed) == sorted(phony)


def test_make_clean_forgets_no_delivery(tmp_path):
    """An export without its memory would take all that it has not sent yet for known."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    for file in ("scoring.duckdb", "scoring.duckdb.outbox.sqlite", "outbox/sales/batch/manifest.json", "demo/a.csv"):
        path = tmp_path / "target" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, check=True)
    assert {path.name for path in (tmp_path / "target").iterdir()} == {"scoring.duckdb.outbox.sqlite", "outbox"}
    assert list((tmp_path / "target").rglob("manifest.json"))
