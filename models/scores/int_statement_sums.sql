{{ config(materialized='view') }}

with

line_sums as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        awards,
        face_points,
        value_now,
        points_now
    from {{ ref('int_line_sums') }}
),

awarded_and_taken as (
    select
        contact_id,
        score_group,
        line,
        rule_id,
        case line when 'awarded' then 1 when 'expiry' then 2 else 3 end as line_order,
        face_points as points,
        case when line = 'awarded' then cast(awards as bigint) end as awards
    from line_sums
),

-- What the order of summing leaves behind is no line.
half_life_and_reset as (
    select
        contact_id,
        score_group,
        sum(value_now - face_points) as half_life_points,
        sum(points_now - value_now) as reset_points
    from line_sums
    group by contact_id, score_group
),

summed_lines as (
    select * from awarded_and_taken
    union all
    select
        contact_id,
        score_group,
        'half_life' as line,
        null as rule_id,
        4 as line_order,
        half_life_points as points,
        null as awards
    from half_life_and_reset
    where {{ round_half_up('half_life_points', 9) }} != 0
    union all
    select
        contact_id,
        score_group,
        'reset' as line,
        null as rule_id,
        5 as line_order,
        reset_points as points,
        null as awards
    from half_life_and_reset
    where {{ round_half_up('reset_points', 9) }} != 0
)

select * from summed_lines
