with

adjustments as (
    select
        adjustment_id,
        contact_id as landed_contact_id,
        score_group,
        points,
        adjusted_at,
        expires_at
    from {{ ref('stg_manual_adjustments') }}
),

ids as (select id, contact_id, is_known from {{ ref('int_ids_resolved') }}),

judged as (
    select
        adjustments.adjustment_id,
        coalesce(ids.contact_id, adjustments.landed_contact_id) as contact_id,
        adjustments.score_group,
        adjustments.points,
        adjustments.adjusted_at,
        adjustments.expires_at,
        case
            when adjustments.adjusted_at > {{ as_of() }} then 'waiting'
            when ids.is_known is not true then 'unmatched'
            else 'used'
        end as verdict
    from adjustments
    left join ids on adjustments.landed_contact_id = ids.id
)

select * from judged
