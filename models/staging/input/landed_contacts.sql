{{ config(materialized='view') }}

{{ landed('contacts') }}
