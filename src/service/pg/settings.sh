#!/bin/sh
# Writes settings.def from a real PostgreSQL 15: names, types, limits and
# defaults are facts, so they are read and not typed. Usage, with the usual PG*
# variables pointing at a fresh cluster (initdb -E UTF8 --locale=C):
#
#	sh src/service/pg/settings.sh > src/service/pg/settings.def
set -eu
cat <<'END'
/*
 * Every setting of PostgreSQL 15, written by settings.sh:
 * SETTING(name, type, who may set it, unit, least, greatest, values of an enum, default)
 */
END
psql -XAt -v ON_ERROR_STOP=1 <<'END'
with s as (
	select name, vartype, context, unit,
		case name when 'server_version_num' then '0' else min_val end as min_val,
		case name when 'server_version_num' then '999999' else max_val end as max_val, enumvals,
		case when name ~ '(_file|_directory|_directories)$' then ''
		when name in ('TimeZone', 'log_timezone') then 'UTC'
		when setting ~ '^0[0-7]{3}$' then boot_val -- file modes: SHOW prints them in octal
		when name in ('port') then '5432'
		when name in ('listen_addresses') then 'localhost'
		when name in ('server_version') then '15.8'
		when name in ('server_version_num') then '150008'
		when name in ('application_name', 'server_version') then ''
		else setting end as value
	from pg_settings
	union all values
		('is_superuser', 'bool', 'internal', null, null, null, null::text[], 'on'),
		('role', 'string', 'user', null, null, null, null, 'none'),
		('session_authorization', 'string', 'user', null, null, null, null, ''),
		('seed', 'real', 'user', null, '-1', '1', null, 'unavailable')
)
select format('SETTING("%s", %s, %s, "%s", %s, %s, "%s", "%s")', name,
	upper(vartype), upper(replace(context, '-', '_')), coalesce(unit, ''), coalesce(min_val, '0'), coalesce(max_val, '0'),
	coalesce(array_to_string(enumvals, ','), ''), replace(replace(value, '\', '\\'), '"', '\"'))
from s order by lower(name) collate "C";
END
echo '#undef SETTING'
