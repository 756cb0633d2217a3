with

score_groups as (
    select
        score_group,
        account_rollup,
        is_in_total,
        is_total,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
),

account_scores as (select account_id, score_group, points, contacts from {{ ref('account_scores') }}),

member_points as (
    select
        contact_scores.account_id,
        group_scores.score_group,
        count(*) as contacts,
        sum(group_scores.points) as sum_points,
        avg(group_scores.points) as mean_points,
        max(group_scores.points) as max_points,
        sum(abs(group_scores.points)) as volume
    from {{ ref('contact_scores') }} as contact_scores
    inner join {{ ref('group_scores') }} as group_scores on contact_scores.contact_id = group_scores.contact_id
    group by contact_scores.account_id, group_scores.score_group
),

expected_of_groups as (
    select
        account_scores.account_id,
        score_groups.score_group,
        account_scores.points,
        account_scores.contacts,
        coalesce(member_points.contacts, 0) as expected_contacts,
        coalesce(
            case score_groups.account_rollup
                when 'mean' then member_points.mean_points
                when 'max' then member_points.max_points
                else member_points.sum_points
            end,
            0
        ) as expected_points,
        coalesce(member_points.volume, 0) as volume
    from account_scores
    inner join score_groups on account_scores.score_group = score_groups.score_group
    left join member_points
        on
            account_scores.account_id = member_points.account_id
            and account_scores.score_group = member_points.score_group
    where not score_groups.is_total
),

summed_to_total as (
    select
        expected_of_groups.account_id,
        max(expected_of_groups.contacts) as contacts,
        sum(case when score_groups.is_in_total then expected_of_groups.points else 0 end) as points,
        sum(expected_of_groups.volume) as volume
    from expected_of_groups
    inner join score_groups on expected_of_groups.score_group = score_groups.score_group
    group by expected_of_groups.account_id
),

expected_of_total as (
    select
        account_scores.account_id,
        score_groups.score_group,
        account_scores.points,
        account_scores.contacts,
        summed_to_total.contacts as expected_contacts,
        {{ limit_points('summed_to_total.points', 'score_groups.min_points', 'score_groups.max_points') }}
            as expected_points,
        summed_to_total.volume
    from account_scores
    inner join score_groups
        on
            account_scores.score_group = score_groups.score_group
            and score_groups.is_total
    inner join summed_to_total on account_scores.account_id = summed_to_total.account_id
),

compared as (
    select * from expected_of_groups
    union all
    select * from expected_of_total
),

mistakes as (
    select
        'account_scores: account ' || account_id || ' has ' || cast(points as varchar)
        || ' points of ' || cast(contacts as varchar) || ' contact(s) in group ' || score_group
        || ', but the points of its ' || cast(expected_contacts as varchar)
        || ' contact(s) in group_scores come to ' || cast(expected_points as varchar)
        || ': look for a join in models/scores/int_account_points.sql that drops or repeats contacts' as mistake
    from compared
    where
        contacts != expected_contacts
        or abs(points - expected_points) > 0.0000009 + volume * 1e-12
)

select mistake from mistakes
order by mistake
limit 10
