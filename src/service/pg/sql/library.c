/*
 * Gathers the tables of the files in type/ and func/, finds implementations by
 * key and registers them with SQLite. What they do is theirs.
 */
#include "service/pg/sql/library.h"

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/library_state.h"

#define TABLES                                                                                     \
	TABLE(func_array_rows) TABLE(func_bytes_rows) TABLE(func_to_char_date_rows) TABLE(func_to_char_number_rows) TABLE(func_range_rows) \
	TABLE(func_string_rows) TABLE(func_string_split_rows) TABLE(func_format_rows) TABLE(func_regex_rows) TABLE(func_aggregate_number_rows) TABLE(func_aggregate_float_rows) TABLE(func_aggregate_list_rows) \
	TABLE(func_aggregate_sorted_rows) TABLE(func_rows_generate_rows) \
	TABLE(func_datetime_rows) TABLE(func_datetime_make_rows) TABLE(func_interval_rows) TABLE(func_datetime_part_rows) TABLE(func_int_rows) TABLE(func_float_rows) TABLE(func_numeric_rows) TABLE(func_compare_rows) TABLE(func_type_rows) TABLE(func_json_rows) TABLE(func_json_build_rows) \
	TABLE(func_json_set_rows) TABLE(func_sql_rows) TABLE(func_net_rows) TABLE(func_multirange_rows) TABLE(func_money_rows) TABLE(func_system_number_rows) \
	TABLE(func_size_rows) TABLE(func_hash_rows) TABLE(func_to_number_rows) TABLE(func_encoding_rows) TABLE(func_jsonpath_rows)

/* What looks at the catalog and the session: sysfunc.h. */
#define SYSTEM_TABLES TABLE(func_store_rows) TABLE(sysfunc_name_rows) TABLE(sysfunc_session_rows) TABLE(sysfunc_define_rows) TABLE(sysfunc_privilege_rows) TABLE(sysfunc_rows_rows) TABLE(sysfunc_object_rows) TABLE(sql_cursor_rows) TABLE(sql_large_rows)

#define TABLE(name) extern const struct func_row name[];
TABLES
SYSTEM_TABLES
#undef TABLE

static const struct func_row *const tables[] = {
#define TABLE(name) name,
	TABLES SYSTEM_TABLES
#undef TABLE
};

/* Sorted by key; built on first use, never freed: it is the program's. */
static const struct func_row **sorted;
static size_t nsorted;

static int by_key(const void *a, const void *b)
{
	const struct func_row *x = *(const struct func_row *const *)a, *y = *(const struct func_row *const *)b;
	return strcmp(x->impl.key, y->impl.key);
}

static void sort_rows(void)
{
	size_t count = 0;

	if (sorted)
		return;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct func_row *r = tables[t]; r->impl.key; r++)
			count++;
	static const struct func_row *rows[8192];
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct func_row *r = tables[t]; r->impl.key && nsorted < sizeof(rows) / sizeof(rows[0]); r++)
			rows[nsorted++] = r;
	qsort(rows, nsorted, sizeof(rows[0]), by_key);
	sorted = rows;
}

const struct sql_impl *sql_impl_find(const char *key)
{
	struct func_row wanted = { .impl = { .key = key } };
	const struct func_row *p = &wanted;

	sort_rows();
	const struct func_row **found = bsearch(&p, sorted, nsorted, sizeof(sorted[0]), by_key);
	return found ? &(*found)->impl : NULL;
}

size_t sql_impl_list(const struct sql_impl **list, size_t max)
{
	sort_rows();
	for (size_t i = 0; i < nsorted && i < max; i++)
		list[i] = &sorted[i]->impl;
	return nsorted;
}

static void free_state(void *p)
{
	struct sql_library *l = p;

	library_state_release(l);
	free(l);
}

struct collator {
	struct sql_env *env;
	uint32_t type;
	int (*compare)(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b);
};

static int collate(void *arg, int na, const void *a, int nb, const void *b)
{
	struct collator *c = arg;
	struct sql_library *l = c->env->library;

	if (na == nb && memcmp(a, b, (size_t)na) == 0)
		return 0;
	if (!l->compare_depth++)
		arena_reset(&l->compare);
	int r = c->compare(c->env, c->type, datum_text(slice_of(a, (size_t)na)), datum_text(slice_of(b, (size_t)nb)));
	l->compare_depth--;
	return r;
}

