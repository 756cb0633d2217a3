with

cutoffs as (select cutoff_at, horizon_ends_at from {{ ref('int_cutoffs') }}),

contacts as (select contact_id, created_at from {{ ref('int_contacts_known') }}),

first_conversions as (select contact_id, converted_at from {{ ref('int_first_conversions') }}),

visits as (
    select
        contact_id,
        stage_visit,
        stage,
        counts_from,
        counts_until
    from {{ ref('int_stage_visits_numbered') }}
),

-- A report counts whatever score its trigger watches; stage triggers watch none.
reports as (
    select
        subject_id as contact_id,
        min(crossed_at) as reported_at
    from {{ ref('threshold_crossings') }}
    where
        scope in ('contact', 'stage')
        and not is_suppressed
    group by subject_id
),

not_yet_converted as (
    select
        cutoffs.cutoff_at,
        cutoffs.horizon_ends_at,
        contacts.contact_id,
        contacts.created_at,
        case when first_conversions.converted_at <= cutoffs.horizon_ends_at then first_conversions.converted_at end
            as converted_at
    from contacts
    inner join cutoffs on contacts.created_at <= cutoffs.cutoff_at
    left join first_conversions on contacts.contact_id = first_conversions.contact_id
    where
        first_conversions.converted_at is null
        or first_conversions.converted_at > cutoffs.cutoff_at
),

described as (
    select
        not_yet_converted.cutoff_at,
        not_yet_converted.contact_id,
        not_yet_converted.created_at,
        visits.stage_visit,
        visits.stage,
        not_yet_converted.converted_at is not null as is_converted,
        coalesce(
            reports.reported_at <= coalesce(not_yet_converted.converted_at, not_yet_converted.horizon_ends_at), false
        ) as is_reported
    from not_yet_converted
    inner join visits
        on
            not_yet_converted.contact_id = visits.contact_id
            and {{ is_in_visit('not_yet_converted.cutoff_at', 'visits') }}
    left join reports on not_yet_converted.contact_id = reports.contact_id
)

select * from described
