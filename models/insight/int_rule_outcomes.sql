with

latest_cutoff as (
    select max(cutoff_at) as cutoff_at
    from {{ ref('int_cutoffs') }}
    where is_evaluation
),

rules as (
    select rule_id, label, 'event' as rule_kind, score_group, points
    from {{ ref('stg_event_weights') }}
    union all
    select
        rule_id,
        label,
        'attribute' as rule_kind,
        case when not is_disqualifying or points != 0 then score_group end as score_group,
        points
    from {{ ref('stg_attribute_weights') }}
),

contacts as (
    select
        contacts.cutoff_at,
        contacts.contact_id,
        contacts.is_converted
    from {{ ref('int_contacts_cut') }} as contacts
    inner join latest_cutoff on contacts.cutoff_at = latest_cutoff.cutoff_at
),

held as (select cutoff_at, contact_id, rule_id, uses, awarded_points from {{ ref('int_rules_held') }}),

everybody as (
    select
        min(cutoff_at) as cutoff_at,
        count(*) as contacts,
        coalesce(sum(case when is_converted then 1 else 0 end), 0) as conversions
    from contacts
),

holders as (
    select
        held.rule_id,
        count(*) as contacts,
        sum(case when contacts.is_converted then 1 else 0 end) as conversions,
        sum(held.uses) as uses,
        sum(held.awarded_points) as awarded_points
    from held
    inner join contacts
        on
            held.cutoff_at = contacts.cutoff_at
            and held.contact_id = contacts.contact_id
    group by held.rule_id
),

split as (
    select
        rules.*,
        everybody.cutoff_at,
        coalesce(holders.contacts, 0) as contacts_with,
        everybody.contacts - coalesce(holders.contacts, 0) as contacts_without,
        coalesce(holders.conversions, 0) as conversions_with,
        everybody.conversions - coalesce(holders.conversions, 0) as conversions_without,
        1e0 * everybody.conversions / nullif(everybody.contacts, 0) as conversion_rate,
        -- A rule with a multiplier or a cap gives a contact some other number of times its points than it was used.
        coalesce(
            nullif(holders.awarded_points / nullif(rules.points, 0), 0), 1e0 * holders.uses
        ) / holders.contacts as awards_per_contact
    from rules
    cross join everybody
    left join holders on rules.rule_id = holders.rule_id
),

counted as (
    select
        *,
        contacts_with - conversions_with as others_with,
        contacts_without - conversions_without as others_without,
        1 - conversion_rate as other_rate
    from split
),

-- Half a contact more in each of the four cells keeps the odds finite and small samples modest.
weighed as (
    select
        rule_id,
        label,
        rule_kind,
        score_group,
        points,
        cutoff_at,
        contacts_with,
        contacts_without,
        conversions_with,
        conversions_without,
        awards_per_contact,
        (
            {{ likelihood_gained('conversions_with', 'contacts_with * conversion_rate') }}
            + {{ likelihood_gained('conversions_without', 'contacts_without * conversion_rate') }}
            + {{ likelihood_gained('others_with', 'contacts_with * other_rate') }}
            + {{ likelihood_gained('others_without', 'contacts_without * other_rate') }}
        ) as evidence,
        ln(
            (conversions_with + 0.5e0) * (others_without + 0.5e0)
            / ((conversions_without + 0.5e0) * (others_with + 0.5e0))
        ) as log_odds,
        sqrt(
            1 / (conversions_with + 0.5e0) + 1 / (conversions_without + 0.5e0)
            + 1 / (others_with + 0.5e0) + 1 / (others_without + 0.5e0)
        ) as log_odds_error
    from counted
),

-- An effect that is as large as its error may as well be none: it is halved; a larger one keeps more of itself.
shrunk as (
    select
        rule_id,
        label,
        rule_kind,
        score_group,
        points,
        cutoff_at,
        contacts_with,
        contacts_without,
        conversions_with,
        conversions_without,
        awards_per_contact,
        evidence,
        log_odds,
        log_odds * power(log_odds, 2) / (power(log_odds, 2) + power(log_odds_error, 2)) as shrunk_log_odds
    from weighed
)

select * from shrunk
