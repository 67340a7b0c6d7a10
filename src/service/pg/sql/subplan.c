/*
 * Table functions of lowered text: rows of another statement (LATERAL), rows
 * kept by a step before, items of an array, counting.
 *
 * They are eponymous virtual tables: arguments are hidden columns, which may
 * refer to items of FROM before them.
 */
#include <stdlib.h>

#include "service/pg/sql/builtin.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/type/array.h"

#define COLUMNS 200 /* c1 .. c200 of q_rows and q_kept */
#define ARGS 62     /* of q_rows: SQLite's limit is the bits of its mask of used columns */

enum kind { ROWS, KEPT, ITEMS, COUNT };

struct table {
	sqlite3_vtab base;
	struct sql_env *env;
	enum kind kind;
};

struct cursor {
	sqlite3_vtab_cursor base;
	sqlite3_stmt *stmt;     /* ROWS: kept while the text stays the same */
	char *text;
	bool end;
	int64_t at;             /* from 0 */
	int64_t count;
	const struct sql_kept *kept;
	struct arena arena;
	struct array array;
};

static int hidden(enum kind k)
{
	return k == ROWS ? ARGS + 1 : k == ITEMS ? 2 : 1;
}

static int visible(enum kind k)
{
	return k == ROWS || k == KEPT ? COLUMNS + 1 : 2;
}

static int connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **why)
{
	struct buf b;
	struct table *t = sqlite3_malloc(sizeof(*t));

	(void)argc;
	(void)why;
	if (!t)
		return SQLITE_NOMEM;
	*t = (struct table){ .env = aux };
	t->kind = strcmp(argv[0], "q_rows") == 0 ? ROWS : strcmp(argv[0], "q_kept") == 0 ? KEPT : strcmp(argv[0], "e_items") == 0 ? ITEMS : COUNT;
	buf_init(&b, 64 * 1024);
	buf_add_str(&b, "CREATE TABLE x(");
	if (t->kind == ROWS || t->kind == KEPT) {
		for (int i = 1; i <= COLUMNS; i++)
			buf_addf(&b, "c%d, ", i);
		buf_add_str(&b, "ord");
	} else {
		buf_add_str(&b, "c1, ord");
	}
	for (int i = 0; i < hidden(t->kind); i++)
		buf_addf(&b, ", a%d HIDDEN", i);
	buf_add_char(&b, ')');
	int rc = sqlite3_declare_vtab(db, b.ptr);
	buf_release(&b);
	if (rc != SQLITE_OK) {
		sqlite3_free(t);
		return rc;
	}
	*out = &t->base;
	return SQLITE_OK;
}

static int disconnect(sqlite3_vtab *v)
{
	sqlite3_free(v);
	return SQLITE_OK;
}

static int best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
	const struct table *t = (const struct table *)v;
	int first = visible(t->kind), n = hidden(t->kind), place[ARGS + 2], most = 0;

	for (int i = 0; i < n; i++)
		place[i] = -1;
	for (int i = 0; i < info->nConstraint; i++) {
		int k = info->aConstraint[i].iColumn - first;

		if (k < 0 || k >= n || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		if (!info->aConstraint[i].usable)
			return SQLITE_CONSTRAINT; /* an argument that is not known yet: another order of the join */
		place[k] = i;
		if (k + 1 > most)
			most = k + 1;
	}
	for (int i = 0; i < most; i++) {
		if (place[i] < 0)
			return SQLITE_CONSTRAINT;
		info->aConstraintUsage[place[i]].argvIndex = i + 1;
		info->aConstraintUsage[place[i]].omit = 1;
	}
	info->idxNum = most;
	info->estimatedCost = 100;
	info->estimatedRows = 100;
	return SQLITE_OK;
}

static int open_cursor(sqlite3_vtab *v, sqlite3_vtab_cursor **out)
{
	struct cursor *c = calloc(1, sizeof(*c));

	(void)v;
	if (!c)
		return SQLITE_NOMEM;
	arena_init(&c->arena);
	*out = &c->base;
	return SQLITE_OK;
}

static int close_cursor(sqlite3_vtab_cursor *v)
{
	struct cursor *c = (struct cursor *)v;

	sqlite3_finalize(c->stmt);
	free(c->text);
	arena_release(&c->arena);
	free(c);
	return SQLITE_OK;
}

static int fail(struct cursor *c, struct sql_env *env, int rc)
{
	if (!env->error)
		sql_raise_env(env, "XX000", "%s", sqlite3_errmsg(env->db));
	sqlite3_free(c->base.pVtab->zErrMsg);
	c->base.pVtab->zErrMsg = sqlite3_mprintf("%s", "raised");
	return rc;
}

static int step(struct cursor *c, struct sql_env *env)
{
	int rc = sqlite3_step(c->stmt);

	c->end = rc != SQLITE_ROW;
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : fail(c, env, SQLITE_ERROR);
}

