"""What a database knows of one contact up to a moment: the ledger, and the scorebook that it was built with."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import duckdb

from support.console import CannotRun, tell
from support.database import moment_of, rows
from support.explanation.fold import Group, Ledger, Line
from support.scorebook.tables import plain, suggestion

GROUPS = f"select {', '.join(field.name for field in fields(Group))} from internal.stg_score_groups"

LINES = """
    select
        lines.score_group, lines.line_kind, lines.rule_id, coalesce(labels.label, lines.rule_id) as label,
        lines.event_id, lines.asset, lines.effective_at, lines.stage_visit,
        lines.points::double as points, lines.withheld_points::double as withheld_points, lines.withheld_reason,
        coalesce(rules.expires_after_days, groups.expires_after_days) as expires_after_days,
        adjustments.expires_at
    from points_ledger as lines
    inner join internal.stg_score_groups as groups on groups.score_group = lines.score_group
    left join internal.int_rule_labels as labels on labels.rule_id = lines.rule_id
    left join internal.stg_event_weights as rules on rules.rule_id = lines.rule_id
    left join internal.stg_manual_adjustments as adjustments on adjustments.adjustment_id = lines.rule_id
    where lines.contact_id = $1 and lines.effective_at <= $2
    order by lines.effective_at, lines.rule_id, lines.event_id
"""

# The ledger holds the silences that were, not those that a contact is in.
SILENCES = """
    select
        matches.score_group, 'idle' as line_kind, matches.rule_id, rules.label, matches.event_id, matches.asset,
        matches.idle_at as effective_at, matches.stage_visit, matches.points::double as points,
        coalesce(rules.expires_after_days, groups.expires_after_days) as expires_after_days
    from internal.int_matches_followed as matches
    inner join internal.stg_event_weights as rules on rules.rule_id = matches.rule_id
    inner join internal.stg_score_groups as groups on groups.score_group = matches.score_group
    where matches.contact_id = $1 and matches.occurred_at <= $2
    qualify row_number() over (
        partition by matches.rule_id order by matches.occurred_at desc, matches.event_id desc
    ) = 1
"""

# Corrections by hand that the scorebook already holds for a later day.
SCHEDULED = """
    select
        adjustments.score_group, 'manual' as line_kind, adjustments.adjustment_id as rule_id, labels.label,
        null as event_id, null as asset, adjustments.adjusted_at as effective_at,
        $3::integer as stage_visit, adjustments.points::double as points, groups.expires_after_days,
        adjustments.expires_at
    from internal.int_adjustments_matched as adjustments
    inner join internal.stg_score_groups as groups on groups.score_group = adjustments.score_group
    left join internal.int_rule_labels as labels on labels.rule_id = adjustments.adjustment_id
    where adjustments.contact_id = $1 and adjustments.adjusted_at > $2
"""

CONTACT = """
    select scores.*, contacts.created_at
    from contact_scores as scores
    inner join internal.int_contacts_known as contacts on contacts.contact_id = scores.contact_id
    where scores.contact_id = $1
"""

VISITS = """
    select stage_visit, stage, entered_at from stage_scores
    where contact_id = $1 and (stage_visit = 1 or entered_at <= $2)
    order by stage_visit desc
    limit 1
"""

TRIGGERS = """
    select
        triggers.trigger_id, triggers.label, triggers.scope, triggers.score_group, triggers.direction,
        triggers.threshold, triggers.hysteresis, triggers.repeats,
        max(crossings.crossed_at) as fired_at
    from internal.stg_triggers as triggers
    left join threshold_crossings as crossings
        on
            crossings.trigger_id = triggers.trigger_id and crossings.subject_id = $1
            and crossings.crossed_at <= $2
            and (triggers.scope = 'contact' or crossings.crossed_at >= $4)
    where triggers.scope = 'contact' or (triggers.scope = 'stage' and (triggers.stage is null or triggers.stage = $3))
    group by all
    order by triggers.scope, triggers.threshold, triggers.trigger_id
"""

BANDS = "select score_group, min_score, band, label, color from internal.stg_score_bands"

ALIAS_OF = "select contact_id from internal.int_aliases_resolved where alias_id = $1"
NEAREST = """
    select contact_id from contact_scores
    where levenshtein(lower(contact_id), lower($1)) <= 2
    order by levenshtein(lower(contact_id), lower($1)), contact_id
    limit 1
"""


@dataclass(frozen=True)
class Known:
    """What a database knows of a contact at a moment."""

    contact_id: str
    contact: dict[str, Any]
    is_present: bool
    visit: dict[str, Any]
    ledger: Ledger
    scheduled: list[Line]
    triggers: list[dict[str, Any]]
    bands: list[dict[str, Any]]

    def group(self, name: str) -> Group:
        """The score group of a name."""
        known = {plain(group.score_group): group for group in self.ledger.groups.values()}
        if plain(name) not in known:
            nearest = suggestion(name, self.ledger.groups) or f"; there are {', '.join(self.ledger.groups)}"
            raise CannotRun(f"--score-group: '{name}' is no score group{nearest}")
        return known[plain(name)]


def read(connection: duckdb.DuckDBPyConnection, contact_id: str, moment: datetime | None) -> Known:
    """Read what is known of a contact at a moment, by default that of the build."""
    as_of = moment_of(connection)
    if moment and moment > as_of:
        advice = f"build it with --as-of {moment.isoformat()} first"
        raise CannotRun(f"--as-of: the database knows nothing after {as_of}; {advice}")
    moment = moment or as_of
    contact_id = owner_of(connection, contact_id)
    found = rows(connection, CONTACT, contact_id)
    if not found:
        raise CannotRun(stranger(connection, contact_id))
    if moment < found[0]["created_at"]:
        raise CannotRun(f"{contact_id} was created at {found[0]['created_at']}; there is no score before")
    visit = rows(connection, VISITS, contact_id, moment)[0]
    groups = {row["score_group"]: Group(**row) for row in rows(connection, GROUPS)}
    lines = [Line(**row) for row in rows(connection, LINES, contact_id, moment)]
    return Known(
        contact_id,
        found[0],
        moment == as_of,
        visit,
        Ledger(groups, lines, visit["stage_visit"], moment),
        [
            *(Line(**row) for row in rows(connection, SILENCES, contact_id, moment)),
            *(Line(**row) for row in rows(connection, SCHEDULED, contact_id, moment, visit["stage_visit"])),
        ],
        rows(connection, TRIGGERS, contact_id, moment, visit["stage"], visit["entered_at"]),
        rows(connection, BANDS),
    )


def owner_of(connection: duckdb.DuckDBPyConnection, contact_id: str) -> str:
    """The contact that an id stands for, which is said if it is another one: an alias has no score of its own."""
    owner = connection.execute(ALIAS_OF, [contact_id]).fetchone()
    if not owner:
        return contact_id
    tell(f"{contact_id} is an alias of {owner[0]}, where its events count")
    return owner[0]


def stranger(connection: duckdb.DuckDBPyConnection, contact_id: str) -> str:
    """Why a contact is not there."""
    nearest = connection.execute(NEAREST, [contact_id]).fetchone()
    return f"there is no contact {contact_id}" + (f". Did you mean {nearest[0]}?" if nearest else "")
