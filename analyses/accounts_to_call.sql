-- Sales asks: which accounts have people who are engaged, but lack people in a role of the buying team?
-- Change what counts as worth a call in `engaged_accounts`. One row per account and role with too few people.
with

total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_total
),

engaged_people as (
    select
        account_id,
        contact_id,
        row_number() over (partition by account_id order by points desc, contact_id asc) as points_rank
    from {{ ref('contact_scores') }}
    where
        last_engaged_at > {{ add_days('as_of', -30) }}
        and not is_disqualified
        and not is_opted_out
),

engaged_accounts as (
    select
        account_id,
        count(*) as engaged_contacts,
        max(case when points_rank = 1 then contact_id end) as contact_to_call_id
    from engaged_people
    group by account_id
    having count(*) >= 1
),

accounts as (
    select
        scores.account_id,
        scores.account_name,
        scores.score,
        scores.band,
        scores.contacts,
        engaged_accounts.engaged_contacts,
        engaged_accounts.contact_to_call_id
    from {{ ref('account_scores') }} as scores
    inner join total on scores.score_group = total.score_group
    inner join engaged_accounts on scores.account_id = engaged_accounts.account_id
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
        accounts.contact_to_call_id
    from accounts
    cross join {{ ref('stg_buying_roles') }} as roles
    left join people_by_role
        on
            accounts.account_id = people_by_role.account_id
            and roles.buying_role = people_by_role.buying_role
    where coalesce(people_by_role.people, 0) < roles.required_members
)

select * from missing_roles
order by score desc, account_id asc, missing_role asc
