with

contacts as (select cutoff_at, contact_id from {{ ref('int_contacts_cut') }}),

cutoffs as (select cutoff_at, is_evaluation, is_now from {{ ref('int_cutoffs') }}),

-- Without a model there is no intercept, and so no row.
model as (
    select model_version, learned_until, weight as intercept
    from {{ ref('stg_prediction_weights') }}
    where part = 'intercept'
),

weighed as (select cutoff_at, contact_id, log_odds from {{ ref('int_features_weighed') }}),

-- A model tells only outcomes of which it cannot have learned any.
open_cutoffs as (
    select
        cutoffs.cutoff_at,
        cutoffs.is_evaluation,
        cutoffs.is_now,
        model.model_version,
        model.intercept
    from cutoffs
    inner join model on cutoffs.cutoff_at >= model.learned_until
    where cutoffs.is_now or cutoffs.is_evaluation
),

summed as (
    select
        open_cutoffs.cutoff_at,
        weighed.contact_id,
        sum(weighed.log_odds) as log_odds
    from weighed
    inner join open_cutoffs on weighed.cutoff_at = open_cutoffs.cutoff_at
    group by open_cutoffs.cutoff_at, weighed.contact_id
),

predicted as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        open_cutoffs.is_evaluation,
        open_cutoffs.is_now,
        open_cutoffs.model_version,
        open_cutoffs.intercept + coalesce(summed.log_odds, 0) as log_odds
    from contacts
    inner join open_cutoffs on contacts.cutoff_at = open_cutoffs.cutoff_at
    left join summed
        on
            contacts.cutoff_at = summed.cutoff_at
            and contacts.contact_id = summed.contact_id
),

with_probability as (
    select
        cutoff_at,
        contact_id,
        is_evaluation,
        is_now,
        model_version,
        {{ round_half_up('(1 / (1 + exp(-greatest(least(log_odds, 30), -30))))', 6) }} as probability
    from predicted
)

select * from with_probability
