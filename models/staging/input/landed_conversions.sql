{{ config(materialized='view') }}

{{ landed('conversions') }}
