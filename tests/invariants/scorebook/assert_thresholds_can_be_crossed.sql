-- A trigger that can never fire is one that somebody relies on in vain.
-- scripts/support/scorebook/reach.py says the same.
with

stages_counted as (select count(*) as stages from {{ ref('stg_stages') }}),

score_groups as (
    select
        groups.score_group,
        groups.is_in_total,
        groups.is_total,
        groups.is_reset_on_stage_change or stages_counted.stages < 2 as is_of_one_visit,
        coalesce(groups.min_points, cast('-infinity' as double)) as min_points,
        coalesce(groups.max_points, cast('infinity' as double)) as max_points,
        groups.account_rollup
    from {{ ref('stg_score_groups') }} as groups
    cross join stages_counted
),

-- How often a contact can get the points, ever and in one stage visit. Visits count neither silence nor attributes.
awards as (
    select
        score_group,
        points,
        multiply_by is not null and points != 0 as is_any_multiple,
        idle_days is null as is_of_a_visit,
        case
            when idle_days is null and not is_per_asset and cap_period = 'ever' then max_awards
        end as times_ever,
        case
            when idle_days is null and not is_per_asset and cap_period in ('ever', 'stage') then max_awards
        end as times_in_a_visit
    from {{ ref('stg_event_weights') }}
    union all
    select score_group, points, false as is_any_multiple, true as is_of_a_visit, 1 as times_ever, 1 as times_in_a_visit
    from {{ ref('stg_manual_adjustments') }}
    union all
    select score_group, points, false as is_any_multiple, false as is_of_a_visit, 1 as times_ever, 1 as times_in_a_visit
    from {{ ref('stg_attribute_weights') }}
),

most_awards as (
    select
        awards.score_group,
        awards.points,
        awards.is_any_multiple,
        awards.is_of_a_visit,
        coalesce(
            case when score_groups.is_of_one_visit then awards.times_in_a_visit else awards.times_ever end,
            cast('infinity' as double)
        ) as times,
        coalesce(awards.times_in_a_visit, cast('infinity' as double)) as times_in_a_visit
    from awards
    inner join score_groups on awards.score_group = score_groups.score_group
),

award_ranges as (
    select
        score_group,
        case
            when is_any_multiple then cast('-infinity' as double)
            when points < 0 then points * times
            else 0
        end as least,
        case
            when is_any_multiple then cast('infinity' as double)
            when points > 0 then points * times
            else 0
        end as most,
        case
            when is_of_a_visit and is_any_multiple then cast('-infinity' as double)
            when is_of_a_visit and points < 0 then points * times_in_a_visit
            else 0
        end as least_of_a_visit,
        case
            when is_of_a_visit and is_any_multiple then cast('infinity' as double)
            when is_of_a_visit and points > 0 then points * times_in_a_visit
            else 0
        end as most_of_a_visit
    from most_awards
),

group_sums as (
    select
        score_groups.score_group,
        score_groups.is_in_total,
        score_groups.account_rollup,
        score_groups.min_points,
        score_groups.max_points,
        {{ round_half_up('coalesce(sum(award_ranges.least), 0)', 6) }} as least,
        {{ round_half_up('coalesce(sum(award_ranges.most), 0)', 6) }} as most,
        {{ round_half_up('coalesce(sum(award_ranges.least_of_a_visit), 0)', 6) }} as least_of_a_visit,
        {{ round_half_up('coalesce(sum(award_ranges.most_of_a_visit), 0)', 6) }} as most_of_a_visit
    from score_groups
    left join award_ranges on score_groups.score_group = award_ranges.score_group
    where not score_groups.is_total
    group by
        score_groups.score_group,
        score_groups.is_in_total,
        score_groups.account_rollup,
        score_groups.min_points,
        score_groups.max_points
),

limited as (
    select
        *,
        least(greatest(least, min_points), max_points) as limited_least,
        least(greatest(most, min_points), max_points) as limited_most
    from group_sums
),

-- An account without contacts has 0 points, and there is no end to the contacts that a sum adds up.
group_ranges as (
    select score_group, is_in_total, 'contact' as scope, limited_least as least, limited_most as most from limited
    union all
    select
        score_group,
        is_in_total,
        'account' as scope,
        case
            when account_rollup != 'sum' then least(limited_least, 0)
            when limited_least < 0 then cast('-infinity' as double)
            else 0
        end as least,
        case
            when account_rollup != 'sum' then greatest(limited_most, 0)
            when limited_most > 0 then cast('infinity' as double)
            else 0
        end as most
    from limited
),

scopes as (
    select 'contact' as scope
    union all
    select 'account' as scope
),

total_sums as (
    select
        scopes.scope,
        {{ round_half_up('coalesce(sum(parts.least), 0)', 6) }} as least,
        {{ round_half_up('coalesce(sum(parts.most), 0)', 6) }} as most
    from scopes
    left join group_ranges as parts
        on
            scopes.scope = parts.scope
            and parts.is_in_total
    group by scopes.scope
),

ranges as (
    select score_group, scope, least, most from group_ranges
    union all
    select
        score_groups.score_group,
        total_sums.scope,
        least(greatest(total_sums.least, score_groups.min_points), score_groups.max_points) as least,
        least(greatest(total_sums.most, score_groups.min_points), score_groups.max_points) as most
    from total_sums
    inner join score_groups on score_groups.is_total
    union all
    select
        null as score_group,
        'stage' as scope,
        {{ round_half_up('coalesce(sum(case when is_in_total then least_of_a_visit end), 0)', 6) }} as least,
        {{ round_half_up('coalesce(sum(case when is_in_total then most_of_a_visit end), 0)', 6) }} as most
    from limited
),

triggers as (
    select
        trigger_id,
        scope,
        score_group,
        direction,
        threshold,
        case when direction = 'down' then arming_level else threshold end as armed_at
    from {{ ref('stg_triggers') }}
),

mistakes as (
    select
        'triggers.csv: row ' || triggers.trigger_id || ': threshold: there are never less than ' || ranges.least
        || ' nor more than ' || ranges.most || ' points, so that it never fires' as mistake
    from triggers
    inner join ranges
        on
            triggers.scope = ranges.scope
            and (triggers.scope = 'stage' or triggers.score_group = ranges.score_group)
    where
        triggers.armed_at > ranges.most
        or (triggers.direction = 'down' and triggers.threshold <= ranges.least)
)

select * from mistakes
