{{ config(database='scratch') }}

-- How high and how low its contacts get within 30 days bounds what an account can have in them. Only periods in which a
-- level lies between the two are looked at midnight by midnight.
with

accounts as (select watched_score, account_id, first_midnight from {{ ref('int_watched_accounts') }}),

watched_scores as (
    select
        watched_score,
        account_rollup,
        points_without_lines
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

levels as (select watched_score, level from {{ ref('int_watched_levels') }}),

member_periods as (
    select
        watched_score,
        account_id,
        score_group,
        account_rollup,
        points_without_lines,
        period,
        lowest,
        highest
    from {{ ref('int_member_periods') }}
),

members_counted as (
    select
        known_account_id as account_id,
        count(*) as members
    from {{ ref('int_contacts_known') }}
    group by known_account_id
),

-- What an account has of contacts without a line, at least and at most: some may not be created yet.
starting_points as (
    select
        accounts.watched_score,
        accounts.account_id,
        sum(least(
            case when watched_scores.account_rollup = 'sum' then members_counted.members else 1 end
            * watched_scores.points_without_lines,
            0
        )) as lowest,
        sum(greatest(
            case when watched_scores.account_rollup = 'sum' then members_counted.members else 1 end
            * watched_scores.points_without_lines,
            0
        )) as highest
    from accounts
    inner join members_counted on accounts.account_id = members_counted.account_id
    inner join watched_scores on accounts.watched_score = watched_scores.watched_score
    group by accounts.watched_score, accounts.account_id
),

-- How far lines move the account from there.
rolled_up as (
    select
        watched_score,
        account_id,
        period,
        case
            when account_rollup = 'sum' then sum(lowest - points_without_lines)
            else least(min(lowest) - least(points_without_lines, 0), 0)
        end as lowest,
        case
            when account_rollup = 'sum' then sum(highest - points_without_lines)
            else greatest(max(highest) - greatest(points_without_lines, 0), 0)
        end as highest
    from member_periods
    group by watched_score, account_id, period, score_group, account_rollup, points_without_lines
),

summed as (
    select
        rolled_up.watched_score,
        rolled_up.account_id,
        rolled_up.period,
        starting_points.lowest + sum(rolled_up.lowest) - {{ account_points_tolerance() }} as lowest,
        starting_points.highest + sum(rolled_up.highest) + {{ account_points_tolerance() }} as highest
    from rolled_up
    inner join starting_points
        on
            rolled_up.watched_score = starting_points.watched_score
            and rolled_up.account_id = starting_points.account_id
    group by
        rolled_up.watched_score,
        rolled_up.account_id,
        rolled_up.period,
        starting_points.lowest,
        starting_points.highest
),

passing as (
    select distinct
        summed.watched_score,
        summed.account_id,
        summed.period
    from summed
    inner join accounts
        on
            summed.watched_score = accounts.watched_score
            and summed.account_id = accounts.account_id
            and summed.period >= {{ period_of('accounts.first_midnight') }}
    inner join levels
        on
            summed.watched_score = levels.watched_score
            and summed.highest >= levels.level
            and (summed.lowest < levels.level or summed.period = {{ period_of('accounts.first_midnight') }})
)

select * from passing
