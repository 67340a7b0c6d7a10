#!/bin/sh
# Writes system_table.def and system_column.def from a running PostgreSQL 15: which tables the system
# catalogs are, and their columns. Arguments go to psql, which runs as a superuser of an empty cluster.
set -eu
cd "$(dirname "$0")"
ask() { psql -X -A -t -q "$@"; }
{
	echo "/* Tables of pg_catalog in PostgreSQL 15: OID, name, row type, shared by all databases. Written by relations.sh. */"
	ask "$@" -c "select format('SYSTEM_TABLE(%s, \"%s\", %s, %s)', oid, relname, reltype, relisshared::text)
		from pg_class where relkind = 'r' and relnamespace = 'pg_catalog'::regnamespace order by oid"
} > system_table.def
{
	echo "/* Their columns: table, number, name, type, not null. Written by relations.sh. */"
	ask "$@" -c "select format('SYSTEM_COLUMN(%s, %s, \"%s\", %s, %s)', attrelid, attnum, attname, atttypid, attnotnull::text)
		from pg_attribute join pg_class c on c.oid = attrelid where relkind = 'r' and attnum > 0
		and relnamespace = 'pg_catalog'::regnamespace order by attrelid, attnum"
} > system_column.def
