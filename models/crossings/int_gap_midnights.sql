{{ config(database='scratch', materialized='view') }}

-- Every midnight of the gaps in which a level may be passed.
with

spans as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at
    from {{ ref('int_spans_passing') }}
    where
        begun_on < day
        and is_passed_in_gap
),

watched_scores as (
    select
        watched_score,
        is_reset_on_stage_change
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

visits as (
    select
        contact_id,
        counts_from
    from {{ ref('int_stage_visits_numbered') }}
    where stage_visit > 1
),

spans_with_reset as (
    select distinct
        spans.watched_score,
        spans.contact_id,
        spans.day
    from spans
    inner join watched_scores
        on
            spans.watched_score = watched_scores.watched_score
            and watched_scores.is_reset_on_stage_change
    inner join visits
        on
            spans.contact_id = visits.contact_id
            and spans.opened_at <= visits.counts_from
            and spans.day_begins_at >= visits.counts_from
),

counted as (
    select
        spans.watched_score,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans_with_reset.watched_score is not null as has_reset,
        cast(floor({{ days_between('spans.opened_at', 'spans.day_begins_at') }}) as bigint) + 1 as midnights
    from spans
    left join spans_with_reset
        on
            spans.watched_score = spans_with_reset.watched_score
            and spans.contact_id = spans_with_reset.contact_id
            and spans.day = spans_with_reset.day
),

numbers as ({{ integers_up_to('(select coalesce(max(counted.midnights), 0) from counted)') }}),

-- A span that has begun opens at a midnight.
midnights as (
    select
        counted.watched_score,
        counted.contact_id,
        counted.day,
        counted.opened_at,
        counted.has_reset,
        {{ add_days('counted.opened_at', '(numbers.step - 1)') }} as moment
    from counted
    inner join numbers on counted.midnights >= numbers.step
)

select * from midnights
