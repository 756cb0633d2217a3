{{ config(materialized='view') }}

with

moments as ({{ cutoffs() }}),

prediction_weights as (select part from {{ ref('stg_prediction_weights') }}),

-- No build knows more than as_of, so that a later moment is left out, and without weights nothing is predicted.
merged as (
    select
        cutoff_at,
        max(horizon_ends_at) as horizon_ends_at,
        max(case when purpose = 'training' then 1 else 0 end) = 1 as is_training,
        max(case when purpose = 'evaluation' then 1 else 0 end) = 1 as is_evaluation,
        max(case when purpose = 'now' then 1 else 0 end) = 1 as is_now
    from moments
    where
        cutoff_at <= {{ as_of() }}
        and (purpose != 'now' or exists (select prediction_weights.part from prediction_weights))
    group by cutoff_at
)

select * from merged
