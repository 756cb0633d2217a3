with

contacts as (select contact_id from {{ ref('int_contacts_known') }}),

score_groups as (
    select
        score_group,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
    where not is_total
),

line_sums as (
    select
        contact_id,
        score_group,
        ledger_lines,
        last_engaged_at,
        points_now,
        points_7d_ago,
        points_30d_ago
    from {{ ref('int_line_sums') }}
),

summed_by_group as (
    select
        contact_id,
        score_group,
        sum(ledger_lines) as ledger_lines,
        max(last_engaged_at) as last_engaged_at,
        sum(points_now) as points_now,
        sum(points_7d_ago) as points_7d_ago,
        sum(points_30d_ago) as points_30d_ago
    from line_sums
    group by contact_id, score_group
),

every_contact_and_group as (
    select
        contacts.contact_id,
        score_groups.score_group,
        score_groups.min_points,
        score_groups.max_points,
        coalesce(summed_by_group.ledger_lines, 0) as ledger_lines,
        summed_by_group.last_engaged_at,
        {{ round_half_up('coalesce(summed_by_group.points_now, 0)', 6) }} as points_now,
        {{ round_half_up('coalesce(summed_by_group.points_7d_ago, 0)', 6) }} as points_7d_ago,
        {{ round_half_up('coalesce(summed_by_group.points_30d_ago, 0)', 6) }} as points_30d_ago
    from contacts
    cross join score_groups
    left join summed_by_group
        on
            contacts.contact_id = summed_by_group.contact_id
            and score_groups.score_group = summed_by_group.score_group
),

limited as (
    select
        contact_id,
        score_group,
        ledger_lines,
        last_engaged_at,
        points_now as unlimited_points,
        {{ limit_points('points_now', 'min_points', 'max_points') }} as points,
        {{ limit_points('points_7d_ago', 'min_points', 'max_points') }} as points_7d_ago,
        {{ limit_points('points_30d_ago', 'min_points', 'max_points') }} as points_30d_ago
    from every_contact_and_group
)

select * from limited
