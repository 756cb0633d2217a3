{{ config(database='scratch') }}

-- The points of the visit that each watched moment falls in, as stage_scores has them: events and adjustments, at face
-- value. Only visits whose gains together reach the upper level of a trigger.
with

lowest_level as (
    select min(greatest(threshold, arming_level)) - {{ points_tolerance() }} as points
    from {{ ref('stg_triggers') }}
    where scope = 'stage'
),

in_total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_in_total
),

visits as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

lines as (
    select
        ledger.contact_id,
        ledger.effective_at,
        case when ledger.line_kind in ('event', 'manual') then ledger.points else 0 end as points
    from {{ ref('points_ledger') }} as ledger
    inner join in_total on ledger.score_group = in_total.score_group
    inner join lowest_level on lowest_level.points is not null
    where
        ledger.points != 0
        and {{ is_redone('ledger.contact_id', ref('int_contacts_watched')) }}
),

moments as (
    select
        contact_id,
        effective_at as moment,
        points
    from lines
    union all
    select
        visits.contact_id,
        visits.counts_from as moment,
        0 as points
    from visits
    inner join lowest_level on lowest_level.points is not null
    where
        visits.stage_visit > 1
        and {{ is_redone('visits.contact_id', ref('int_contacts_watched')) }}
),

placed as (
    select
        moments.contact_id,
        visits.stage_visit,
        visits.stage,
        visits.entered_at,
        moments.moment,
        sum(moments.points) as points
    from moments
    inner join visits
        on
            moments.contact_id = visits.contact_id
            and {{ is_in_visit('moments.moment', 'visits') }}
    group by moments.contact_id, visits.stage_visit, visits.stage, visits.entered_at, moments.moment
),

running as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        moment,
        sum(greatest(points, 0)) over (partition by contact_id, stage_visit) as gained_points,
        sum(points) over (
            partition by contact_id, stage_visit order by moment rows between unbounded preceding and current row
        ) as points
    from placed
),

reaching as (
    select running.*
    from running
    inner join lowest_level on running.gained_points >= lowest_level.points
),

rounded as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        moment,
        {{ round_half_up('points', 6) }} as points
    from reaching
)

select * from rounded
