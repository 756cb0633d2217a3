"""What the data of a build says about a scorebook: names that it has never seen, and caps that withheld nothing."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import duckdb

from support.console import counted
from support.database import moment_of, opened
from support.scorebook.tables import Mistake, Row, Scorebook, plain, shown, suggestion

QUIET_DAYS = 90
Problem = tuple[str, str]
Problems = dict[str, Problem]
NEAR_NAMES = 1000  # among how many names of the data to look for the nearest

# All that is asked of events but their properties, so that they are read once.
SEEN = """
    create temp table seen as
    select
        event_type, channel, replace(lower(asset), 'ς', 'σ') as asset, count(*) as events, max(occurred_at) as last_at
    from internal.stg_events
    where verdict = 'used'
    group by all
"""
EVENT_TYPES = "select event_type, sum(events)::bigint, max(last_at) from seen group by event_type order by event_type"
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
BUYING_ROLES = "select distinct buying_role from internal.int_contacts_known where buying_role is not null"
UNKNOWN_CONTACTS = """
    select given.contact_id
    from (select unnest($1::varchar[]) as contact_id) as given
    left join internal.int_aliases_resolved as aliases on given.contact_id = aliases.alias_id
    where coalesce(aliases.contact_id, given.contact_id) not in (select contact_id from internal.int_contacts_known)
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
        connection.execute(SEEN)
        types = {name: (events, last) for name, events, last in connection.execute(EVENT_TYPES).fetchall()}
        rules = [row for name in ("event_weights", "event_exclusions") for row in book[name].rows]
        unseen = {row.get("rule_id"): problem for row in rules if (problem := unseen_name(row, connection))}
        yield from unknown_types(book, types, as_of)
        yield from unseen_rules(book, unseen, types, as_of)
        yield from unseen_exclusions(book, unseen)
        yield from unknown_properties(book, unseen, set(connection.execute(PROPERTIES).fetchall()))
        yield from unknown_attributes(book, set(connection.execute(ATTRIBUTES).fetchall()))
        yield from unknown_stages(book, connection.execute(STAGES).fetchall())
        yield from unknown_roles(book, {role for (role,) in connection.execute(BUYING_ROLES).fetchall()})
        yield from unknown_contacts(book, connection)
        yield from idle_caps(book, unseen, connection)


def unseen_name(row: Row, connection: duckdb.DuckDBPyConnection) -> Problem | None:
    """The first name of a rule or exclusion that no event has beside those before it: its column, and what to say."""
    whose, condition, values = "event of the data", "true", []
    for column in ("event_type", "channel", "asset"):
        if not (name := plain(row.get(column))):
            continue
        is_type = column == "event_type"
        found = f"from seen where {condition} and {column}"
        if not connection.execute(f"select 1 {found} = ? limit 1", [*values, name]).fetchall():
            known = connection.execute(f"select distinct {column} {found} is not null limit {NEAR_NAMES}", values)
            nearest = suggestion(name, [text for (text,) in known.fetchall()])
            message = f"the data has no {shown(name)}" if is_type else f"no {whose} has the {column} {shown(name)}"
            return column, message + nearest
        whose = f"{shown(name)} of the data" if is_type else f"{whose} with the {column} {shown(name)}"
        condition, values = f"{condition} and {column} = ?", [*values, name]
    return None


def unknown_types(book: Scorebook, types: dict[str, tuple[int, datetime]], as_of: datetime) -> Iterator[Mistake]:
    """Event types that nothing scores."""
    named = {plain(row.get("event_type")) for row in book["event_weights"].rows}
    for name, (events, last) in types.items():
        if name not in named and last > as_of - timedelta(days=QUIET_DAYS):
            such = f"{counted(events, 'such event')}, the last on {last:%Y-%m-%d}"
            message = f"no rule names {shown(name)}; the data has {such}"
            yield book["event_weights"].mistake(message, column="event_type")


