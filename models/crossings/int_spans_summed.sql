{{ config(database='scratch', materialized='view') }}

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
        starting_points,
        count(*) over (partition by watched_score) > 1 as is_summed
    from {{ ref('int_watched_scores') }}
    where scope = 'contact'
),

-- A group of the total in which the contact has no line stands still.
of_several_groups as (
    select
        watched_scores.watched_score,
        spans.contact_id,
        spans.day,
        max(spans.opened_at) as opened_at,
        max(spans.day_begins_at) as day_begins_at,
        min(spans.begun_on) as begun_on,
        watched_scores.starting_points - sum(watched_scores.points_without_lines) as points_of_other_groups,
        sum(spans.lowest_in_gap) as lowest_in_gap,
        sum(spans.highest_in_gap) as highest_in_gap,
        sum(spans.lowest_in_day) as lowest_in_day,
        sum(spans.highest_in_day) as highest_in_day,
        case when count(spans.closing_points) = count(*) then sum(spans.closing_points) end as closing_points
    from spans
    inner join watched_scores on spans.score_group = watched_scores.score_group
    where watched_scores.is_summed
    group by watched_scores.watched_score, watched_scores.starting_points, spans.contact_id, spans.day
),

-- Most scores are one group: summing these too would be the longest step.
of_one_group as (
    select
        watched_scores.watched_score,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans.day_begins_at,
        spans.begun_on,
        0e0 as points_of_other_groups,
        spans.lowest_in_gap,
        spans.highest_in_gap,
        spans.lowest_in_day,
        spans.highest_in_day,
        spans.closing_points
    from spans
    inner join watched_scores on spans.score_group = watched_scores.score_group
    where not watched_scores.is_summed
),

of_scores as (
    select * from of_several_groups
    union all
    select * from of_one_group
),

bounded as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        lowest_in_gap + points_of_other_groups as lowest_in_gap,
        highest_in_gap + points_of_other_groups as highest_in_gap,
        least(lowest_in_gap, lowest_in_day) + points_of_other_groups as lowest,
        greatest(highest_in_gap, highest_in_day) + points_of_other_groups as highest,
        closing_points + points_of_other_groups as closing_points
    from of_scores
)

select * from bounded
