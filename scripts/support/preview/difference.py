"""What differs between two builds of the same input: bands, triggers, movers, segments, accounts and distributions.

Points are compared to a little more than their sixth decimal, in which two builds of the same scorebook may differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from support.database import rows
from support.preview.edits import TOTAL, Reach, needed_groups, parts_of_total, watched
from support.scorebook.reach import scale_of
from support.scorebook.tables import Row, Scorebook, plain, receivers
from support.sql import quoted, text_list
from support.timestamps import shifted

NOISE = 2e-6
BINS = 10
NO_BAND = "(no band)"


@dataclass(frozen=True)
class Side:
    """A scorebook and where the marts that were built with it are: in a preview, the rest in the live database."""

    name: str
    book: Scorebook
    built: set[str]

    def mart(self, mart: str) -> str:
        """The relation of a mart."""
        return f"{self.name if mart in self.built else 'live'}.main.{mart}"


@dataclass(frozen=True)
class Comparison:
    """Two sides in one connection, and what the edit between them can move."""

    connection: duckdb.DuckDBPyConnection
    before: Side
    after: Side
    reach: Reach
    as_of: datetime
    stale_after_days: float
    listed: int

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """The rows of a query."""
        return rows(self.connection, query, *values)

    def group(self, name: str) -> Row:
        """A score group as it is after the edit, or was before."""
        return self.after.book.group(name) or self.before.book.group(name)

    def label(self, name: str) -> str:
        """What people call a score group."""
        return self.group(name).get("label") or self.group(name).get("score_group")

    def groups(self) -> list[str]:
        """The scores on both sides that the edit can move, the total first."""
        names = [plain(row.get("score_group")) for row in self.after.book["score_groups"].rows]
        moved = [name for name in names if name in self.reach.groups and self.before.book.group(name)]
        return sorted(moved, key=lambda name: name != TOTAL)

    def lone_groups(self) -> list[dict[str, Any]]:
        """The scores that only one side has: nobody moves in them, as there is nothing to move from or to."""
        return [
            {
                "score_group": plain(row.get("score_group")),
                "label": self.label(row.get("score_group")),
                "is_new": is_new,
            }
            for is_new, side, other in ((False, self.before, self.after), (True, self.after, self.before))
            for row in side.book["score_groups"].rows
            if not other.book.group(row.get("score_group"))
        ]


def difference(found: Comparison) -> dict[str, Any]:
    """Everything that differs."""
    pair_scores(found)
    groups = found.groups()
    moved = "select count(distinct contact_id) from pairs where is_moved"
    return {
        "contacts": {
            "all": found.connection.execute("select count(*) from live.main.contact_scores").fetchone()[0],
            "moved": found.connection.execute(moved).fetchone()[0],
        },
        "lone_groups": found.lone_groups(),
        "scores": [score_difference(found, group) for group in groups],
        "triggers": list(trigger_differences(found)),
        "besides": besides(found),
        "segments": segment_differences(found),
        "accounts": [account_difference(found, group) for group in groups],
    }


def pair_scores(found: Comparison) -> None:
    """The scores of both sides beside each other, by contact and group; and those of accounts."""
    groups = found.groups()
    names = text_list(name for name in groups if name != TOTAL)
    total = "true" if TOTAL in groups else "false"
    for side in (found.before, found.after):
        found.connection.execute(f"""
            create temp view scores_{side.name} as
            select contact_id, plain(score_group) as score_group, points, score, plain(band) as band
            from {side.mart("group_scores")} where plain(score_group) in ({names})
            union all
            select contact_id, '{TOTAL}', points, score, plain(band) from {side.mart("contact_scores")} where {total}
        """)
        found.connection.execute(f"""
            create temp view accounts_{side.name} as
            select account_id, plain(score_group) as score_group, points, score, plain(band) as band
            from {side.mart("account_scores")}
            where plain(score_group) in ({names}) or (plain(score_group) = '{TOTAL}' and {total})
        """)
    for table, subject in (("pairs", "contact_id"), ("account_pairs", "account_id")):
        source = "scores" if table == "pairs" else "accounts"
        found.connection.execute(f"""
            create temp table {table} as
            select
                {subject}, score_group,
                before.points as points_before, after.points as points_after,
                before.score as score_before, after.score as score_after,
                before.band as band_before, after.band as band_after,
                coalesce(abs(after.points - before.points) > {NOISE}, true)
                    or before.score is distinct from after.score or before.band is distinct from after.band as is_moved
            from {source}_before as before
            full join {source}_after as after using ({subject}, score_group)
        """)


def score_difference(found: Comparison, group: str) -> dict[str, Any]:
    """A score before and after: its bands, its distribution, and who moved most."""
    changed = "select count(*) from pairs where score_group = $1 and band_before is distinct from band_after"
    scales = [scale_of(side.book.group(group)) for side in (found.before, found.after)]
    return {
        "score_group": group,
        "label": found.label(group),
        "band_changes": found.connection.execute(changed, [group]).fetchone()[0],
        "bands": bands(found, group),
        "matrix": matrix(found, "pairs", group),
        "scale": dict(zip(("before", "after"), scales, strict=True)),
        "distribution": distribution(found, group, *scales[0]) if scales[0] == scales[1] else [],
        "movers": movers(found, group),
    }


def bands(found: Comparison, group: str) -> list[dict[str, Any]]:
    """The bands of both sides from the lowest on, each with its label and the sides that have it."""
    ordered: dict[str, dict[str, Any]] = {}
    for name, side in (("is_before", found.before), ("is_after", found.after)):
        for row in side.book["score_bands"].rows:
            if plain(row.get("score_group")) == group:
                band = ordered.setdefault(plain(row.get("band")), {"is_before": False, "is_after": False})
                label = row.get("label") or row.get("band")
                band |= {"band": plain(row.get("band")), "label": label, "min_score": row.get("min_score"), name: True}
    return sorted(ordered.values(), key=lambda band: band["min_score"])


def matrix(found: Comparison, table: str, group: str) -> list[dict[str, Any]]:
    """How many went from which band to which."""
    query = f"""
        select band_before as before, band_after as after, count(*) as count
        from {table} where score_group = $1 group by all order by all
    """
    return found.rows(query, group)


def distribution(found: Comparison, group: str, low: float, high: float) -> list[dict[str, Any]]:
    """Contacts by tenths of the scale, before and after."""
    width = (high - low) / BINS or 1

    def counted(side: str) -> str:
        tenth = f"least(greatest(floor((score_{side} - {low}) / {width}), 0), {BINS - 1})::bigint"
        known = f"score_group = $1 and score_{side} is not null"
        return f"select {tenth} as bin, count(*) as contacts from pairs where {known} group by all"

    query = f"""
        with bins as (select unnest(range({BINS})) as bin),
        before as ({counted("before")}),
        after as ({counted("after")})
        select
            ({low} + bins.bin * {width})::double as score_from, ({low} + (bins.bin + 1) * {width})::double as score_to,
            coalesce(before.contacts, 0) as before, coalesce(after.contacts, 0) as after
        from bins left join before using (bin) left join after using (bin)
        order by bins.bin
    """
    return found.rows(query, group)


def movers(found: Comparison, group: str) -> list[dict[str, Any]]:
    """Who moved most, each with the rule that did most of it."""
    query = f"""
        select
            contact_id, score_before, score_after, points_before, points_after, band_before, band_after
        from pairs where score_group = $1 and is_moved
        order by
            abs(coalesce(score_after, 0) - coalesce(score_before, 0)) desc,
            abs(coalesce(points_after, 0) - coalesce(points_before, 0)) desc, contact_id
        limit {found.listed}
    """
    moved = found.rows(query, group)
    causes = causes_of(found, group, [row["contact_id"] for row in moved])
    for row in moved:
        row |= causes.get(row["contact_id"]) or cause_beside_points(row)
    return moved


def cause_beside_points(row: dict[str, Any]) -> dict[str, Any]:
    """What moves a contact whose points stay: the scale on which its score stands, or the bands."""
    has_other_score = row["score_before"] != row["score_after"]
    scale, bands = ("score_groups.csv", "the scale that was edited"), ("score_bands.csv", "the bands that were edited")
    file, label = scale if has_other_score else bands
    return {"cause": file, "cause_label": label, "cause_points": None}


def causes_of(found: Comparison, group: str, contacts: list[str]) -> dict[str, dict[str, Any]]:
    """The line of the statement that did most of each contact's move: in the group that moved most, the line that went
    that way; an award goes before what follows from it. Of the total, the groups that are in it on both sides, and what
    a group brings that joins it or takes that leaves it."""
    parts = [parts_of_total(side.book) for side in (found.before, found.after)]
    names = sorted(parts[0] & parts[1] & found.reach.groups | {TOTAL}) if group == TOTAL else [group]
    turning = sorted(parts[0] ^ parts[1]) if group == TOTAL else []

    def lines(side: Side) -> str:
        return f"""
            select contact_id, plain(score_group) as score_group, line, rule_id, label, points
            from {side.mart("score_statement")}
            where
                contact_id in (select unnest($1::varchar[]))
                and plain(score_group) in (select unnest($2::varchar[]))
                and (line != 'group' or plain(rule_id) in (select unnest($3::varchar[])))
        """

    query = f"""
        with before as ({lines(found.before)}), after as ({lines(found.after)}),
        changed as (
            select
                coalesce(after.contact_id, before.contact_id) as contact_id,
                case
                    when coalesce(after.line, before.line) = 'group' then coalesce(after.rule_id, before.rule_id)
                    else coalesce(after.score_group, before.score_group)
                end as part,
                coalesce(after.line, before.line) as line,
                coalesce(after.rule_id, before.rule_id) as rule_id,
                coalesce(after.label, before.label)
                    || case
                        when coalesce(after.line, before.line) != 'group' then ''
                        when before.line is null then ' joins the total' else ' leaves the total'
                    end as label,
                coalesce(after.points, 0) - coalesce(before.points, 0) as points
            from before full join after
                on before.contact_id = after.contact_id and before.score_group = after.score_group
                and before.line = after.line and before.rule_id is not distinct from after.rule_id
        ),
        directed as (
            select
                *,
                sum(points) over (partition by contact_id, part) as part_points,
                sign(round(sum(points) over (partition by contact_id), 6)) as direction
            from changed
        )
        select contact_id, coalesce(rule_id, line) as cause, label as cause_label, points as cause_points
        from directed
        where abs(points) > {NOISE} and part_points * direction > {NOISE}
        qualify row_number() over (
            partition by contact_id
            order by
                part_points * direction desc, part, points * direction > 0 desc,
                case line when 'limit' then 2 when 'awarded' then 0 when 'group' then 0 else 1 end,
                abs(points) desc, rule_id
        ) = 1
    """
    return {row.pop("contact_id"): row for row in found.rows(query, contacts, names, turning)}


def trigger_differences(found: Comparison) -> Iterator[dict[str, Any]]:
    """What each trigger would send once because of the edit, and who rises above or falls below its threshold."""
    fresh_after = shifted(found.as_of, -found.stale_after_days)
    for trigger_id in sorted(found.reach.triggers):
        old, new = (side.book.index("triggers.trigger_id").get(trigger_id) for side in (found.before, found.after))
        told = [set(receivers(trigger and trigger.get("target"))) for trigger in (old, new)]
        values = (trigger_id, fresh_after, not told[1] <= told[0])
        crossings = {
            row["what"]: row["count"] for row in found.rows(crossing_query(found, "what, count(*) as count"), *values)
        }
        latest = f"where what = 'would_send' order by crossed_at desc, subject_id limit {found.listed}"
        listed = crossing_query(found, "subject_id, crossed_at", latest)
        yield {
            "trigger_id": trigger_id,
            "label": (new or old).get("label") or trigger_id,
            "scope": (new or old).get("scope"),
            "direction": (new or old).get("direction"),
            "is_new": old is None,
            "is_removed": new is None,
            **{what: crossings.get(what, 0) for what in ("would_send", "stale", "suppressed", "gone")},
            "latest": found.rows(listed, *values),
            **standing(found, old, new),
        }


def crossing_query(found: Comparison, columns: str, which: str = "group by all") -> str:
    """Crossings of a trigger ($1) that only one side has, by their ids, or that are suppressed on one side only, or all
    if somebody else is to hear of them ($3); those before $2 are too old for the export."""
    return f"""
        with before as (select * from {found.before.mart("threshold_crossings")} where trigger_id = $1),
        after as (select * from {found.after.mart("threshold_crossings")} where trigger_id = $1),
        changed as (
            select
                after.subject_id, after.crossed_at,
                case
                    when after.is_suppressed then 'suppressed' when after.crossed_at < $2 then 'stale' else 'would_send'
                end as what
            from after left join before using (crossing_id)
            where
                before.crossing_id is null or before.is_suppressed != after.is_suppressed or $3
            union all
            select subject_id, crossed_at, 'gone' as what
            from before where crossing_id not in (select crossing_id from after)
        )
        select {columns} from changed {which}
    """


def standing(found: Comparison, old: Row | None, new: Row | None) -> dict[str, Any]:
    """Who stands at or above the threshold now, before and after, and who changes sides."""
    query = f"""
        with before as ({watched_points(found.before, old or new)}),
        after as ({watched_points(found.after, new or old)}),
        sides as (
            select
                subject_id,
                coalesce(before.points >= $1, false) as was_above,
                coalesce(after.points >= $2, false) as is_above
            from before full join after using (subject_id)
        )
        select
            count(*) filter (was_above) as above_before,
            count(*) filter (is_above) as above_after,
            count(*) filter (is_above and not was_above) as rise,
            count(*) filter (was_above and not is_above) as fall,
            (list(subject_id order by subject_id) filter (was_above and not is_above))[:{found.listed}] as falling
        from sides
    """
    thresholds = [(row or new or old).get("threshold") for row in (old, new)]
    row = found.rows(query, *thresholds)[0]
    return row | {"falling": row["falling"] or []}


def watched_points(side: Side, trigger: Row) -> str:
    """A query for the points that a trigger watches, as they are now."""
    group = watched(trigger)
    if trigger.get("scope") == "stage":
        stage = plain(trigger.get("stage"))
        is_stage = f"and plain(stage) = {quoted(stage)}" if stage else ""
        return f"select contact_id as subject_id, points from {side.mart('stage_scores')} where is_current {is_stage}"
    if trigger.get("scope") == "contact" and group == TOTAL:
        return f"select contact_id as subject_id, points from {side.mart('contact_scores')}"
    mart, subject = (
        ("account_scores", "account_id") if trigger.get("scope") == "account" else ("group_scores", "contact_id")
    )
    return f"select {subject} as subject_id, points from {side.mart(mart)} where plain(score_group) = {quoted(group)}"


def besides(found: Comparison) -> dict[str, int]:
    """What changes for how many besides points, scores and bands, as far as the edit's reach can tell."""
    graded = {
        plain(row.get("score_group"))
        for side in (found.before, found.after)
        for row in side.book["score_groups"].rows
        if row.get("category") in ("engagement", "fit")
    }
    whole = [needed_groups(side.book, found.reach) for side in (found.before, found.after)]
    has_total, has_grade = TOTAL in found.reach.groups, all(graded <= groups for groups in whole)
    of_accounts = f"{has_total} and '{TOTAL}' = plain(before.score_group) and '{TOTAL}' = plain(after.score_group)"
    has_same_points = f"{of_accounts} and abs(before.points - after.points) <= {NOISE}"
    looked_at = (
        ("stage", "contact_scores", "contact_id", "plain({}.stage)", "true"),
        ("disqualified", "contact_scores", "contact_id", "{}.is_disqualified", "true"),
        ("grade", "contact_scores", "contact_id", "plain({}.grade)", str(has_grade)),
        ("roles", "account_scores", "account_id", "{}.role_weighted_points", has_same_points),
        ("completeness", "account_scores", "account_id", "{}.completeness", of_accounts),
    )
    changes = {}
    for name, mart, key, value, condition in looked_at:
        query = f"""
            select count(*) as changed
            from {found.before.mart(mart)} as before inner join {found.after.mart(mart)} as after using ({key})
            where {value.format("before")} is distinct from {value.format("after")} and {condition}
        """
        changes[name] = found.rows(query)[0]["changed"]
    changes |= stage_changes(found) | {"stuck": stuck_visits(found) if has_total else 0}
    return {name: changed for name, changed in changes.items() if changed}


