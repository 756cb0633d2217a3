{{ config(materialized='view') }}

{{ landed_anew('events', 'stg_events', 'event_id') }}
