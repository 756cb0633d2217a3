{{ config(database='scratch') }}

with

spans as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on
    from {{ ref('int_spans_passing') }}
),

days as (select watched_score, contact_id, day, begun_on from {{ ref('int_watched_days') }}),

lines as (select watched_score, contact_id, day, effective_at from {{ ref('int_watched_lines') }}),

midnights_within_gaps as (select watched_score, contact_id, day, moment from {{ ref('int_watched_midnights') }}),

visits as (
    select
        contact_id,
        counts_from
    from {{ ref('int_stage_visits_numbered') }}
    where stage_visit > 1
),

midnights_before_gaps as (
    select
        watched_score,
        contact_id,
        day,
        opened_at as moment
    from spans
    where begun_on < day
),

midnights_before_days as (
    select
        watched_score,
        contact_id,
        day,
        date_trunc('day', day_begins_at) as moment
    from spans
    where begun_on < day
    union all
    select
        watched_score,
        contact_id,
        day,
        {{ add_days("date_trunc('day', day_begins_at)", -1) }} as moment
    from spans
    where
        begun_on < day
        and opened_at < date_trunc('day', day_begins_at)
),

midnights_of_days as (
    select
        watched_score,
        contact_id,
        day,
        cast(day as timestamp) as moment
    from days
    where begun_on < day
),

midnights_after_days as (
    select
        watched_score,
        contact_id,
        day,
        {{ add_days('cast(day as timestamp)', 1) }} as moment
    from days
    where
        begun_on <= day
        and {{ add_days('cast(day as timestamp)', 1) }} <= {{ as_of() }}
),

stage_changes_in_gaps as (
    select
        spans.watched_score,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans.begun_on,
        visits.counts_from as moment
    from spans
    inner join visits
        on
            spans.contact_id = visits.contact_id
            and spans.opened_at <= visits.counts_from
            and spans.day_begins_at >= visits.counts_from
),

midnights_before_stage_changes as (
    select
        watched_score,
        contact_id,
        day,
        date_trunc('day', {{ add_microseconds('moment', '-1') }}) as moment
    from stage_changes_in_gaps
    where
        begun_on < day
        and moment > opened_at
),

stage_changes_of_days as (
    select
        days.watched_score,
        days.contact_id,
        days.day,
        visits.counts_from as moment
    from days
    inner join visits
        on
            days.contact_id = visits.contact_id
            and days.day = cast(visits.counts_from as date)
),

-- What comes just before a crossing is looked at too: it has the points before.
moments as (
    select watched_score, contact_id, day, effective_at as moment from lines
    union
    select * from midnights_before_gaps
    union
    select * from midnights_before_days
    union
    select * from midnights_before_stage_changes
    union
    select * from midnights_within_gaps
    union
    select * from midnights_of_days
    union
    select * from midnights_after_days
    union
    select watched_score, contact_id, day, moment from stage_changes_in_gaps
    union
    select * from stage_changes_of_days
)

select * from moments
