"""What a crossing looks like outside: nothing in it breaks the JSON, the header, the cell or the path."""

import csv
import io
import json
import re
import string
import unicodedata
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.world import AS_OF, event_of, files_of
from support.export.directory import Directory, as_csv
from support.export.payload import COLUMNS, CONTROLS, Crossing, cloud_event, csv_cell, flat_row, plain, sentence
from support.export.target import Shipment

NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(1)",
    "\t=1",
    "x;=1",
    "＝1",
    " =1",
    '"',
    "'",
    ",",
    ";",
    "\r\n=1",
    "\0",
    "\u2028",
    "\x85",
    "</script>",
]
NASTY += [
    "../../etc",
    "a/b",
    "%00",
    "é\u0301",
    "🙂",
    "\ufffe",
    "webhook-id: 1\r\nx: y",
    "{{7*7}}",
    "<!channel>",
    "@everyone",
    "",
]
texts = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=20), st.lists(st.sampled_from(NASTY), max_size=3).map("".join)
)
numbers = st.one_of(st.none(), st.floats())
moments = st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31))
hex_ids = st.text("0123456789abcdef", min_size=32, max_size=32)
attributes = st.dictionaries(st.sampled_from(["email", "=x", "plan"]), st.one_of(texts, st.integers(), st.booleans()))


def made(**strategies):
    """Crossings with anything in them that the mart could hold."""
    some = st.one_of(st.none(), texts)
    parts = dict.fromkeys(COLUMNS, some) | dict.fromkeys(("threshold", "points_before", "points_after"), numbers)
    parts |= {"crossing_id": hex_ids, "crossed_at": moments, "scope": st.sampled_from(["contact", "stage", "account"])}
    parts |= {
        "trigger_id": texts,
        "subject_id": texts.filter(bool),
        "threshold": st.floats(-1e6, 1e6),
        "direction": texts,
    }
    return st.builds(Crossing, **parts | {"attributes": attributes} | strategies)


@given(made())
def test_every_event_is_one_line_that_the_judge_reads(crossing):
    body = cloud_event(crossing, "lead-scoring")
    assert all(32 <= byte < 127 for byte in body)
    event = event_of(body)
    assert event.get_id() == crossing.crossing_id
    assert event.get_time().replace(tzinfo=None) == crossing.crossed_at
    assert "Cc" not in map(unicodedata.category, event.get_subject())
    data = event.get_data()
    for name in ("trigger_id", "trigger_label", "subject_id", "cause_event_id", "action", "target"):
        assert data[name] == getattr(crossing, name)
    assert data.get("attributes", {}) == crossing.attributes


def test_an_event_says_what_happened():
    crossing = Crossing(
        *(
            "0f" * 16,
            "hot",
            "Hot for product A",
            "contact",
            "c1",
            "product_a",
            "up",
            50.01,
            datetime(2026, 2, 27, 9, 12, 5),
        ),
        *(42.5, 61.0, "demo_request", "Asked for a demo", "e9", "offer product A", "sales|marketing"),
        {"email": "c1@buyer.example"},
    )
    assert json.loads(cloud_event(crossing, "lead-scoring")) == {
        "specversion": "1.0",
        "id": "0f" * 16,
        "source": "lead-scoring",
        "type": "lead-scoring.threshold.crossed",
        "subject": "c1",
        "time": "2026-02-27T09:12:05.000000Z",
        "datacontenttype": "application/json",
        "data": {
            "crossing_id": "0f" * 16,
            "trigger_id": "hot",
            "trigger_label": "Hot for product A",
            "scope": "contact",
            "subject_id": "c1",
            "score_group": "product_a",
            "direction": "up",
            "threshold": 50.01,
            "crossed_at": "2026-02-27T09:12:05.000000Z",
            "points_before": 42.5,
            "points_after": 61.0,
            "cause_rule_id": "demo_request",
            "cause_label": "Asked for a demo",
            "cause_event_id": "e9",
            "action": "offer product A",
            "target": "sales|marketing",
            "attributes": {"email": "c1@buyer.example"},
        },
    }
    assert sentence(crossing) == "contact c1: from 42.50 to 61 points on 2026-02-27 09:12 UTC, by Asked for a demo"


