/*
 * Task: the facts of pg_type (src/include/catalog/pg_type.dat) that rows from a
 * rule file and casts in a text need: oid, length, array type, and the modifier
 * that a precision in parentheses stands for.
 */
#include <ctype.h>
#include <stdio.h>

#include "port/sql.h"

#define VARHDRSZ 4 /* the header that character and numeric modifiers include */

static const struct type {
	const char *name;
	uint32_t oid;
	int16_t len; /* typlen: -1 varlena, -2 C string */
	uint32_t array;
} types[] = {
	{ "bool", 16, 1, 1000 },
	{ "bytea", 17, -1, 1001 },
	{ "\"char\"", 18, 1, 1002 },
	{ "name", 19, 64, 1003 },
	{ "int8", 20, 8, 1016 },
	{ "int2", 21, 2, 1005 },
	{ "int2vector", 22, -1, 1006 },
	{ "int4", 23, 4, 1007 },
	{ "regproc", 24, 4, 1008 },
	{ "text", 25, -1, 1009 },
	{ "oid", 26, 4, 1028 },
	{ "tid", 27, 6, 1010 },
	{ "xid", 28, 4, 1011 },
	{ "cid", 29, 4, 1012 },
	{ "oidvector", 30, -1, 1013 },
	{ "json", 114, -1, 199 },
	{ "xml", 142, -1, 143 },
	{ "point", 600, 16, 1017 },
	{ "lseg", 601, 32, 1018 },
	{ "path", 602, -1, 1019 },
	{ "box", 603, 32, 1020 },
	{ "polygon", 604, -1, 1027 },
	{ "line", 628, 24, 629 },
	{ "float4", 700, 4, 1021 },
	{ "float8", 701, 8, 1022 },
	{ "unknown", 705, -2, 0 },
	{ "circle", 718, 24, 719 },
	{ "money", 790, 8, 791 },
	{ "macaddr", 829, 6, 1040 },
	{ "inet", 869, -1, 1041 },
	{ "cidr", 650, -1, 651 },
	{ "macaddr8", 774, 8, 775 },
	{ "bpchar", 1042, -1, 1014 },
	{ "varchar", 1043, -1, 1015 },
	{ "date", 1082, 4, 1182 },
	{ "time", 1083, 8, 1183 },
	{ "timestamp", 1114, 8, 1115 },
	{ "timestamptz", 1184, 8, 1185 },
	{ "interval", 1186, 16, 1187 },
	{ "timetz", 1266, 12, 1270 },
	{ "bit", 1560, -1, 1561 },
	{ "varbit", 1562, -1, 1563 },
	{ "numeric", 1700, -1, 1231 },
	{ "refcursor", 1790, -1, 2201 },
	{ "regprocedure", 2202, 4, 2207 },
	{ "regoper", 2203, 4, 2208 },
	{ "regoperator", 2204, 4, 2209 },
	{ "regclass", 2205, 4, 2210 },
	{ "regtype", 2206, 4, 2211 },
	{ "regnamespace", 4089, 4, 4090 },
	{ "regrole", 4096, 4, 4097 },
	{ "record", 2249, -1, 2287 },
	{ "cstring", 2275, -2, 1263 },
	{ "void", 2278, 4, 0 },
	{ "uuid", 2950, 16, 2951 },
	{ "txid_snapshot", 2970, -1, 2949 },
	{ "pg_lsn", 3220, 8, 3221 },
	{ "tsvector", 3614, -1, 3643 },
	{ "tsquery", 3615, -1, 3645 },
	{ "jsonb", 3802, -1, 3807 },
	{ "jsonpath", 4072, -1, 4073 },
	{ "int4range", 3904, -1, 3905 },
	{ "numrange", 3906, -1, 3907 },
	{ "tsrange", 3908, -1, 3909 },
	{ "tstzrange", 3910, -1, 3911 },
	{ "daterange", 3912, -1, 3913 },
	{ "int8range", 3926, -1, 3927 },
	{ "xid8", 5069, 8, 271 },
};

/* Spellings of the SQL standard and PostgreSQL's shorthands, manual table 8.1. */
static const struct {
	const char *alias, *name;
} aliases[] = {
	{ "boolean", "bool" },
	{ "smallint", "int2" },
	{ "integer", "int4" },
	{ "int", "int4" },
	{ "bigint", "int8" },
	{ "smallserial", "int2" },
	{ "serial2", "int2" },
	{ "serial", "int4" },
	{ "serial4", "int4" },
	{ "bigserial", "int8" },
	{ "serial8", "int8" },
	{ "real", "float4" },
	{ "double precision", "float8" },
	{ "float", "float8" },
	{ "decimal", "numeric" },
	{ "dec", "numeric" },
	{ "character", "bpchar" },
	{ "char", "bpchar" },
	{ "character varying", "varchar" },
	{ "char varying", "varchar" },
	{ "bit varying", "varbit" },
	{ "timestamp without time zone", "timestamp" },
	{ "timestamp with time zone", "timestamptz" },
	{ "time without time zone", "time" },
	{ "time with time zone", "timetz" },
};

