{{ config(materialized='view') }}

{{ landed('stage_changes') }}
