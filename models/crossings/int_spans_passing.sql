{{ config(database='scratch') }}

-- A span matters only if points may be on one side of a trigger's two levels in it and may have been on the other since
-- a day last closed surely on this side. A contact without lines so far counts as below.
with

spans as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        coalesce(begun_on < day, false) as is_begun,
        lowest_in_gap,
        highest_in_gap,
        lowest,
        highest,
        closing_points
    from {{ ref('int_score_spans') }}
),

-- What is nearer to a level than the tolerance may lie on either side.
ranges as (
    select
        watched_score,
        lower_level,
        upper_level,
        lower_level - {{ points_tolerance() }} as lower_from,
        lower_level + {{ points_tolerance() }} as lower_to,
        upper_level - {{ points_tolerance() }} as upper_from,
        upper_level + {{ points_tolerance() }} as upper_to
    from {{ ref('int_watched_ranges') }}
),

reaching as (
    select
        spans.*,
        ranges.lower_level,
        ranges.upper_level,
        spans.lowest < ranges.lower_to as may_be_below,
        spans.highest >= ranges.upper_from as may_be_above,
        spans.begun_on <= spans.day and spans.closing_points < ranges.lower_from as closes_below,
        spans.begun_on <= spans.day and spans.closing_points >= ranges.upper_to as closes_above,
        (spans.highest_in_gap >= ranges.lower_from and spans.lowest_in_gap < ranges.lower_to)
        or (
            spans.highest_in_gap >= ranges.upper_from
            and (spans.lowest_in_gap < ranges.upper_to or not spans.is_begun)
        ) as is_passed_in_gap
    from spans
    inner join ranges
        on
            spans.watched_score = ranges.watched_score
            and (
                (spans.highest >= ranges.lower_from and spans.lowest < ranges.lower_to)
                or (
                    spans.highest >= ranges.upper_from
                    and (spans.lowest < ranges.upper_to or not spans.is_begun)
                )
            )
),

followed as (
    select
        *,
        max(case when closes_below then day end) over spans_before as closed_below,
        max(case when closes_above then day end) over spans_before as closed_above,
        max(case when may_be_below then day end) over spans_before as was_below,
        max(case when may_be_above then day end) over spans_before as was_above
    from reaching
    window spans_before as (
        partition by watched_score, contact_id, lower_level, upper_level
        order by day
        rows between unbounded preceding and 1 preceding
    )
),

passing as (
    select
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on,
        max(is_passed_in_gap) as is_passed_in_gap
    from followed
    where
        (may_be_above and coalesce(closed_above < was_below, closed_above is null))
        or (may_be_below and coalesce(closed_below < was_above, was_above is not null))
    group by
        watched_score,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        begun_on
)

select * from passing
