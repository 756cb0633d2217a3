{{ config(materialized='view') }}

with

features as (select cutoff_at, contact_id, feature, feature_value from {{ ref('int_features') }}),

weights as (
    select
        feature,
        label,
        weight,
        least_value,
        most_value
    from {{ ref('stg_prediction_weights') }}
    where part = 'feature'
),

-- Nothing is known of values beyond those that were learned from, so that they count as the last known ones.
weighed as (
    select
        features.cutoff_at,
        features.contact_id,
        features.feature,
        weights.label,
        weights.weight
        * least(greatest(features.feature_value, weights.least_value), weights.most_value) as log_odds
    from features
    inner join weights on features.feature = weights.feature
)

select * from weighed
