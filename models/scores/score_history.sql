{{ config(schema=target.schema, materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_moved'}) }}

with

balances as (
    select
        contact_id,
        score_group,
        day,
        has_lines,
        points
    from {{ ref('int_daily_balances') }}
),

score_groups as (
    select
        score_group,
        min_points,
        max_points,
        is_in_total,
        is_total
    from {{ ref('stg_score_groups') }}
),

rounded as (
    select
        contact_id,
        score_group,
        day,
        has_lines,
        {{ round_half_up('points', 6) }} as points
    from balances
),

limited as (
    select
        rounded.contact_id,
        rounded.score_group,
        rounded.day,
        rounded.has_lines,
        {{ limit_points('rounded.points', 'score_groups.min_points', 'score_groups.max_points') }} as points
    from rounded
    inner join score_groups on rounded.score_group = score_groups.score_group
),

-- A group of the total without any line of the contact may still stand at its lower limit.
groups_in_total as (
    select
        score_group,
        {{ limit_points('0e0', 'min_points', 'max_points') }} as points_without_lines
    from score_groups
    where is_in_total
),

points_without_lines as (select coalesce(sum(points_without_lines), 0) as points from groups_in_total),

summed_to_total as (
    select
        limited.contact_id,
        limited.day,
        sum(limited.points - groups_in_total.points_without_lines) as points_above
    from limited
    inner join groups_in_total on limited.score_group = groups_in_total.score_group
    group by limited.contact_id, limited.day
),

total as (
    select
        summed_to_total.contact_id,
        score_groups.score_group,
        summed_to_total.day,
        {{ limit_points(
            round_half_up('(points_without_lines.points + summed_to_total.points_above)', 6),
            'score_groups.min_points',
            'score_groups.max_points'
        ) }} as points
    from summed_to_total
    cross join points_without_lines
    cross join score_groups
    where score_groups.is_total
),

all_points as (
    select
        contact_id,
        score_group,
        day,
        points
    from limited
    where has_lines
    union all
    select
        contact_id,
        score_group,
        day,
        points
    from total
),

with_change as (
    select
        contact_id,
        score_group,
        day,
        points,
        {{ round_half_up(
            '(points - lag(points, 1, 0e0) over (partition by contact_id, score_group order by day))', 6
        ) }} as change
    from all_points
)

select * from with_change
