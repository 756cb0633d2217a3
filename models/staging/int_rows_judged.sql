{{ config(materialized='view') }}

with

events as (
    select 'events' as source_table, event_id as row_key, contact_id, verdict, raw from {{ ref('stg_events') }}
),

contacts as (
    select 'contacts' as source_table, contact_id as row_key, contact_id, verdict, raw from {{ ref('stg_contacts') }}
),

accounts as (
    select 'accounts' as source_table, account_id as row_key, null as contact_id, verdict, raw
    from {{ ref('stg_accounts') }}
),

attribute_changes as (
    select
        'attribute_changes' as source_table,
        {{ landed_key(['entity', 'entity_id', 'attribute', 'changed_at']) }} as row_key,
        contact_id,
        verdict,
        raw
    from {{ ref('stg_attribute_changes') }}
),

stage_changes as (
    select
        'stage_changes' as source_table,
        {{ landed_key(['contact_id', 'stage', 'changed_at']) }} as row_key,
        contact_id,
        verdict,
        raw
    from {{ ref('stg_stage_changes') }}
),

contact_aliases as (
    select 'contact_aliases' as source_table, alias_id as row_key, contact_id, verdict, raw
    from {{ ref('stg_contact_aliases') }}
),

survey_responses as (
    select 'survey_responses' as source_table, response_id as row_key, contact_id, verdict, raw
    from {{ ref('stg_survey_responses') }}
),

conversions as (
    select
        'conversions' as source_table,
        {{ landed_key(['contact_id', 'converted_at']) }} as row_key,
        contact_id,
        verdict,
        raw
    from {{ ref('stg_conversions') }}
),

manual_adjustments as (
    select 'manual_adjustments' as source_table, adjustment_id as row_key, contact_id, verdict, null as raw
    from {{ ref('int_adjustments_matched') }}
),

all_rows as (
    select * from events
    union all
    select * from contacts
    union all
    select * from accounts
    union all
    select * from attribute_changes
    union all
    select * from stage_changes
    union all
    select * from contact_aliases
    union all
    select * from survey_responses
    union all
    select * from conversions
    union all
    select * from manual_adjustments
)

select * from all_rows