static int add_collation(struct sql_env *env, const char *name, uint32_t type, const struct type_ops *ops)
{
	struct collator *c = malloc(sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	*c = (struct collator){ env, type, ops->compare };
	int rc = sqlite3_create_collation_v2(env->db, name, SQLITE_UTF8, c, collate, free);
	if (rc != SQLITE_OK)
		free(c); /* SQLite does not when it fails */
	return rc;
}

static int register_collations(struct sql_env *env)
{
	static const struct {
		const char *name;
		uint32_t type;
	} named[] = { { "pg_numeric", T_NUMERIC }, { "pg_bpchar", T_BPCHAR }, { "pg_interval", T_INTERVAL },
		      { "pg_timetz", T_TIMETZ },   { "pg_jsonb", T_JSONB },   { "pg_inet", T_INET }, { "pg_tid", T_TID } };

	for (size_t i = 0; i < sizeof(named) / sizeof(named[0]); i++) {
		const struct type_ops *ops = type_ops_find(env, named[i].type);
		if (!ops->compare)
			continue;
		int rc = add_collation(env, named[i].name, named[i].type, ops);
		if (rc != SQLITE_OK)
			return rc;
	}
	return SQLITE_OK;
}

const char *sql_type_collation(struct sql_env *env, uint32_t type)
{
	const struct sql_type *facts = type_facts(env, type);
	const struct type_ops *ops;
	char name[32];

	while (facts && facts->kind == 'd') {
		type = facts->base;
		facts = type_facts(env, type);
	}
	ops = type_ops_find(env, type);
	if (!ops->compare || ops->oid == T_FLOAT4 || ops->oid == T_FLOAT8)
		return NULL;
	if (ops->collation)
		return ops->collation;
	snprintf(name, sizeof(name), "pg_of_%u", type);
	void *known = map_get_str(&env->library->collations, name);
	if (!known) {
		if (add_collation(env, name, type, ops) != SQLITE_OK)
			return NULL;
		char *kept = strdup(name);
		if (!kept)
			return NULL;
		map_set(&env->library->collations, slice_str(kept), kept);
		known = kept;
	}
	return known;
}

static int register_row(sqlite3 *db, struct sql_env *env, const struct func_row *r)
{
	char name[128];
	int flags = SQLITE_UTF8 | (r->volatile_ ? 0 : SQLITE_DETERMINISTIC);

	switch (r->impl.form) {
	case SQL_FORM_CALL:
	case SQL_FORM_TYPED:
		snprintf(name, sizeof(name), "p_%s", r->impl.key);
		return sqlite3_create_function_v2(db, name, r->nargs, flags, env, r->call, NULL, NULL, NULL);
	case SQL_FORM_AGGREGATE: {
		int rc = SQLITE_OK;
		if (strncmp(r->impl.text, "g_", 2) != 0)
			return rc; /* SQLite's own */
		if (r->call && r->impl.window)
			rc = sqlite3_create_window_function(db, r->impl.text, r->nargs, flags, env, r->call, r->final, r->value,
							    r->inverse, NULL);
		else if (r->call)
			rc = sqlite3_create_function_v2(db, r->impl.text, r->nargs, flags, env, NULL, r->call, r->final, NULL);
		return rc != SQLITE_OK ? rc : aggregate_order_register(db, env, r);
	}
	case SQL_FORM_ROWS: return rows_register(db, env, r);
	case SQL_FORM_INLINE: break;
	}
	return SQLITE_OK;
}

int sql_library_register(sqlite3 *db, struct sql_env *env)
{
	struct sql_library *l = calloc(1, sizeof(*l));

	if (!l)
		return SQLITE_NOMEM;
	sort_rows();
	env->db = db;
	env->library = l;
	library_state_init(l, env);
	/* the state goes when the connection does */
	int rc = sqlite3_create_function_v2(db, "p_library_state", 0, SQLITE_UTF8, l, library_state_ping, NULL, NULL, free_state);
	if (rc == SQLITE_OK)
		rc = register_collations(env);
	for (size_t i = 0; i < nsorted && rc == SQLITE_OK; i++)
		rc = register_row(db, env, sorted[i]);
	return rc;
}

/* ---- values in and out ---- */

bool sql_type_in(struct sql_env *env, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	return type_in(env, env->arena, type, typmod, text, out);
}

bool sql_type_out(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *out)
{
	return type_out(env, style_of(env), type, v, out);
}

bool sql_type_recv(struct sql_env *env, uint32_t type, int32_t typmod, struct slice binary, struct sql_datum *out)
{
	const struct sql_type *facts = type_facts(env, type);

	while (facts && facts->kind == 'd') {
		type = facts->base;
		typmod = facts->basemod;
		facts = type_facts(env, type);
	}
	return type_ops_find(env, type)->recv(env, env->arena, type, typmod, binary, out);
}

bool sql_type_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *out)
{
	const struct sql_type *facts = type_facts(env, type);

	while (facts && facts->kind == 'd') {
		type = facts->base;
		facts = type_facts(env, type);
	}
	return type_ops_find(env, type)->send(env, type, v, out);
}

int sql_type_compare(struct sql_env *env, uint32_t type, struct sql_datum a, struct sql_datum b)
{
	if (!env->library->compare_depth++)
		arena_reset(&env->library->compare);
	int r = type_compare(env, type, a, b);
	env->library->compare_depth--;
	return r;
}
