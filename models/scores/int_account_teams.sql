with

contacts as (
    select
        contact_id,
        known_account_id as account_id,
        buying_role
    from {{ ref('int_contacts_known') }}
    where
        known_account_id is not null
        and buying_role is not null
),

total_points as (select contact_id, points from {{ ref('int_total_points') }}),

accounts as (
    select account_id
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

roles as (select buying_role, weight, required_members from {{ ref('stg_buying_roles') }}),

role_members as (
    select
        contacts.account_id,
        contacts.buying_role,
        count(*) as members,
        avg(total_points.points) as mean_points
    from contacts
    inner join total_points on contacts.contact_id = total_points.contact_id
    group by contacts.account_id, contacts.buying_role
),

every_account_and_role as (
    select
        accounts.account_id,
        roles.weight,
        least(1, coalesce(role_members.members, 0) / roles.required_members) as share_filled,
        role_members.mean_points
    from accounts
    cross join roles
    left join role_members
        on
            accounts.account_id = role_members.account_id
            and roles.buying_role = role_members.buying_role
),

weighed as (
    select
        account_id,
        {{ round_half_up(
            'sum(mean_points * weight) / nullif(sum(case when mean_points is not null then weight end), 0)', 6
        ) }} as role_weighted_points,
        {{ round_half_up('avg(share_filled)', 6) }} as completeness
    from every_account_and_role
    group by account_id
)

select * from weighed
