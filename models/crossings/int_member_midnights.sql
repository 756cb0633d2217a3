{{ config(database='scratch') }}

-- What each contact of a watched account has at a midnight: what was there when the span began, as far as it has
-- lasted, and the lines of that very midnight. Contacts without a line have no row.
with

midnights as (
    select
        watched_score,
        account_id,
        moment,
        period
    from {{ ref('int_account_midnights') }}
),

watched_scores as (
    select
        watched_score,
        score_group,
        half_life_days,
        is_reset_on_stage_change,
        min_points,
        max_points
    from {{ ref('int_watched_scores') }}
    where scope = 'account'
),

member_spans as (
    select
        watched_score,
        account_id,
        period,
        contact_id,
        created_at,
        score_group,
        opened_at,
        day_begins_at,
        opening_visit,
        opening_points
    from {{ ref('int_member_spans') }}
),

score_groups as (select score_group, is_reset_on_stage_change from {{ ref('stg_score_groups') }}),

midnight_lines as (
    select
        lines.contact_id,
        lines.score_group,
        lines.effective_at as moment,
        case when score_groups.is_reset_on_stage_change then lines.stage_visit end as stage_visit,
        sum(lines.points) as points
    from {{ ref('points_ledger') }} as lines
    inner join score_groups on lines.score_group = score_groups.score_group
    where
        lines.points != 0
        and lines.effective_at = date_trunc('day', lines.effective_at)
    group by
        lines.contact_id,
        lines.score_group,
        lines.effective_at,
        case when score_groups.is_reset_on_stage_change then lines.stage_visit end
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

at_midnights as (
    select
        member_spans.watched_score,
        member_spans.account_id,
        member_spans.contact_id,
        member_spans.score_group,
        midnights.moment,
        member_spans.opened_at,
        member_spans.opening_visit,
        member_spans.opening_points,
        watched_scores.half_life_days,
        watched_scores.min_points,
        watched_scores.max_points,
        visits.stage_visit
    from member_spans
    inner join midnights
        on
            member_spans.watched_score = midnights.watched_score
            and member_spans.account_id = midnights.account_id
            and member_spans.period = midnights.period
            and member_spans.created_at <= midnights.moment
            and midnights.moment between member_spans.opened_at and member_spans.day_begins_at
    inner join watched_scores
        on
            member_spans.watched_score = watched_scores.watched_score
            and member_spans.score_group = watched_scores.score_group
    left join visits
        on
            watched_scores.is_reset_on_stage_change
            and member_spans.contact_id = visits.contact_id
            and {{ is_in_visit('midnights.moment', 'visits') }}
),

with_lines as (
    select
        at_midnights.watched_score,
        at_midnights.account_id,
        at_midnights.contact_id,
        at_midnights.score_group,
        at_midnights.moment,
        at_midnights.min_points,
        at_midnights.max_points,
        case
            when at_midnights.opening_visit is null or at_midnights.stage_visit = at_midnights.opening_visit
                then {{ line_value(
                    'at_midnights.opening_points',
                    'at_midnights.opened_at',
                    'at_midnights.moment',
                    'at_midnights.half_life_days'
                ) }}
            else 0
        end + coalesce(midnight_lines.points, 0) as points
    from at_midnights
    left join midnight_lines
        on
            at_midnights.contact_id = midnight_lines.contact_id
            and at_midnights.score_group = midnight_lines.score_group
            and at_midnights.moment = midnight_lines.moment
            and at_midnights.stage_visit is not distinct from midnight_lines.stage_visit
),

limited as (
    select
        watched_score,
        account_id,
        contact_id,
        score_group,
        moment,
        {{ limit_points(round_half_up('points', 6), 'min_points', 'max_points') }} as points
    from with_lines
)

select * from limited