static int start_rows(struct cursor *c, struct sql_env *env, int argc, sqlite3_value **argv)
{
	const char *text = (const char *)sqlite3_value_text(argv[0]);

	if (!c->text || strcmp(c->text, text) != 0) {
		sqlite3_finalize(c->stmt);
		free(c->text);
		c->stmt = NULL;
		c->text = strdup(text);
		if (sqlite3_prepare_v3(env->db, text, -1, 0, &c->stmt, NULL) != SQLITE_OK)
			return fail(c, env, SQLITE_ERROR);
	}
	sqlite3_reset(c->stmt);
	for (int i = 1; i < argc; i++)
		sqlite3_bind_value(c->stmt, i, argv[i]);
	return step(c, env);
}

static int filter(sqlite3_vtab_cursor *v, int number, const char *name, int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)v;
	const struct table *t = (const struct table *)v->pVtab;

	(void)number;
	(void)name;
	c->at = 0;
	c->end = false;
	c->count = 0;
	switch (t->kind) {
	case ROWS:
		return argc ? start_rows(c, t->env, argc, argv) : SQLITE_ERROR;
	case KEPT:
		c->kept = t->env->session ? t->env->session->kept : NULL;
		while (c->kept && argc && c->kept->id != sqlite3_value_int(argv[0]))
			c->kept = c->kept->next;
		c->count = c->kept ? (int64_t)c->kept->nrows : 0;
		break;
	case ITEMS:
		arena_reset(&c->arena);
		c->array = (struct array){ 0 };
		if (argc == 2 && sqlite3_value_type(argv[1]) == SQLITE_NULL) {
			/* x IN (no array) is unknown: one item that is NULL */
			c->array.items = ARENA_NEW(&c->arena, struct sql_datum);
			c->array.count = 1;
		} else if (argc == 2) {
			const char *text = (const char *)sqlite3_value_text(argv[1]);

			if (!array_load_of(t->env, &c->arena, (uint32_t)sqlite3_value_int64(argv[0]),
					   slice_of(text, (size_t)sqlite3_value_bytes(argv[1])), &c->array))
				return fail(c, t->env, SQLITE_ERROR);
		}
		c->count = (int64_t)c->array.count;
		break;
	case COUNT:
		c->count = argc ? sqlite3_value_int64(argv[0]) : 0;
		break;
	}
	c->end = c->count <= 0;
	return SQLITE_OK;
}

static int next(sqlite3_vtab_cursor *v)
{
	struct cursor *c = (struct cursor *)v;
	const struct table *t = (const struct table *)v->pVtab;

	c->at++;
	if (t->kind == ROWS)
		return step(c, t->env);
	c->end = c->at >= c->count;
	return SQLITE_OK;
}

static int at_end(sqlite3_vtab_cursor *v)
{
	return ((struct cursor *)v)->end;
}

static int column(sqlite3_vtab_cursor *v, sqlite3_context *ctx, int i)
{
	struct cursor *c = (struct cursor *)v;
	const struct table *t = (const struct table *)v->pVtab;

	if (i == visible(t->kind) - 1) {
		/* a statement that counts itself (functions side by side) says ord in its last column */
		sqlite3_result_int64(ctx, c->at + 1);
		return SQLITE_OK;
	}
	switch (t->kind) {
	case ROWS:
		if (i < sqlite3_column_count(c->stmt))
			sqlite3_result_value(ctx, sqlite3_column_value(c->stmt, i));
		break;
	case KEPT:
		if (i < (int)c->kept->ncolumns)
			sql_datum_result(ctx, c->kept->cells[(size_t)c->at * c->kept->ncolumns + (size_t)i]);
		break;
	case ITEMS:
		if (i == 0)
			sql_datum_result(ctx, c->array.items[c->at]);
		break;
	case COUNT:
		if (i == 0)
			sqlite3_result_int64(ctx, c->at + 1);
		break;
	}
	return SQLITE_OK;
}

static int rowid(sqlite3_vtab_cursor *v, sqlite3_int64 *out)
{
	*out = ((struct cursor *)v)->at;
	return SQLITE_OK;
}

static const sqlite3_module module = {
	.xConnect = connect,
	.xBestIndex = best_index,
	.xDisconnect = disconnect,
	.xOpen = open_cursor,
	.xClose = close_cursor,
	.xFilter = filter,
	.xNext = next,
	.xEof = at_end,
	.xColumn = column,
	.xRowid = rowid,
};

int sql_subplan_register(sqlite3 *db, struct sql_env *env)
{
	static const char *const names[] = { "q_rows", "q_kept", "e_items", "e_count" };
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(names) / sizeof(names[0]); i++)
		rc = sqlite3_create_module(db, names[i], &module, env);
	return rc;
}
