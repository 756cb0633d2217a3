{{ config(materialized='view') }}

with

contacts as (select cutoff_at, contact_id from {{ ref('int_contacts_cut') }}),

rule_sums as (
    select
        cutoff_at,
        contact_id,
        rule_id,
        uses,
        awarded_points,
        recent_uses
    from {{ ref('int_rule_sums_cut') }}
    where uses > 0
),

turns as (select contact_id, rule_id, turned_at, is_satisfied from {{ ref('int_contact_rule_turns') }}),

attribute_rules as (select rule_id, points from {{ ref('stg_attribute_weights') }}),

-- Turns come by turns: a rule holds as long as it has begun once more than it has ceased.
attributes_held as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        turns.rule_id
    from contacts
    inner join turns
        on
            contacts.contact_id = turns.contact_id
            and contacts.cutoff_at >= turns.turned_at
    group by contacts.cutoff_at, contacts.contact_id, turns.rule_id
    having sum(case when turns.is_satisfied then 1 else -1 end) > 0
),

held as (
    select
        cutoff_at,
        contact_id,
        rule_id,
        'event' as rule_kind,
        uses,
        awarded_points,
        recent_uses
    from rule_sums
    union all
    select
        attributes_held.cutoff_at,
        attributes_held.contact_id,
        attributes_held.rule_id,
        'attribute' as rule_kind,
        1 as uses,
        attribute_rules.points as awarded_points,
        1 as recent_uses
    from attributes_held
    inner join attribute_rules on attributes_held.rule_id = attribute_rules.rule_id
)

select * from held
