-- A trigger that can never fire is one that somebody relies on in vain.
-- scripts/support/scorebook/reach.py says the same.
with

score_groups as (
    select
        score_group,
        is_in_total,
        is_total,
        coalesce(min_points, cast('-infinity' as double)) as min_points,
        coalesce(max_points, cast('infinity' as double)) as max_points,
        account_rollup
    from {{ ref('stg_score_groups') }}
),

awards as (
    select
        score_group,
        true as is_of_a_visit,
        multiply_by is not null as is_any_multiple,
        points,
        case
            when max_awards is not null and cap_period = 'ever' and not is_per_asset and idle_days is null
                then max_awards
            else cast('infinity' as double)
        end as times
    from {{ ref('stg_event_weights') }}
    union all
    select score_group, true as is_of_a_visit, false as is_any_multiple, points, 1 as times
    from {{ ref('stg_manual_adjustments') }}
    union all
    select score_group, false as is_of_a_visit, false as is_any_multiple, points, 1 as times
    from {{ ref('stg_attribute_weights') }}
),

award_ranges as (
    select
        score_group,
        is_of_a_visit,
        case
            when is_any_multiple then cast('-infinity' as double)
            when points < 0 then points * times
            else 0
        end as least,
        case
            when is_any_multiple then cast('infinity' as double)
            when points > 0 then points * times
            else 0
        end as most
    from awards
),

group_sums as (
    select
        score_groups.score_group,
        score_groups.is_in_total,
        score_groups.account_rollup,
        score_groups.min_points,
        score_groups.max_points,
        coalesce(sum(award_ranges.least), 0) as least,
        coalesce(sum(award_ranges.most), 0) as most,
        coalesce(sum(case when award_ranges.is_of_a_visit then award_ranges.least end), 0) as least_of_a_visit,
        coalesce(sum(case when award_ranges.is_of_a_visit then award_ranges.most end), 0) as most_of_a_visit
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
        coalesce(sum(parts.least), 0) as least,
        coalesce(sum(parts.most), 0) as most
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
        coalesce(sum(case when is_in_total then least_of_a_visit end), 0) as least,
        coalesce(sum(case when is_in_total then most_of_a_visit end), 0) as most
    from limited
),

triggers as (
    select
        trigger_id,
        scope,
        score_group,
        direction,
        threshold,
        threshold + case when direction = 'down' then hysteresis else 0 end as armed_at
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
