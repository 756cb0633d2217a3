-- Marketing ops asks: which rules of the scorebook do nothing, so that they can be corrected or taken out?
-- Change the 90 days in `event_rules`. An event rule is dead when it awarded nothing for that long, an attribute rule
-- when nobody satisfies it now. Gates without points leave no line of points and are not looked at.
with

moment as (select max(as_of) as as_of from {{ ref('contact_scores') }}),

awards as (
    select
        rule_id,
        sum(case when withheld_reason is null then 1 else 0 end) as awards,
        sum(case when withheld_reason is not null then 1 else 0 end) as withheld,
        max(case when withheld_reason is null then effective_at end) as last_awarded_at,
        sum(points) as points
    from {{ ref('points_ledger') }}
    where line_kind in ('event', 'idle', 'attribute')
    group by rule_id
),

event_rules as (
    select
        rules.rule_id,
        rules.label,
        rules.score_group,
        'no award in 90 days' as why,
        coalesce(awards.awards, 0) as awards,
        coalesce(awards.withheld, 0) as withheld,
        awards.last_awarded_at,
        rules.valid_to
    from {{ ref('stg_event_weights') }} as rules
    cross join moment
    left join awards on rules.rule_id = awards.rule_id
    where
        awards.last_awarded_at is null
        or awards.last_awarded_at < {{ add_days('moment.as_of', -90) }}
),

attribute_rules as (
    select
        rules.rule_id,
        rules.label,
        rules.score_group,
        'nobody satisfies it' as why,
        coalesce(awards.awards, 0) as awards,
        0 as withheld,
        awards.last_awarded_at,
        cast(null as timestamp) as valid_to
    from {{ ref('stg_attribute_weights') }} as rules
    left join awards on rules.rule_id = awards.rule_id
    where
        rules.points != 0
        and {{ round_half_up('coalesce(awards.points, 0)', 6) }} = 0
),

dead as (
    select * from event_rules
    union all
    select * from attribute_rules
)

select * from dead
order by last_awarded_at asc, rule_id asc
