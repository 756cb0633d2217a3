-- Marketing or sales asks: who has the points for the next stage and is still in this one, and for how long?
-- Change nothing, or keep only one stage: and stage_scores.stage = 'lead'.
with

stuck as (
    select
        stage_scores.stage,
        stage_scores.contact_id,
        contact_scores.account_id,
        stage_scores.days_in_stage,
        stage_scores.points,
        stage_scores.ready_points,
        contact_scores.grade,
        contact_scores.points_30d,
        contact_scores.last_engaged_at
    from {{ ref('stage_scores') }} as stage_scores
    inner join {{ ref('contact_scores') }} as contact_scores on stage_scores.contact_id = contact_scores.contact_id
    where
        stage_scores.is_stuck
        and not contact_scores.is_disqualified
        and not contact_scores.is_opted_out
)

select * from stuck
order by days_in_stage desc, contact_id asc
