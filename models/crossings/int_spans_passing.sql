{{ config(database='scratch') }}

-- Where points stay on one side of every level that a trigger looks at, nothing can fire or arm. Before the first line
-- of all, nothing has fired or armed yet: any level that is reached is passed.
with

spans as (
    select
        fold,
        contact_id,
        day,
        opened_at,
        day_begins_at,
        was_begun_before,
        is_begun,
        is_begun_by_end,
        lowest_in_gap,
        highest_in_gap,
        lowest,
        highest
    from {{ ref('int_score_spans') }}
),

levels as (select fold, level from {{ ref('int_watched_levels') }}),

passing as (
    select
        spans.fold,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans.day_begins_at,
        spans.was_begun_before,
        spans.is_begun,
        spans.is_begun_by_end,
        max(
            case
                when
                    spans.highest_in_gap >= levels.level - 0.00001
                    and (not spans.is_begun or spans.lowest_in_gap < levels.level + 0.00001)
                    then 1
                else 0
            end
        ) = 1 as is_passed_in_gap
    from spans
    inner join levels
        on
            spans.fold = levels.fold
            and spans.highest >= levels.level - 0.00001
            and (not spans.is_begun or spans.lowest < levels.level + 0.00001)
    group by
        spans.fold,
        spans.contact_id,
        spans.day,
        spans.opened_at,
        spans.day_begins_at,
        spans.was_begun_before,
        spans.is_begun,
        spans.is_begun_by_end
)

select * from passing
