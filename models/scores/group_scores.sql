{{ config(schema=target.schema) }}

with

group_points as (select contact_id, score_group, last_engaged_at, points from {{ ref('int_group_points') }}),

score_groups as (
    select
        score_group,
        full_points,
        scale_min,
        scale_max,
        scale
    from {{ ref('stg_score_groups') }}
),

score_bands as (
    select
        score_group,
        min_score,
        next_min_score,
        band,
        label,
        color
    from {{ ref('stg_score_bands') }}
),

events_counted as (select contact_id, score_group, events from {{ ref('int_events_counted') }}),

scored as (
    select
        group_points.contact_id,
        group_points.score_group,
        group_points.last_engaged_at,
        group_points.points,
        {{ scale_score('group_points', 'score_groups') }} as score
    from group_points
    inner join score_groups on group_points.score_group = score_groups.score_group
),

described as (
    select
        scored.contact_id,
        scored.score_group,
        scored.points,
        scored.score,
        score_bands.band,
        score_bands.label as band_label,
        score_bands.color as band_color,
        percent_rank() over (partition by scored.score_group order by scored.score) as percentile,
        coalesce(events_counted.events, 0) as events,
        scored.last_engaged_at,
        {{ as_of() }} as as_of
    from scored
    left join score_bands on {{ is_in_band('scored', 'score_bands') }}
    left join events_counted
        on
            scored.contact_id = events_counted.contact_id
            and scored.score_group = events_counted.score_group
)

select * from described
