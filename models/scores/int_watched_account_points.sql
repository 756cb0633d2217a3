with

intervals as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        points
    from {{ ref('int_watched_intervals') }}
    where fold like 'account:%'
),

watched_scores as (select distinct fold, watched_score from {{ ref('int_watched_scores') }}),

contacts as (select contact_id, known_account_id, created_at from {{ ref('int_contacts_known') }}),

score_groups as (
    select
        score_group,
        account_rollup,
        min_points,
        max_points,
        is_total
    from {{ ref('stg_score_groups') }}
),

-- An account at a moment is its contacts created by then; it is watched also while it has none.
member_points as (
    select
        intervals.fold,
        contacts.known_account_id as account_id,
        intervals.score_group,
        intervals.moment,
        score_groups.account_rollup,
        case when contacts.created_at <= intervals.moment then intervals.points end as points
    from intervals
    inner join contacts on intervals.contact_id = contacts.contact_id
    inner join score_groups on intervals.score_group = score_groups.score_group
),

rolled_up as (
    select
        fold,
        account_id,
        score_group,
        moment,
        account_rollup,
        sum(points) as sum_points,
        avg(points) as mean_points,
        max(points) as highest_points
    from member_points
    group by fold, account_id, score_group, moment, account_rollup
),

rounded as (
    select
        fold,
        account_id,
        moment,
        {{ round_half_up(
            "coalesce(case account_rollup when 'mean' then mean_points when 'max' then highest_points else sum_points end, 0)", 6
        ) }} as points
    from rolled_up
),

summed as (
    select
        fold,
        account_id,
        moment,
        sum(points) as points
    from rounded
    group by fold, account_id, moment
),

rounded_sums as (
    select
        summed.account_id,
        summed.moment,
        watched_scores.watched_score as score_group,
        score_groups.is_total,
        score_groups.min_points,
        score_groups.max_points,
        {{ round_half_up('summed.points', 6) }} as points
    from summed
    inner join watched_scores on summed.fold = watched_scores.fold
    inner join score_groups on watched_scores.watched_score = score_groups.score_group
),

limited as (
    select
        account_id,
        score_group,
        moment,
        case
            when is_total then {{ limit_points('points', 'min_points', 'max_points') }}
            else points
        end as points
    from rounded_sums
)

select * from limited
