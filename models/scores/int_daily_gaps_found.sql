{{ config(database='scratch', materialized='view') }}

-- Days without a line of its own on which a group of the total needs its points all the same: another group has lines.
with

daily_sums as (
    select
        contact_id,
        score_group,
        day,
        ends_at
    from {{ ref('int_daily_sums') }}
),

score_groups as (
    select
        score_group,
        is_reset_on_stage_change
    from {{ ref('stg_score_groups') }}
    where is_in_total
),

visits as (
    select
        contact_id,
        stage_visit,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

sums_in_total as (
    select
        daily_sums.*,
        score_groups.is_reset_on_stage_change
    from daily_sums
    inner join score_groups on daily_sums.score_group = score_groups.score_group
),

days_of_total as (
    select
        contact_id,
        day,
        ends_at,
        count(*) as groups_with_lines
    from sums_in_total
    group by contact_id, day, ends_at
),

groups_of_contact as (
    select
        contact_id,
        score_group,
        is_reset_on_stage_change
    from sums_in_total
    group by contact_id, score_group, is_reset_on_stage_change
),

groups_counted as (
    select
        contact_id,
        count(*) as groups_of_contact
    from groups_of_contact
    group by contact_id
),

days_with_gaps as (
    select
        days_of_total.contact_id,
        days_of_total.day,
        days_of_total.ends_at
    from days_of_total
    inner join groups_counted on days_of_total.contact_id = groups_counted.contact_id
    where days_of_total.groups_with_lines < groups_counted.groups_of_contact
),

gaps as (
    select
        days_with_gaps.contact_id,
        groups_of_contact.score_group,
        days_with_gaps.day,
        days_with_gaps.ends_at,
        groups_of_contact.is_reset_on_stage_change
    from days_with_gaps
    inner join groups_of_contact on days_with_gaps.contact_id = groups_of_contact.contact_id
    left join sums_in_total
        on
            days_with_gaps.contact_id = sums_in_total.contact_id
            and groups_of_contact.score_group = sums_in_total.score_group
            and days_with_gaps.day = sums_in_total.day
    where sums_in_total.contact_id is null
),

gaps_with_visit as (
    select
        gaps.contact_id,
        gaps.score_group,
        gaps.day,
        gaps.ends_at,
        visits.stage_visit
    from gaps
    left join visits
        on
            gaps.is_reset_on_stage_change
            and gaps.contact_id = visits.contact_id
            and {{ is_in_visit('gaps.ends_at', 'visits') }}
)

select * from gaps_with_visit
