"""Show what a build made: the marts, the best contacts, how contacts spread over the bands, and what was left out.

Exit status: 0 shown, 2 there is no such database or it holds no scores.
"""

import argparse
import shlex
from pathlib import Path

import duckdb
from rich.console import Console
from rich.text import Text

from support.console import command, typed
from support.database import moment_of, opened
from support.dbt_runner import DATABASE, DATABASE_HELP
from support.show import heading, printed, shown, style_of, table
from support.sql import quoted

MARTS = {
    "contact_scores": "one row per contact: score, band, grade and the reasons",
    "group_scores": "per contact and score group",
    "stage_scores": "per contact and visit of a stage",
    "account_scores": "per account and score group",
    "score_history": "per contact, score group and day with a change",
    "score_statement": "what adds up to each score, line by line",
    "points_ledger": "every award of points, and what took it back",
    "threshold_crossings": "every crossing of a threshold that a trigger watches",
    "segment_members": "per segment and contact",
    "nps_scores": "per survey and month",
    "nps_audiences": "per account or segment, survey and month",
    "attitude_by_engagement": "what people say beside what they do",
    "contact_health": "per contact: rising, steady, cooling or dormant",
    "rule_performance": "per rule: whether it earns its points",
    "score_evaluation": "per score: what it was worth at a cut-off",
    "predicted_conversions": "per contact: how likely it is to convert; empty until scripts/train.py has learned",
    "stage_calibration": "per stage: how many points an action should earn",
    "rejected_rows": "rows of the input that cannot be used, and why",
    "unmatched_rows": "rows that wait for their contact",
    "unscored_event_types": "event types that no rule names",
    "input_summary": "per input table and verdict: how many rows landed",
    "build_info": "what this was built of, and for which moment",
    "scorebook_versions": "which scorebook counted when",
}

CLEARED = "from contact_scores where not coalesce(is_disqualified, false) and not coalesce(is_opted_out, false)"
BEST = f"""
    select contact_id, round(score, 1), band_label, band_color, grade, stage_label, top_reasons {CLEARED}
    order by score desc, points desc, contact_id
    limit 10
"""
BANDS = """
    with bands as (
        select label, any_value(color) as color, max(min_score) as min_score
        from internal.stg_score_bands
        where score_group in (select score_group from internal.stg_score_groups where is_total)
        group by label
    )
    select coalesce(bands.label, 'no band'), bands.color, count(contacts.contact_id)
    from bands
    full join contact_scores as contacts on bands.label = contacts.band_label
    group by bands.label, bands.color, bands.min_score
    order by bands.min_score desc nulls last
"""
LEFT_OUT = """
    select
        source_table,
        case verdict
            when 'unmatched' then 'unmatched: waits for its contact'
            when 'waiting' then 'waiting: later than that moment'
            else verdict
        end,
        row_count
    from input_summary
    where verdict != 'used'
    order by source_table, verdict in ('unmatched', 'waiting'), verdict
"""
UNSCORED = "select event_type, events from unscored_event_types order by events desc, event_type limit 10"


def show_report(connection: duckdb.DuckDBPyConnection, database: Path, console: Console) -> None:
    """Print the whole report."""

    def rows(query: str) -> list[tuple]:
        return connection.execute(query).fetchall()

    as_of = moment_of(connection)
    has_contacts = bool(rows("select 1 from contact_scores limit 1"))
    console.print(Text(f"Scores as of {as_of} UTC" if has_contacts else "No contacts to score", style="bold"))

    built = {name for (name,) in rows("select table_name from information_schema.tables where table_schema = 'main'")}
    marts = [[mart, rows(f"select count(*) from {mart}")[0][0], text] for mart, text in MARTS.items() if mart in built]
    table(console, "What was built", ["mart", "rows", "what it holds"], marts)

    best = [
        [contact, score, Text(shown(band), style_of(color)), grade, stage, reasons]
        for contact, score, band, color, grade, stage, reasons in rows(BEST)
    ]
    aside = rows("select count(*) from contact_scores")[0][0] - rows(f"select count(*) {CLEARED}")[0][0]
    title = f"The best contacts (left aside, as disqualified or opted out: {aside:,})"
    table(console, title, ["contact", "score", "band", "grade", "stage", "top reasons"], best)

    bands = [[Text(band, style_of(color)), count] for band, color, count in rows(BANDS)]
    table(console, "Contacts by band", ["band", "contacts"], bands)

    table(console, "Rows left out of the scores", ["table", "reason", "rows"], rows(LEFT_OUT))
    unscored = ", ".join(f"{event_type} ({events:,})" for event_type, events in rows(UNSCORED))
    console.print(Text(f"\nEvent types that no rule names: {unscored or 'none'}"))

    contact = best[0][0] if best else "ID"
    in_quotes = quoted(contact)
    heading(console, "What to do next")
    for line in (
        f"The database is {database}; any DuckDB client opens it.",
        "Why a contact has its score, and in a table that adds up to it:",
        f"    .venv/bin/python scripts/explain.py {shlex.quote(contact)} --database {typed(database)}",
        f"    select * from score_statement where contact_id = {in_quotes} order by score_group, line, points desc",
        "Which rows cannot be used:",
        "    select * from rejected_rows",
        "What another weight would do, person by person; edit seeds/event_weights.csv first:",
        f"    .venv/bin/python scripts/preview_scorebook.py --scorebook seeds --database {typed(database)}",
        "Score your own data:",
        "    .venv/bin/python scripts/build.py --input FOLDER --database FILE",
    ):
        console.print(Text(line), soft_wrap=True)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", type=Path, default=DATABASE, metavar="FILE", help=DATABASE_HELP)
    arguments = parser.parse_args()
    database = arguments.database.resolve()
    with opened(database) as connection, printed() as console:
        show_report(connection, database, console)
    return 0


if __name__ == "__main__":
    command(main)
