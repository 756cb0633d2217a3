"""The check of a scorebook: what it refuses, in which words, and that dbt reads what it accepts as it stands."""

import csv
import io
import json
import shutil
import subprocess
import sys
import time

import duckdb
import pytest
from dbt_common.clients import agate_helper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from support.console import CannotRun
from support.scorebook import advise, check
from support.scorebook.fixing import fix
from support.scorebook.kinds import KINDS
from support.scorebook.reading import read_scorebook
from support.scorebook.rules import RULES
from support.scorebook.tables import contract, empty_table

SCRIPT = ROOT / "scripts" / "check_scorebook.py"

# A scorebook without mistakes: by file, its rows as `column: value`; the first row stands on line 2.
GOOD = {
    "score_groups": [
        {"score_group": "total", "max_points": "200"},
        {"score_group": "engagement", "category": "engagement", "in_total": "yes", "max_points": "100", "half_life_days": "30"},
        {"score_group": "fit", "category": "fit", "in_total": "yes", "min_points": "-20", "max_points": "50"},
        {"score_group": "product_a", "category": "topic", "decay_percent": "25", "decay_every_days": "7"},
    ],
    "event_weights": [
        {"rule_id": "open", "score_group": "engagement", "event_type": "email_open", "points": "3", "max_awards": "1", "per": "day"},
        {"rule_id": "click", "score_group": "engagement", "event_type": "email_click", "points": "5"},
        {"rule_id": "visit_a", "score_group": "Product_A ", "event_type": "page_visit", "points": "-1.5",
         "valid_from": "2024-01-01", "valid_to": "2024-02-01T00:00Z"},
    ],
    "rule_conditions": [{"rule_id": "visit_a", "field": "seconds", "operator": "between", "value": "10|20"}],
    "attribute_weights": [
        {"rule_id": "big", "score_group": "fit", "entity": "account", "attribute": "employees", "operator": "gte", "value": "500", "points": "20"},
        {"rule_id": "rival", "entity": "account", "attribute": "industry", "operator": "in", "value": "a|b", "disqualifies": "true"},
    ],
    "event_exclusions": [{"rule_id": "bots", "event_type": "email_open", "reason": "opened by a machine"}],
    "score_bands": [
        {"score_group": "engagement", "min_score": "0", "band": "low"},
        {"score_group": "engagement", "min_score": "50", "band": "high"},
    ],
    "stages": [{"stage": "lead", "position": "1"}, {"stage": "customer", "position": "2"}],
    "triggers": [
        {"trigger_id": "hot", "scope": "contact", "score_group": "total", "direction": "up", "threshold": "80"},
        {"trigger_id": "ready", "scope": "stage", "stage": "lead", "direction": "up", "threshold": "20", "repeat": "once"},
    ],
    "manual_adjustments": [
        {"adjustment_id": "m1", "contact_id": "c1", "score_group": "fit", "points": "5", "reason": "met at a fair", "adjusted_at": "2024-01-31 09:30"}
    ],
    "segments": [{"segment": "warm", "score_group": "total", "min_score": "5", "max_score": "8"}],
    "buying_roles": [{"buying_role": "champion", "weight": "2", "required_members": "1"}],
    "prediction_weights": [{"model_version": "v1", "learned_until": "2024-01-31", "part": "intercept", "feature": "intercept", "weight": "-1.5"}],
    "health_states": [{"state": "dormant", "position": "1", "min_silent_days": "60", "max_change_30d": "-20", "churn_risk": "high"}],
}  # fmt: skip


