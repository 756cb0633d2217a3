with

event_weights as (select * from {{ ref('event_weights') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        event_weights.rule_id,
        coalesce({{ given_text('event_weights.label') }}, event_weights.rule_id) as label,
        score_groups.score_group,
        {{ plain_text('event_weights.event_type') }} as event_type,
        {{ plain_text('event_weights.channel') }} as channel,
        {{ plain_text('event_weights.asset') }} as asset,
        {{ parse_number('event_weights.points') }} as points,
        {{ exact_text('event_weights.multiply_by') }} as multiply_by,
        cast({{ parse_number('event_weights.max_awards') }} as bigint) as max_awards,
        coalesce({{ plain_text('event_weights.per') }}, 'ever') as cap_period,
        coalesce({{ parse_boolean('event_weights.per_asset') }}, false) as is_per_asset,
        cast({{ parse_number('event_weights.min_count') }} as bigint) as min_count,
        {{ parse_number('event_weights.count_days') }} as count_days,
        {{ parse_number('event_weights.idle_days') }} as idle_days,
        {{ parse_number('event_weights.expires_after_days') }} as expires_after_days,
        {{ parse_timestamp('event_weights.valid_from') }} as valid_from,
        {{ parse_timestamp('event_weights.valid_to') }} as valid_to
    from event_weights
    left join score_groups on {{ plain_text('event_weights.score_group') }} = score_groups.score_group_key
)

select * from cast_cells
