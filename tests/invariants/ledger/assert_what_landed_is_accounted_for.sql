-- Reads the whole input once more, and would fail a build during which more lands.
{{ config(tags=['heavy']) }}

with

landed as (
    select 'events' as source_table, count(*) as row_count from {{ ref('landed_events') }}
    union all
    select 'contacts' as source_table, count(*) as row_count from {{ ref('landed_contacts') }}
    union all
    select 'accounts' as source_table, count(*) as row_count from {{ ref('landed_accounts') }}
    union all
    select 'attribute_changes' as source_table, count(*) as row_count from {{ ref('landed_attribute_changes') }}
    union all
    select 'stage_changes' as source_table, count(*) as row_count from {{ ref('landed_stage_changes') }}
    union all
    select 'contact_aliases' as source_table, count(*) as row_count from {{ ref('landed_contact_aliases') }}
    union all
    select 'survey_responses' as source_table, count(*) as row_count from {{ ref('landed_survey_responses') }}
    union all
    select 'conversions' as source_table, count(*) as row_count from {{ ref('landed_conversions') }}
),

accounted as (
    select
        source_table,
        sum(row_count) as row_count
    from {{ ref('input_summary') }}
    group by source_table
),

mistakes as (
    select
        landed.source_table || ': ' || cast(landed.row_count as varchar) || ' rows have landed, but '
        || cast(coalesce(accounted.row_count, 0) as varchar)
        || ' are used, waiting, unmatched or rejected: if rows landed during the build, build again; if not, look at '
        || 'stg_' || landed.source_table as mistake
    from landed
    left join accounted on landed.source_table = accounted.source_table
    where landed.row_count != coalesce(accounted.row_count, 0)
)

select mistake from mistakes
order by mistake
