with

landed as (
    select
        contact_id,
        account_id,
        created_at,
        opted_out,
        buying_role,
        fault,
        whole_row
    from {{ ref('landed_contacts') }}
),

ranked_repeats as (
    select
        *,
        row_number() over (partition by contact_id, fault order by whole_row) as repeat_number
    from landed
),

judged as (
    select
        contact_id,
        account_id,
        created_at,
        coalesce(opted_out, false) as is_opted_out,
        {{ plain_text('buying_role') }} as buying_role,
        {{ verdict(fault='fault', repeat_number='repeat_number', moment='created_at') }} as verdict,
        {{ row_as_json('whole_row') }} as raw
    from ranked_repeats
)

select * from judged
