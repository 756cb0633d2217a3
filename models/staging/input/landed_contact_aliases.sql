{{ config(materialized='view') }}

{{ landed('contact_aliases') }}
