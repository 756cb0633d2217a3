{{ config(materialized='view') }}

with

contacts as (
    select
        contact_id,
        known_account_id as account_id
    from {{ ref('int_contacts_known') }}
    where known_account_id is not null
),

group_points as (select contact_id, score_group, points from {{ ref('int_group_points') }}),

total_points as (select contact_id, last_engaged_at, points from {{ ref('int_total_points') }}),

total as (
    select score_group
    from {{ ref('stg_score_groups') }}
    where is_total
),

all_points as (
    select contact_id, score_group, points from group_points
    union all
    select total_points.contact_id, total.score_group, total_points.points
    from total_points
    cross join total
),

members as (
    select
        contacts.account_id,
        contacts.contact_id,
        all_points.score_group,
        all_points.points,
        coalesce(total_points.last_engaged_at > {{ add_days(as_of(), -30) }}, false) as is_engaged
    from contacts
    inner join all_points on contacts.contact_id = all_points.contact_id
    inner join total_points on contacts.contact_id = total_points.contact_id
)

select * from members
