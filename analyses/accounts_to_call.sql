-- Sales asks: which accounts have people who are engaged, but lack people in a role of the buying team?
-- Change what counts as worth a call in `engaged_accounts`. One row per account and role with too few people.
with

total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_total
),

engaged_accounts as (
    select
        scores.account_id,
        scores.account_name,
        scores.score,
        scores.band,
        scores.contacts,
        scores.engaged_contacts,
        scores.top_contact_id
    from {{ ref('account_scores') }} as scores
    inner join total on scores.score_group = total.score_group
    where scores.engaged_contacts >= 1
),

people_by_role as (
    select
        known_account_id as account_id,
        buying_role,
        count(*) as people
    from {{ ref('int_contacts_known') }}
    group by known_account_id, buying_role
),

missing_roles as (
    select
        accounts.account_id,
        accounts.account_name,
        accounts.score,
        accounts.band,
        accounts.contacts,
        accounts.engaged_contacts,
        roles.buying_role as missing_role,
        coalesce(people_by_role.people, 0) as people,
        roles.required_members,
        accounts.top_contact_id
    from engaged_accounts as accounts
    cross join {{ ref('stg_buying_roles') }} as roles
    left join people_by_role
        on
            accounts.account_id = people_by_role.account_id
            and roles.buying_role = people_by_role.buying_role
    where coalesce(people_by_role.people, 0) < roles.required_members
)

select * from missing_roles
order by score desc, account_id asc, missing_role asc
