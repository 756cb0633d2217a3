"""The input: docs/scoring.md section 1. Every landed row gets exactly one verdict."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from .values import boolean, is_blank, json_object, normal, number, timestamp


@dataclass(frozen=True)
class Table:
    """What section 1 says about one table."""

    required: tuple
    optional: tuple = ()
    id: str | None = None
    time: str | None = None


TABLES = {
    "events": Table(
        ("event_id", "contact_id", "event_type", "occurred_at"),
        ("channel", "asset", "properties", "received_at"),
        id="event_id",
        time="occurred_at",
    ),
    "contacts": Table(
        ("contact_id", "created_at"), ("account_id", "email", "opted_out", "buying_role"), "contact_id", "created_at"
    ),
    "accounts": Table(("account_id",), ("name", "domain"), id="account_id"),
    "attribute_changes": Table(("entity", "entity_id", "attribute", "changed_at"), ("value",), time="changed_at"),
    "stage_changes": Table(("contact_id", "stage", "changed_at"), time="changed_at"),
    "contact_aliases": Table(("alias_id", "contact_id"), id="alias_id"),
    "survey_responses": Table(
        ("response_id", "contact_id", "rating", "responded_at"), ("survey",), "response_id", "responded_at"
    ),
    "conversions": Table(("contact_id", "converted_at"), ("amount",), time="converted_at"),
}
# The order of the table in section 1; `required` and `optional` above lose it where they interleave.
COLUMNS = {
    "contacts": ("contact_id", "account_id", "email", "created_at", "opted_out", "buying_role"),
    "attribute_changes": ("entity", "entity_id", "attribute", "value", "changed_at"),
}
TIMES = ("occurred_at", "received_at", "created_at", "changed_at", "responded_at", "converted_at")


@dataclass
class Row:
    """One landed row: its filled cells, and what became of it."""

    table: str
    landed: dict
    cells: dict
    time: datetime | None = None
    contact_id: str | None = None
    verdict: str | None = None

    def __getitem__(self, column):
        return self.cells.get(column)

    def is_valid(self):
        """Not rejected so far."""
        return self.verdict is None

    def key(self):
        """The id of the row; where its table has none, its required columns joined by `|`."""
        table = TABLES[self.table]
        return self[table.id] if table.id else "|".join(self[column] or "" for column in table.required)


class Input:
    """All landed rows with their verdicts, and what holds at `as_of`."""

    def __init__(self, landed, stage_names, as_of):
        self.as_of = as_of
        self.rows = {name: [_row(name, cells) for cells in landed.get(name) or []] for name in TABLES}
        for name, rows in self.rows.items():
            for row in rows:
                row.verdict = own_mistake(row)
            reject_duplicates(name, rows)
            for row in filter(Row.is_valid, rows):
                if name == "stage_changes" and normal(row["stage"]) not in stage_names:
                    row.verdict = "unknown_stage"
            for row in filter(Row.is_valid, rows):
                row.time = timestamp(row[TABLES[name].time]) if TABLES[name].time else None
                row.verdict = lateness(row.time, as_of)
        self.aliases = {row["alias_id"]: row["contact_id"] for row in self.rows["contact_aliases"] if row.is_valid()}
        self.contacts = {
            row["contact_id"]: row
            for row in self.rows["contacts"]
            if row.is_valid() and row["contact_id"] not in self.aliases
        }
        self.accounts = {row["account_id"]: row for row in self.rows["accounts"] if row.is_valid()}
        for rows in self.rows.values():
            for row in rows:
                row.contact_id = self.contact_of(row)
            for row in filter(Row.is_valid, rows):
                row.verdict = "used" if self.is_matched(row) else "unmatched"

    def person(self, contact_id):
        """The contact that an id stands for: chains of aliases are followed to their end."""
        while contact_id in self.aliases:
            contact_id = self.aliases[contact_id]
        return contact_id

    def contact_of(self, row):
        """The contact (after aliases) that a row belongs to, None where it belongs to none."""
        if row.table == "attribute_changes":
            return self.person(row["entity_id"]) if normal(row["entity"]) == "contact" else None
        return self.person(row["contact_id"])

    def is_matched(self, row):
        """Whether what the row belongs to is there. Contacts and accounts are there themselves, and an alias counts
        whether or not its contact has landed: rows of the alias are unmatched then."""
        if row.table in ("contacts", "accounts", "contact_aliases"):
            return True
        if row.table == "attribute_changes" and normal(row["entity"]) == "account":
            return row["entity_id"] in self.accounts
        return row.contact_id in self.contacts

    def used(self, table):
        """Rows of the table that count."""
        return [row for row in self.rows[table] if row.verdict == "used"]

    def changes_of(self, entity, entity_id, attribute):
        """The changes of an attribute "at any time": also those later than `as_of`."""
        return [
            row
            for row in self.rows["attribute_changes"]
            if row.verdict in ("used", "waiting", "future", "unmatched")
            and normal(row["entity"]) == entity
            and (row["entity_id"], row["attribute"]) == (entity_id, attribute)
        ]

    def adjustment_verdict(self, adjustment):
        """What becomes of a manual adjustment, which is judged like a landed row."""
        if adjustment.adjusted_at > self.as_of:
            return "waiting"
        return "used" if self.person(adjustment.contact_id) in self.contacts else "unmatched"

    def summary(self, adjustments):
        """The mart input_summary: rows by table and verdict."""
        counts = Counter((name, row.verdict) for name, rows in self.rows.items() for row in rows)
        counts.update(("manual_adjustments", self.adjustment_verdict(one)) for one in adjustments)
        return [
            {"source_table": name, "verdict": verdict, "row_count": rows} for (name, verdict), rows in counts.items()
        ]

    def rejected(self):
        """The mart rejected_rows."""
        return [
            {"source_table": name, "row_key": row.key(), "reason": row.verdict, "raw": json.dumps(row.landed)}
            for name, rows in self.rows.items()
            for row in rows
            if row.verdict not in ("used", "waiting", "unmatched")
        ]

    def unmatched(self, adjustments):
        """The mart unmatched_rows, manual adjustments among them."""
        return [
            {
                "source_table": "manual_adjustments",
                "row_key": one.adjustment_id,
                "contact_id": self.person(one.contact_id),
            }
            for one in adjustments
            if self.adjustment_verdict(one) == "unmatched"
        ] + [
            {"source_table": name, "row_key": row.key(), "contact_id": row.contact_id}
            for name, rows in self.rows.items()
            for row in rows
            if row.verdict == "unmatched"
        ]


def _row(table, landed):
    return Row(table, landed, {column: text for column, text in landed.items() if not is_blank(text)})


def own_mistake(row):
    """What is wrong with a row by itself: missing_key, bad_timestamp, bad_value, in this order."""
    if any(row[column] is None for column in TABLES[row.table].required):
        return "missing_key"
    if any(row[column] and timestamp(row[column]) is None for column in TIMES if column in _columns(row.table)):
        return "bad_timestamp"
    bad = {
        "events": row["properties"] and json_object(row["properties"]) is None,
        "contacts": row["opted_out"] and boolean(row["opted_out"]) is None,
        "attribute_changes": normal(row["entity"]) not in ("contact", "account"),
        "survey_responses": number(row["rating"]) is None or not 0 <= number(row["rating"]) <= 10,
        "conversions": row["amount"] and number(row["amount"]) is None,
    }
    return "bad_value" if bad.get(row.table) else None


def _columns(table):
    return COLUMNS.get(table, TABLES[table].required + TABLES[table].optional)


def reject_duplicates(table, rows):
    """Of the rows with one id the first is kept, the others are `duplicate`."""
    named = _columns(table)
    others = sorted({column for row in rows for column in row.landed} - set(named))

    def as_text(row):
        return [row[column] or "" for column in (*named, *others)]

    def order(row):
        if table != "events":
            return as_text(row)
        occurred_at = timestamp(row["occurred_at"])
        received_at = timestamp(row["received_at"]) if row["received_at"] else occurred_at
        return [received_at, occurred_at, row["contact_id"], normal(row["event_type"]), as_text(row)]

    kept = set()
    if TABLES[table].id:
        for row in sorted(filter(Row.is_valid, rows), key=order):
            if row.key() in kept:
                row.verdict = "duplicate"
            kept.add(row.key())


def lateness(time, as_of):
    """`future` (later than as_of + 1 day), `waiting` (later than as_of), or None."""
    if time is None or time <= as_of:
        return None
    return "waiting" if time <= as_of + timedelta(days=1) else "future"
