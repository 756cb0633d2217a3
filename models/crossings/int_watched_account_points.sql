with

redone as (select account_id, first_period from {{ ref('int_accounts_redone') }}),

points as (
    select
        account_id,
        score_group,
        moment,
        period,
        points
    from {{ ref('int_account_points_redone') }}
),

{% if is_continued() %}
kept as (
    select
        before.account_id,
        before.score_group,
        before.moment,
        before.period,
        before.points
    from {{ this }} as before
    inner join redone
        on
            before.account_id = redone.account_id
            and before.period < redone.first_period
),
{% else %}
-- Nothing was found before.
kept as (
    select
        points.account_id,
        points.score_group,
        points.moment,
        points.period,
        points.points
    from points
    inner join redone on points.account_id = redone.account_id
    where false
),
{% endif %}

all_points as (
    select * from points
    union all
    select * from kept
)

select * from all_points
