with

ids as (
    select rule_id, 'event_weights.csv' as file from {{ ref('stg_event_weights') }}
    union all
    select rule_id, 'attribute_weights.csv' as file from {{ ref('stg_attribute_weights') }}
    union all
    select rule_id, 'event_exclusions.csv' as file from {{ ref('stg_event_exclusions') }}
    union all
    select adjustment_id as rule_id, 'manual_adjustments.csv' as file from {{ ref('stg_manual_adjustments') }}
),

mistakes as (
    select
        'the id ' || rule_id || ' stands in ' || min(file) || ' and in ' || max(file)
        || ': conditions and explanations would not know which is meant' as mistake
    from ids
    group by rule_id
    having count(*) > 1
)

select * from mistakes
