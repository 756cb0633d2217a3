with recursive

aliases as (
    select
        alias_id,
        contact_id
    from {{ ref('stg_contact_aliases') }}
    where verdict = 'used'
),

-- Set semantics (union, not union all) end the walk in a cycle too, where an alias reaches itself.
reached as (
    select
        alias_id,
        contact_id
    from aliases
    union
    select
        reached.alias_id,
        aliases.contact_id
    from reached
    inner join aliases on reached.contact_id = aliases.alias_id
),

resolved as (
    select
        reached.alias_id,
        reached.contact_id,
        reached.alias_id = reached.contact_id as is_cycle
    from reached
    left join aliases on reached.contact_id = aliases.alias_id
    where
        aliases.alias_id is null
        or reached.alias_id = reached.contact_id
)

select * from resolved
