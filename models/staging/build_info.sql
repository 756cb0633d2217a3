{{ config(schema=target.schema) }}

with

-- The version is a hash of what the cells say, whatever the order of rows: an edit of any gives another. States of
-- health and learned weights are not among them: they move neither points nor crossings.
cells as (
    select 'score_groups' || {{ row_as_json('score_groups') }} as cells from {{ ref('score_groups') }}
    union all
    select 'event_weights' || {{ row_as_json('event_weights') }} as cells from {{ ref('event_weights') }}
    union all
    select 'rule_conditions' || {{ row_as_json('rule_conditions') }} as cells from {{ ref('rule_conditions') }}
    union all
    select 'attribute_weights' || {{ row_as_json('attribute_weights') }} as cells from {{ ref('attribute_weights') }}
    union all
    select 'event_exclusions' || {{ row_as_json('event_exclusions') }} as cells from {{ ref('event_exclusions') }}
    union all
    select 'score_bands' || {{ row_as_json('score_bands') }} as cells from {{ ref('score_bands') }}
    union all
    select 'stages' || {{ row_as_json('stages') }} as cells from {{ ref('stages') }}
    union all
    select 'triggers' || {{ row_as_json('triggers') }} as cells from {{ ref('triggers') }}
    union all
    select 'manual_adjustments' || {{ row_as_json('manual_adjustments') }} as cells from {{ ref('manual_adjustments') }}
    union all
    select 'segments' || {{ row_as_json('segments') }} as cells from {{ ref('segments') }}
    union all
    select 'buying_roles' || {{ row_as_json('buying_roles') }} as cells from {{ ref('buying_roles') }}
),

versioned as (
    select
        {{ as_of() }} as as_of,
        md5(string_agg(cells, chr(10) order by cells)) as scorebook_version
    from cells
)

select * from versioned
