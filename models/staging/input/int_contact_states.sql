-- What has landed about a contact, apart from its events, in one number that another state would not have.
with

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

aliases as (select alias_id, contact_id from {{ ref('int_aliases_resolved') }}),

stage_changes as (
    select
        contact_id,
        stage,
        changed_at
    from {{ ref('stg_stage_changes') }}
    where verdict = 'used'
),

facts as (
    select contact_id, {{ hash_of(["'contact'", 'created_at']) }} as fact from contacts
    union all
    select contact_id, {{ hash_of(["'has alias'", 'alias_id']) }} as fact from aliases
    union all
    select alias_id as contact_id, {{ hash_of(["'is alias of'", 'contact_id']) }} as fact from aliases
    union all
    select contact_id, {{ hash_of(["'stage'", 'stage', 'changed_at']) }} as fact from stage_changes
),

states as (
    select
        contact_id,
        sum(fact) as state
    from facts
    group by contact_id
),

compared as (
    select
        coalesce(states.contact_id, before.contact_id) as contact_id,
        states.state,
        coalesce(states.state != before.state, true) as has_changed
    from states
    full outer join {{ states_before('states') }} as before on states.contact_id = before.contact_id
)

select * from compared
