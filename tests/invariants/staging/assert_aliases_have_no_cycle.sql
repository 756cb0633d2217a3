with

cycles as (
    select
        alias_id,
        min(contact_id) as contact_id
    from {{ ref('int_aliases_resolved') }}
    where is_cycle
    group by alias_id
),

mistakes as (
    select
        'contact_aliases: the alias ' || alias_id || ' leads back to itself: remove one of '
        || (select string_agg(alias_id, ', ' order by alias_id) from cycles) as mistake
    from cycles
    order by alias_id
    limit 1
)

select * from mistakes
