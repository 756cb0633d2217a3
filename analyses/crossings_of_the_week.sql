-- Sales and marketing ask: who crossed a threshold in the last 7 days, and because of what?
-- Change the days in `as_of_build`. The latest crossings first, without those of contacts who must not be approached.
with

as_of_build as (
    select
        as_of,
        {{ add_days('as_of', -7) }} as since
    from {{ ref('build_info') }}
),

crossings_of_the_week as (
    select
        crossings.crossed_at,
        crossings.trigger_label,
        crossings.scope,
        crossings.subject_id,
        crossings.score_group,
        crossings.points_before,
        crossings.points_after,
        case
            when crossings.cause_rule_id is not null then coalesce(crossings.cause_label, crossings.cause_rule_id)
            when crossings.scope = 'account' then 'what its contacts did the day before, or time'
            else 'only time passed, or the stage changed'
        end as because_of,
        crossings.cause_event_id,
        crossings.action,
        crossings.target
    from {{ ref('threshold_crossings') }} as crossings
    inner join as_of_build
        on
            crossings.crossed_at > as_of_build.since
            and crossings.crossed_at <= as_of_build.as_of
    where not crossings.is_suppressed
)

select * from crossings_of_the_week
order by crossed_at desc, trigger_label asc, subject_id asc
