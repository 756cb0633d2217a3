with

contacts as (
    select
        contact_id,
        account_id,
        created_at,
        is_opted_out,
        buying_role,
        raw as attributes
    from {{ ref('stg_contacts') }}
    where verdict = 'used'
),

aliases as (select alias_id from {{ ref('int_aliases_resolved') }}),

accounts as (
    select account_id
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

-- An id that is an alias is no contact of its own, even with a row in contacts.
known as (
    select
        contacts.contact_id,
        contacts.account_id,
        accounts.account_id as known_account_id,
        contacts.created_at,
        contacts.is_opted_out,
        contacts.buying_role,
        contacts.attributes
    from contacts
    left join aliases on contacts.contact_id = aliases.alias_id
    left join accounts on contacts.account_id = accounts.account_id
    where aliases.alias_id is null
)

select * from known
