"""A contact with all that belongs to it, and its stage visits (section 3, "Stage visits")."""

from dataclasses import dataclass
from datetime import datetime

from .values import boolean, json_object, normal


@dataclass
class Visit:
    """One stay in a stage, [entered_at, left_at)."""

    number: int
    stage: str | None
    entered_at: datetime
    left_at: datetime | None = None


@dataclass
class Contact:
    """A contact that exists at `as_of`."""

    contact_id: str
    row: object
    created_at: datetime
    account_id: str | None
    is_opted_out: bool
    buying_role: str | None
    events: list
    visits: list

    def visit_at(self, moment):
        """The visit that a moment falls in; the first reaches back before created_at."""
        return next((visit for visit in reversed(self.visits) if visit.entered_at <= moment), self.visits[0])


@dataclass
class Event:
    """A used event."""

    event_id: str
    event_type: str
    channel: str | None
    asset: str | None
    occurred_at: datetime
    properties: dict


def read_contacts(given, book):
    """Every contact of the input by its id."""
    contacts = {}
    for contact_id, row in given.contacts.items():
        events = [_event(one) for one in given.used("events") if one.contact_id == contact_id]
        changes = [
            (one.time, normal(one["stage"])) for one in given.used("stage_changes") if one.contact_id == contact_id
        ]
        contacts[contact_id] = Contact(
            contact_id=contact_id,
            row=row,
            created_at=row.time,
            account_id=row["account_id"],
            is_opted_out=boolean(row["opted_out"]) or False,
            buying_role=normal(row["buying_role"]),
            events=sorted(events, key=lambda event: (event.occurred_at, event.event_id)),
            visits=stage_visits(row.time, changes, book.stages),
        )
    return contacts


def _event(row):
    return Event(
        event_id=row["event_id"],
        event_type=normal(row["event_type"]),
        channel=row["channel"],
        asset=row["asset"],
        occurred_at=row.time,
        properties=json_object(row["properties"]) if row["properties"] else {},
    )


def stage_visits(created_at, changes, stages):
    """Visits of a contact from its (moment, stage) changes.

    A contact is in the first stage from created_at until its first stage change; each change starts a visit; a change
    to the same stage is no change. Of several at one moment the highest position counts. The first visit's entered_at
    is created_at, or the first change if that is earlier. Without stages there is one visit in a nameless stage.
    """
    highest = {}
    for moment, stage in changes:
        if moment not in highest or stages[stage].position > stages[highest[moment]].position:
            highest[moment] = stage
    visits = [Visit(1, next((stage.name for stage in stages.values()), None), created_at)]
    for moment in sorted(highest):
        name = stages[highest[moment]].name
        if name != visits[-1].stage:
            visits[-1].left_at = moment
            if len(visits) == 1:
                visits[0].entered_at = min(created_at, moment)
            visits.append(Visit(len(visits) + 1, name, moment))
    return visits
