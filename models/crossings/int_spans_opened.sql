{{ config(database='scratch', materialized='view') }}

-- From the end of one day with lines to the end of the next, or to as_of: first a gap, in which nothing but time passes
-- and each group moves one way, then the day.
with

watched_groups as (select distinct score_group from {{ ref('int_watched_scores') }}),

balances as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
        begins_at_midnight,
        gained_points,
        lost_points,
        points
    from {{ ref('int_daily_balances') }}
),

moved as (select contact_id from {{ ref('int_contacts_moved') }}),

followed as (
    select
        balances.*,
        lag(balances.ends_at) over (partition by balances.contact_id, balances.score_group order by balances.day)
            as opened_at,
        lag(balances.stage_visit) over (partition by balances.contact_id, balances.score_group order by balances.day)
            as opening_visit,
        lag(balances.points) over (partition by balances.contact_id, balances.score_group order by balances.day)
            as opening_points,
        min(case when balances.gained_points > 0 or balances.lost_points < 0 then balances.day end) over (
            partition by balances.contact_id, balances.score_group
        ) as begun_on,
        lead(balances.day) over (partition by balances.contact_id, balances.score_group order by balances.day)
            as day_after,
        lead(balances.begins_at_midnight) over (
            partition by balances.contact_id, balances.score_group order by balances.day
        ) as begins_at_midnight_after
    from balances
    inner join watched_groups on balances.score_group = watched_groups.score_group
),

spans_with_day as (
    select
        contact_id,
        score_group,
        coalesce(opened_at, cast('0001-01-01' as timestamp)) as opened_at,
        opening_visit,
        coalesce(opening_points, 0) as opening_points,
        day,
        ends_at,
        begun_on,
        gained_points,
        lost_points,
        -- Lines at the very midnight that ends it leave no moment at which it has what the day ended with.
        case when coalesce(cast(day_after as timestamp) > ends_at or not begins_at_midnight_after, true) then points end
            as closing_points
    from followed
),

spans_until_as_of as (
    select
        contact_id,
        score_group,
        ends_at as opened_at,
        stage_visit as opening_visit,
        points as opening_points,
        cast('9999-12-31' as date) as day,
        {{ as_of() }} as ends_at,
        begun_on,
        0e0 as gained_points,
        0e0 as lost_points,
        cast(null as double) as closing_points
    from followed
    where
        day_after is null
        and day < cast({{ as_of() }} as date)
),

{% if is_continued() %}
spans_that_go_on as (
    select
        before.contact_id,
        before.score_group,
        before.opened_at,
        before.opening_visit,
        before.opening_points,
        before.day,
        {{ as_of() }} as ends_at,
        before.begun_on,
        0e0 as gained_points,
        0e0 as lost_points,
        cast(null as double) as closing_points
    from {{ built_before('int_watched_spans') }} as before
    left join moved on before.contact_id = moved.contact_id
    where
        before.day = cast('9999-12-31' as date)
        and moved.contact_id is null
),
{% endif %}

all_spans as (
    select * from spans_with_day
    union all
    select * from spans_until_as_of
    {% if is_continued() %}
    union all
    select * from spans_that_go_on
    {% endif %}
)

select * from all_spans