def unseen_rules(
    book: Scorebook, unseen: Problems, types: dict[str, tuple[int, datetime]], as_of: datetime
) -> Iterator[Mistake]:
    """Rules for which nothing comes in, though they are valid."""
    for row in book["event_weights"].rows:
        is_over = row.get("valid_to") is not None and row.get("valid_to") <= as_of
        is_ahead = row.get("valid_from") is not None and row.get("valid_from") > as_of
        if is_over or is_ahead:
            continue
        name = plain(row.get("event_type"))
        if problem := unseen.get(row.get("rule_id")):
            column, message = problem
            yield book["event_weights"].mistake(message, row.line, column)
        elif (last := types[name][1]) <= as_of - timedelta(days=QUIET_DAYS):
            message = f"the data has seen {shown(name)} last on {last:%Y-%m-%d}"
            yield book["event_weights"].mistake(message, row.line, "event_type")


def unseen_exclusions(book: Scorebook, unseen: Problems) -> Iterator[Mistake]:
    """Exclusions that nothing comes in for."""
    for row in book["event_exclusions"].rows:
        if problem := unseen.get(row.get("rule_id")):
            column, message = problem
            yield book["event_exclusions"].mistake(message, row.line, column)


def unknown_properties(book: Scorebook, unseen: Problems, seen: set[tuple[str, str]]) -> Iterator[Mistake]:
    """Conditions and multipliers on properties that no event of the type carries, though there are such events."""
    rules = {row.get("rule_id"): row for name in ("event_weights", "event_exclusions") for row in book[name].rows}

    def problem(rule: Row, name: str | None) -> str | None:
        event_type = plain(rule.get("event_type"))
        known = {key for found, key in seen if not event_type or found == event_type}
        if name is None or name in known or name in ("channel", "asset") or rule.get("rule_id") in unseen:
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
            f"no stage is named {shown(name)}; the data has {counted(changes[name], 'such stage change')}"
            + suggestion(name, stages),
            column="stage",
        )
    # Everybody begins in the first stage, which so needs no change.
    for row in sorted(book["stages"].rows, key=lambda row: row.get("position"))[1:]:
        if plain(row.get("stage")) not in changes:
            message = f"no stage change of the data names {shown(row.get('stage'))}"
            yield book["stages"].mistake(message + suggestion(row.get("stage"), changes), row.line, "stage")


def unknown_roles(book: Scorebook, known: set[str]) -> Iterator[Mistake]:
    """Buying roles that nobody has."""
    for row in book["buying_roles"].rows:
        if plain(row.get("buying_role")) not in known:
            message = f"no contact of the data has the buying role {shown(row.get('buying_role'))}"
            yield book["buying_roles"].mistake(
                message + suggestion(row.get("buying_role"), known), row.line, "buying_role"
            )


def unknown_contacts(book: Scorebook, connection: duckdb.DuckDBPyConnection) -> Iterator[Mistake]:
    """Adjustments by hand that wait for a contact."""
    table = book["manual_adjustments"]
    given = [row.get("contact_id") for row in table.rows]
    unknown = {contact for (contact,) in connection.execute(UNKNOWN_CONTACTS, [given]).fetchall()}
    for row in table.rows:
        if row.get("contact_id") in unknown:
            message = f"neither a contact nor an alias of the data has the id {shown(row.get('contact_id'))}"
            yield table.mistake(message, row.line, "contact_id")


def idle_caps(book: Scorebook, unseen: Problems, connection: duckdb.DuckDBPyConnection) -> Iterator[Mistake]:
    """Caps that the build knows as they stand, and that have withheld nothing, though there was something to cap."""
    for row in book["event_weights"].rows:
        if row.get("rule_id") in unseen:
            continue
        if row.get("max_awards") and row.get("idle_days") is None and row.get("points"):
            known = [int(row.get("max_awards")), row.get("per") or "ever", row.get("rule_id")]
            for _, lines in connection.execute(CAPS, known).fetchall():
                withheld = "not withheld the only award" if lines == 1 else f"withheld none of the {lines:,} awards"
                message = f"the cap has {withheld} so far"
                yield book["event_weights"].mistake(message, row.line, "max_awards")
