{{ config(materialized='view') }}

{{ landed('events') }}
