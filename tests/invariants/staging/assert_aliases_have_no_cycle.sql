with

cycles as (
    select
        alias_id,
        min(contact_id) as contact_id
    from {{ ref('int_aliases_resolved') }}
    where is_cycle
    group by alias_id
),

all_aliases as (select string_agg(alias_id, ', ' order by alias_id) as alias_ids from cycles),

first_alias as (select min(alias_id) as alias_id from cycles),

mistakes as (
    select
        'contact_aliases: the alias ' || first_alias.alias_id || ' leads back to itself: remove one of '
        || all_aliases.alias_ids as mistake
    from first_alias
    cross join all_aliases
    where first_alias.alias_id is not null
)

select * from mistakes
