-- Marketing ops asks: which points did caps and exclusions withhold, and is that what we meant?
-- Change the 30 days in `withheld`.
with

moment as (select max(as_of) as as_of from {{ ref('contact_scores') }}),

withheld as (
    select
        lines.withheld_reason,
        lines.rule_id,
        rules.label,
        count(*) as events,
        count(distinct lines.contact_id) as contacts,
        sum(lines.withheld_points) as points_withheld,
        max(lines.effective_at) as last_withheld_at
    from {{ ref('points_ledger') }} as lines
    cross join moment
    inner join {{ ref('stg_event_weights') }} as rules on lines.rule_id = rules.rule_id
    where
        lines.withheld_reason is not null
        and lines.effective_at > {{ add_days('moment.as_of', -30) }}
    group by lines.withheld_reason, lines.rule_id, rules.label
)

select * from withheld
order by points_withheld desc, withheld_reason asc, rule_id asc
