"""Compare two sets of marts row for row, as multisets keyed by the grain of each mart."""

import json
from collections import defaultdict

import duckdb

from .landed import TABLES
from .values import normal, timestamp

TOLERANCE = 1.001e-6
# The grain of each mart, and the columns of section 4 beside it that are compared.
MARTS = {
    "points_ledger": (
        "contact_id score_group line_kind rule_id event_id effective_at origin_at",
        "asset stage_visit points withheld_points withheld_reason",
    ),
    "contact_scores": (
        "contact_id",
        "account_id stage points score band percentile fit_band engagement_band grade top_group top_reasons "
        "nps_category is_disqualified disqualified_reason is_opted_out points_7d points_30d last_engaged_at has_data "
        "as_of",
    ),
    "group_scores": ("contact_id score_group", "points score band percentile events last_engaged_at as_of"),
    "stage_scores": (
        "contact_id stage_visit",
        "stage entered_at left_at days_in_stage points score interactions is_current is_stuck",
    ),
    "account_scores": (
        "account_id score_group",
        "points score band contacts engaged_contacts role_weighted_points completeness top_contact_id as_of",
    ),
    "threshold_crossings": (
        "crossing_id",
        "trigger_id scope subject_id score_group direction threshold crossed_at points_before points_after "
        "cause_rule_id cause_event_id action target is_suppressed suppressed_reason",
    ),
    "score_history": ("contact_id score_group day", "points change"),
    "score_statement": ("contact_id score_group line rule_id", "points awards"),
    "segment_members": ("segment contact_id", ""),
    "nps_scores": ("survey month", "responses promoters passives detractors nps nps_low nps_high"),
    "stage_calibration": ("stage", "converted_contacts interactions_per_converted_contact suggested_points"),
    "attitude_by_engagement": ("nps_category engagement_band", "contacts share advice"),
    "nps_audiences": (
        "audience_kind audience survey month",
        "responses promoters passives detractors nps nps_low nps_high",
    ),
    "contact_health": ("contact_id", "health churn_risk change_percent_7d change_percent_30d days_silent"),
    "score_evaluation": (
        "score_group part decile threshold_id",
        "contacts conversions conversion_rate lift auc auc_low auc_high precision recall "
        "reported_contacts auc_unreported",
    ),
    "rule_performance": (
        "rule_id",
        "contacts_with contacts_without conversions_with conversions_without conversion_with conversion_without lift "
        "lift_low lift_high suggested_points verdict",
    ),
    "rejected_rows": ("source_table row_key reason raw", ""),
    "unmatched_rows": ("source_table row_key contact_id", ""),
    "unscored_event_types": ("event_type", "events"),
    "input_summary": ("source_table verdict", "row_count"),
}
# Texts that mean the same in any case and with outer spaces, and that no file of the scorebook spells.
SPELLED_BY_INPUT = ("asset", "survey", "event_type")
WITHOUT_ID = [name for name, table in TABLES.items() if not table.id]


def read_marts(database):
    """All marts of a DuckDB file as rows by mart name."""
    marts = {}
    with duckdb.connect(str(database), read_only=True) as session:
        for mart in MARTS:
            found = session.sql(f"select * from main.{mart}")
            marts[mart] = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return marts


def differences(expected, found):
    """One readable line per difference from the expected marts."""
    return [line for mart in expected for line in _differences_of(mart, expected[mart], found[mart])]


def mistakes(marts):
    """What must hold within the marts of any build: unique lines, and statements that add up."""
    ids = [row["line_id"] for row in marts["points_ledger"]]
    found = [f"points_ledger: {len(ids) - len(set(ids))} line_id are not unique"] if len(ids) > len(set(ids)) else []
    stated = defaultdict(float)
    for row in marts["score_statement"]:
        stated[row["contact_id"], row["score_group"]] += float(row["points"])
    points = {(row["contact_id"], row["score_group"]): row["points"] for row in marts["group_scores"]}
    points |= {(row["contact_id"], "total"): row["points"] for row in marts["contact_scores"]}
    return found + [
        f"score_statement {key}: adds up to {stated[key]:.7f}, points are {points[key]}"
        for key in points
        if abs(stated[key] - float(points[key])) > 5e-7
    ]


def _differences_of(mart, expected, found):
    keys, others = (columns.split() for columns in MARTS[mart])
    missing = [column for column in keys + others if found and column not in found[0]]
    if missing:
        return [f"{mart}: has no column {column}" for column in missing]
    lines, wanted, got = [], _by_key(mart, keys, expected), _by_key(mart, keys, found)
    for key in sorted(wanted.keys() | got.keys(), key=repr):
        pairs = [
            sorted(side.get(key, []), key=lambda row: [_order(row[column]) for column in others])
            for side in (wanted, got)
        ]
        shown = f"{mart} {dict(zip(keys, key, strict=True))}"
        if len(pairs[0]) != len(pairs[1]):
            lines.append(f"{shown}: expected {len(pairs[0])} rows, found {len(pairs[1])}: {pairs[0] or pairs[1]}")
            continue
        for want, have in zip(*pairs, strict=True):
            for column in others:
                if not _equal(column, want[column], have[column]):
                    lines.append(f"{shown} {column}: expected {want[column]}, found {have[column]}")
    return lines


def _by_key(mart, keys, rows):
    grouped = defaultdict(list)
    for row in map(_comparable, rows):
        if mart == "score_statement" and row["line"] != "awarded" and abs(row["points"]) <= 2.5 * TOLERANCE:
            continue  # a line of nothing, but for what was rounded on either side, may stand there or not
        if mart == "input_summary" and row["row_count"] == 0:
            continue
        grouped[tuple(row[key] for key in keys)].append(row)
    return grouped


def _comparable(row):
    row = dict(row)
    for column in SPELLED_BY_INPUT:
        if column in row:
            row[column] = normal(row[column])
    if "row_key" in row and row["source_table"] in WITHOUT_ID:
        row["row_key"] = "|".join(_key_text(part) for part in (row["row_key"] or "").split("|"))
    if "raw" in row:
        row["raw"] = _raw_text(row["raw"])
    if row.get("scope") == "stage":
        row["score_group"] = None  # it does not matter
    if "withheld_points" in row:
        row["withheld_points"] = row["withheld_points"] or 0
    return row


def _key_text(part):
    """One column of a joined key: a time or text may stand there as it landed or as it was read."""
    moment = timestamp(part)
    return str(moment) if moment else normal(part) or ""


def _raw_text(raw):
    """A raw row in one spelling: filled cells by name, numbers and booleans as text."""
    cells = sorted((name, text) for name, text in json.loads(raw).items() if text is not None)
    texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in cells}
    return json.dumps({name: text for name, text in texts.items() if normal(text)})


def _order(value):
    return (value is not None, float(value) if _is_figure(value) else 0.0, str(value))


def _is_figure(value):
    return value is not None and not isinstance(value, bool) and hasattr(value, "__float__")


def _equal(column, want, have):
    if column == "top_reasons":
        return _in_order(want, have or "")
    if _is_figure(want) and _is_figure(have):
        return abs(float(want) - float(have)) <= TOLERANCE
    return want == have


def _in_order(labels, text):
    if not labels:
        return not text
    start = 0
    for label in labels:
        start = text.find(label, start) + len(label)
        if start < len(label):
            return False
    return True
