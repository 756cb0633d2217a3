{{ config(materialized='view') }}

with

matches as (
    select
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        occurred_at,
        idle_at,
        next_match_at,
        stage_visit,
        points
    from {{ ref('int_matches_followed') }}
),

lines as (
    select
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        idle_at as effective_at,
        occurred_at as origin_at,
        stage_visit,
        points
    from matches
    where
        idle_at <= {{ as_of() }}
        and (next_match_at is null or next_match_at > idle_at)
)

select * from lines
