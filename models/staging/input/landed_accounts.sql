{{ config(materialized='view') }}

{{ landed('accounts') }}
