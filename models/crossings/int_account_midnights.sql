{{ config(database='scratch') }}

-- Midnights of the periods that are looked at, the one that ends them, and the one before, for the points before a
-- crossing.
with

accounts as (select watched_score, account_id, first_midnight from {{ ref('int_watched_accounts') }}),

periods as (select watched_score, account_id, period from {{ ref('int_account_periods_passing') }}),

days as ({{ integers_up_to('32') }}),

midnights as (
    select
        periods.watched_score,
        periods.account_id,
        {{ add_days(period_begins('periods.period'), '(days.step - 2)') }} as moment,
        min(periods.period) as period
    from periods
    cross join days
    group by
        periods.watched_score,
        periods.account_id,
        {{ add_days(period_begins('periods.period'), '(days.step - 2)') }}
),

watched as (
    select
        midnights.watched_score,
        midnights.account_id,
        midnights.moment,
        midnights.period
    from midnights
    inner join accounts
        on
            midnights.watched_score = accounts.watched_score
            and midnights.account_id = accounts.account_id
            and midnights.moment >= accounts.first_midnight
    where midnights.moment <= {{ as_of() }}
)

select * from watched
