with

accounts as (
    select account_id
    from {{ ref('stg_accounts') }}
    where verdict = 'used'
),

contacts as (select contact_id, known_account_id from {{ ref('int_contacts_known') }}),

score_groups as (
    select
        score_group,
        account_rollup,
        is_in_total
    from {{ ref('stg_score_groups') }}
    where not is_total
),

total as (
    select
        score_group,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
    where is_total
),

group_points as (select contact_id, score_group, points from {{ ref('int_group_points') }}),

member_points as (
    select
        contacts.known_account_id as account_id,
        group_points.score_group,
        sum(group_points.points) as sum_points,
        avg(group_points.points) as mean_points,
        max(group_points.points) as max_points
    from contacts
    inner join group_points on contacts.contact_id = group_points.contact_id
    group by contacts.known_account_id, group_points.score_group
),

rolled_up as (
    select
        accounts.account_id,
        score_groups.score_group,
        score_groups.is_in_total,
        {{ rolled_up_points(
            'score_groups.account_rollup',
            'member_points.sum_points',
            'member_points.mean_points',
            'member_points.max_points'
        ) }} as points
    from accounts
    cross join score_groups
    left join member_points
        on
            accounts.account_id = member_points.account_id
            and score_groups.score_group = member_points.score_group
),

-- A scorebook may have no group but the total.
summed as (
    select
        accounts.account_id,
        coalesce(sum(case when rolled_up.is_in_total then rolled_up.points else 0 end), 0) as points
    from accounts
    left join rolled_up on accounts.account_id = rolled_up.account_id
    group by accounts.account_id
),

with_total as (
    select
        account_id,
        score_group,
        points
    from rolled_up
    union all
    select
        summed.account_id,
        total.score_group,
        {{ limit_points(round_half_up('summed.points', 6), 'total.min_points', 'total.max_points') }} as points
    from summed
    cross join total
)

select * from with_total
