{{ config(materialized='view') }}
select c.name, p.people from {{ ref('cities') }} c join {{ ref('per_country') }} p using (country) where c.people > 500000
