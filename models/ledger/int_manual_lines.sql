with

adjustments as (
    select
        adjustment_id,
        contact_id,
        score_group,
        points,
        adjusted_at,
        expires_at
    from {{ ref('int_adjustments_matched') }}
    where verdict = 'used'
),

stage_visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

lines as (
    select
        adjustments.contact_id,
        adjustments.score_group,
        adjustments.adjustment_id as rule_id,
        adjustments.adjusted_at as effective_at,
        stage_visits.stage_visit,
        adjustments.points,
        adjustments.expires_at
    from adjustments
    inner join stage_visits
        on
            adjustments.contact_id = stage_visits.contact_id
            and {{ is_in_visit('adjustments.adjusted_at', 'stage_visits') }}
)

select * from lines
