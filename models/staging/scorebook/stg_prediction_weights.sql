with

prediction_weights as (select * from {{ ref('prediction_weights') }}),

cast_cells as (
    select
        {{ given_text('model_version') }} as model_version,
        {{ parse_timestamp('learned_until') }} as learned_until,
        {{ plain_text('part') }} as part,
        feature,
        coalesce({{ given_text('label') }}, feature) as label,
        {{ parse_number('weight') }} as weight,
        coalesce({{ parse_number('least_value') }}, 0) as least_value,
        coalesce({{ parse_number('most_value') }}, 0) as most_value
    from prediction_weights
)

select * from cast_cells
