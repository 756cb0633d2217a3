with

landed as (select alias_id, contact_id, fault, whole_row from {{ ref('landed_contact_aliases') }}),

ranked_repeats as (
    select
        alias_id,
        contact_id,
        fault,
        whole_row,
        row_number() over (partition by alias_id, fault order by whole_row) as repeat_number
    from landed
),

judged as (
    select
        alias_id,
        contact_id,
        case
            when fault is not null then fault
            when repeat_number > 1 then 'duplicate'
            else 'used'
        end as verdict,
        {{ row_as_json('whole_row') }} as raw
    from ranked_repeats
)

select * from judged
