{{ config(materialized='incremental', unique_key='country', indexes=[{'columns': ['country'], 'unique': True}]) }}
select country, count(*) as cities, sum(people)::bigint as people, max(founded) as last
from {{ ref('cities') }}
{% if is_incremental() %} where people >= (select min(people) from {{ this }}) or true {% endif %}
group by country
