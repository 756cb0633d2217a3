with

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

expected as (
    select count(*) as score_groups
    from {{ ref('stg_score_groups') }}
    where not is_total
),

rows_found as (
    select contact_id, 1 as is_contact, 0 as totals, 0 as score_groups from contacts
    union all
    select contact_id, 0 as is_contact, 1 as totals, 0 as score_groups from {{ ref('contact_scores') }}
    union all
    select contact_id, 0 as is_contact, 0 as totals, 1 as score_groups from {{ ref('group_scores') }}
),

counted as (
    select
        contact_id,
        sum(is_contact) as contacts,
        sum(totals) as totals,
        sum(score_groups) as score_groups
    from rows_found
    group by contact_id
),

mistakes as (
    select
        'contact ' || counted.contact_id || ' has ' || cast(counted.totals as varchar)
        || ' row(s) in contact_scores and ' || cast(counted.score_groups as varchar)
        || ' in group_scores, where ' || cast(counted.contacts as varchar) || ' and '
        || cast(counted.contacts * expected.score_groups as varchar)
        || ' are due: look for a join in models/scores that drops or repeats contacts' as mistake
    from counted
    cross join expected
    where
        counted.contacts != 1
        or counted.totals != 1
        or counted.score_groups != expected.score_groups
)

select mistake from mistakes
order by mistake
limit 10
