{{ config(schema=target.schema, materialized='incremental', unique_key=['as_of', 'scorebook_version'],
    on_schema_change='fail', full_refresh=false) }}

-- The only table that outlives a build from nothing: it remembers what was built before.
with

built as (
    select
        as_of,
        scorebook_version
    from {{ ref('build_info') }}
)

select * from built
