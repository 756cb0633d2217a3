-- What the lines up to each watched moment add since the moment before, valued at it. In a group that resets, only
-- lines of the visit of that moment.
with

moments as (select fold, contact_id, moment from {{ ref('int_watched_moments') }}),

watched_scores as (
    select
        fold,
        scope,
        score_group,
        half_life_days,
        is_reset_on_stage_change
    from {{ ref('int_watched_scores') }}
),

lines as (
    select
        contact_id,
        score_group,
        effective_at,
        stage_visit,
        points
    from {{ ref('points_ledger') }}
    where points != 0
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

first_moments as (
    select
        fold,
        contact_id,
        min(moment) as moment
    from moments
    group by fold, contact_id
),

-- A contact is watched whenever one of its lines becomes effective, an account at the next midnight.
placed_lines as (
    select
        watched_scores.fold,
        watched_scores.half_life_days,
        lines.contact_id,
        lines.score_group,
        lines.effective_at,
        lines.stage_visit,
        lines.points,
        greatest(
            case
                when watched_scores.scope = 'contact' then lines.effective_at
                else {{ midnight_from('lines.effective_at') }}
            end,
            first_moments.moment
        ) as moment
    from lines
    inner join watched_scores on lines.score_group = watched_scores.score_group
    inner join first_moments
        on
            watched_scores.fold = first_moments.fold
            and lines.contact_id = first_moments.contact_id
),

valued as (
    select
        fold,
        contact_id,
        score_group,
        moment,
        stage_visit,
        sum({{ line_value('points', 'effective_at', 'moment', 'half_life_days') }}) as points
    from placed_lines
    group by fold, contact_id, score_group, moment, stage_visit
),

moments_by_group as (
    select
        moments.fold,
        moments.contact_id,
        watched_scores.score_group,
        moments.moment,
        visits.stage_visit
    from moments
    inner join watched_scores on moments.fold = watched_scores.fold
    left join visits
        on
            watched_scores.is_reset_on_stage_change
            and moments.contact_id = visits.contact_id
            and moments.moment >= visits.counts_from
            and moments.moment < visits.counts_until
),

summed as (
    select
        moments_by_group.fold,
        moments_by_group.contact_id,
        moments_by_group.score_group,
        moments_by_group.moment,
        moments_by_group.stage_visit,
        coalesce(sum(valued.points), 0) as points
    from moments_by_group
    left join valued
        on
            moments_by_group.fold = valued.fold
            and moments_by_group.contact_id = valued.contact_id
            and moments_by_group.score_group = valued.score_group
            and moments_by_group.moment = valued.moment
            and (moments_by_group.stage_visit is null or moments_by_group.stage_visit = valued.stage_visit)
    group by
        moments_by_group.fold,
        moments_by_group.contact_id,
        moments_by_group.score_group,
        moments_by_group.moment,
        moments_by_group.stage_visit
)

select * from summed
