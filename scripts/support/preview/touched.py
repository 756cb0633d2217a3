"""What an edit of rules for events leaves as it is, so that a preview need not compute it again.

Rules know nothing of each other, and contacts nothing of each other but through their accounts. So only events of the
types whose rules were edited meet the rules again, and all other lines of points are the live ones; and where nothing
but rules was edited, only contacts that have such events can cross a threshold anew, and only accounts that have such
contacts. Models are built as ever: after some of them, dbt runs a hook that puts a view in the place of the table.
"""

from dataclasses import dataclass

import duckdb

from support.preview.graph import kept_by_no_build
from support.scorebook.tables import plain

EVENTS = "stg_events"
LINES = ("int_event_lines", "int_matches_followed")
# Tables that only crossings are made of, and whose rows can matter: those of contacts, or of all who share an account.
OF_CONTACTS = {
    "int_daily_sums": "touched_members",
    "int_spans_passing": "touched_contacts",
    "int_watched_visit_points": "touched_contacts",
}
LIVE_LINES = "select * from live.{relation} where rule_id in (select rule_id from preview.kept_rules) union all by name"
FIND = """
    create table preview.touched_contacts as
    select distinct contact_id from live.internal.stg_events
    where event_type in (select event_type from preview.touched_types) and verdict = 'used';
    create table preview.touched_accounts as
    select distinct known_account_id as account_id from live.internal.int_contacts_known
    where contact_id in (select contact_id from preview.touched_contacts) and known_account_id is not null;
    create table preview.touched_members as
    select contact_id from preview.touched_contacts
    union
    select contact_id from live.internal.int_contacts_known
    where known_account_id in (select account_id from preview.touched_accounts);
"""
IS_TOUCHED = """
    case
        when scope = 'account' then subject_id in (select account_id from preview.touched_accounts)
        else subject_id in (select contact_id from preview.touched_contacts)
    end
"""


@dataclass(frozen=True)
class Touched:
    """The types of the events that may earn otherwise (None: any may), and whether nothing but rules was edited."""

    types: set[str] | None = None
    is_rules_only: bool = False

    def has(self, event_type: str) -> bool:
        """Whether events of a type may earn otherwise."""
        return self.types is None or plain(event_type) in self.types

    @property
    def needed(self) -> set[str]:
        """Live tables that hooks read."""
        return set(LINES) if self.types is not None else set()

    def condition(self, name: str) -> str:
        """Which rows of a live table are read."""
        is_some = name == EVENTS and self.types is not None
        return "event_type in (select event_type from preview.touched_types)" if is_some else "true"

    def find(self, connection: duckdb.DuckDBPyConnection, rules: list[str]) -> None:
        """Note the types, the rules whose lines are the live ones, and who can cross a threshold anew."""
        connection.execute("create schema preview")
        for table, column, texts in (
            ("touched_types", "event_type", sorted(self.types or ())),
            ("kept_rules", "rule_id", rules),
        ):
            connection.execute(f"create table preview.{table} as select unnest($1::varchar[]) as {column}", [texts])
        if self.is_rules_only:
            connection.execute(FIND)

    def hooks(self, built: set[str], schemas: dict[str, str], preview: str) -> dict[str, str]:
        """What dbt runs after models, by the name of an environment variable: views take the place of tables. They
        cost less to read than copies would cost to write."""
        names = built & (self.needed | (OF_CONTACTS.keys() if self.is_rules_only else set()))
        gone = kept_by_no_build()
        places = {name: f"scratch.internal.{name}" if name in gone else f"{schemas[name]}.{name}" for name in names}
        return {f"SCORING_AFTER_{name.upper()}": self.hook(place, name, preview) for name, place in places.items()}

    def hook(self, relation: str, name: str, preview: str) -> str:
        """Put a view in the place of a table: with the live lines of the other rules, or of some contacts only."""
        others = LIVE_LINES.format(relation=relation) if name in LINES else ""
        who = OF_CONTACTS.get(name)
        which = f'where contact_id in (select contact_id from "{preview}".preview.{who})' if who else ""
        return f"""
            alter table {relation} rename to {name}_built;
            create view {relation} as {others} select * from {relation}_built {which};
        """

    def complete_crossings(self, connection: duckdb.DuckDBPyConnection, triggers: list[str]) -> None:
        """Add the live crossings of all who cross nothing anew."""
        if self.is_rules_only:
            connection.execute(f"delete from main.threshold_crossings where not {IS_TOUCHED}")
            query = f"""
                insert into main.threshold_crossings by name
                select * from live.main.threshold_crossings
                where trigger_id in (select unnest($1::varchar[])) and not {IS_TOUCHED}
            """
            connection.execute(query, [triggers])
