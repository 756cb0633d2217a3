{{ config(materialized='landed') }}

{{ landed_events_anew() }}
