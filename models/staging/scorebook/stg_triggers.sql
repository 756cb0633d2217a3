with

triggers as (select * from {{ ref('triggers') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

stages as (select stage, stage_key from {{ ref('stg_stages') }}),

cast_cells as (
    select
        triggers.trigger_id,
        coalesce({{ given_text('triggers.label') }}, triggers.trigger_id) as label,
        {{ plain_text('triggers.scope') }} as scope,
        score_groups.score_group,
        stages.stage,
        {{ plain_text('triggers.direction') }} as direction,
        {{ parse_number('triggers.threshold') }} as threshold,
        coalesce({{ parse_number('triggers.hysteresis') }}, 0) as hysteresis,
        coalesce({{ plain_text('triggers.repeat') }}, 'once') as repeats,
        {{ parse_timestamp('triggers.active_from') }} as active_from,
        {{ given_text('triggers.action') }} as action,
        {{ given_text('triggers.target') }} as target
    from triggers
    left join score_groups on {{ plain_text('triggers.score_group') }} = score_groups.score_group_key
    left join stages on {{ plain_text('triggers.stage') }} = stages.stage_key
),

-- Rounded, so that a level between two doubles is met exactly.
with_arming_level as (
    select
        *,
        {{ round_half_up("(threshold + case when direction = 'up' then -hysteresis else hysteresis end)", 9) }}
            as arming_level
    from cast_cells
)

select * from with_arming_level
