"""What the data of a build says about a scorebook: names that it has never seen, and caps that withheld nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from support.database import moment_of, opened
from support.scorebook.tables import Mistake, Row, Scorebook, plain, shown, suggestion

QUIET_DAYS = 90

EVENT_TYPES = """
    select event_type, count(*), max(occurred_at) from internal.stg_events
    where verdict = 'used'
    group by event_type
    order by event_type
"""
PROPERTIES = """
    select distinct event_type, unnest(json_keys(properties)) from internal.stg_events
    where verdict = 'used' and properties is not null
"""
ATTRIBUTES = """
    select 'contact', unnest(json_keys(raw)) from internal.stg_contacts
    union
    select 'account', unnest(json_keys(raw)) from internal.stg_accounts
    union
    select entity, attribute from internal.stg_attribute_changes
"""
STAGES = """
    select json_extract_string(raw, '/stage'), count(*) from internal.stg_stage_changes
    where verdict not in ('missing_key', 'bad_timestamp', 'bad_value')
    group by all
"""
CAPS = """
    select lines.rule_id, count(*) filter (lines.withheld_reason is null) as awards
    from points_ledger as lines
    inner join internal.stg_event_weights as rules on rules.rule_id = lines.rule_id
    where lines.line_kind = 'event' and rules.max_awards = $1 and rules.cap_period = $2 and rules.rule_id = $3
    group by lines.rule_id
    having count(*) filter (lines.withheld_reason = 'cap') = 0 and awards > 0
"""


def advise_from_data(book: Scorebook, database: Path) -> Iterator[Mistake]:
    """What the rows of a scorebook meet in the data of a build, or do not."""
    with opened(database) as connection:
        as_of = moment_of(connection)
        types = {name: (events, last) for name, events, last in connection.execute(EVENT_TYPES).fetchall()}
        yield from unknown_types(book, types, as_of)
        yield from unseen_rules(book, types, as_of)
        yield from unknown_properties(book, set(connection.execute(PROPERTIES).fetchall()))
        yield from unknown_attributes(book, set(connection.execute(ATTRIBUTES).fetchall()))
        yield from unknown_stages(book, connection.execute(STAGES).fetchall())
        yield from idle_caps(book, connection)


def unknown_types(book: Scorebook, types: dict[str, tuple[int, datetime]], as_of: datetime) -> Iterator[Mistake]:
    """Event types that nothing scores."""
    named = {plain(row.get("event_type")) for row in book["event_weights"].rows}
    for name, (events, last) in types.items():
        if name not in named and last > as_of - timedelta(days=QUIET_DAYS):
            yield book["event_weights"].mistake(
                f"no rule names {shown(name)}; the data has {events:,} such events, the last on {last:%Y-%m-%d}",
                column="event_type",
            )


def unseen_rules(book: Scorebook, types: dict[str, tuple[int, datetime]], as_of: datetime) -> Iterator[Mistake]:
    """Rules for which nothing comes in, though they are valid."""
    for row in book["event_weights"].rows:
        name = plain(row.get("event_type"))
        is_over = row.get("valid_to") is not None and row.get("valid_to") <= as_of
        is_ahead = row.get("valid_from") is not None and row.get("valid_from") > as_of
        _, last = types.get(name, (0, None))
        if is_over or is_ahead or (last and last > as_of - timedelta(days=QUIET_DAYS)):
            continue
        when = f"the data has seen {shown(name)} last on {last:%Y-%m-%d}" if last else f"the data has no {shown(name)}"
        message = when + ("" if last else suggestion(name, types))
        yield book["event_weights"].mistake(message, row.line, "event_type")


def unknown_properties(book: Scorebook, seen: set[tuple[str, str]]) -> Iterator[Mistake]:
    """Conditions and multipliers on properties that no event of the type carries."""
    rules = {row.get("rule_id"): row for name in ("event_weights", "event_exclusions") for row in book[name].rows}

    def problem(rule: Row, name: str | None) -> str | None:
        event_type = plain(rule.get("event_type"))
        known = {key for found, key in seen if not event_type or found == event_type}
        if name is None or name in known or name in ("channel", "asset"):
            return None
        return (
            f"no {shown(event_type) if event_type else 'event'} of the data has the property {shown(name)}"
            + suggestion(name, known)
        )

    for row in book["rule_conditions"].rows:
        if message := problem(rules[row.get("rule_id")], row.get("field")):
            yield book["rule_conditions"].mistake(message, row.line, "field")
    for row in book["event_weights"].rows:
        if message := problem(row, row.get("multiply_by")):
            yield book["event_weights"].mistake(message, row.line, "multiply_by")


def unknown_attributes(book: Scorebook, seen: set[tuple[str, str]]) -> Iterator[Mistake]:
    """Rules on attributes that nobody has."""
    for row in book["attribute_weights"].rows:
        known = {name for entity, name in seen if entity == row.get("entity")}
        if row.get("attribute") not in known:
            message = f"no {row.get('entity')} of the data has the attribute {shown(row.get('attribute'))}"
            yield book["attribute_weights"].mistake(
                message + suggestion(row.get("attribute"), known), row.line, "attribute"
            )


def unknown_stages(book: Scorebook, landed: list[tuple[str, int]]) -> Iterator[Mistake]:
    """Stages to which contacts change that the scorebook does not know, so that these changes are lost."""
    stages = book.index("stages.stage")
    changes: Counter[str] = Counter()
    for name, count in landed:
        changes[plain(name)] += count
    for name in sorted(changes.keys() - stages.keys()):
        yield book["stages"].mistake(
            f"no stage is named {shown(name)}; the data has {changes[name]:,} such stage changes"
            + suggestion(name, stages),
            column="stage",
        )


def idle_caps(book: Scorebook, connection: duckdb.DuckDBPyConnection) -> Iterator[Mistake]:
    """Caps that the build knows as they stand, and that have withheld nothing."""
    for row in book["event_weights"].rows:
        if row.get("max_awards") and row.get("idle_days") is None and row.get("points"):
            known = [int(row.get("max_awards")), row.get("per") or "ever", row.get("rule_id")]
            for _, lines in connection.execute(CAPS, known).fetchall():
                message = f"the cap has withheld none of the {lines:,} awards so far"
                yield book["event_weights"].mistake(message, row.line, "max_awards")
