with

manual_adjustments as (select * from {{ ref('manual_adjustments') }}),

score_groups as (select score_group, score_group_key from {{ ref('stg_score_groups') }}),

cast_cells as (
    select
        manual_adjustments.adjustment_id,
        manual_adjustments.contact_id,
        score_groups.score_group,
        {{ parse_number('manual_adjustments.points') }} as points,
        {{ given_text('manual_adjustments.reason') }} as reason,
        {{ parse_timestamp('manual_adjustments.adjusted_at') }} as adjusted_at,
        {{ parse_timestamp('manual_adjustments.expires_at') }} as expires_at
    from manual_adjustments
    left join score_groups on {{ plain_text('manual_adjustments.score_group') }} = score_groups.score_group_key
)

select * from cast_cells
