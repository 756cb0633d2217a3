{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_moved'}, incremental_predicates=["day = cast('9999-12-31' as date)"]) }}

-- From the end of one day with lines to the end of the next, or to as_of: first a gap, in which nothing but time passes
-- and each group moves one way, then the day. How high and how low points can get in either says whether to look
-- closer.
with

watched_groups as (select distinct score_group from {{ ref('int_watched_scores') }}),

score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
),

balances as (
    select
        contact_id,
        score_group,
        day,
        ends_at,
        stage_visit,
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
        coalesce(
            max(balances.gained_points - balances.lost_points) over (
                partition by balances.contact_id, balances.score_group
                order by balances.day
                rows between unbounded preceding and 1 preceding
            ) > 0,
            false
        ) as is_begun,
        coalesce(
            max(balances.gained_points - balances.lost_points) over (
                partition by balances.contact_id, balances.score_group
                order by balances.day
                rows between unbounded preceding and 2 preceding
            ) > 0,
            false
        ) as was_begun_before,
        lead(balances.day) over (partition by balances.contact_id, balances.score_group order by balances.day) is null
            as is_last
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
        was_begun_before,
        is_begun,
        gained_points,
        lost_points
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
        is_begun as was_begun_before,
        is_begun or gained_points > 0 or lost_points < 0 as is_begun,
        0e0 as gained_points,
        0e0 as lost_points
    from followed
    where
        is_last
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
        before.was_begun_before,
        before.is_begun,
        0e0 as gained_points,
        0e0 as lost_points
    from {{ this }} as before
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
),

valued as (
    select
        all_spans.*,
        score_groups.half_life_days,
        score_groups.is_reset_on_stage_change,
        score_groups.min_points,
        score_groups.max_points,
        least(cast(all_spans.day as timestamp), {{ as_of() }}) as day_begins_at,
        {{ line_value(
            'all_spans.opening_points',
            'all_spans.opened_at',
            'least(cast(all_spans.day as timestamp), ' ~ as_of() ~ ')',
            'score_groups.half_life_days'
        ) }} as points_before_day,
        {{ line_value(
            'all_spans.opening_points', 'all_spans.opened_at', 'all_spans.ends_at', 'score_groups.half_life_days'
        ) }} as points_left
    from all_spans
    inner join score_groups on all_spans.score_group = score_groups.score_group
),

-- A group that resets may lose its opening points at any stage change.
bounded as (
    select
        *,
        least(opening_points, points_before_day, case when is_reset_on_stage_change then 0 end) as lowest_in_gap,
        greatest(opening_points, points_before_day, case when is_reset_on_stage_change then 0 end) as highest_in_gap,
        least(points_before_day, points_left, case when is_reset_on_stage_change then 0 end) + lost_points
            as lowest_in_day,
        greatest(points_before_day, points_left, case when is_reset_on_stage_change then 0 end) + gained_points
            as highest_in_day
    from valued
),

limited as (
    select
        contact_id,
        score_group,
        day,
        opened_at,
        day_begins_at,
        opening_visit,
        opening_points,
        was_begun_before,
        is_begun,
        is_begun or gained_points > 0 or lost_points < 0 as is_begun_by_end,
        {{ limit_points('lowest_in_gap', 'min_points', 'max_points') }} as lowest_in_gap,
        {{ limit_points('highest_in_gap', 'min_points', 'max_points') }} as highest_in_gap,
        {{ limit_points('lowest_in_day', 'min_points', 'max_points') }} as lowest_in_day,
        {{ limit_points('highest_in_day', 'min_points', 'max_points') }} as highest_in_day
    from bounded
)

select * from limited
