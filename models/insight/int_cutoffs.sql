{{ config(materialized='view') }}

with

moments as ({{ cutoffs() }}),

-- No build knows more than as_of, so that a later moment is left out.
merged as (
    select
        cutoff_at,
        max(horizon_ends_at) as horizon_ends_at,
        max(case when purpose = 'training' then 1 else 0 end) = 1 as is_training,
        max(case when purpose = 'evaluation' then 1 else 0 end) = 1 as is_evaluation,
        max(case when purpose = 'now' then 1 else 0 end) = 1 as is_now
    from moments
    where cutoff_at <= {{ as_of() }}
    group by cutoff_at
)

select * from merged
