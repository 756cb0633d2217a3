{{ config(database='scratch') }}

with

accounts as (select watched_score, account_id from {{ ref('int_watched_accounts') }}),

watched_scores as (
    select
        watched_score,
        score_group,
        account_rollup,
        points_without_lines
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

redone as (select account_id, first_period from {{ ref('int_accounts_redone') }}),

members as (
    select
        contact_id,
        known_account_id as account_id,
        created_at
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

spans as (
    select
        contact_id,
        score_group,
        {{ period_of(
            "case when opened_at > cast('0001-01-01' as timestamp) then opened_at else day_begins_at end"
        ) }} as first_period,
        {{ period_of('day_begins_at') }} as last_period,
        least(lowest_in_gap, lowest_in_day) as lowest,
        greatest(highest_in_gap, highest_in_day) as highest
    from {{ ref('int_watched_spans') }}
),

watched_members as (
    select
        accounts.watched_score,
        accounts.account_id,
        redone.first_period,
        members.contact_id,
        {{ period_of('members.created_at') }} as created_in,
        watched_scores.score_group,
        watched_scores.account_rollup,
        watched_scores.points_without_lines
    from accounts
    inner join members on accounts.account_id = members.account_id
    inner join redone on accounts.account_id = redone.account_id
    inner join watched_scores on accounts.watched_score = watched_scores.watched_score
),

longest as (select coalesce(max(last_period - first_period) + 1, 0) as periods from spans),

numbers as ({{ integers_up_to('(select longest.periods from longest)') }}),

-- Who is not created yet counts for nothing, which may be more or less than what is known of the period.
member_periods as (
    select
        watched_members.watched_score,
        watched_members.account_id,
        watched_members.score_group,
        watched_members.account_rollup,
        watched_members.points_without_lines,
        spans.first_period + numbers.step - 1 as period,
        least(
            min(spans.lowest),
            case
                when watched_members.created_in >= spans.first_period + numbers.step - 1
                    then watched_members.points_without_lines
            end
        ) as lowest,
        greatest(
            max(spans.highest),
            case
                when watched_members.created_in >= spans.first_period + numbers.step - 1
                    then watched_members.points_without_lines
            end
        ) as highest
    from spans
    inner join watched_members
        on
            spans.contact_id = watched_members.contact_id
            and spans.score_group = watched_members.score_group
            and spans.last_period >= watched_members.first_period
    inner join numbers
        on
            spans.last_period - spans.first_period + 1 >= numbers.step
            and spans.first_period + numbers.step - 1 >= watched_members.first_period
    group by
        watched_members.watched_score,
        watched_members.account_id,
        watched_members.score_group,
        watched_members.account_rollup,
        watched_members.points_without_lines,
        watched_members.contact_id,
        watched_members.created_in,
        spans.first_period + numbers.step - 1
)

select * from member_periods
