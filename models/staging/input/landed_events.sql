{{ config(materialized='view') }}

{{ landed_anew('events') }}