def stage_changes(found: Comparison) -> dict[str, int]:
    """How many landed stage changes are to a stage that is gone, or that was not known before."""
    before, after = (set(side.book.index("stages.stage")) for side in (found.before, found.after))
    query = """
        select count(*) as changes from live.internal.stg_stage_changes
        where
            verdict not in ('missing_key', 'bad_timestamp', 'bad_value')
            and plain(json_extract_string(raw, '/stage')) in (select unnest($1::varchar[]))
    """
    named = {"stages_gone": before - after, "stages_found": after - before}
    return {name: found.rows(query, sorted(stages))[0]["changes"] for name, stages in named.items() if stages}


def stuck_visits(found: Comparison) -> int:
    """How many visits of stages are stuck on one side only. An edit of stages changes the numbers of visits."""
    stuck = "select contact_id, entered_at from {} where is_stuck"
    before, after = (stuck.format(side.mart("stage_scores")) for side in (found.before, found.after))
    query = f"""
        select count(*) as visits from ({before}) as before full join ({after}) as after
        on before.contact_id = after.contact_id and before.entered_at = after.entered_at
        where before.contact_id is null or after.contact_id is null
    """
    return found.rows(query)[0]["visits"]


def segment_differences(found: Comparison) -> list[dict[str, Any]]:
    """Who joins and who leaves each segment."""
    query = f"""
        with before as (select plain(segment) as segment, contact_id from {found.before.mart("segment_members")}),
        after as (select plain(segment) as segment, contact_id from {found.after.mart("segment_members")})
        select
            segment, count(before.contact_id) as before, count(after.contact_id) as after,
            count(*) filter (before.contact_id is null) as joined, count(*) filter (after.contact_id is null) as left
        from (select *, contact_id as id from before) as before
        full join (select *, contact_id as id from after) as after using (segment, id)
        where segment in (select unnest($1::varchar[]))
        group by segment order by segment
    """
    labels = {
        plain(row.get("segment")): row.get("label")
        for side in (found.before, found.after)
        for row in side.book["segments"].rows
        if row.get("label")
    }
    known = {row["segment"]: row for row in found.rows(query, sorted(found.reach.segments))}
    nothing = {"before": 0, "after": 0, "joined": 0, "left": 0}
    return [
        {"segment": segment, "label": labels.get(segment) or segment} | nothing | known.get(segment, {})
        for segment in sorted(found.reach.segments)
    ]


def account_difference(found: Comparison, group: str) -> dict[str, Any]:
    """How accounts change their band, and which move most."""
    query = f"""
        select account_id, score_before, score_after, points_before, points_after, band_before, band_after
        from account_pairs where score_group = $1 and is_moved
        order by abs(coalesce(points_after, 0) - coalesce(points_before, 0)) desc, account_id
        limit {found.listed}
    """
    counted = """
        select
            count(*) as "all", count(*) filter (is_moved) as moved,
            count(*) filter (band_before is distinct from band_after) as band_changes
        from account_pairs where score_group = $1
    """
    return {
        "score_group": group,
        "label": found.label(group),
        **found.rows(counted, group)[0],
        "matrix": matrix(found, "account_pairs", group),
        "movers": found.rows(query, group),
    }
