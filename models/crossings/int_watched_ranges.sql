{{ config(materialized='view') }}

select distinct
    scope || ':' || score_group as fold,
    case when direction = 'up' then threshold - hysteresis else threshold end as lower_level,
    case when direction = 'up' then threshold else threshold + hysteresis end as upper_level
from {{ ref('stg_triggers') }}
where scope in ('contact', 'account')
