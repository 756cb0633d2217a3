{{ config(database='scratch') }}

-- Midnights and spans of a contact are many, those of one period few: they are brought together period by period.
with

periods as (select watched_score, account_id, period from {{ ref('int_account_periods_passing') }}),

watched_scores as (
    select
        watched_score,
        score_group
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

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
        opened_at,
        day_begins_at,
        {{ period_of('opened_at') }} as first_period,
        {{ period_of('day_begins_at') }} as last_period,
        opening_visit,
        opening_points
    from {{ ref('int_watched_spans') }}
),

placed as (
    select
        periods.watched_score,
        periods.account_id,
        periods.period,
        members.contact_id,
        members.created_at,
        spans.score_group,
        spans.opened_at,
        spans.day_begins_at,
        spans.opening_visit,
        spans.opening_points
    from spans
    inner join watched_scores on spans.score_group = watched_scores.score_group
    inner join members on spans.contact_id = members.contact_id
    inner join periods
        on
            watched_scores.watched_score = periods.watched_score
            and members.account_id = periods.account_id
            and periods.period between spans.first_period - 1 and spans.last_period + 1
)

select * from placed
