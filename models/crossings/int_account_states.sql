-- Who belongs to an account, and since when, in one number that other contacts would not have.
with

members as (
    select
        known_account_id as account_id,
        contact_id,
        created_at
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

states as (
    select
        account_id,
        sum({{ hash_of(['contact_id', 'created_at']) }}) as state
    from members
    group by account_id
),

compared as (
    select
        states.account_id,
        states.state,
        coalesce(states.state != before.state, true) as has_changed
    from states
    left join {{ states_before('states', 'account_id') }} as before on states.account_id = before.account_id
)

select * from compared
