{{ config(schema=target.schema) }}

with

segments as (
    select
        segment,
        label,
        score_group,
        min_score,
        max_score
    from {{ ref('stg_segments') }}
),

scores as (select contact_id, score_group, score from {{ ref('int_all_scores') }}),

conditions_counted as (
    select
        segment,
        min(label) as label,
        count(*) as conditions
    from segments
    group by segment
),

conditions_held as (
    select
        segments.segment,
        scores.contact_id,
        count(*) as conditions
    from scores
    inner join segments
        on
            scores.score_group = segments.score_group
            and scores.score >= coalesce(segments.min_score, scores.score)
            and scores.score <= coalesce(segments.max_score, scores.score)
    group by segments.segment, scores.contact_id
),

members as (
    select
        conditions_held.segment,
        conditions_counted.label as segment_label,
        conditions_held.contact_id
    from conditions_held
    inner join conditions_counted
        on
            conditions_held.segment = conditions_counted.segment
            and conditions_held.conditions = conditions_counted.conditions
)

select * from members
