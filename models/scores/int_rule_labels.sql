{{ config(materialized='view') }}

with

event_rules as (select rule_id, label from {{ ref('stg_event_weights') }}),

attribute_rules as (select rule_id, label from {{ ref('stg_attribute_weights') }}),

adjustments as (select adjustment_id as rule_id, reason as label from {{ ref('stg_manual_adjustments') }}),

all_labels as (
    select * from event_rules
    union all
    select * from attribute_rules
    union all
    select * from adjustments
)

select * from all_labels
