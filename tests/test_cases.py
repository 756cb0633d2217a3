"""Story cases: small inputs whose marts were computed by hand, built end to end (see tests/cases/README.md).

One story again: `.venv/bin/python -m pytest tests/test_cases.py -k cap_spans_midnight`.
"""

import csv
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
import yaml

from conftest import build

CASES = Path(__file__).parent / "cases"

# What identifies a row. The rows of a key that still repeats are told apart by their order.
KEYS = {
    "account_scores": ["account_id", "score_group"],
    "attitude_by_engagement": ["nps_category", "engagement_band"],
    "contact_health": ["contact_id"],
    "contact_scores": ["contact_id"],
    "group_scores": ["contact_id", "score_group"],
    "input_summary": ["source_table", "verdict"],
    "nps_audiences": ["audience_kind", "audience", "survey", "month"],
    "nps_scores": ["survey", "month"],
    "points_ledger": ["contact_id", "line_kind", "rule_id", "event_id", "effective_at"],
    "predicted_conversions": ["contact_id"],
    "rejected_rows": ["source_table", "row_key", "reason"],
    "rule_performance": ["rule_id"],
    "score_evaluation": ["score_group", "part", "decile", "threshold_id"],
    "score_history": ["contact_id", "score_group", "day"],
    "score_statement": ["contact_id", "score_group", "line", "rule_id"],
    "segment_members": ["segment", "contact_id"],
    "stage_calibration": ["stage"],
    "stage_scores": ["contact_id", "stage_visit"],
    "threshold_crossings": ["trigger_id", "subject_id", "crossed_at"],
    "unmatched_rows": ["source_table", "row_key"],
    "unscored_event_types": ["event_type"],
}


@dataclass(frozen=True)
class Story:
    """A directory below tests/cases: what is given, and what is expected of it."""

    folder: Path
    title: str
    why: str
    as_of: datetime
    only: dict[str, str] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, folder):
        """Read the story told by a directory."""
        told = yaml.safe_load((folder / "story.yml").read_text(encoding="utf-8"))
        return cls(folder, **{**told, "as_of": datetime.fromisoformat(told["as_of"])})

    def expected(self):
        """Path of the expected rows by mart."""
        return {path.stem: path for path in sorted((self.folder / "expected").glob("*.csv"))}


def stories():
    """Every story, by name."""
    return sorted(path.parent.name for path in CASES.glob("*/story.yml"))


def check(story, database):
    """All differences between a database and what the story expects, as readable text; empty where there are none."""
    with duckdb.connect(str(database), read_only=True) as warehouse:
        return "\n\n".join(filter(None, (compare(story, warehouse, mart) for mart in story.expected())))


def compare(story, warehouse, mart):
    """The difference table of one mart."""
    path = story.expected()[mart]
    types = {name: kind for name, kind, *_ in warehouse.execute(f"describe main.{mart}").fetchall()}
    with path.open(encoding="utf-8", newline="") as file:
        header, *lines = csv.reader(file)
    columns = [name for name in header if name != "note"]
    unknown = [name for name in columns if name not in types]
    if unknown:
        return f"{path}: {mart} has no column {', '.join(unknown)}"
    as_typed = ", ".join(f"cast(nullif(?, '') as {types[name]})" for name in columns)
    by_name = (dict(zip(header, line, strict=True)) for line in lines)
    expected = [warehouse.execute(f"select {as_typed}", [row[name] for name in columns]).fetchone() for row in by_name]
    found = warehouse.execute(
        f"select {', '.join(columns)} from main.{mart} where {story.only.get(mart, 'true')}"
    ).fetchall()
    key = [columns.index(name) for name in KEYS[mart] if name in columns]
    wrong = differences(columns, keyed(expected, key), keyed(found, key))
    return f"{mart} is not as {path} says:\n{aligned(wrong)}" if wrong else ""


def keyed(rows, key):
    """Rows by the text of their key, numbered where it repeats."""
    seen, result = Counter(), {}
    for row in sorted(rows, key=lambda row: [(value is None, shown(value)) for value in row]):
        name = ", ".join(shown(row[place]) or "-" for place in key)
        seen[name] += 1
        result[f"{name} #{seen[name]}" if seen[name] > 1 else name] = row
    return result


def differences(columns, expected, found):
    """Rows (key, column, expected, found) for everything that differs."""
    wrong = []
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            wrong.append((key, "(row)", "listed", "missing"))
        elif key not in expected:
            wrong.append((key, "(row)", "none", ", ".join(shown(value) or "-" for value in found[key])))
        else:
            pairs = zip(columns, expected[key], found[key], strict=True)
            wrong += [(key, name, shown(want), shown(got)) for name, want, got in pairs if not same(want, got)]
    return wrong