static const struct type *find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(aliases[i].alias, name) == 0)
			name = aliases[i].name;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* "Numeric ( 12, 6 ) []" becomes name "numeric", modifiers 12 and 6, array. */
struct spelled {
	char name[64];
	int32_t mods[2];
	int nmods;
	bool array;
};

static bool add_name_char(struct spelled *s, size_t *len, char c)
{
	if (*len + 1 >= sizeof(s->name))
		return false;
	s->name[(*len)++] = c;
	return true;
}

static bool read_mods(struct slice inside, struct spelled *s)
{
	while (inside.ptr) {
		uint64_t v;
		if (s->nmods == 2 || !slice_to_u64(slice_trim(slice_split(&inside, ',')), &v) || v > 10485760)
			return false;
		s->mods[s->nmods++] = (int32_t)v;
	}
	return true;
}

static bool spell(struct slice text, struct spelled *s)
{
	size_t len = 0;
	bool gap = false, quoted = false;

	*s = (struct spelled){ 0 };
	text = slice_trim(text);
	if (slice_has_prefix(text, SLICE_LIT("pg_catalog.")))
		text = slice_skip(text, 11);
	if (text.len > 1 && text.ptr[0] == '_') {
		s->array = true;
		text = slice_skip(text, 1);
	}
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '(') {
			size_t end = slice_find(slice_skip(text, i), ')');
			if (i + end >= text.len || s->nmods || !read_mods(slice_of(text.ptr + i + 1, end - 1), s))
				return false;
			i += end;
			gap = len > 0;
		} else if (c == '[') {
			/* Any number of dimensions and bounds: PostgreSQL keeps neither. */
			size_t end = slice_find(slice_skip(text, i), ']');
			if (i + end >= text.len)
				return false;
			s->array = true;
			i += end;
		} else if (c == ' ' || c == '\t' || c == '\n') {
			gap = len > 0;
		} else {
			quoted = quoted || c == '"';
			if (s->array && text.ptr[0] != '_' && len && slice_find(slice_take(text, i), ']') < i)
				return false;
			if (gap && !add_name_char(s, &len, ' '))
				return false;
			gap = false;
			if (!add_name_char(s, &len, quoted ? c : (char)tolower((unsigned char)c)))
				return false;
		}
	}
	return len > 0;
}

/* atttypmod as the types' typmodin functions make it; -1: none, -2: not allowed. */
static int32_t modifier(const struct type *t, const struct spelled *s)
{
	if (!s->nmods)
		return -1;
	switch (t->oid) {
	case 1700: /* numeric: precision 1 to 1000, scale (numerictypmodin) */
		if (s->mods[0] < 1 || s->mods[0] > 1000 || s->mods[1] > 1000)
			return -2;
		return (int32_t)(((uint32_t)s->mods[0] << 16) | ((uint32_t)s->mods[1] & 0x7ff)) + VARHDRSZ;
	case 1042: case 1043:
		return s->nmods == 1 && s->mods[0] > 0 ? s->mods[0] + VARHDRSZ : -2;
	case 1560: case 1562:
		return s->nmods == 1 && s->mods[0] > 0 ? s->mods[0] : -2;
	case 1083: case 1114: case 1184: case 1266: /* fractional digits, at most 6 */
		return s->nmods == 1 && s->mods[0] <= 6 ? s->mods[0] : -2;
	case 1186: /* interval: all fields (0x7fff) and the digits */
		return s->nmods == 1 && s->mods[0] <= 6 ? (0x7fff << 16) | s->mods[0] : -2;
	case 701: /* float(53): chooses the type, leaves no modifier */
		return s->nmods == 1 && s->mods[0] >= 1 && s->mods[0] <= 53 ? -1 : -2;
	default:
		return -2;
	}
}

bool sql_type(struct slice name, uint32_t *oid, int16_t *typlen, int32_t *typmod)
{
	struct spelled s;
	const struct type *t;

	if (!spell(name, &s) || !(t = find_type(s.name)))
		return false;
	/* Unlike "numeric" and "varchar", a bare char or bit is one long. */
	if (!s.nmods && (strcmp(s.name, "char") == 0 || strcmp(s.name, "character") == 0 || strcmp(s.name, "bit") == 0)) {
		s.mods[0] = 1;
		s.nmods = 1;
	}
	if (strcmp(s.name, "float") == 0 && s.nmods == 1 && s.mods[0] <= 24)
		t = find_type("float4"), s.nmods = s.mods[0] >= 1 ? 0 : 2;
	int32_t mod = modifier(t, &s);
	if (mod == -2 || (s.array && !t->array))
		return false;
	*oid = s.array ? t->array : t->oid;
	*typlen = s.array ? -1 : t->len;
	*typmod = mod;
	return true;
}

const char *sql_type_name(uint32_t oid)
{
	static char array_name[32];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].oid == oid)
			return types[i].oid == 18 ? "char" : types[i].name;
		if (oid && types[i].array == oid) {
			snprintf(array_name, sizeof(array_name), "_%s", types[i].oid == 18 ? "char" : types[i].name);
			return array_name;
		}
	}
	return NULL;
}