def as_csv(name, rows):
    """The bytes of a file with these rows."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(empty_table(name).columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def scorebook(tmp_path):
    """A folder with the good scorebook, but for some cells `file:line:column` and the bytes of some files."""

    def write(edits=None):
        rows = {name: [dict(row) for row in table] for name, table in GOOD.items()}
        raw = {}
        for place, value in (edits or {}).items():
            name, *cell = place.split(":")
            if cell == ["+"]:
                rows[name] += value if isinstance(value, list) else [value]
            elif cell:
                rows[name][int(cell[0]) - 2][cell[1]] = value
            else:
                raw[name] = value
        for name in GOOD:
            (tmp_path / f"{name}.csv").write_bytes(as_csv(name, rows[name]))
        for name, change in raw.items():
            path = tmp_path / f"{name}.csv"
            if change is None:
                path.unlink()
            else:
                path.write_bytes(change(path.read_bytes()) if callable(change) else change)
        return tmp_path

    return write


def replaced(old, new):
    """A change of the bytes of a file."""

    def change(data):
        assert old in data
        return data.replace(old, new)

    return change


CELLS = [
    ({"event_weights:2:points": "ten"}, "event_weights.csv:2: points: 'ten' is not a number"),
    ({"event_weights:2:points": "1,5"}, "event_weights.csv:2: points: '1,5' is not a number; decimals take a point, thousands take nothing"),
    ({"event_weights:2:points": "NaN"}, "event_weights.csv:2: points: 'NaN' is not a number"),
    ({"event_weights:2:points": "1_000"}, "event_weights.csv:2: points: '1_000' is not a number"),
    ({"event_weights:2:points": "1e999"}, "event_weights.csv:2: points: '1e999' is not a number"),
    ({"event_weights:2:points": "٣"}, "event_weights.csv:2: points: '٣' is not a number"),
    ({"event_weights:2:points": "=2+3"}, "event_weights.csv:2: points: '=2+3' is not a number"),
    ({"event_weights:2:points": " "}, "event_weights.csv:2: points: is empty, but every row needs it"),
    ({"event_weights:2:points": "NULL"}, "event_weights.csv:2: points: 'NULL' would be read as an empty cell; leave it empty"),
    ({"event_weights:2:label": "\nOpened "}, "event_weights.csv:2: label: '\\u000aOpened ' begins or ends with a line break; remove it"),
    ({"event_weights:2:event_type": "open\u200e"}, "event_weights.csv:2: event_type: 'open\\u200e' holds the invisible character U+200E; remove it or type an ordinary space"),
    ({"event_weights:2:event_type": "open\u2800"}, "event_weights.csv:2: event_type: 'open\\u2800' holds the invisible character U+2800; remove it or type an ordinary space"),
    ({"event_weights:2:event_type": "op\xaden"}, "event_weights.csv:2: event_type: 'op\\u00aden' holds the invisible character U+00AD; remove it or type an ordinary space"),
    ({"event_weights:2:points": "\n"}, "event_weights.csv:2: points: is empty, but every row needs it"),
    ({"event_weights:2:points": "3\xa0"}, "event_weights.csv:2: points: '3\\u00a0' holds a non-breaking space; remove it or type an ordinary space"),
    ({"event_weights:2:label": "a\tb"}, "event_weights.csv:2: label: 'a\\u0009b' holds a tab; remove it or type an ordinary space"),
    ({"event_weights:2:label": "a\0b"}, "event_weights.csv:2: label: 'a\\u0000b' holds the invisible character U+0000; remove it or type an ordinary space"),
    ({"event_weights:2:max_awards": "1.5"}, "event_weights.csv:2: max_awards: 1.5 is not a whole number"),
    ({"event_weights:2:max_awards": "0"}, "event_weights.csv:2: max_awards: 0 is under 1, the least that is allowed"),
    ({"event_weights:2:max_awards": "3000000000"}, "event_weights.csv:2: max_awards: 3000000000 is over 2147483647, the most that is allowed"),
    ({"event_weights:2:per": "dya"}, "event_weights.csv:2: per: 'dya' is not one of day, week, month, stage, ever. Did you mean day?"),
    ({"event_weights:2:per_asset": "maybe"}, "event_weights.csv:2: per_asset: 'maybe' is neither true nor false"),
    ({"event_weights:2:expires_after_days": "0"}, "event_weights.csv:2: expires_after_days: 0 is not above 0"),
    ({"event_weights:2:expires_after_days": "1e9"}, "event_weights.csv:2: expires_after_days: 1000000000 is over 1000000, the most that is allowed"),
    ({"event_weights:4:valid_from": "01/02/2024"}, "event_weights.csv:4: valid_from: '01/02/2024' is not a timestamp; write it as 2024-01-31, 2024-01-31 09:30:00 or 2024-01-31T09:30:00Z"),
    ({"event_weights:4:valid_from": "2024-02-30"}, "event_weights.csv:4: valid_from: '2024-02-30' is not a timestamp; write it as 2024-01-31, 2024-01-31 09:30:00 or 2024-01-31T09:30:00Z"),
    ({"event_weights:4:valid_from": "2024-02-01 00:00:01"}, "event_weights.csv:4: valid_to: 2024-02-01 00:00:00 is before valid_from, which is 2024-02-01 00:00:01"),
    ({"event_weights:4:valid_from": "2024-02-01 00:30-01:00"}, "event_weights.csv:4: valid_to: 2024-02-01 00:00:00 is before valid_from, which is 2024-02-01 01:30:00"),
    ({"event_weights:2:score_group": "engagment"}, "event_weights.csv:2: score_group: 'engagment' is no score_group of score_groups.csv. Did you mean engagement?"),
    ({"event_weights:2:score_group": "zzz"}, "event_weights.csv:2: score_group: 'zzz' is no score_group of score_groups.csv"),
    ({"event_weights:2:score_group": "Total"}, "event_weights.csv:2: score_group: 'Total' cannot be used here"),
    ({"event_weights:3:rule_id": "open"}, "event_weights.csv:3: rule_id: 'open' repeats the rule_id of line 2"),
    ({"attribute_weights:2:rule_id": "open"}, "attribute_weights.csv:2: rule_id: 'open' is already the rule_id of event_weights.csv:2"),
    ({"event_exclusions:2:rule_id": "big"}, "event_exclusions.csv:2: rule_id: 'big' is already the rule_id of attribute_weights.csv:2"),
    ({"manual_adjustments:2:adjustment_id": "open"}, "manual_adjustments.csv:2: adjustment_id: 'open' is already the rule_id of event_weights.csv:2"),
    ({"event_exclusions:2:reason": ""}, "event_exclusions.csv:2: reason: is empty, but every row needs it"),
    ({"rule_conditions:2:rule_id": "Visit_a"}, "rule_conditions.csv:2: rule_id: 'Visit_a' is no rule_id of event_weights.csv or event_exclusions.csv. Did you mean visit_a?"),
    ({"rule_conditions:2:field": "Channel"}, "rule_conditions.csv:2: field: 'Channel' is not known by this spelling. Did you mean channel?"),
    ({"rule_conditions:2:field": "event_type"}, "rule_conditions.csv:2: field: 'event_type' cannot be used here"),
    ({"rule_conditions:2:operator": "equal"}, "rule_conditions.csv:2: operator: 'equal' is not one of equals, not_equals, in, not_in, contains, starts_with, ends_with, gt, gte, lt, lte, between, is_present, is_missing. Did you mean equals?"),
    ({"rule_conditions:2:value": "10"}, "rule_conditions.csv:2: value: '10' is not low|high with two numbers, which between needs"),
    ({"rule_conditions:2:value": "10|x"}, "rule_conditions.csv:2: value: '10|x' is not low|high with two numbers, which between needs"),
    ({"rule_conditions:2:value": "20|10"}, "rule_conditions.csv:2: value: '20|10' is not low|high: the first number is the greater one"),
    ({"rule_conditions:2:operator": "gt"}, "rule_conditions.csv:2: value: '10|20' is not a number, which gt needs"),
    ({"rule_conditions:2:value": ""}, "rule_conditions.csv:2: value: is empty, but between needs something to compare with"),
    ({"attribute_weights:2:entity": "company"}, "attribute_weights.csv:2: entity: 'company' is not one of contact, account"),
    ({"attribute_weights:2:score_group": "engagement"}, "attribute_weights.csv:2: score_group: 'engagement' has half_life_days, but attribute points must last"),
    ({"attribute_weights:2:score_group": "product_a"}, "attribute_weights.csv:2: score_group: 'product_a' has decay_percent, but attribute points must last"),
    ({"score_groups:4:expires_after_days": "30", "score_groups:4:reset_on_stage_change": "true"}, "attribute_weights.csv:2: score_group: 'fit' has expires_after_days and reset_on_stage_change, but attribute points must last"),
    ({"score_groups:4:half_life_days": "30", "attribute_weights:3:score_group": "Fit"}, "score_groups.csv:4: half_life_days: 'fit' has half_life_days, but attribute points must last, and 2 rules give it some (attribute_weights.csv:2 is the first)"),
    ({"attribute_weights:2:points": ""}, "attribute_weights.csv:2: points: is empty, which only a row with disqualifies = true may leave it"),
    ({"attribute_weights:2:score_group": ""}, "attribute_weights.csv:2: score_group: is empty, which only a row with disqualifies = true may leave it"),
    ({"attribute_weights:3:points": "-5"}, "attribute_weights.csv:3: score_group: is empty, but the row gives -5 points"),
    ({"score_groups:2:score_group": "totals"}, [
        "score_groups.csv: score_group: the row total is missing; every scorebook needs it",
        "triggers.csv:2: score_group: 'total' is no score_group of score_groups.csv. Did you mean totals?",
        "segments.csv:2: score_group: 'total' is no score_group of score_groups.csv. Did you mean totals?",
    ]),
    ({"score_groups:5:category": "Fit"}, "score_groups.csv:5: category: 'fit' is already the category of line 4; only one row can have it"),
    ({"score_groups:5:score_group": "FIT"}, [
        "score_groups.csv:5: score_group: 'FIT' repeats the score_group of line 4",
        "event_weights.csv:4: score_group: 'Product_A' is no score_group of score_groups.csv",
    ]),
    ({"score_groups:+": {"score_group": "Predicted_Conversion"}}, "score_groups.csv:6: score_group: 'Predicted_Conversion' cannot be used here"),
    ({"score_groups:3:half_life_days": "2.9"}, "score_groups.csv:3: half_life_days: 2.9 is under 3, the least that is allowed"),
    ({"score_groups:5:half_life_days": "10"}, "score_groups.csv:5: half_life_days: stands together with decay_percent; a row has one of the two"),
    ({"score_groups:5:decay_every_days": ""}, "score_groups.csv:5: decay_percent: is set, but decay_every_days is empty; the two go together"),
    ({"score_groups:5:decay_percent": "101"}, "score_groups.csv:5: decay_percent: 101 is over 100, the most that is allowed"),
    ({"score_groups:4:max_points": "-30"}, "score_groups.csv:4: max_points: -30 is below min_points, which is -20"),
    ({"score_groups:4:scale": "log"}, "score_groups.csv:4: scale: 'log' is not one of linear, sqrt"),
    ({"score_groups:4:account_rollup": "average"}, "score_groups.csv:4: account_rollup: 'average' is not one of sum, mean, max"),
    ({"score_bands:3:min_score": "0.0"}, "score_bands.csv:3: min_score: 0 repeats the score_group and min_score of line 2"),
    ({"score_bands:3:score_group": "engagements"}, "score_bands.csv:3: score_group: 'engagements' is no score_group of score_groups.csv. Did you mean engagement?"),
    ({"stages:3:position": "1.0"}, "stages.csv:3: position: 1 is already the position of line 2"),
    ({"stages:3:stage": " LEAD"}, "stages.csv:3: stage: 'LEAD' repeats the stage of line 2"),
    ({"triggers:2:trigger_id": "hot|c1"}, "triggers.csv:2: trigger_id: 'hot|c1' holds |, which cannot be used here"),
    ({"triggers:2:direction": "upward"}, "triggers.csv:2: direction: 'upward' is not one of up, down"),
    ({"triggers:2:score_group": ""}, "triggers.csv:2: score_group: is empty, which only a row with scope = stage may leave it"),
    ({"triggers:3:stage": "leads"}, "triggers.csv:3: stage: 'leads' is no stage of stages.csv. Did you mean lead?"),
    ({"manual_adjustments:2:reason": "  "}, "manual_adjustments.csv:2: reason: is empty, but every row needs it"),
    ({"manual_adjustments:2:expires_at": "2024-01-31"}, "manual_adjustments.csv:2: expires_at: 2024-01-31 00:00:00 is before adjusted_at, which is 2024-01-31 09:30:00"),
    ({"manual_adjustments:2:adjusted_at": "45322"}, "manual_adjustments.csv:2: adjusted_at: '45322' is not a timestamp; write it as 2024-01-31, 2024-01-31 09:30:00 or 2024-01-31T09:30:00Z"),
    ({"segments:2:max_score": "4"}, "segments.csv:2: max_score: 4 is below min_score, which is 5"),
    ({"buying_roles:2:weight": "-1"}, "buying_roles.csv:2: weight: -1 is under 0, the least that is allowed"),
    ({"health_states:2:churn_risk": "grave"}, "health_states.csv:2: churn_risk: 'grave' is not one of low, medium, high"),
    ({"health_states:2:min_change_30d": "0"}, "health_states.csv:2: max_change_30d: -20 is below min_change_30d, which is 0"),
    ({"buying_roles:2:required_members": "0"}, "buying_roles.csv:2: required_members: 0 is under 1, the least that is allowed"),
]  # fmt: skip

CAPPED_BY_STAGE = {
    "event_weights:2:per": "stage", "event_weights:3:max_awards": "1", "event_weights:3:per": "stage", "triggers:3:threshold": "13"
}  # fmt: skip
THRESHOLDS = [
    # engagement ends at 100 and fit at 25: its rules and adjustments give 20 + 5.
    ({"triggers:2:threshold": "125.1"}, "triggers.csv:2: threshold: the trigger waits for 125.1 points, but there are never more than 125"),
    ({"score_groups:2:max_points": "79"}, "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 79"),
    ({"triggers:2:score_group": "fit"}, "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 25"),
    ({"triggers:2:score_group": "product_a", "triggers:2:threshold": "1"}, "triggers.csv:2: threshold: the trigger waits for 1 point, but there are never more than 0"),
    ({"triggers:2:direction": "down", "triggers:2:hysteresis": "50"}, "triggers.csv:2: threshold: the trigger waits for 130 points, but there are never more than 125"),
    ({"triggers:2:direction": "down", "triggers:2:threshold": "0"}, "triggers.csv:2: threshold: points never fall below 0, as the least there are is 0"),
    ({"triggers:2:scope": "account", "triggers:2:score_group": "product_a", "triggers:2:threshold": "1"}, "triggers.csv:2: threshold: the trigger waits for 1 point, but there are never more than 0"),
    ({"triggers:2:scope": "account", "triggers:2:score_group": "fit", "score_groups:4:account_rollup": "mean"}, "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 25"),
    ({"event_weights:2:max_awards": "3", "event_weights:2:per": "", "event_weights:3:max_awards": "2", "triggers:3:threshold": "25"}, [
        "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 44",
        "triggers.csv:3: threshold: the trigger waits for 25 points, but there are never more than 24",
    ]),
    # What a cap per stage allows is all that a visit has, and so all that a group which resets, or has one stage, ever has.
    ({**CAPPED_BY_STAGE, "triggers:3:threshold": "14"}, "triggers.csv:3: threshold: the trigger waits for 14 points, but there are never more than 13"),
    ({**CAPPED_BY_STAGE, "score_groups:3:reset_on_stage_change": "yes", "triggers:2:score_group": "engagement"}, "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 8"),
    ({**CAPPED_BY_STAGE, "stages": b"stage,position,label,ready_points,interactions_expected\nlead,1,,,\n"}, "triggers.csv:2: threshold: the trigger waits for 80 points, but there are never more than 33"),
    ({"event_weights:2:idle_days": "9", "event_weights:2:max_awards": "", "event_weights:2:per": "", "event_weights:3:idle_days": "9"}, "triggers.csv:3: threshold: the trigger waits for 20 points, but there are never more than 5"),
    ({"event_weights:4:points": "0", "event_weights:4:multiply_by": "x", "triggers:2:score_group": "product_a", "triggers:2:threshold": "1"}, "triggers.csv:2: threshold: the trigger waits for 1 point, but there are never more than 0"),
]  # fmt: skip

HEADER = as_csv("stages", [])
FILES = [
    ({"event_weights": None}, "event_weights.csv: the file is missing, but every scorebook needs it"),
    ({"stages": b""}, "stages.csv:1: the header line is missing; it must be stage,position,label,ready_points,interactions_expected"),
    ({"stages": b"\n" + HEADER}, "stages.csv:1: the header line is missing; it must be stage,position,label,ready_points,interactions_expected"),
    ({"stages": replaced(b",", b";")}, "stages.csv:1: the columns are separated by semicolons; save the file with commas, or let --fix do it"),
    ({"stages": lambda data: b"\xef\xbb\xbf" + data.replace(b",", b";")}, "stages.csv:1: the columns are separated by semicolons; save the file with commas, or let --fix do it"),
    ({"stages": replaced(b",", b"\t")}, "stages.csv:1: the columns are separated by tabs; save the file with commas, or let --fix do it"),
    ({"stages": lambda data: b"sep=,\n" + data}, "stages.csv:1: the line only tells a spreadsheet the separator; remove it, as --fix does"),
    ({"stages": lambda data: b'\xef\xbb\xbf"SEP=;";;\r\n' + data.replace(b",", b";")}, "stages.csv:1: the line only tells a spreadsheet the separator; remove it, as --fix does"),
    ({"stages": lambda data: b"sep=;\n" + data.replace(b"customer", b"caf\xe9")}, "stages.csv:1: the line only tells a spreadsheet the separator; remove it, as --fix does"),
    ({"stages": b"sep=\t"}, "stages.csv:1: the line only tells a spreadsheet the separator; remove it, as --fix does"),
    ({"stages": lambda data: data.decode().encode("utf-16")}, "stages.csv:1: the file is in UTF-16; save it as CSV in UTF-8"),
    ({"stages": replaced(b"customer", "café".encode("latin-1"))}, "stages.csv:3: the byte 0xe9 is not UTF-8; save the file as CSV in UTF-8"),
    ({"stages": lambda data: data.replace(b"customer", b"caf\xe9") + b"partner,x,\xfc,,\nlast,y,,,\n"}, [
        "stages.csv:3: the byte 0xe9 is not UTF-8; save the file as CSV in UTF-8",
        "stages.csv:4: the byte 0xfc is not UTF-8; save the file as CSV in UTF-8",
        "stages.csv:4: position: 'x' is not a number",
        "stages.csv:5: position: 'y' is not a number",
    ]),
    ({"stages": replaced(b"label", b"l\xe4bel")}, "stages.csv:1: the byte 0xe4 is not UTF-8; save the file as CSV in UTF-8"),
    ({"stages": replaced(b"label", b"lable")}, "stages.csv:1: 'lable' is no column of stages.csv. Did you mean label?"),
    ({"stages": replaced(b"label", b"Label")}, "stages.csv:1: 'Label' is no column of stages.csv. Did you mean label?"),
    ({"stages": replaced(b"label", b"position")}, ["stages.csv:1: the column 'position' is there twice", "stages.csv:1: the column label is missing"]),
    ({"stages": replaced(b",interactions_expected", b",interactions_expected,owner")}, "stages.csv:1: 'owner' is no column of stages.csv"),
    ({"stages": replaced(b"\n", b",\n")}, "stages.csv:1: column 6 has no name; remove it"),
    ({"stages": replaced(b",ready_points,interactions_expected\n", b"\n")}, [
        "stages.csv:1: the column ready_points is missing",
        "stages.csv:1: the column interactions_expected is missing",
    ]),
    ({"stages": lambda data: data.replace(b",label,", b",") + b"partner,3,,,,,\n"}, [
        "stages.csv:1: the column label is missing",
        "stages.csv:4: the row has 7 cells, the header 4; text with a comma needs quotes, decimals take a point",
    ]),
    ({"event_weights": replaced(b"rule_id,", b"")}, "event_weights.csv:1: the column rule_id is missing"),
    ({"stages": replaced(b"lead,1,,,\n", b'lead,x,,,\nlate,1,"a,,\n')}, [
        "stages.csv:2: position: 'x' is not a number",
        "stages.csv:3: a cell begins with a quote that is never closed",
    ]),
    ({"stages": lambda data: data.replace(b",", b";") + b"partner;3\n"}, "stages.csv:1: the columns are separated by semicolons; save the file with commas; --fix cannot, as not every row has the cells of the header"),
    ({"stages": replaced(b"customer,2,,", b"customer,2,,1,5,")}, "stages.csv:3: the row has 7 cells, the header 5; text with a comma needs quotes, decimals take a point"),
    ({"stages": replaced(b"lead,1,,,", b"lead,1,,")}, "stages.csv:2: the row has 4 cells, the header 5"),
    ({"stages": replaced(b"lead,1,,,", b"lead")}, "stages.csv:2: the row has 1 cell, the header 5"),
    ({"stages": replaced(b"customer,2", b'customer,"2')}, "stages.csv:3: a cell begins with a quote that is never closed"),
    ({"stages": replaced(b"lead,1", b'"lead" x,1')}, 'stages.csv:2: text follows a closing quote; put the whole cell in quotes and write a quote within it as ""'),
    ({"stages": replaced(b"lead,1,,,\n", b"lead,1,,,\n\n")}, "stages.csv:3: the row is empty; remove the line"),
    ({"stages": lambda data: data + b",,,,\n"}, "stages.csv:4: the row is empty; remove the line"),
    ({"stages": replaced(b"lead,1,,,", b'lead,x,"two\nlines",,') }, "stages.csv:2: position: 'x' is not a number"),
    ({"stages": replaced(b"customer,2", b'customer,2\r\ndemo,x,"two\r\n\r\nlines",,\r\nlast,y')}, [
        "stages.csv:3: the row has 2 cells, the header 5",
        "stages.csv:4: position: 'x' is not a number",
        "stages.csv:7: position: 'y' is not a number",
    ]),
    ({"segments": lambda data: data + b"x" * 200_000}, "segments.csv:3: the line cannot be read as CSV: field larger than field limit (131072)"),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "lines"), CELLS + THRESHOLDS + FILES)
def test_a_mistake_is_named_with_its_place(scorebook, edits, lines):
    assert [str(mistake) for mistake in check(scorebook(edits))] == ([lines] if isinstance(lines, str) else lines)


GOOD_EDITS = {
    "nothing": {},
    "optional files absent": dict.fromkeys(set(GOOD) - {"score_groups", "event_weights", "triggers", "stages"}),
    "only a header": {"manual_adjustments": as_csv("manual_adjustments", [])},
    "mark before the header": {"stages": lambda data: b"\xef\xbb\xbf" + data},
    "line ends of another system": {"stages": replaced(b"\n", b"\r\n")},
    "no line end at the end": {"stages": lambda data: data.rstrip(b"\n")},
    "columns in another order": {"stages": b"position,stage,ready_points,label,interactions_expected\n1,lead,,,\n"},
    "quotes and line breaks": {"stages:2:label": 'A "lead",\nin two lines'},
    "signs, exponents and outer spaces": {"event_weights:2:points": " +1.5e1 ", "event_weights:2:per": " Day "},
    "an id with an outer space is another id": {"event_weights:3:rule_id": "open "},
    "a value that no operator needs": {"rule_conditions:2:operator": "is_missing"},
    "a gate that gives points to a group": {"attribute_weights:3:points": "-5", "attribute_weights:3:score_group": "fit"},
    "a gate with no points": {"attribute_weights:3:points": "0"},
    "one band in two groups": {"score_bands:3:min_score": "0", "score_bands:3:score_group": "fit"},
    "valid_to at valid_from": {"event_weights:4:valid_from": "2024-02-01"},
    "no limit at all": {"score_groups:2:max_points": "", "score_groups:3:max_points": "", "triggers:2:threshold": "1e6"},
    "any multiple": {"event_weights:4:multiply_by": "x", "triggers:2:score_group": "product_a"},
    "an account adds up its contacts": {"triggers:2:scope": "account", "triggers:2:score_group": "fit"},
    "points below zero": {"triggers:2:direction": "down", "triggers:2:score_group": "product_a", "triggers:2:threshold": "-3"},
    "a down trigger armed at the limit": {"triggers:2:direction": "down", "triggers:2:hysteresis": "45"},
    "decimals that add up": {
        "event_weights:2:points": "0.1", "event_weights:2:per": "", "event_weights:3:points": "0.7", "event_weights:3:max_awards": "1",
        "triggers:2:score_group": "engagement", "triggers:2:threshold": "0.8", "triggers:3:threshold": "5.8",
    },
    "decimals that arm at the limit": {
        "score_groups:3:max_points": "3.3", "triggers:2:score_group": "engagement",
        "triggers:2:direction": "down", "triggers:2:threshold": "1.1", "triggers:2:hysteresis": "2.2",
    },
    "a hidden file": {"._stages": b"\x00"},
    "letters with other forms": {"stages:2:stage": "πελατης İ", "triggers:3:stage": "ΠΕΛΑΤΗΣ i"},
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD_EDITS)
def test_nothing_else_is_a_mistake(scorebook, name):
    assert [str(mistake) for mistake in check(scorebook(GOOD_EDITS[name]))] == []


def test_every_mistake_is_listed(scorebook):
    """One mistake neither hides another nor makes one out of what is right."""
    folder = scorebook(
        {
            "score_groups:3:half_life_days": "2",
            "score_groups:4:scale": "log",
            "event_weights:2:points": "ten",
            "event_weights:2:per": "dya",
            "event_weights:3:score_group": "engagment",
            "event_weights:4:valid_from": "soon",
            "rule_conditions:2:value": "10",
            "attribute_weights:2:operator": "over",
            "attribute_weights:3:disqualifies": "maybe",
            "event_exclusions:2:reason": "",
            "score_bands:3:min_score": "0",
            "stages": replaced(b"customer,2", b"customer,two,3"),
            "triggers:2:threshold": "201",
            "triggers:3:stage": "led",
            "manual_adjustments:2:adjusted_at": "",
            "segments:2:max_score": "4",
            "buying_roles:2:weight": "-1",
        }
    )
    assert [":".join(filter(None, (m.file, str(m.line), m.column))) for m in check(folder)] == [
        "score_groups.csv:3:half_life_days",
        "score_groups.csv:4:scale",
        "event_weights.csv:2:points",
        "event_weights.csv:2:per",
        "event_weights.csv:3:score_group",
        "event_weights.csv:4:valid_from",
        "rule_conditions.csv:2:value",
        "attribute_weights.csv:2:operator",
        "attribute_weights.csv:3:disqualifies",
        "event_exclusions.csv:2:reason",
        "score_bands.csv:3:min_score",
        "stages.csv:3",
        "triggers.csv:2:threshold",
        "triggers.csv:3:stage",
        "manual_adjustments.csv:2:adjusted_at",
        "segments.csv:2:max_score",
        "buying_roles.csv:2:weight",
    ]


def test_an_unreadable_file_is_the_only_mistake(scorebook):
    folder = scorebook({"score_groups": b"\xff\xfe", "event_weights": replaced(b"open,", b'"open,')})
    assert [mistake.file for mistake in check(folder)] == ["score_groups.csv", "event_weights.csv"]


def test_a_misspelt_file_is_not_overlooked(scorebook):
    folder = scorebook({"buying_roles": None})
    (folder / "buying_role.csv").write_bytes(b"buying_role\n")
    assert [str(mistake) for mistake in check(folder)] == [
        "buying_role.csv: is no file of a scorebook. Did you mean buying_roles.csv?"
    ]


def test_every_word_of_the_contract_is_known():
    """A misspelt key in scorebook.yml would check nothing."""
    known = {"kind", "allowed", "exact", "blank", *RULES}
    for name, seed in contract().items():
        columns = {column["name"]: column["config"]["meta"] for column in seed["columns"]}
        assert list(seed["config"]["column_types"]) == list(columns), name
        assert set(seed["config"].get("meta", {})) <= {"key", "required_file", "needs_row"}
        assert set(seed["config"].get("meta", {}).get("key", [])) <= set(columns)
        for column, meta in columns.items():
            assert set(meta) <= known, f"{name}.{column}"
            assert meta["kind"] in KINDS, f"{name}.{column}"
            assert (meta["kind"] == "choice") == ("allowed" in meta), f"{name}.{column}"
            for word in ("needs", "not_with", "required_if", "not_below", "not_before", "operand_of"):
                assert meta.get(word, column) in columns, f"{name}.{column}"
            for reference in meta.get("references", []) + meta.get("unique_with", []):
                other, other_column = reference.split(".")
                assert other_column in empty_table(other).columns, f"{name}.{column}"


def run(*arguments, cwd=ROOT):
    return subprocess.run([sys.executable, SCRIPT, *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def test_command_accepts_the_seeds():
    done = run()
    assert (done.returncode, done.stderr) == (0, "no mistake and 1 warning in seeds\n")
    assert done.stdout == "seeds/event_weights.csv:2: points: warning: is 0: the rule gives nothing\n"


def test_command_lists_mistakes_with_the_folder(scorebook):
    folder = scorebook({"event_weights:2:points": "ten"})
    done = run(folder.name, cwd=folder.parent)
    assert done.returncode == 1
    assert done.stdout == f"{folder.name}/event_weights.csv:2: points: 'ten' is not a number\n"
    assert done.stderr == f"1 mistake in {folder.name}\n"


def test_command_speaks_json(scorebook):
    folder = scorebook({"event_weights:2:points": "ten"})
    done = run(folder, "--format", "json")
    assert done.returncode == 1
    assert json.loads(done.stdout) == [
        {
            "file": f"{folder}/event_weights.csv",
            "line": 2,
            "column": "points",
            "severity": "error",
            "message": "'ten' is not a number",
        }
    ]


def test_command_annotates_for_github(scorebook):
    folder = scorebook({"event_weights:2:points": "10%", "stages": None, "triggers": None, "score_groups": None})
    done = run(folder.name, "--format", "github", cwd=folder.parent)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"::error file={folder.name}/score_groups.csv,line=1,title=scorebook"
        "::the file is missing, but every scorebook needs it",
        f"::error file={folder.name}/event_weights.csv,line=2,title=points::'10%25' is not a number",
    ]


def test_warnings_pass(scorebook):
    folder = scorebook({"event_weights:2:points": "0"})
    done = run(folder.name, "--format", "github", cwd=folder.parent)
    assert done.returncode == 0
    assert f"::warning file={folder.name}/event_weights.csv,line=2,title=points::is 0" in done.stdout


def test_command_needs_a_folder(tmp_path):
    done = run(tmp_path / "none")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/none: there is no such folder\n"


def test_command_takes_less_than_three_tenths_of_a_second():
    def seconds():
        start = time.monotonic()
        run()
        return time.monotonic() - start

    assert min(seconds() for _ in range(5)) < 0.3


# Broken scorebooks: in tests/broken_scorebooks, each folder holds the files that differ from those in `sound`, and what
# the check says of them.

BROKEN = ROOT / "tests" / "broken_scorebooks"
BROKEN_NAMES = sorted(path.parent.name for path in BROKEN.glob("*/messages.txt"))


def broken(name, folder):
    """A scorebook of the folder of broken ones, put together, and its messages."""
    shutil.copytree(BROKEN / "sound", folder, dirs_exist_ok=True)
    for path in (BROKEN / name).glob("*.csv"):
        shutil.copyfile(path, folder / path.name)
    return folder, (BROKEN / name / "messages.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", BROKEN_NAMES)
def test_a_broken_scorebook_is_told_what_is_wrong(name, tmp_path):
    folder, messages = broken(name, tmp_path)
    assert [str(found) for found in check(folder) or advise(folder)] == messages


def test_the_broken_scorebooks_hold_many_mistakes(tmp_path):
    assert check(BROKEN / "sound") == advise(BROKEN / "sound") == []
    errors = [line for name in BROKEN_NAMES for line in broken(name, tmp_path / name)[1] if ": warning: " not in line]
    assert len(errors) >= 40


# Warnings

ADVICE = [
    ({"event_weights:2:points": "0"}, [
        "event_weights.csv:2: points: warning: is 0: the rule gives nothing",
        "event_weights.csv:2: max_awards: warning: never binds: the rule gives 0 points",
    ]),
    ({"event_weights:4:valid_from": "2024-02-01"}, ["event_weights.csv:4: valid_to: warning: 2024-02-01 00:00:00 is valid_from too: the rule can never match"]),
    ({"event_weights:4:multiply_by": "x "}, ["event_weights.csv:4: multiply_by: warning: 'x ' begins or ends with a space, which is part of the name"]),
    ({"event_weights:3:event_type": "Email_Open "}, ["event_weights.csv:3: event_type: warning: matches the same events in the same group as line 2: each earns from both"]),
    ({"event_weights:3:event_type": "email_open", "event_weights:3:idle_days": "9"}, []),
    ({"event_weights:3:event_type": "email_open", "event_weights:3:channel": "web"}, []),
    ({"event_weights:3:event_type": "email_open", "event_weights:2:valid_to": "2024-01-01", "event_weights:3:valid_from": "2024-01-01"}, []),
    ({"event_weights:3:event_type": "email_open", "rule_conditions:2:rule_id": "click"}, []),
    ({"score_bands:2:min_score": "1"}, ["score_bands.csv:2: min_score: warning: the bands of 'engagement' begin at 1, its scores at 0: those between have no band"]),
    ({"score_bands:3:min_score": "100.5"}, ["score_bands.csv:3: min_score: warning: no score reaches 100.5: 100 is the most there is"]),
    ({"score_bands:2:min_score": "-7", "score_bands:3:min_score": "0"}, ["score_bands.csv:2: min_score: warning: no score is that low: 0, the least, is in the band of line 3"]),
    ({"score_groups:3:scale_max": "10"}, ["score_bands.csv:3: min_score: warning: no score reaches 50: 10 is the most there is"]),
    ({"event_weights:2:idle_days": "9"}, ["event_weights.csv:2: max_awards: warning: never binds: caps do not apply to a rule with idle_days"]),
    ({"event_weights:3:points": "81", "triggers:3:threshold": "90"}, ["event_weights.csv:3: points: warning: 81 is more than 80, the threshold of 'hot' (triggers.csv:2): one award fires it"]),
    ({"event_weights:3:points": "80", "triggers:3:threshold": "90"}, []),
    ({"triggers:2:threshold": "0"}, ["triggers.csv:2: threshold: warning: nobody is ever below it, as the least there are is 0: it fires once for everybody"]),
    ({"event_weights:4:points": "300", "triggers:3:threshold": "90"}, []),
    ({"event_weights:3:count_days": "7"}, ["event_weights.csv:3: count_days: warning: is not looked at: without a min_count of 2 or more the first event earns"]),
    ({"event_weights:3:count_days": "7", "event_weights:3:min_count": "2"}, []),
    ({"segments:2:score_group": "engagement", "segments:2:min_score": "100.5", "segments:2:max_score": ""}, ["segments.csv:2: min_score: warning: no score reaches 100.5: 100 is the most there is, so the segment is empty"]),
    ({"segments:2:min_score": "-9", "segments:2:max_score": "-1"}, ["segments.csv:2: max_score: warning: no score is that low: 0 is the least there is, so the segment is empty"]),
    ({"segments:2:min_score": "", "segments:2:max_score": "300"}, []),
    *[
        ({"rule_conditions:2:operator": operator, "rule_conditions:2:value": value}, [f"rule_conditions.csv:2: value: warning: {message}"])
        for operator, value, message in [
            ("is_present", "x", "is_present compares with nothing: 'x' is not looked at"),
            ("not_equals", "a|b", "'a|b' is one text to not_equals; lists are for in and not_in"),
            ("contains", "a|b", "'a|b' is one text to contains; lists are for in and not_in"),
            ("not_in", "a|b|", "an entry of 'a|b|' is empty, which no value equals"),
            ("not_in", "a, b", "'a, b' is a list of one; entries are separated by |"),
        ]
    ],
    ({"rule_conditions:2:operator": "not_in", "rule_conditions:2:value": "a"}, []),
    ({"attribute_weights:2:operator": "equals", "attribute_weights:2:value": "a|b"}, ["attribute_weights.csv:2: value: warning: 'a|b' is one text to equals; lists are for in and not_in"]),
    ({"rule_conditions:2:field": "channel", "rule_conditions:2:operator": "equals", "rule_conditions:2:value": "web", "event_weights:4:channel": "Email"}, ["rule_conditions.csv:2: value: warning: contradicts channel 'Email' of event_weights.csv:4: no event can meet both"]),
    ({"rule_conditions:2:field": "channel", "rule_conditions:2:operator": "in", "rule_conditions:2:value": "web|EMAIL", "event_weights:4:channel": "Email"}, []),
    ({"rule_conditions:2:rule_id": "bots", "rule_conditions:2:field": "channel", "rule_conditions:2:operator": "is_missing", "rule_conditions:2:value": "", "event_exclusions:2:channel": "email"}, ["rule_conditions.csv:2: operator: warning: contradicts channel 'email' of event_exclusions.csv:2: no event can meet both"]),
    # Beside `seconds between 10|20` of line 2:
    *[
        ({"rule_conditions:+": {"rule_id": "visit_a", "field": "seconds", "operator": operator, "value": value}}, ["rule_conditions.csv:3: value: warning: contradicts line 2: no event can meet both"] if is_wrong else [])
        for operator, value, is_wrong in [
            ("gt", "20", True), ("gte", "20", False), ("lt", "10", True), ("between", "21|30", True), ("equals", "25", True),
            ("equals", "15.0", False), ("in", "5|25", True), ("in", "5|15", False), ("not_equals", "25", False), ("is_present", "", False),
        ]
    ],
    ({"rule_conditions:+": {"rule_id": "visit_a", "field": "seconds", "operator": "is_missing"}}, ["rule_conditions.csv:3: operator: warning: contradicts line 2: no event can meet both"]),
    ({"rule_conditions:+": {"rule_id": "click", "field": "seconds", "operator": "lt", "value": "5"}}, []),
    *[
        ({"rule_conditions:2:field": "form", "rule_conditions:2:operator": "equals", "rule_conditions:2:value": "Contact us", "rule_conditions:+": {"rule_id": "visit_a", "field": "form", "operator": operator, "value": value}}, ["rule_conditions.csv:3: value: warning: contradicts line 2: no event can meet both"] if is_wrong else [])
        for operator, value, is_wrong in [
            ("equals", "contact US", False), ("equals", "order", True), ("not_equals", "contact us", True), ("not_in", "a|contact us", True),
            ("contains", "tact", False), ("contains", "x", True), ("starts_with", "CONT", False), ("ends_with", "cont", True),
        ]
    ],
]  # fmt: skip


@pytest.mark.parametrize(("edits", "lines"), ADVICE)
def test_what_is_most_likely_not_meant_is_warned_of(scorebook, edits, lines):
    folder = scorebook(edits)
    assert check(folder) == []
    assert [str(warning) for warning in advise(folder)] == lines


DATA = """
    create schema internal;
    create table build_info as select timestamp '2024-06-30' as as_of;
    create table internal.stg_events as
        select * from (values
            ('email_open', 'email', null, '{"read": "x"}', timestamp '2024-06-20'),
            ('email_open', 'push', 'July', null, timestamp '2024-06-20'),
            ('email_click', 'email', null, null, timestamp '2024-01-20'),
            ('page_visits', null, null, '{"seconds": 5}', timestamp '2024-06-20'),
            ('chat', null, null, null, timestamp '2024-06-28'),
            ('chat', null, null, null, timestamp '2024-06-29'),
            ('fax', 'fax', 'Order Form', null, timestamp '2023-01-01')
        ) as events (event_type, channel, asset, properties, occurred_at), (select 'used' as verdict);
    create table internal.int_contacts_known as
        select * from (values ('c1', 'user'), ('c2', null)) as contacts (contact_id, buying_role);
    create table internal.int_aliases_resolved as select * from (values ('c0', 'c1'), ('c8', 'c9')) as a (alias_id, contact_id);
    create table internal.stg_contacts as select '{"contact_id": "c1", "job_title": ""}' as raw;
    create table internal.stg_accounts as select '{"account_id": "a1", "employee": "5", "industry": "x"}' as raw;
    create table internal.stg_attribute_changes as select 'contact' as entity, 'plan' as attribute;
    create table internal.stg_stage_changes as
        select format('{{"contact_id": "c1", "stage": "{}"}}', stage) as raw, verdict
        from (values
            ('Lead', 'used'), ('custmer', 'unknown_stage'), ('Custmer ', 'future'), ('x', 'bad_timestamp')
        ) as changes (stage, verdict);
    create table internal.stg_event_weights as select 'open' as rule_id, 1 as max_awards, 'day' as cap_period;
    create table points_ledger as
        select 'open' as rule_id, 'event' as line_kind, null as withheld_reason from range(1200)
        union all select 'open', 'event', 'opened by a machine' from range(34);
