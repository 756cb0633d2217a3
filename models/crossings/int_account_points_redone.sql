{{ config(database='scratch') }}

-- An account at a midnight is its contacts created by then; it is watched from when it has one.
with

midnights as (select watched_score, account_id, moment, period from {{ ref('int_account_midnights') }}),

member_points as (
    select
        watched_score,
        account_id,
        score_group,
        moment,
        points
    from {{ ref('int_member_midnights') }}
),

watched_scores as (
    select
        watched_score,
        watched_group,
        score_group,
        account_rollup,
        points_without_lines,
        total_min_points,
        total_max_points
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

members as (
    select
        known_account_id as account_id,
        created_at
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

members_counted as (
    select
        midnights.watched_score,
        midnights.account_id,
        midnights.moment,
        midnights.period,
        count(*) as members
    from midnights
    inner join members
        on
            midnights.account_id = members.account_id
            and midnights.moment >= members.created_at
    group by midnights.watched_score, midnights.account_id, midnights.moment, midnights.period
),

summed_members as (
    select
        watched_score,
        account_id,
        score_group,
        moment,
        count(*) as members,
        sum(points) as points,
        max(points) as highest
    from member_points
    group by watched_score, account_id, score_group, moment
),

-- Contacts without a line have what no lines give.
rolled_up as (
    select
        members_counted.account_id,
        members_counted.moment,
        members_counted.period,
        watched_scores.watched_group,
        watched_scores.total_min_points,
        watched_scores.total_max_points,
        watched_scores.account_rollup,
        members_counted.members,
        coalesce(summed_members.points, 0)
        + (members_counted.members - coalesce(summed_members.members, 0)) * watched_scores.points_without_lines
            as points,
        greatest(
            summed_members.highest,
            case
                when members_counted.members > coalesce(summed_members.members, 0)
                    then watched_scores.points_without_lines
            end
        ) as highest
    from members_counted
    inner join watched_scores on members_counted.watched_score = watched_scores.watched_score
    left join summed_members
        on
            members_counted.watched_score = summed_members.watched_score
            and members_counted.account_id = summed_members.account_id
            and members_counted.moment = summed_members.moment
            and watched_scores.score_group = summed_members.score_group
),

summed as (
    select
        account_id,
        moment,
        period,
        watched_group,
        total_min_points,
        total_max_points,
        sum({{ rolled_up_points('account_rollup', 'points', 'points / members', 'highest') }}) as points
    from rolled_up
    group by account_id, moment, period, watched_group, total_min_points, total_max_points
),

limited as (
    select
        account_id,
        watched_group as score_group,
        moment,
        period,
        {{ limit_points(round_half_up('points', 6), 'total_min_points', 'total_max_points') }} as points
    from summed
)

select * from limited
