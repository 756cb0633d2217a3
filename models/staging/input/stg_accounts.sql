with

landed as (select account_id, name, fault, whole_row from {{ ref('landed_accounts') }}),

ranked_repeats as (
    select
        *,
        row_number() over (partition by account_id, fault order by whole_row) as repeat_number
    from landed
),

judged as (
    select
        account_id,
        name,
        case
            when fault is not null then fault
            when repeat_number > 1 then 'duplicate'
            else 'used'
        end as verdict,
        {{ row_as_json('whole_row') }} as raw
    from ranked_repeats
)

select * from judged
