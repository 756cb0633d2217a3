{{ config(materialized='view') }}

with

turns as (
    select
        rule_id,
        entity,
        entity_id,
        turned_at,
        is_satisfied
    from {{ ref('int_attribute_rule_turns') }}
),

contacts as (select contact_id, known_account_id, created_at from {{ ref('int_contacts_known') }}),

own_turns as (
    select
        contacts.contact_id,
        contacts.created_at,
        turns.rule_id,
        turns.turned_at,
        turns.is_satisfied
    from turns
    inner join contacts on turns.entity_id = contacts.contact_id
    where turns.entity = 'contact'
),

account_turns as (
    select
        contacts.contact_id,
        contacts.created_at,
        turns.rule_id,
        turns.turned_at,
        turns.is_satisfied
    from turns
    inner join contacts on turns.entity_id = contacts.known_account_id
    where turns.entity = 'account'
),

all_turns as (
    select * from own_turns
    union all
    select * from account_turns
)

select * from all_turns
