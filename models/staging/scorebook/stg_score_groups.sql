with

score_groups as (select * from {{ ref('score_groups') }}),

cast_cells as (
    select
        {{ given_text('score_group') }} as score_group,
        {{ plain_text('score_group') }} as score_group_key,
        coalesce({{ given_text('label') }}, {{ given_text('score_group') }}) as label,
        {{ plain_text('category') }} as category,
        coalesce({{ parse_boolean('in_total') }}, false) as is_in_total,
        {{ parse_number('min_points') }} as min_points,
        {{ parse_number('max_points') }} as max_points,
        {{ parse_number('full_points') }} as full_points,
        {{ parse_number('scale_min') }} as scale_min,
        {{ parse_number('scale_max') }} as scale_max,
        {{ plain_text('scale') }} as scale,
        {{ parse_number('half_life_days') }} as half_life_days,
        {{ parse_number('decay_percent') }} as decay_percent,
        {{ parse_number('decay_every_days') }} as decay_every_days,
        {{ parse_number('expires_after_days') }} as expires_after_days,
        coalesce({{ parse_boolean('reset_on_stage_change') }}, false) as is_reset_on_stage_change,
        coalesce({{ plain_text('account_rollup') }}, 'sum') as account_rollup
    from score_groups
),

filled_in as (
    select
        score_group,
        score_group_key,
        label,
        category,
        -- The total is the sum of the others and never a part of itself.
        is_in_total and score_group_key != 'total' as is_in_total,
        score_group_key = 'total' as is_total,
        min_points,
        max_points,
        coalesce(full_points, case when max_points > 0 then max_points end, 100) as full_points,
        coalesce(scale_min, 0) as scale_min,
        coalesce(scale_max, 100) as scale_max,
        coalesce(scale, 'linear') as scale,
        half_life_days,
        decay_percent,
        decay_every_days,
        expires_after_days,
        is_reset_on_stage_change,
        account_rollup
    from cast_cells
)

select * from filled_in
