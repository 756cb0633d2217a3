"""The commands, tables and outputs of the README and of the handbook are the real ones."""

import csv
import re
import shutil
import subprocess
import sys

import duckdb
import pytest

from conftest import ROOT
from support.scorebook import check
from support.scorebook.tables import contract, empty_table

README = (ROOT / "README.md").read_text()
HANDBOOK = (ROOT / "docs" / "scorebook.md").read_text()


def blocks(language, page=README):
    """The fenced blocks of a language."""
    return re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)


def commands():
    """The command lines that are shown, without what is said about them."""
    shown = [line for page in (README, HANDBOOK) for block in blocks("console", page) for line in block.splitlines()]
    used = [line[2:].split("#")[0] for line in shown if line.startswith("$ ")]
    used += [f".venv/bin/python {words}" for words in re.findall(r"`(scripts/\w+\.py [^`]*)`", HANDBOOK)]
    return [line.split() for line in used]


def table_below(heading):
    """First cells of the table in a section."""
    section = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^\| `([^`]+)`", section, re.MULTILINE)


def test_make_targets_exist():
    targets = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    used = [words[1] for words in commands() if words[0] == "make"] + re.findall(r"`make (\w+)`", README + HANDBOOK)
    assert {"demo", "test"} <= set(used)
    for target in used:
        assert f"make {target} " in targets, f"a page says 'make {target}', which 'make help' does not list"


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
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README)]
    links += [f"docs/{link}" for link in re.findall(r"\]\(([^)#]+)\)", HANDBOOK)]
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
def demo(default_demo):
    """What `make demo` builds."""
    with duckdb.connect(default_demo.database, read_only=True) as connection:
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


# The handbook


@pytest.mark.parametrize("name", contract())
def test_the_handbook_explains_each_column(name):
    """In the order of the contract; a blank is `needed` where it is a mistake, whatever else the row says."""
    section = HANDBOOK.split(f"\n### {name}.csv\n")[1].split("\n### ")[0].split("| operator |")[0]
    told = re.findall(r"^\| `(\w+)` \| .+ \| (.+) \| .+ \|$", section, re.MULTILINE)
    columns = {column["name"]: column["config"]["meta"] for column in contract()[name]["columns"]}
    assert [column for column, _ in told] == list(columns)
    assert {column for column, blank in told if blank == "needed"} == {
        column for column, meta in columns.items() if meta.get("required")
    }


def test_the_recipes_are_sound_where_they_are_put(tmp_path):
    """Together, in the scorebook of the project: a row with a known key takes the place of that row."""
    book = tmp_path / "seeds"
    shutil.copytree(ROOT / "seeds", book)
    recipes = re.findall(r"```csv (\w+)\.csv\n(.*?)```", HANDBOOK, re.DOTALL)
    assert len(recipes) > 10
    for name, text in recipes:
        path, key = book / f"{name}.csv", empty_table(name).key or ("rule_id", "field")
        rows = {tuple(row[column] for column in key): row for row in csv.DictReader(path.open(newline=""))}
        for row in csv.DictReader(text.splitlines()):
            rows[tuple(row[column] for column in key)] = row
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, [column["name"] for column in contract()[name]["columns"]])
            writer.writeheader()
            writer.writerows(rows.values())
    assert [str(mistake) for mistake in check(book)] == []


def test_the_handbooks_five_minutes_are_as_told(demo, tmp_path):
    """The edit of the page, on the demo: the check's words and the whole preview."""
    console = [block.split("\n", 1) for block in blocks("console", HANDBOOK)]
    old, wrong = (line[1:] for line in blocks("console", HANDBOOK)[0].splitlines() if line[0] in "-+")
    shutil.copytree(ROOT / "seeds", tmp_path / "seeds")
    weights = tmp_path / "seeds" / "event_weights.csv"
    text = weights.read_text()
    assert old in text

    def answers(command):
        words = command.removeprefix("$ .venv/bin/python scripts/").split()
        database = demo.execute("select path from duckdb_databases() where path is not null").fetchone()[0]
        more = ["--database", database] if words[0].startswith("preview") else ["seeds"]
        script = [sys.executable, ROOT / "scripts" / words[0], *words[1:], *more]
        done = subprocess.run(list(map(str, script)), cwd=tmp_path, capture_output=True, text=True, check=False)
        said = [line for line in done.stderr.splitlines() if not line.startswith(("[", "building"))]
        return done.stdout + "".join(f"{line}\n" for line in said)

    right = wrong.replace("engagment", "engagement")
    for (command, output), line in zip(console[1:4], (wrong, right, right), strict=True):
        weights.write_text(text.replace(old, line))
        assert answers(command) == output
