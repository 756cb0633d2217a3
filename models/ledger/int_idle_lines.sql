{{ config(materialized='view') }}

with

silences as (
    select
        contact_id,
        score_group,
        rule_id,
        event_id,
        asset,
        occurred_at,
        idle_at,
        stage_visit,
        points
    from {{ ref('int_silences_found') }}
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
    from silences
    where idle_at <= {{ as_of() }}
)

select * from lines
