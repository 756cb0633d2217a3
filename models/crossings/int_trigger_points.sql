{{ config(database='scratch', materialized='view') }}

with

triggers as (
    select
        trigger_id,
        scope,
        score_group,
        stage
    from {{ ref('stg_triggers') }}
),

contact_points as (select contact_id, score_group, moment, points from {{ ref('int_watched_points') }}),

-- A midnight may have been looked at for two periods; the points are the same.
account_points as (
    select
        account_id,
        score_group,
        moment,
        min(points) as points
    from {{ ref('int_watched_account_points') }}
    group by account_id, score_group, moment
),

visit_points as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        moment,
        points
    from {{ ref('int_watched_visit_points') }}
),

of_contacts as (
    select
        triggers.trigger_id,
        contact_points.contact_id as subject_id,
        cast(null as bigint) as stage_visit,
        cast(null as timestamp) as visit_entered_at,
        contact_points.moment,
        contact_points.points
    from triggers
    inner join contact_points on triggers.score_group = contact_points.score_group
    where triggers.scope = 'contact'
),

of_accounts as (
    select
        triggers.trigger_id,
        account_points.account_id as subject_id,
        cast(null as bigint) as stage_visit,
        cast(null as timestamp) as visit_entered_at,
        account_points.moment,
        account_points.points
    from triggers
    inner join account_points on triggers.score_group = account_points.score_group
    where triggers.scope = 'account'
),

of_visits as (
    select
        triggers.trigger_id,
        visit_points.contact_id as subject_id,
        visit_points.stage_visit,
        visit_points.entered_at as visit_entered_at,
        visit_points.moment,
        visit_points.points
    from triggers
    inner join visit_points on triggers.stage is null or triggers.stage = visit_points.stage
    where triggers.scope = 'stage'
),

all_points as (
    select * from of_contacts
    union all
    select * from of_accounts
    union all
    select * from of_visits
)

select * from all_points
