{{ config(schema=target.schema) }}

with

stages as (select stage, position, interactions_expected from {{ ref('stg_stages') }}),

in_total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_in_total
),

visits as (select contact_id, stage_visit, stage from {{ ref('int_stage_visits_numbered') }}),

first_conversions as (select contact_id, converted_at from {{ ref('int_first_conversions') }}),

converted as (select count(*) as contacts from first_conversions),

interactions as (
    select distinct
        visits.stage,
        lines.contact_id,
        lines.event_id
    from {{ ref('points_ledger') }} as lines
    inner join first_conversions on lines.contact_id = first_conversions.contact_id
    inner join in_total on lines.score_group = in_total.score_group
    inner join visits
        on
            lines.contact_id = visits.contact_id
            and lines.stage_visit = visits.stage_visit
    where
        lines.line_kind = 'event'
        and lines.points != 0
        and lines.origin_at < first_conversions.converted_at
),

counted as (
    select
        stage,
        count(*) as interactions
    from interactions
    group by stage
),

-- Until somebody has converted, the scorebook's guess is all there is to go by.
by_stage as (
    select
        stages.stage,
        stages.position,
        converted.contacts as converted_contacts,
        1e0 * coalesce(counted.interactions, 0) / nullif(converted.contacts, 0) as interactions_per_converted_contact,
        stages.interactions_expected
    from stages
    cross join converted
    left join counted on stages.stage = counted.stage
),

summed as (
    select sum(coalesce(interactions_per_converted_contact, interactions_expected)) as interactions
    from by_stage
),

suggested as (
    select
        by_stage.stage,
        by_stage.position as stage_position,
        by_stage.converted_contacts,
        {{ round_half_up('by_stage.interactions_per_converted_contact', 6) }} as interactions_per_converted_contact,
        by_stage.interactions_expected,
        -- Three times a third is a little less than one, and 100 / (100 / 9) a little less than nine.
        floor({{ round_half_up('(100 / nullif(summed.interactions, 0))', 9) }}) as suggested_points,
        by_stage.converted_contacts = 0 as is_guess
    from by_stage
    cross join summed
)

select * from suggested
