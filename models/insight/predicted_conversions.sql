{{ config(schema=target.schema) }}

with

predictions as (
    select
        cutoff_at,
        contact_id,
        model_version,
        probability
    from {{ ref('int_predictions_cut') }}
    where is_now
),

tiers as (
    select
        cast({{ parse_number('feature') }} as bigint) as tier,
        weight as min_probability
    from {{ ref('stg_prediction_weights') }}
    where part = 'tier'
),

ranked_reasons as (
    select
        cutoff_at,
        contact_id,
        label,
        row_number() over (
            partition by cutoff_at, contact_id order by {{ round_half_up('log_odds', 6) }} desc, feature asc
        ) as reason_rank
    from {{ ref('int_features_weighed') }}
    where log_odds > 0
),

reasons as (
    select
        cutoff_at,
        contact_id,
        {{ first_three('label', 'reason_rank') }} as top_reasons
    from ranked_reasons
    where reason_rank <= 3
    group by cutoff_at, contact_id
),

placed as (
    select
        predictions.cutoff_at,
        predictions.contact_id,
        predictions.model_version,
        predictions.probability,
        min(tiers.tier) as tier
    from predictions
    left join tiers on predictions.probability >= tiers.min_probability
    group by predictions.cutoff_at, predictions.contact_id, predictions.model_version, predictions.probability
),

described as (
    select
        placed.contact_id,
        placed.probability,
        coalesce(placed.tier, 4) as tier,
        reasons.top_reasons,
        placed.model_version,
        placed.cutoff_at as as_of
    from placed
    left join reasons
        on
            placed.cutoff_at = reasons.cutoff_at
            and placed.contact_id = reasons.contact_id
)

select * from described
