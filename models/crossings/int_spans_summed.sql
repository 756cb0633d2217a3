{{ config(database='scratch', materialized='view') }}

-- A group of the total in which the contact has no line stands still. Most scores are one group: summing these too
-- would be the longest step.
with

spans as (
    select
        contact_id,
        score_group,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        lowest_in_gap,
        highest_in_gap,
        lowest_in_day,
        highest_in_day,
        closing_points
    from {{ ref('int_watched_spans') }}
    where {{ is_redone('contact_id', ref('int_contacts_watched')) }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        points_without_lines,
        count(*) over (partition by watched_score) > 1 as is_summed
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

of_groups as (
    select
        watched_scores.watched_score,
        watched_scores.is_summed,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans.day_begins_at,
        spans.begun_on,
        spans.lowest_in_gap - watched_scores.points_without_lines as lowest_in_gap,
        spans.highest_in_gap - watched_scores.points_without_lines as highest_in_gap,
        spans.lowest_in_day - watched_scores.points_without_lines as lowest_in_day,
        spans.highest_in_day - watched_scores.points_without_lines as highest_in_day,
        spans.closing_points - watched_scores.points_without_lines as closing_points
    from spans
    inner join watched_scores on spans.score_group = watched_scores.score_group
),

summed as (
    select
        watched_score,
        contact_id,
        day,
        max(opened_at) as opened_at,
        max(day_begins_at) as day_begins_at,
        min(begun_on) as begun_on,
        sum(lowest_in_gap) as lowest_in_gap,
        sum(highest_in_gap) as highest_in_gap,
        sum(lowest_in_day) as lowest_in_day,
        sum(highest_in_day) as highest_in_day,
        case when count(closing_points) = count(*) then sum(closing_points) end as closing_points
    from of_groups
    where is_summed
    group by watched_score, contact_id, day
    union all
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        lowest_in_gap,
        highest_in_gap,
        lowest_in_day,
        highest_in_day,
        closing_points
    from of_groups
    where not is_summed
)

select * from summed
