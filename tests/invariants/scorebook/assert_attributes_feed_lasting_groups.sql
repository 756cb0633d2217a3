with

rules as (select rule_id, score_group from {{ ref('stg_attribute_weights') }}),

fading_groups as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where
        half_life_days is not null
        or decay_percent is not null
        or expires_after_days is not null
        or is_reset_on_stage_change
),

mistakes as (
    select
        'attribute_weights.csv: row ' || rules.rule_id || ': score_group: ' || rules.score_group
        || ' takes points back by time, but attribute points must last' as mistake
    from rules
    inner join fading_groups on rules.score_group = fading_groups.score_group
)

select * from mistakes
