with

ids as (
    select rule_id, 'event_weights.csv' as file from {{ ref('stg_event_weights') }}
    union all
    select rule_id, 'attribute_weights.csv' as file from {{ ref('stg_attribute_weights') }}
    union all
    select rule_id, 'event_exclusions.csv' as file from {{ ref('stg_event_exclusions') }}
),

mistakes as (
    select
        'the rule_id ' || rule_id || ' stands in ' || min(file) || ' and in ' || max(file)
        || ': a condition would not know which it belongs to' as mistake
    from ids
    group by rule_id
    having count(*) > 1
)

select * from mistakes
