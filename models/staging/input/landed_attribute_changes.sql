{{ config(materialized='view') }}

{{ landed('attribute_changes') }}
