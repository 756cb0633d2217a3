{{ config(database='scratch', materialized='view') }}

with

summed as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        lowest_in_gap,
        highest_in_gap,
        lowest,
        highest,
        closing_points
    from {{ ref('int_spans_summed') }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        starting_points
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

first_spans as (
    select
        contact_id,
        score_group
    from {{ ref('int_watched_spans') }}
    where opened_at = cast('0001-01-01' as timestamp)
),

levels as (select watched_score, level from {{ ref('int_watched_levels') }}),

contacts as (
    select contact_id
    from {{ ref('int_contacts_known') }}
    where {{ is_redone('contact_id', ref('int_contacts_watched')) }}
),

-- Who has no line has one span; it matters only where lower limits alone reach a level.
lifted as (
    select distinct
        watched_scores.watched_score,
        watched_scores.starting_points as points
    from watched_scores
    inner join levels
        on
            watched_scores.watched_score = levels.watched_score
            and watched_scores.starting_points >= levels.level
),

with_lines as (
    select distinct
        watched_scores.watched_score,
        first_spans.contact_id
    from watched_scores
    inner join lifted on watched_scores.watched_score = lifted.watched_score
    inner join first_spans on watched_scores.score_group = first_spans.score_group
),

without_lines as (
    select
        lifted.watched_score,
        contacts.contact_id,
        cast('9999-12-31' as date) as day,
        cast('0001-01-01' as timestamp) as opened_at,
        {{ as_of() }} as day_begins_at,
        cast(null as date) as begun_on,
        lifted.points as lowest_in_gap,
        lifted.points as highest_in_gap,
        lifted.points as lowest,
        lifted.points as highest,
        cast(null as double) as closing_points
    from lifted
    cross join contacts
    left join with_lines
        on
            lifted.watched_score = with_lines.watched_score
            and contacts.contact_id = with_lines.contact_id
    where with_lines.contact_id is null
),

score_spans as (
    select * from summed
    union all
    select * from without_lines
)

select * from score_spans
