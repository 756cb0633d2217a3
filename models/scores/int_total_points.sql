with

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

group_points as (
    select
        contact_id,
        score_group,
        ledger_lines,
        last_engaged_at,
        points,
        points_7d_ago,
        points_30d_ago
    from {{ ref('int_group_points') }}
),

score_groups as (select score_group, is_in_total from {{ ref('stg_score_groups') }}),

total as (
    select
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
    where is_total
),

-- A scorebook may have no group but the total.
summed as (
    select
        contacts.contact_id,
        coalesce(sum(group_points.ledger_lines), 0) as ledger_lines,
        max(group_points.last_engaged_at) as last_engaged_at,
        sum(case when score_groups.is_in_total then group_points.points else 0 end) as points,
        sum(case when score_groups.is_in_total then group_points.points_7d_ago else 0 end) as points_7d_ago,
        sum(case when score_groups.is_in_total then group_points.points_30d_ago else 0 end) as points_30d_ago
    from contacts
    left join group_points on contacts.contact_id = group_points.contact_id
    left join score_groups on group_points.score_group = score_groups.score_group
    group by contacts.contact_id
),

rounded as (
    select
        contact_id,
        ledger_lines,
        last_engaged_at,
        {{ round_half_up('points', 6) }} as points,
        {{ round_half_up('points_7d_ago', 6) }} as points_7d_ago,
        {{ round_half_up('points_30d_ago', 6) }} as points_30d_ago
    from summed
),

limited as (
    select
        rounded.contact_id,
        rounded.ledger_lines,
        rounded.last_engaged_at,
        rounded.points as unlimited_points,
        {{ limit_points('rounded.points', 'total.min_points', 'total.max_points') }} as points,
        {{ limit_points('rounded.points_7d_ago', 'total.min_points', 'total.max_points') }} as points_7d_ago,
        {{ limit_points('rounded.points_30d_ago', 'total.min_points', 'total.max_points') }} as points_30d_ago
    from rounded
    cross join total
)

select * from limited