@settings(max_examples=60)
@given(st.lists(made(), min_size=1, max_size=4))
def test_no_cell_is_a_formula_and_no_cell_breaks_its_row(crossings):
    names = ("email", "=x", "plan")
    rows = [flat_row(crossing, names) for crossing in crossings]
    text = b"".join(as_csv(rows)).decode()
    assert text.count("\n") == len(rows) + 1 == len(text.splitlines())  # also for readers that know nothing of quotes
    cells = list(csv.reader(io.StringIO(text, newline="")))
    assert cells[0] == [*COLUMNS, "attribute_email", "attribute_=x", "attribute_plan"]
    for row, read in zip(rows, cells[1:], strict=True):
        for value, cell in zip(row.values(), read, strict=True):
            if isinstance(value, float):
                assert float(cell) == value
            else:
                assert re.sub("(^|;)'", r"\1", cell) == re.sub("(^|;)'", r"\1", CONTROLS.sub(" ", value or ""))
    for line in text.splitlines():
        for cell in [*next(csv.reader([line])), *re.split("[;\t]", line), *next(csv.reader([line], delimiter=";"))]:
            first = cell.strip(string.whitespace + '\u3000"')[:1]
            assert first not in tuple("=+-@＝＋－＠") or is_number(cell), (line, cell)


def is_number(cell):
    """Whether a cell is a number of ours."""
    return re.fullmatch(r'"?-?\d+(\.\d+)?(e[+-]\d+)?"?', cell) is not None


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5", "@x", "\t=1", "\r=1", "  =1", "\u3000=1", "＝1"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert csv_cell(text) == "'" + text.replace("\t", " ").replace("\r", " ")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=1", "x;'=1"),
        ("x; =1;+2", "x;' =1;'+2"),
        ('x;"=1"', 'x;\'"=1"'),
        ("x;\t=1", "x;' =1"),
        ('"=1"', '\'"=1"'),
        (";;-1", ";;'-1"),
        ("x;\u3000＠y", "x;'\u3000＠y"),
    ],
)
def test_what_it_would_run_if_it_split_at_semicolons_does_too(text, cell):
    """In half of Europe a double click splits a line there, whatever stands in quotes."""
    assert csv_cell(text) == cell


@pytest.mark.parametrize("value", ["a=1", "a; b=1", "x;'=1", "c1", "", None, -5.0, "2026-01-01"])
def test_other_cells_stay_as_they_are(value):
    assert csv_cell(value) == value


@settings(max_examples=15, deadline=None)
@given(crossings=st.lists(made(), min_size=1, max_size=3, unique_by=lambda each: each.crossing_id))
def test_the_three_files_hold_the_same(tmp_path_factory, crossings):
    folder = tmp_path_factory.mktemp("batch") / "it's [*] ${x}; rm"
    shipment = Shipment(AS_OF, "v1", "lead-scoring", ("email", "=x", "plan"))
    (outcome,) = Directory("sales", folder, "me").deliver(crossings, shipment)
    assert outcome.crossing_ids == [each.crossing_id for each in crossings]
    (batch,) = folder.glob("date=2026-03-01/*")
    assert sorted(path.name for path in folder.iterdir()) == ["date=2026-03-01"]
    with duckdb.connect() as connection:
        read = connection.execute(
            "select * from read_parquet($1, hive_partitioning = false)", [glob_free(batch / "crossings.parquet")]
        )
        names = [column[0] for column in read.description]
        rows = [dict(zip(names, row, strict=True)) for row in read.fetchall()]
    wanted = [flat_row(each, shipment.attributes) | {"crossed_at": each.crossed_at} for each in crossings]
    assert rows == wanted


def glob_free(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return str(path).replace("[", "[[]").replace("*", "[*]")


def test_an_ordinary_folder_is_judged_whole(tmp_path):
    rows = [
        Crossing(f"{n:032x}", "t", None, "account", "a1", None, "down", 1.0, AS_OF, *[None] * 7, {}) for n in range(5)
    ]
    list(Directory("sales", tmp_path / "out").deliver(rows, Shipment(AS_OF, "v1", "x", ())))
    assert sum(files_of(tmp_path / "out").values()) == 5
    assert sentence(rows[0]) == "account a1: on 2026-03-01 00:00 UTC"


@given(texts)
def test_a_message_is_one_line_and_calls_nobody(text):
    shown = plain(text)
    assert len(shown.splitlines()) <= 1
    for call in ("<!channel>", "<!here>", " @everyone", " @here", "<@U1>", "<#C1>"):
        assert call not in f" {shown}"


def test_an_address_in_a_message_can_be_copied():
    assert plain("lead@buyer.example") == "lead@buyer.example"
