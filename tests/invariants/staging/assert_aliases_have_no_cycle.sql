with

cycles as (
    select alias_id
    from {{ ref('int_aliases_resolved') }}
    where is_cycle
),

mistakes as (
    select
        'contact_aliases: the alias ' || min(alias_id) || ' leads back to itself: remove one of '
        || string_agg(alias_id, ', ' order by alias_id) as mistake
    from cycles
    having count(*) > 0
)

select * from mistakes
