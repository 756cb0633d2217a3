with

contacts as (select cutoff_at, contact_id from {{ ref('int_contacts_cut') }}),

score_groups as (
    select
        score_group,
        is_total,
        is_in_total,
        min_points,
        max_points,
        full_points,
        scale_min,
        scale_max,
        scale
    from {{ ref('stg_score_groups') }}
),

rule_sums as (select cutoff_at, contact_id, score_group, points from {{ ref('int_rule_sums_cut') }}),

summed_by_group as (
    select
        cutoff_at,
        contact_id,
        score_group,
        {{ round_half_up('sum(points)', 6) }} as points
    from rule_sums
    group by cutoff_at, contact_id, score_group
),

group_points as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        score_groups.score_group,
        score_groups.is_in_total,
        {{ limit_points(
            'coalesce(summed_by_group.points, 0)', 'score_groups.min_points', 'score_groups.max_points'
        ) }} as points
    from contacts
    cross join score_groups
    left join summed_by_group
        on
            contacts.cutoff_at = summed_by_group.cutoff_at
            and contacts.contact_id = summed_by_group.contact_id
            and score_groups.score_group = summed_by_group.score_group
    where not score_groups.is_total
),

summed_by_contact as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        {{ round_half_up('coalesce(sum(group_points.points), 0)', 6) }} as points
    from contacts
    left join group_points
        on
            contacts.cutoff_at = group_points.cutoff_at
            and contacts.contact_id = group_points.contact_id
            and group_points.is_in_total
    group by contacts.cutoff_at, contacts.contact_id
),

all_points as (
    select cutoff_at, contact_id, score_group, points from group_points
    union all
    select
        summed_by_contact.cutoff_at,
        summed_by_contact.contact_id,
        score_groups.score_group,
        {{ limit_points('summed_by_contact.points', 'score_groups.min_points', 'score_groups.max_points') }} as points
    from summed_by_contact
    inner join score_groups on score_groups.is_total
),

scored as (
    select
        all_points.cutoff_at,
        all_points.contact_id,
        all_points.score_group,
        all_points.points,
        {{ scale_score('all_points', 'score_groups') }} as score
    from all_points
    inner join score_groups on all_points.score_group = score_groups.score_group
)

select * from scored
