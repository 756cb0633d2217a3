{{ config(materialized='incremental', incremental_strategy='by_contact', on_schema_change='fail',
    meta={'redone': 'int_contacts_moved'}, incremental_predicates=["day = cast('9999-12-31' as date)"]) }}

-- How high and how low points can get in the gap and on the day of a span says whether to look closer.
with

spans as (
    select
        contact_id,
        score_group,
        opened_at,
        opening_visit,
        opening_points,
        day,
        ends_at,
        begun_on,
        gained_points,
        lost_points,
        closing_points
    from {{ ref('int_spans_opened') }}
),

score_groups as (
    select
        score_group,
        half_life_days,
        is_reset_on_stage_change,
        min_points,
        max_points
    from {{ ref('stg_score_groups') }}
),

valued as (
    select
        spans.*,
        score_groups.is_reset_on_stage_change,
        score_groups.min_points,
        score_groups.max_points,
        least(cast(spans.day as timestamp), {{ as_of() }}) as day_begins_at,
        {{ line_value(
            'spans.opening_points',
            'spans.opened_at',
            'least(cast(spans.day as timestamp), ' ~ as_of() ~ ')',
            'score_groups.half_life_days'
        ) }} as points_before_day,
        {{ line_value(
            'spans.opening_points', 'spans.opened_at', 'spans.ends_at', 'score_groups.half_life_days'
        ) }} as points_left
    from spans
    inner join score_groups on spans.score_group = score_groups.score_group
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
        begun_on,
        {{ limit_points('lowest_in_gap', 'min_points', 'max_points') }} as lowest_in_gap,
        {{ limit_points('highest_in_gap', 'min_points', 'max_points') }} as highest_in_gap,
        {{ limit_points('lowest_in_day', 'min_points', 'max_points') }} as lowest_in_day,
        {{ limit_points('highest_in_day', 'min_points', 'max_points') }} as highest_in_day,
        case when closing_points is not null then {{ limit_points('closing_points', 'min_points', 'max_points') }} end
            as closing_points
    from bounded
)

select * from limited