def same(want, got):
    """Whether two values are equal, numbers to 1e-6."""
    if isinstance(want, float | Decimal) and isinstance(got, float | Decimal):
        return abs(float(want) - float(got)) <= 1e-6
    return want == got


def shown(value):
    """A value as the expected rows write it."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float() | Decimal():
            return f"{value:.6f}".rstrip("0").rstrip(".")
        case _:
            return str(value)


def aligned(rows):
    """A table of text with a header."""
    table = [("key", "column", "expected", "found"), *rows]
    widths = [max(len(row[place]) for row in table) for place in range(4)]
    return "\n".join(
        "  " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table
    )


@pytest.mark.parametrize("name", stories())
def test_the_story_holds(name, tmp_path):
    story = Story.read(CASES / name)
    database = tmp_path / "scoring.duckdb"
    given = (story.folder / "input", story.folder / "scorebook", story.as_of, database)
    if story.refused:
        with pytest.raises(AssertionError) as refusal:
            build(*given)
        assert "ended with 1" in str(refusal.value)
        missing = [word for word in story.refused if word not in str(refusal.value)]
        assert not missing, f"the message names no {', '.join(missing)}:\n{refusal.value}"
        return
    build(*given, marts=story.expected())
    wrong = check(story, database)
    if wrong:
        pytest.fail(f"{story.title}.\n\n{wrong}", pytrace=False)


@pytest.fixture
def small(tmp_path):
    """A story with two expected rows and a database in which both hold."""
    (tmp_path / "expected").mkdir()
    (tmp_path / "expected" / "group_scores.csv").write_text(
        "contact_id,score_group,points,last_engaged_at,note\na,web,40.5,2024-01-10 10:00:00,\nb,web,0,,nothing yet\n"
    )
    story = Story(tmp_path, "A small story", "It shows what the runner sees", datetime(2024, 2, 1))
    with duckdb.connect(str(tmp_path / "scoring.duckdb")) as warehouse:
        warehouse.execute(
            "create table group_scores as select * from (values"
            " ('a', 'web', 40.5000004, timestamp '2024-01-10 10:00:00'), ('b', 'web', 0, null)"
            ") as found (contact_id, score_group, points, last_engaged_at)"
        )
    return story, tmp_path / "scoring.duckdb"


def change(database, statement):
    """Change a mart that a story looks at."""
    with duckdb.connect(str(database)) as warehouse:
        warehouse.execute(statement)


def test_rows_that_are_equal_to_a_millionth_are_no_difference(small):
    assert check(*small) == ""


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("update group_scores set points = 41 where contact_id = 'a'", "a, web | points | 40.5     | 41"),
        ("update group_scores set points = 40.50001 where contact_id = 'a'", "a, web | points | 40.5     | 40.50001"),
        ("update group_scores set last_engaged_at = null", "a, web | last_engaged_at | 2024-01-10 10:00:00 |"),
        ("update group_scores set points = null where contact_id = 'b'", "b, web | points | 0        |"),
        ("delete from group_scores where contact_id = 'b'", "b, web | (row)  | listed   | missing"),
        ("insert into group_scores values ('c', 'web', 7, null)", "c, web | (row)  | none     | c, web, 7, -"),
        (
            "insert into group_scores from group_scores where contact_id = 'b'",
            "b, web #2 | (row)  | none     | b, web, 0",
        ),
    ],
)
def test_a_wrong_row_is_shown_by_key_and_column(small, statement, line):
    story, database = small
    change(database, statement)
    wrong = check(story, database)
    assert wrong.splitlines()[0].endswith("expected/group_scores.csv says:")
    assert line in wrong


def test_an_expected_column_that_the_mart_lacks_is_named(small):
    story, database = small
    change(database, "alter table group_scores drop column points")
    assert check(story, database).endswith("group_scores has no column points")


def test_only_narrows_what_is_compared(small):
    story, database = small
    change(database, "insert into group_scores values ('c', 'mail', 7, null)")
    assert check(story, database)
    assert not check(Story(story.folder, "", "", story.as_of, only={"group_scores": "score_group = 'web'"}), database)


def test_the_readme_lists_every_story_under_its_title():
    listed = (CASES / "README.md").read_text(encoding="utf-8")
    lines = [f"| [`{name}`]({name}) | {Story.read(CASES / name).title} |" for name in stories()]
    assert [line for line in listed.splitlines() if line.startswith("| [`")] == sorted(lines)


def test_every_story_has_a_reason_and_an_outcome():
    told = {name: Story.read(CASES / name) for name in stories()}
    silent = [name for name, story in told.items() if not story.why or not (story.refused or story.expected())]
    stray = [name for name, story in told.items() if set(story.only) - set(story.expected())]
    assert (silent, stray) == ([], [])
