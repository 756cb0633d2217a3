{{ config(schema=target.schema) }}

with

cuts as (
    select
        cutoff_at,
        score_group,
        part,
        decile,
        threshold_id,
        threshold,
        contacts,
        conversions
    from {{ ref('int_score_cuts') }}
),

aucs as (
    select
        sample,
        cutoff_at,
        score_group,
        contacts,
        conversions,
        auc,
        auc_low,
        auc_high,
        is_blind
    from {{ ref('int_aucs_found') }}
),

cutoffs as (select cutoff_at, horizon_ends_at from {{ ref('int_cutoffs') }}),

measured as (
    select
        cuts.*,
        1e0 * cuts.conversions / nullif(cuts.contacts, 0) as conversion_rate,
        1e0 * overall.conversions / overall.contacts as overall_rate,
        1e0 * cuts.conversions / nullif(overall.conversions, 0) as recall,
        case when cuts.part = 'overall' then overall.auc end as auc,
        case when cuts.part = 'overall' then overall.auc_low end as auc_low,
        case when cuts.part = 'overall' then overall.auc_high end as auc_high,
        overall.is_blind,
        overall.contacts - coalesce(unreported.contacts, 0) as reported_contacts,
        overall.conversions - coalesce(unreported.conversions, 0) as reported_conversions,
        case when cuts.part = 'overall' then unreported.auc end as auc_unreported,
        case when cuts.part = 'overall' then unreported.auc_low end as auc_unreported_low,
        case when cuts.part = 'overall' then unreported.auc_high end as auc_unreported_high,
        {{ ranks_beyond_chance('overall.auc', 'overall.contacts', 'overall.conversions') }} as is_beyond_chance,
        cutoffs.horizon_ends_at,
        case
            when cutoffs.horizon_ends_at > {{ as_of() }}
                then 'the horizon ends after as_of: conversions are still to come'
        end as early_warning
    from cuts
    inner join cutoffs on cuts.cutoff_at = cutoffs.cutoff_at
    inner join aucs as overall
        on
            overall.sample = 'all'
            and cuts.cutoff_at = overall.cutoff_at
            and cuts.score_group = overall.score_group
    left join aucs as unreported
        on
            unreported.sample = 'unreported'
            and cuts.cutoff_at = unreported.cutoff_at
            and cuts.score_group = unreported.score_group
),

described as (
    select
        cutoff_at,
        horizon_ends_at,
        score_group,
        part,
        decile,
        threshold_id,
        threshold,
        cast(contacts as bigint) as contacts,
        cast(conversions as bigint) as conversions,
        {{ round_half_up('conversion_rate', 6) }} as conversion_rate,
        {{ round_half_up('(conversion_rate / nullif(overall_rate, 0))', 6) }} as lift,
        auc,
        auc_low,
        auc_high,
        case when part in ('trigger', 'band') then {{ round_half_up('conversion_rate', 6) }} end as precision,
        case when part in ('trigger', 'band') then {{ round_half_up('recall', 6) }} end as recall,
        case when part = 'overall' then cast(reported_contacts as bigint) end as reported_contacts,
        case when part = 'overall' then cast(reported_conversions as bigint) end as reported_conversions,
        auc_unreported,
        auc_unreported_low,
        auc_unreported_high,
        case
            when part != 'overall' then null
            when is_blind then 'blind: all contacts have the same points'
            when auc is null then 'nothing can be said: all contacts have the same outcome'
            when not is_beyond_chance then 'cannot be told from chance'
            when auc_low > 0.5 then 'tells who converts'
            when auc_high < 0.5 then 'misleads: those who convert have fewer points'
            else 'cannot be told from chance'
        end as finding,
        case
            when part != 'overall' then null
            when reported_conversions > 0
                then
                    coalesce(early_warning || '; ', '')
                    || cast(cast(reported_conversions as bigint) as varchar) || ' of '
                    || cast(cast(conversions as bigint) as varchar)
                    || ' conversions may owe to the score: a trigger had reported the contact before'
            else early_warning
        end as warning
    from measured
)

select * from described
