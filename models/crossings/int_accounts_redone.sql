-- What an account had before an event of a contact is not changed by it, nor by the passing of time.
with

accounts as (
    select
        account_id,
        has_changed
    from {{ ref('int_account_states') }}
),

members as (
    select
        contact_id,
        known_account_id as account_id
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

moved as (
    select
        contact_id,
        moved_from
    from {{ ref('int_contacts_moved') }}
),

moved_accounts as (
    select
        members.account_id,
        min(moved.moved_from) as moved_from
    from moved
    inner join members on moved.contact_id = members.contact_id
    group by members.account_id
),

dated as (
    select
        accounts.account_id,
        case
            when accounts.has_changed then cast('0001-01-01' as timestamp)
            else least({{ as_of_before() }}, coalesce(moved_accounts.moved_from, {{ as_of_before() }}))
        end as redone_from
    from accounts
    left join moved_accounts on accounts.account_id = moved_accounts.account_id
),

-- The midnight that ends a period is looked at with it.
redone as (
    select
        account_id,
        {{ period_of('redone_from') }} - 1 as first_period
    from dated
)

select * from redone
