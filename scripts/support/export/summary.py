"""What an export did and how deliveries stand, for people and as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path

from support.console import short
from support.export import outbox as outboxes
from support.export.payload import Crossing, json_value, plain, sentence
from support.export.run import Report
from support.export.states import State

LISTED = 20
EXAMPLES = 3
NAMED = ("crossing_id", "trigger_id", "subject_id", "crossed_at")

STATES = """
    select destination, state, count(*) as crossings, max(changed_at) as last_change
    from deliveries group by destination, state order by destination, state
"""
DESTINATIONS = "select * from destinations order by destination"
TROUBLE = """
    select destination, trigger_id, subject_id, crossed_at, state, attempts, last_attempt_at, last_error, crossing_id
    from deliveries where state in ('failed', 'dead') order by last_attempt_at desc, crossing_id
"""
RETRACTED = """
    select destination, trigger_id, subject_id, crossed_at, sent_at, changed_at as retracted_at, crossing_id
    from deliveries where state = 'retracted' and sent_at is not null order by changed_at desc, crossing_id
"""


def table(rows: Iterable[Iterable[object]]) -> list[str]:
    """Rows in columns, the first one being their names; numbers stand on the right."""
    grid = [
        ["" if cell is None else f"{cell:,}" if isinstance(cell, int) else plain(str(cell)) for cell in row]
        for row in rows
    ]
    widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
    is_number = [all(cell[:1].isdecimal() or not cell for cell in column[1:]) for column in zip(*grid, strict=True)]
    return [
        "   ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, is_number, strict=True)
        ).rstrip()
        for row in grid
    ]


def shown_report(report: Report) -> str:
    """What a run did, as text."""
    states = [*(["would be sent"] if report.is_dry_run else []), State.SENT, *(s for s in State if s is not State.SENT)]
    used = [state for state in states if any(counts[state] for counts in report.counts.values())]
    rows = [
        [name, report.where[name], *(report.counts[name][state] for state in used)] for name in sorted(report.counts)
    ]
    lines = [f"Crossings as of {report.as_of} UTC{'; a dry run, nothing was recorded or sent' * report.is_dry_run}", ""]
    nothing = "Nothing was sent." if report.findings else "Nothing new."
    lines += table([["target", "where", *used], *rows]) if used else [nothing]
    if report.first_exports:
        names = ", ".join(report.first_exports)
        lines += ["", f"This is the first export to {names}: what was there before is recorded, not sent."]
        lines += ["Add --no-baseline to send what is fresh of it."]
    shown = newest(report, LISTED if report.is_dry_run else EXAMPLES)
    lines += ["", "The latest:"] * bool(shown)
    lines += [f"  {plain(each.trigger_label or each.trigger_id)} - {sentence(each)}" for each in shown]
    if report.retracted:
        lines += ["", "Sent before, and no longer crossings now:"]
        names = ("destination", "trigger_id", "subject_id", "crossed_at", "sent_at", "crossing_id")
        lines += table([names, *([row[name] for name in names] for row in report.retracted[:LISTED])])
        lines += [f"and {len(report.retracted) - LISTED:,} more"] * (len(report.retracted) > LISTED)
    return "\n".join(lines)


def newest(report: Report, count: int) -> list[Crossing]:
    """The latest crossings of a run, each once."""
    different = {crossing.crossing_id: crossing for _, crossing in report.sent}
    return sorted(different.values(), key=lambda crossing: crossing.crossed_at, reverse=True)[:count]


def report_json(report: Report) -> str:
    """What a run did, for machines."""
    return json.dumps(
        {
            "as_of": f"{report.as_of.isoformat()}Z",
            "scorebook_version": report.scorebook_version,
            "state": str(report.state),
            "dry_run": report.is_dry_run,
            "targets": {
                name: {"where": report.where[name], **{state: count for state, count in counts.items() if count}}
                for name, counts in sorted(report.counts.items())
            },
            "crossings": [
                {"target": name, **{column: json_value(getattr(each, column)) for column in NAMED}}
                for name, each in report.sent
            ],
            "retracted": report.retracted,
            "findings": report.findings,
        },
        indent=1,
    )


def status(state: Path) -> dict[str, list[dict]]:
    """How deliveries stand."""
    if not state.exists():
        return {"destinations": [], "states": [], "trouble": [], "retracted": []}
    with outboxes.copied(state) as outbox:
        queries = {"destinations": DESTINATIONS, "states": STATES, "trouble": TROUBLE, "retracted": RETRACTED}
        return {name: outbox.rows(query) for name, query in queries.items()}


def status_json(state: Path) -> str:
    """How deliveries stand, for machines."""
    return json.dumps({"state": str(state), **status(state)}, indent=1)


def shown_status(state: Path) -> str:
    """How deliveries stand, as text."""
    found = status(state)
    if not found["destinations"]:
        return f"Nothing has been exported yet: {short(state)} records no export."
    used = [each for each in State if any(row["state"] == each for row in found["states"])]
    counts = {(row["destination"], row["state"]): row["crossings"] for row in found["states"]}
    rows = [
        [
            row["destination"],
            *(counts.get((row["destination"], each), 0) for each in used),
            row["last_export_at"][:19],
            row["as_of"][:19],
            f"disabled since {row['disabled_at'][:19]}" if row["disabled_at"] else row["last_error"],
        ]
        for row in found["destinations"]
    ]
    lines = [f"Deliveries recorded in {short(state)}, times in UTC", ""]
    lines += table([["target", *used, "last export", "as of", "last trouble"], *rows])
    for title, name in (("What did not get through", "trouble"), ("Sent, and no longer a crossing", "retracted")):
        if listed := found[name][:LISTED]:
            columns = [column for column in listed[0] if column != "crossing_id"]
            lines += [
                "",
                title,
                *table([columns, *([cut(column, row[column]) for column in columns] for row in listed)]),
            ]
            lines += [f"and {len(found[name]) - LISTED:,} more; --format json has all"] * (len(found[name]) > LISTED)
    return "\n".join(lines)


def cut(column: str, value: object) -> object:
    """A cell of the status: times to the second."""
    return value[:19] if column.endswith("_at") and isinstance(value, str) else value
