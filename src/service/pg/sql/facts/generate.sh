#!/bin/sh
# Writes the tables of facts (*.def) beside it from the catalogs of a PostgreSQL 15. Run by hand when they
# are to change: generate.sh [PSQL ARGUMENTS], e.g. generate.sh -h /tmp -U postgres. Rows are sorted the way
# facts.c searches them (names by bytes).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
q() { # file, query of one column
	{ echo "/* Made by generate.sh from PostgreSQL 15: $2. */"; psql -X -A -t -q -v ON_ERROR_STOP=1 $args -c "$3"; } >"$here/$1"
}
args=$*
[ "$(psql -X -A -t $args -c "select current_setting('server_version_num')::int / 10000")" = 15 ] || { echo "generate: PostgreSQL 15 is needed" >&2; exit 1; }
functions="
create function pg_temp.c(t text) returns text language sql as \$\$ select case when t is null then 'NULL' else '\"' || replace(replace(replace(replace(t, '\\', '\\\\'), '\"', '\\\"'), chr(10), '\\n'), chr(9), '\\t') || '\"' end \$\$;
create function pg_temp.b(t bool) returns text language sql as \$\$ select case when t then '1' else '0' end \$\$;
create function pg_temp.l(t oid[]) returns text language sql as \$\$ select 'L(' || coalesce(array_to_string(t, ', '), '') || ')' \$\$;
"
own="= 'pg_catalog'::regnamespace"

# PROC(oid, name, source, returns, kind, strict, volatile, set, variadic, ndefaults, nargs, types, nall, all types, modes, names, defaults)
q proc.def "pg_proc" "$functions select format('PROC(%s, %s, %s, %s, ''%s'', %s, ''%s'', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)',
	p.oid, pg_temp.c(proname), pg_temp.c(case when lanname = 'internal' and prokind <> 'a' then prosrc
		else proname || '(' || (select coalesce(string_agg(typname, ',' order by n), '') from unnest(proargtypes::oid[]) with ordinality u(o, n) join pg_type t on t.oid = u.o) || ')' end),
	prorettype, prokind, pg_temp.b(proisstrict), provolatile, pg_temp.b(proretset), provariadic, pronargdefaults, pronargs,
	pg_temp.l(proargtypes::oid[]), coalesce(array_length(proallargtypes, 1), 0), pg_temp.l(proallargtypes),
	pg_temp.c(array_to_string(proargmodes, '')), pg_temp.c(array_to_string(proargnames, ',')),
	pg_temp.c((select string_agg(pg_get_function_arg_default(p.oid, i), chr(10) order by i) from generate_series(pronargs - pronargdefaults + 1, pronargs) i where pronargdefaults > 0)))
	from pg_proc p join pg_language l on l.oid = prolang where (pronamespace $own or proname = '_pg_expandarray') and p.oid < 16384 order by proname collate \"C\", p.oid"

# TYPE(oid, name, len, byval, kind, category, preferred, delimiter, relation, true array, element, array, base, typmod, collation, align, storage, input, output, receive, send, modin, modout)
q type.def "pg_type" "$functions select format('TYPE(%s, %s, %s, %s, ''%s'', ''%s'', %s, ''%s'', %s, %s, %s, %s, %s, %s, %s, ''%s'', ''%s'', %s, %s, %s, %s, %s, %s)',
	t.oid, pg_temp.c(typname), typlen, pg_temp.b(typbyval), typtype, typcategory, pg_temp.b(typispreferred), typdelim, typrelid,
	pg_temp.b(typsubscript::text = 'array_subscript_handler'), typelem, typarray, typbasetype, typtypmod, typcollation, typalign, typstorage,
	typinput::oid, typoutput::oid, typreceive::oid, typsend::oid, typmodin::oid, typmodout::oid)
	from pg_type t where typnamespace $own and oid < 16384 order by typname collate \"C\""

# OPERATOR(oid, name, kind, left, right, result, commutator, negator, function, merges, hashes)
q operator.def "pg_operator" "$functions select format('OPERATOR(%s, %s, ''%s'', %s, %s, %s, %s, %s, %s, %s, %s)', oid, pg_temp.c(oprname), oprkind, oprleft,
	oprright, oprresult, oprcom, oprnegate, oprcode::oid, pg_temp.b(oprcanmerge), pg_temp.b(oprcanhash))
	from pg_operator where oprnamespace $own and oid < 16384 order by oprname collate \"C\", oid"

# CAST(source, target, function, context, method)
q cast.def "pg_cast" "$functions select format('CAST(%s, %s, %s, ''%s'', ''%s'')', castsource, casttarget, castfunc, castcontext, castmethod) from pg_cast where oid < 16384 order by castsource, casttarget"

# AGGREGATE(function, kind, ndirect, sort operator, transition type)
q aggregate.def "pg_aggregate" "$functions select format('AGGREGATE(%s, ''%s'', %s, %s, %s)', aggfnoid::oid, aggkind, aggnumdirectargs, aggsortop, aggtranstype) from pg_aggregate where aggfnoid::oid < 16384 order by aggfnoid::oid"

# RANGE(type, subtype, multirange, collation, opclass)
q range.def "pg_range" "$functions select format('RANGE(%s, %s, %s, %s, %s)', rngtypid, rngsubtype, rngmultitypid, rngcollation, rngsubopc) from pg_range where rngtypid < 16384 order by rngtypid"

# OPCLASS(oid, access method, name, family, input type, default, key type); OPFAMILY(oid, access method, name); AM(oid, name, function, kind)
q opclass.def "pg_opclass" "$functions select format('OPCLASS(%s, %s, %s, %s, %s, %s, %s)', oid, opcmethod, pg_temp.c(opcname), opcfamily, opcintype, pg_temp.b(opcdefault), opckeytype) from pg_opclass where oid < 16384 order by oid"
q opfamily.def "pg_opfamily" "$functions select format('OPFAMILY(%s, %s, %s)', oid, opfmethod, pg_temp.c(opfname)) from pg_opfamily where oid < 16384 order by oid"
q am.def "pg_am" "$functions select format('AM(%s, %s, %s, ''%s'')', oid, pg_temp.c(amname), pg_temp.c(amhandler::text), amtype) from pg_am where oid < 16384 order by oid"

# AMOP(family, left, right, strategy, purpose, operator, access method)
q amop.def "pg_amop" "$functions select format('AMOP(%s, %s, %s, %s, ''%s'', %s, %s)', amopfamily, amoplefttype, amoprighttype, amopstrategy, amoppurpose, amopopr, amopmethod) from pg_amop where oid < 16384 order by amopfamily, amoplefttype, amoprighttype, amopstrategy"

# COLLATION(oid, name, provider, deterministic, encoding, collate, ctype): the ones that every server has
q collation.def "pg_collation" "$functions select format('COLLATION(%s, %s, ''%s'', %s, %s, %s, %s)', oid, pg_temp.c(collname), collprovider, pg_temp.b(collisdeterministic), collencoding, pg_temp.c(collcollate), pg_temp.c(collctype)) from pg_collation where oid < 12000 order by oid"

# KEYWORD(word, category, bare label)
q keyword.def "pg_get_keywords()" "$functions select format('KEYWORD(%s, ''%s'', %s)', pg_temp.c(word), catcode, pg_temp.b(barelabel)) from pg_get_keywords() order by word collate \"C\""
