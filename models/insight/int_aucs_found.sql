-- DeLong: how often a contact that converts has more points than one that does not, and how that varies by contact.
with

counts as (
    select
        sample,
        cutoff_at,
        score_group,
        contacts,
        conversions,
        contacts_below,
        conversions_below,
        all_contacts,
        all_conversions
    from {{ ref('int_points_counted') }}
),

split as (
    select
        sample,
        cutoff_at,
        score_group,
        all_contacts,
        all_conversions,
        all_contacts - all_conversions as all_others,
        1e0 * conversions as conversions,
        1e0 * (contacts - conversions) as others,
        1e0 * conversions_below as conversions_below,
        1e0 * (contacts_below - conversions_below) as others_below
    from counts
),

-- A tie counts half.
compared as (
    select
        *,
        (others_below + others / 2) / nullif(all_others, 0) as share_of_others_beaten,
        1 - (conversions_below + conversions / 2) / nullif(all_conversions, 0) as share_of_conversions_above
    from split
),

averaged as (
    select
        *,
        sum(conversions * share_of_others_beaten) over (partition by sample, cutoff_at, score_group)
        / nullif(all_conversions, 0) as auc
    from compared
),

summed as (
    select
        sample,
        cutoff_at,
        score_group,
        all_contacts as contacts,
        all_conversions as conversions,
        auc,
        count(*) = 1 as is_blind,
        sum(conversions * power(share_of_others_beaten - auc, 2)) / nullif(all_conversions - 1, 0) / all_conversions
        + sum(others * power(share_of_conversions_above - auc, 2)) / nullif(all_others - 1, 0) / all_others as variance
    from averaged
    group by sample, cutoff_at, score_group, all_contacts, all_conversions, all_others, auc
),

with_interval as (
    select
        sample,
        cutoff_at,
        score_group,
        contacts,
        conversions,
        is_blind,
        auc,
        auc - {{ normal_quantile() }} * sqrt(variance) as auc_low,
        auc + {{ normal_quantile() }} * sqrt(variance) as auc_high
    from summed
),

clipped as (
    select
        sample,
        cutoff_at,
        score_group,
        contacts,
        conversions,
        is_blind,
        {{ round_half_up('auc', 6) }} as auc,
        case when auc_low is not null then {{ round_half_up('greatest(auc_low, 0)', 6) }} end as auc_low,
        case when auc_high is not null then {{ round_half_up('least(auc_high, 1)', 6) }} end as auc_high
    from with_interval
)

select * from clipped
