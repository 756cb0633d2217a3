-- Only contacts whose gains, if nothing were ever lost, would reach a threshold can cross it.
with

watched_scores as (
    select
        fold,
        scope,
        watched_score,
        score_group,
        lowest_level
    from {{ ref('int_watched_scores') }}
),

contacts as (select contact_id, known_account_id from {{ ref('int_contacts_known') }}),

group_points as (select contact_id, score_group, points_at_most from {{ ref('int_group_points') }}),

score_groups as (
    select
        score_group,
        account_rollup,
        -- A total may lie above the sum of its groups, and an account without contacts has 0.
        greatest(coalesce(min_points, 0), 0) as points_at_least
    from {{ ref('stg_score_groups') }}
),

contact_bounds as (
    select
        watched_scores.fold,
        watched_scores.lowest_level,
        group_points.contact_id,
        greatest(sum(group_points.points_at_most), max(watched.points_at_least)) as points_at_most
    from watched_scores
    inner join score_groups as watched on watched_scores.watched_score = watched.score_group
    inner join group_points on watched_scores.score_group = group_points.score_group
    where watched_scores.scope = 'contact'
    group by watched_scores.fold, watched_scores.lowest_level, group_points.contact_id
),

account_group_bounds as (
    select
        watched_scores.fold,
        watched_scores.lowest_level,
        watched_scores.watched_score,
        contacts.known_account_id as account_id,
        watched_scores.score_group,
        case
            when score_groups.account_rollup = 'sum' then sum(greatest(group_points.points_at_most, 0))
            else greatest(max(group_points.points_at_most), 0)
        end as points_at_most
    from watched_scores
    inner join score_groups on watched_scores.score_group = score_groups.score_group
    inner join group_points on watched_scores.score_group = group_points.score_group
    inner join contacts on group_points.contact_id = contacts.contact_id
    where
        watched_scores.scope = 'account'
        and contacts.known_account_id is not null
    group by
        watched_scores.fold,
        watched_scores.lowest_level,
        watched_scores.watched_score,
        contacts.known_account_id,
        watched_scores.score_group,
        score_groups.account_rollup
),

account_bounds as (
    select
        account_group_bounds.fold,
        account_group_bounds.lowest_level,
        account_group_bounds.account_id,
        greatest(sum(account_group_bounds.points_at_most), max(watched.points_at_least)) as points_at_most
    from account_group_bounds
    inner join score_groups as watched on account_group_bounds.watched_score = watched.score_group
    group by account_group_bounds.fold, account_group_bounds.lowest_level, account_group_bounds.account_id
),

within_reach as (
    select
        fold,
        contact_id,
        cast(null as varchar) as account_id
    from contact_bounds
    where points_at_most >= lowest_level - 0.000001
    union all
    select
        account_bounds.fold,
        contacts.contact_id,
        account_bounds.account_id
    from account_bounds
    inner join contacts on account_bounds.account_id = contacts.known_account_id
    where account_bounds.points_at_most >= account_bounds.lowest_level - 0.000001
)

select * from within_reach
