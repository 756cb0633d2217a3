{{ config(database='scratch') }}

with

awards as (
    select
        contact_id,
        rule_id,
        period_start,
        stage_visit,
        capped_asset,
        max_awards
    from {{ ref('int_awards_counted') }}
),

overfull as (
    select
        contact_id,
        rule_id,
        period_start,
        stage_visit,
        capped_asset,
        max_awards
    from awards
    group by contact_id, rule_id, period_start, stage_visit, capped_asset, max_awards
    having count(*) > max_awards
)

select * from overfull
