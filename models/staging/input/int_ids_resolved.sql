{{ config(materialized='view') }}

with

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

resolved as (
    select
        contact_id as id,
        contact_id,
        true as is_known
    from contacts
    union all
    select
        aliases.alias_id as id,
        aliases.contact_id,
        contacts.contact_id is not null as is_known
    from aliases
    left join contacts on aliases.contact_id = contacts.contact_id
)

select * from resolved
