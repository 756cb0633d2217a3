with

landed as (
    select
        {{ plain_text('entity') }} as entity,
        entity_id,
        attribute,
        value,
        changed_at,
        fault,
        whole_row
    from {{ ref('landed_attribute_changes') }}
),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

accounts as (
    select account_id
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

judged as (
    select
        landed.entity,
        landed.entity_id,
        landed.attribute,
        landed.value,
        landed.changed_at,
        case when landed.entity = 'contact' then coalesce(aliases.contact_id, landed.entity_id) end as contact_id,
        case
            when landed.fault is not null then landed.fault
            when landed.changed_at > {{ add_days(as_of(), 1) }} then 'future'
            when landed.changed_at > {{ as_of() }} then 'waiting'
            when landed.entity = 'contact' and contacts.contact_id is null then 'unmatched'
            when landed.entity = 'account' and accounts.account_id is null then 'unmatched'
            else 'used'
        end as verdict,
        {{ row_as_json('landed.whole_row') }} as raw
    from landed
    left join aliases on landed.entity_id = aliases.alias_id
    left join contacts on coalesce(aliases.contact_id, landed.entity_id) = contacts.contact_id
    left join accounts on landed.entity_id = accounts.account_id
)

select * from judged
