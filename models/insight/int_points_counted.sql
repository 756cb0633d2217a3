-- Contacts with the same points are told apart by nothing: all figures of an evaluation follow from how many there are.
with

contacts as (select cutoff_at, contact_id, is_converted, is_reported from {{ ref('int_contacts_cut') }}),

cutoffs as (
    select cutoff_at
    from {{ ref('int_cutoffs') }}
    where is_evaluation
),

-- The prediction is judged beside the scores, as one more of them.
scores as (
    select cutoff_at, contact_id, score_group, points, score
    from {{ ref('int_group_points_cut') }}
    union all
    select cutoff_at, contact_id, 'predicted_conversion' as score_group, probability as points, probability as score
    from {{ ref('int_predictions_cut') }}
    where is_evaluation
),

judged as (
    select
        contacts.cutoff_at,
        contacts.is_converted,
        contacts.is_reported,
        scores.score_group,
        scores.points,
        scores.score
    from contacts
    inner join cutoffs on contacts.cutoff_at = cutoffs.cutoff_at
    inner join scores
        on
            contacts.cutoff_at = scores.cutoff_at
            and contacts.contact_id = scores.contact_id
),

samples as (
    select
        judged.*,
        'all' as sample
    from judged
    union all
    select
        judged.*,
        'unreported' as sample
    from judged
    where not is_reported
),

counted as (
    select
        sample,
        cutoff_at,
        score_group,
        points,
        min(score) as score,
        count(*) as contacts,
        sum(case when is_converted then 1 else 0 end) as conversions
    from samples
    group by sample, cutoff_at, score_group, points
),

cumulated as (
    select
        sample,
        cutoff_at,
        score_group,
        points,
        score,
        contacts,
        conversions,
        sum(contacts) over (partition by sample, cutoff_at, score_group order by points) - contacts as contacts_below,
        sum(conversions) over (partition by sample, cutoff_at, score_group order by points) - conversions
            as conversions_below,
        sum(contacts) over (partition by sample, cutoff_at, score_group) as all_contacts,
        sum(conversions) over (partition by sample, cutoff_at, score_group) as all_conversions
    from counted
)

select * from cumulated
