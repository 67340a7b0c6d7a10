{% snapshot cities_snapshot %}
{{ config(target_schema='dev', unique_key='id', strategy='check', check_cols=['people']) }}
select * from {{ ref('cities') }}
{% endsnapshot %}
