{{ config(materialized='view') }}

-- Rounding the running sum, not each line, makes the lines add up to the points exactly, to 6 decimals.
with

summed_lines as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        line_order,
        points,
        awards
    from {{ ref('int_statement_sums') }}
),

group_points as (select contact_id, score_group, unlimited_points, points from {{ ref('int_group_points') }}),

total_points as (select contact_id, unlimited_points, points from {{ ref('int_total_points') }}),

score_groups as (
    select
        score_group,
        is_in_total,
        is_total
    from {{ ref('stg_score_groups') }}
),

running as (
    select
        *,
        sum(points) over (
            partition by contact_id, score_group
            order by line_order, rule_id
            rows between unbounded preceding and 1 preceding
        ) as points_before,
        sum(points) over (
            partition by contact_id, score_group
            order by line_order, rule_id
            rows between unbounded preceding and current row
        ) as points_so_far
    from summed_lines
),

rounded as (
    select
        *,
        {{ round_half_up('coalesce(points_before, 0)', 6) }} as rounded_before,
        {{ round_half_up('points_so_far', 6) }} as rounded_so_far
    from running
),

group_lines as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        {{ round_half_up('(rounded_so_far - rounded_before)', 6) }} as points,
        awards
    from rounded
),

group_limits as (
    select
        contact_id,
        score_group,
        'limit' as line,
        cast(null as varchar) as rule_id,
        {{ round_half_up('(points - unlimited_points)', 6) }} as points,
        cast(null as bigint) as awards
    from group_points
    where points != unlimited_points
),

total_groups as (
    select
        group_points.contact_id,
        total.score_group,
        'group' as line,
        group_points.score_group as rule_id,
        group_points.points,
        cast(null as bigint) as awards
    from group_points
    inner join score_groups on group_points.score_group = score_groups.score_group
    cross join score_groups as total
    where
        total.is_total
        and score_groups.is_in_total
        and group_points.points != 0
),

total_limits as (
    select
        total_points.contact_id,
        score_groups.score_group,
        'limit' as line,
        cast(null as varchar) as rule_id,
        {{ round_half_up('(total_points.points - total_points.unlimited_points)', 6) }} as points,
        cast(null as bigint) as awards
    from total_points
    cross join score_groups
    where
        score_groups.is_total
        and total_points.points != total_points.unlimited_points
),

statement as (
    select * from group_lines
    union all
    select * from group_limits
    union all
    select * from total_groups
    union all
    select * from total_limits
)

select * from statement
