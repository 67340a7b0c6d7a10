{{ config(materialized='materialized_view') }}
select country, sum(cities) as n from {{ ref('per_country') }} group by 1
