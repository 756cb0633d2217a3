"""The README's commands, tables and outputs are the real ones."""

import json
import re
import subprocess
import sys
from datetime import datetime

import duckdb
import pytest

from conftest import ROOT, build

README = (ROOT / "README.md").read_text()


def blocks(language):
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def commands():
    """The command lines that the README shows, without what is said about them."""
    return [line[2:].split("#")[0].split() for block in blocks("console") for line in block.splitlines()]


def table_below(heading):
    """First cells of the table in a section."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_make_targets_exist():
    targets = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    used = [words[1] for words in commands() if words[0] == "make"] + re.findall(r"`make (\w+)`", README)
    assert {"demo", "test"} <= set(used)
    for target in used:
        assert f"make {target} " in targets, f"the README says 'make {target}', which 'make help' does not list"


def test_scripts_take_the_options_shown():
    shown = [words for words in commands() if words[0] == ".venv/bin/python"]
    assert shown
    for words in shown:
        usage = subprocess.run(
            [sys.executable, words[1], "--help"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for option in (word for word in words if word.startswith("--")):
            assert option in usage.stdout, f"{words[1]} has no option {option}"


def test_files_and_folders_exist():
    links = re.findall(r"\]\(([^)]+)\)", README)
    folders = re.findall(r"^\| `((?:models|macros|scripts|tests)[^`]*)`", README, re.MULTILINE)
    for path in links + folders:
        assert (ROOT / path).exists(), f"the README names {path}, which does not exist"


def test_scorebook_files_are_the_seeds():
    assert sorted(table_below("The scorebook")) == sorted(path.name for path in (ROOT / "seeds").glob("*.csv"))


def test_marts_are_the_public_models():
    public = {
        path.stem for path in (ROOT / "models").rglob("*.sql") if "config(schema=target.schema" in path.read_text()
    } | {"points_ledger"}
    assert set(table_below("What comes out")) == public


def test_input_columns_are_those_that_are_read():
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| ([^|]*)\|$", README.split("## The scorebook")[0], re.MULTILINE)
    assert len(rows) == 8
    for table, needed, further in rows:
        contract = (ROOT / f"models/staging/input/landed_{table}.yml").read_text()
        columns = re.findall(r"- name: (\w+)\n.*\n\s+config: \{meta: \{kind: \w+(, required: true)?", contract)
        for name, required in columns:
            assert name in (needed if required else further), f"{table}.{name} stands in the wrong cell or in none"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The default demo, built as `make demo` does."""
    folder = tmp_path_factory.mktemp("readme")
    command = [sys.executable, "scripts/demo.py", "--out", folder / "demo"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    as_of = json.loads((folder / "demo" / "manifest.json").read_text())["as_of"]
    build(folder / "demo", ROOT / "seeds", datetime.fromisoformat(as_of), folder / "scoring.duckdb")
    with duckdb.connect(folder / "scoring.duckdb", read_only=True) as connection:
        yield connection


def as_text(header, rows):
    """Rows in columns, as the README shows them."""
    cells = [header, *(["" if cell is None else str(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    padded = ([f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)] for row in cells)
    return "\n".join(" | ".join(row).rstrip() for row in padded)


def test_queries_give_what_is_shown(demo):
    queries, outputs = blocks("sql"), blocks("text")
    assert queries and len(queries) == len(outputs)
    for query, output in zip(queries, outputs, strict=True):
        result = demo.execute(query)
        assert as_text([column[0] for column in result.description], result.fetchall()) == output.rstrip("\n")
