{{ config(materialized='view', schema=target.schema) }}

with

event_lines as (
    select
        {{ surrogate_key(["'event'", 'rule_id', 'event_id']) }} as line_id,
        contact_id,
        score_group,
        'event' as line_kind,
        rule_id,
        event_id,
        asset,
        effective_at,
        effective_at as origin_at,
        stage_visit,
        points,
        withheld_points,
        withheld_reason,
        is_excluded
    from {{ ref('int_event_lines') }}
),

idle_lines as (
    select
        {{ surrogate_key(["'idle'", 'rule_id', 'event_id']) }} as line_id,
        contact_id,
        score_group,
        'idle' as line_kind,
        rule_id,
        event_id,
        asset,
        effective_at,
        origin_at,
        stage_visit,
        points,
        0 as withheld_points,
        cast(null as varchar) as withheld_reason,
        false as is_excluded
    from {{ ref('int_idle_lines') }}
),

expiry_lines as (
    select
        {{ surrogate_key(["'expiry'", 'award_kind', 'rule_id', 'event_id']) }} as line_id,
        contact_id,
        score_group,
        'expiry' as line_kind,
        rule_id,
        event_id,
        asset,
        effective_at,
        origin_at,
        stage_visit,
        points,
        0 as withheld_points,
        cast(null as varchar) as withheld_reason,
        false as is_excluded
    from {{ ref('int_expiry_lines') }}
),

decay_lines as (
    select
        {{ surrogate_key(["'decay'", 'award_kind', 'rule_id', 'event_id', 'decay_number']) }} as line_id,
        contact_id,
        score_group,
        'decay' as line_kind,
        rule_id,
        event_id,
        asset,
        effective_at,
        origin_at,
        stage_visit,
        points,
        0 as withheld_points,
        cast(null as varchar) as withheld_reason,
        false as is_excluded
    from {{ ref('int_decay_lines') }}
),

attribute_lines as (
    select
        {{ surrogate_key(["'attribute'", 'rule_id', 'contact_id', 'turned_at']) }} as line_id,
        contact_id,
        score_group,
        'attribute' as line_kind,
        rule_id,
        cast(null as varchar) as event_id,
        cast(null as varchar) as asset,
        effective_at,
        effective_at as origin_at,
        stage_visit,
        points,
        0 as withheld_points,
        cast(null as varchar) as withheld_reason,
        false as is_excluded
    from {{ ref('int_attribute_lines') }}
),

manual_lines as (
    select
        {{ surrogate_key(["'manual'", 'rule_id']) }} as line_id,
        contact_id,
        score_group,
        'manual' as line_kind,
        rule_id,
        cast(null as varchar) as event_id,
        cast(null as varchar) as asset,
        effective_at,
        effective_at as origin_at,
        stage_visit,
        points,
        0 as withheld_points,
        cast(null as varchar) as withheld_reason,
        false as is_excluded
    from {{ ref('int_manual_lines') }}
),

all_lines as (
    select * from event_lines
    union all
    select * from idle_lines
    union all
    select * from expiry_lines
    union all
    select * from decay_lines
    union all
    select * from attribute_lines
    union all
    select * from manual_lines
),

with_version as (
    select
        *,
        (select build_info.scorebook_version from {{ ref('build_info') }} as build_info) as scorebook_version
    from all_lines
)

select * from with_version
