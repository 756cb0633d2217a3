{{ config(materialized='view') }}

{{ landed('survey_responses') }}