"""


@pytest.fixture
def database(tmp_path):
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute(DATA)
    return tmp_path / "a.duckdb"


def test_the_data_of_a_build_knows_better(scorebook, database):
    folder = scorebook({"event_weights:4:valid_to": ""})
    done = run(folder.name, "--database", database, cwd=folder.parent)
    assert done.returncode == 0
    assert done.stderr == f"no mistake and 9 warnings in {folder.name}\n"
    assert [line.removeprefix(f"{folder.name}/") for line in done.stdout.splitlines()] == [
        "event_weights.csv: event_type: warning: no rule names 'chat'; the data has 2 such events, the last on 2024-06-29",
        "event_weights.csv: event_type: warning: no rule names 'page_visits'; the data has 1 such event, the last on 2024-06-20",
        "event_weights.csv:2: max_awards: warning: the cap has withheld none of the 1,200 awards so far",
        "event_weights.csv:3: event_type: warning: the data has seen 'email_click' last on 2024-01-20",
        "event_weights.csv:4: event_type: warning: the data has no 'page_visit'. Did you mean page_visits?",
        "attribute_weights.csv:2: attribute: warning: no account of the data has the attribute 'employees'. Did you mean employee?",
        "stages.csv: stage: warning: no stage is named 'custmer'; the data has 2 such stage changes. Did you mean customer?",
        "stages.csv:3: stage: warning: no stage change of the data names 'customer'. Did you mean custmer?",
        "buying_roles.csv:2: buying_role: warning: no contact of the data has the buying role 'champion'",
    ]


# What a warning is about is said once: nothing follows of a cap or a property where no event can match.
UNSEEN = [
    ({"event_weights:2:event_type": "email_opened"}, "event_weights.csv:2: event_type: warning: the data has no 'email_opened'. Did you mean email_open?"),
    ({"event_weights:2:channel": "Mail"}, "event_weights.csv:2: channel: warning: no 'email_open' of the data has the channel 'mail'. Did you mean email?"),
    ({"event_weights:2:channel": "fax"}, "event_weights.csv:2: channel: warning: no 'email_open' of the data has the channel 'fax'"),
    ({"event_weights:2:asset": "June"}, "event_weights.csv:2: asset: warning: no 'email_open' of the data has the asset 'june'"),
    ({"event_weights:2:asset": "order form"}, "event_weights.csv:2: asset: warning: no 'email_open' of the data has the asset 'order form'"),
    ({"event_weights:2:asset": "july", "event_weights:2:channel": "email"}, "event_weights.csv:2: asset: warning: no 'email_open' of the data with the channel 'email' has the asset 'july'"),
    ({"event_weights:2:asset": "JULY ", "event_weights:2:channel": "push"}, "event_weights.csv:2: max_awards: warning: the cap has withheld none of the 1,200 awards so far"),
    ({"event_weights:2:channel": "x", "event_weights:2:valid_to": "2024-01-01"}, None),
    ({"event_exclusions:2:event_type": "email_opn"}, "event_exclusions.csv:2: event_type: warning: the data has no 'email_opn'. Did you mean email_open?"),
    ({"event_exclusions:2:channel": "mails"}, "event_exclusions.csv:2: channel: warning: no 'email_open' of the data has the channel 'mails'. Did you mean email?"),
    ({"event_exclusions:2:event_type": "", "event_exclusions:2:channel": "telex"}, "event_exclusions.csv:2: channel: warning: no event of the data has the channel 'telex'"),
    ({"event_exclusions:2:event_type": "", "event_exclusions:2:channel": "fax"}, None),
    ({"stages:3:stage": "custmer"}, None),
    ({"buying_roles:2:buying_role": " User"}, None),
    ({"manual_adjustments:2:contact_id": "C1"}, "manual_adjustments.csv:2: contact_id: warning: neither a contact nor an alias of the data has the id 'C1'"),
    ({"manual_adjustments:2:contact_id": "c0"}, None),
    ({"manual_adjustments:2:contact_id": "c8"}, "manual_adjustments.csv:2: contact_id: warning: neither a contact nor an alias of the data has the id 'c8'"),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "line"), UNSEEN)
def test_each_name_that_the_data_does_not_know_is_told_once(scorebook, database, edits, line):
    [place] = {":".join(edit.split(":")[:2]).replace(":", ".csv:") for edit in edits}
    found = [str(warning) for warning in advise(scorebook(edits), database) if str(warning).startswith(f"{place}:")]
    assert found == ([line] if line else [])


def test_a_cap_that_one_award_met_is_told_of_one(scorebook, database):
    with duckdb.connect(database) as connection:
        connection.execute("delete from points_ledger; insert into points_ledger values ('open', 'event', null)")
    [line] = [str(warning) for warning in advise(scorebook(), database) if warning.column == "max_awards"]
    assert line == "event_weights.csv:2: max_awards: warning: the cap has not withheld the only award so far"


def test_a_database_that_is_none_gets_one_sentence(scorebook, tmp_path):
    done = run(scorebook(), "--database", str(tmp_path / "none.duckdb"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"there is no database {tmp_path}/none.duckdb; make one with scripts/build.py\n"


# Repairs

REPAIRS = [
    ({"stages": lambda data: b"\xef\xbb\xbf" + data.replace(b",", b";").replace(b"\n", b"\r\n")}, "stages"),
    ({"stages": replaced(b",", b"\t")}, "stages"),
    ({"stages": lambda data: data.replace(b"lead", b" lead ").replace(b"customer", b"customer\xc2\xa0")}, "stages"),
    ({"stages": replaced(b"customer", b'"\n customer\n"')}, "stages"),
    ({"stages": lambda data: data.replace(b"\n", b"\r").rstrip(b"\r")}, "stages"),
    ({"stages": lambda data: data.replace(b"\n", b"\n\n") + b",,,,\n \n"}, "stages"),
    ({"stages": replaced(b"\n", b",,\n")}, "stages"),
    ({"stages": lambda data: data.replace(b"\n", b",\n", 1)}, "stages"),
    ({"stages": lambda data: data.replace(b"\n", b",,\n").replace(b",", b";") + b"\n"}, "stages"),
    ({"stages": lambda data: b"sep=,\n" + data}, "stages"),
    ({"stages": lambda data: b"\xef\xbb\xbfsep=;\r\n" + data.replace(b",", b";").replace(b"\n", b"\r\n")}, "stages"),
    ({"stages": lambda data: b'"sep=\t"\n' + data.replace(b",", b"\t")}, "stages"),
]


@pytest.mark.parametrize(("edits", "name"), REPAIRS)
def test_what_can_mean_only_one_thing_is_repaired(scorebook, edits, name):
    sound = as_csv(name, GOOD[name])
    folder = scorebook(edits)
    done = run(folder.name, "--fix", cwd=folder.parent)
    assert done.returncode == 0, done.stdout
    assert (folder / f"{name}.csv").read_bytes() == sound
    assert f"--- {folder.name}/{name}.csv\n+++ {folder.name}/{name}.csv\n@@" in done.stdout
    assert run(folder.name, "--fix", cwd=folder.parent).stdout == ""


@pytest.mark.parametrize(
    "content",
    [
        b"stage;position;label;ready_points;interactions_expected\nlead;1;;80,5\n",  # a cell is missing
        b"stage;position\nlead;1\n",  # not the columns of the file
        # In both, 1,5 may be a decimal, so that the last comma is none too many.
        b"stage,position,label,ready_points,interactions_expected\nlead,1,,1,5,\n",
        b"stage,position,label,ready_points,interactions_expected,\nlead,1,,1,5,,\n",
        b"stage,position,label,ready_points,interactions_expected\nlead,1,caf\xe9,,\n",
        b'stage,position,label,ready_points,interactions_expected\nlead,1,"a,,\n',
        b'stage,position,label,ready_points,interactions_expected\n"lead",1," a;b, c ""d"" ",,\n'.replace(
            b" a", b"a"
        ).replace(b'" "', b'""'),
    ],
)
def test_what_could_be_meant_in_two_ways_is_left_alone(scorebook, content):
    folder = scorebook({"stages": content})
    run(folder, "--fix")
    assert (folder / "stages.csv").read_bytes() == content


@pytest.mark.parametrize("rest", [b"stage;position\nlead;1\n", b"stage,caf\xe9\r\nlead,1\r\n", b'stage\n"lead\n'])
def test_a_separator_hint_goes_whatever_follows(scorebook, rest):
    folder = scorebook({"stages": b"sep=;\r\n" + rest})
    done = run(folder, "--fix")
    assert (folder / "stages.csv").read_bytes() == rest
    assert "\n-sep=;" in done.stdout and "only tells a spreadsheet" not in done.stdout


def test_a_repair_keeps_what_is_compared_exactly_and_who_may_read_it(scorebook):
    folder = scorebook({"event_weights:2:rule_id": "open ", "event_weights:2:label": " Opened "})
    (folder / "event_weights.csv").chmod(0o640)
    run(folder, "--fix")
    assert b"\nopen ,Opened,engagement," in (folder / "event_weights.csv").read_bytes()
    assert (folder / "event_weights.csv").stat().st_mode & 0o777 == 0o640
    assert [path.name for path in folder.iterdir() if path.suffix != ".csv"] == []


def test_what_cannot_be_written_is_not_shown_as_repaired(scorebook, monkeypatch):
    """The message names the file of the scorebook, not the one that was to take its place."""
    folder = scorebook()

    def refuse(**given):
        raise PermissionError(13, "Permission denied", f"{given['dir']}/{given['prefix']}x")

    monkeypatch.setattr("support.scorebook.fixing.tempfile.mkstemp", refuse)
    shown = []
    with pytest.raises(CannotRun, match=rf"^{folder}/event_weights.csv cannot be repaired: Permission denied$"):
        shown.extend(fix(folder))
    assert shown == []


def test_check_imports_neither_dbt_nor_the_engine():
    """Both take longer to import than the whole check may."""
    code = "import support.scorebook, sys; print([name for name in ('dbt', 'duckdb', 'rich') if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["a", "b c", ",", ",,", "'", '"', '""', "\n", "\r", "\r\n", " ", ";", "|", "#", "\\", "é", "null"]
        )
    )
)
def test_dbt_reads_what_the_check_accepts(tmp_path, pieces):
    """The cells that the check judges are the cells that dbt loads, down to quotes, line ends and spaces."""
    (tmp_path / "score_groups.csv").write_bytes(as_csv("score_groups", GOOD["score_groups"]))
    (tmp_path / "event_weights.csv").write_bytes(as_csv("event_weights", []))
    path = tmp_path / "segments.csv"
    path.write_bytes(as_csv("segments", GOOD["segments"]) + f"x,{''.join(pieces)},fit,,\n".encode())
    if check(tmp_path):
        return
    judged = [list(row.cells.values()) for row in read_scorebook(tmp_path)[0]["segments"].rows]
    table = agate_helper.from_csv(str(path), text_columns=empty_table("segments").columns)
    loaded = [[cell or "" for cell in row.values()] for row in table.rows]
    assert loaded == [[cell if cell.strip(" \n") else "" for cell in row] for row in judged]
