with

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

first_stage as (
    select stage
    from {{ ref('stg_stages') }}
    order by position, stage
    limit 1
),

changes as (
    select
        contact_id,
        stage,
        stage_position,
        changed_at
    from {{ ref('stg_stage_changes') }}
    where verdict = 'used'
),

-- Of several changes at one moment the highest position counts.
ranked_at_one_moment as (
    select
        *,
        row_number() over (
            partition by contact_id, changed_at order by stage_position desc, stage asc
        ) as rank_at_moment
    from changes
),

compared_with_stage_before as (
    select
        ranked_at_one_moment.contact_id,
        ranked_at_one_moment.stage,
        ranked_at_one_moment.changed_at,
        lag(ranked_at_one_moment.stage, 1, first_stage.stage) over (
            partition by ranked_at_one_moment.contact_id order by ranked_at_one_moment.changed_at
        ) as stage_before
    from ranked_at_one_moment
    cross join first_stage
    where ranked_at_one_moment.rank_at_moment = 1
),

real_changes as (
    select
        contact_id,
        stage,
        changed_at
    from compared_with_stage_before
    where stage != stage_before
),

first_changes as (
    select
        contact_id,
        min(changed_at) as changed_at
    from real_changes
    group by contact_id
),

first_visits as (
    select
        contacts.contact_id,
        first_stage.stage,
        least(contacts.created_at, coalesce(first_changes.changed_at, contacts.created_at)) as entered_at,
        cast('0001-01-01' as timestamp) as counts_from
    from contacts
    left join first_stage on true
    left join first_changes on contacts.contact_id = first_changes.contact_id
),

visits as (
    select
        contact_id,
        stage,
        entered_at,
        counts_from
    from first_visits
    union all
    select
        contact_id,
        stage,
        changed_at as entered_at,
        changed_at as counts_from
    from real_changes
),

numbered as (
    select
        contact_id,
        row_number() over (partition by contact_id order by counts_from) as stage_visit,
        stage,
        entered_at,
        counts_from,
        lead(counts_from) over (partition by contact_id order by counts_from) as left_at
    from visits
),

open_ended as (
    select
        contact_id,
        stage_visit,
        stage,
        entered_at,
        left_at,
        counts_from,
        coalesce(left_at, cast('9999-12-31' as timestamp)) as counts_until
    from numbered
)

select * from open_ended
