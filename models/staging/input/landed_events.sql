{{ config(materialized='landed') }}

{{ landed_anew('events') }}
