/*
 * Sets: each ROWS function is an eponymous table-valued function s_<prosrc> with
 * columns c1 .. cn and ord, and hidden columns a1 .. am for its arguments. Its
 * rows are made when the cursor is filtered, except an arithmetic series, which
 * is counted.
 */
#include "service/pg/sql/func/rows.h"

#include "service/pg/sql/func/call.h"

#define CHUNK 1024

struct row_set {
	struct sql_env *env;
	struct arena arena;
	int ncolumns;
	struct sql_datum **chunks; /* CHUNK rows each */
	size_t count, nchunks, cap;
	bool series;
	int64_t first, step;
};

struct arena *rows_arena(struct row_set *rows)
{
	return &rows->arena;
}

size_t rows_count(const struct row_set *rows)
{
	return rows->count;
}

void rows_series(struct row_set *rows, int64_t first, int64_t step, size_t count)
{
	rows->series = true;
	rows->first = first;
	rows->step = step;
	rows->count = count;
}

void rows_add(struct row_set *rows, const struct sql_datum *values)
{
	size_t n = (size_t)rows->ncolumns;

	if (rows->count % CHUNK == 0) {
		if (rows->nchunks == rows->cap) {
			size_t cap = rows->cap ? rows->cap * 2 : 16;
			struct sql_datum **larger = ARENA_ARRAY(&rows->arena, struct sql_datum *, cap);
			if (rows->nchunks)
				memcpy(larger, rows->chunks, rows->nchunks * sizeof(*larger));
			rows->chunks = larger;
			rows->cap = cap;
		}
		rows->chunks[rows->nchunks++] = arena_alloc(&rows->arena, CHUNK * n * sizeof(struct sql_datum));
	}
	struct sql_datum *to = rows->chunks[rows->count / CHUNK] + rows->count % CHUNK * n;
	for (size_t i = 0; i < n; i++)
		to[i] = datum_copy(&rows->arena, values[i]);
	rows->count++;
}

struct table {
	sqlite3_vtab base;
	struct sql_env *env;
	const struct func_row *row;
};

struct cursor {
	sqlite3_vtab_cursor base;
	struct row_set rows;
	size_t at;
};

struct module_arg {
	struct sql_env *env;
	const struct func_row *row;
};

static int rows_connect(sqlite3 *db, void *aux, int argc, const char *const *argv, sqlite3_vtab **out, char **message)
{
	struct module_arg *arg = aux;
	struct buf b;

	(void)argc, (void)argv, (void)message;
	buf_init(&b, 64 * 1024);
	buf_add_str(&b, "CREATE TABLE x(");
	for (int i = 0; i < arg->row->ncolumns; i++)
		buf_addf(&b, "c%d,", i + 1);
	buf_add_str(&b, "ord");
	for (int i = 0; i < arg->row->nargs; i++)
		buf_addf(&b, ",a%d hidden", i + 1);
	buf_add_char(&b, ')');
	int rc = sqlite3_declare_vtab(db, b.ptr);
	buf_release(&b);
	struct table *t = rc == SQLITE_OK ? calloc(1, sizeof(*t)) : NULL;
	if (!t)
		return rc == SQLITE_OK ? SQLITE_NOMEM : rc;
	t->env = arg->env;
	t->row = arg->row;
	*out = &t->base;
	return SQLITE_OK;
}

static int rows_disconnect(sqlite3_vtab *v)
{
	free(v);
	return SQLITE_OK;
}

/* The arguments must all be there, in order; how many is idxNum. */
static int rows_best_index(sqlite3_vtab *v, sqlite3_index_info *info)
{
	struct table *t = (struct table *)v;
	int first = t->row->ncolumns + 1, last = -1;

	for (int i = 0; i < info->nConstraint; i++) {
		int arg = info->aConstraint[i].iColumn - first;
		if (arg < 0 || info->aConstraint[i].op != SQLITE_INDEX_CONSTRAINT_EQ)
			continue;
		if (!info->aConstraint[i].usable)
			return SQLITE_CONSTRAINT;
		info->aConstraintUsage[i].argvIndex = arg + 1;
		info->aConstraintUsage[i].omit = 1;
		if (arg > last)
			last = arg;
	}
	info->idxNum = last + 1;
	info->estimatedCost = 100;
	info->estimatedRows = 100;
	return SQLITE_OK;
}

static int rows_open(sqlite3_vtab *v, sqlite3_vtab_cursor **out)
{
	struct cursor *c = calloc(1, sizeof(*c));

	if (!c)
		return SQLITE_NOMEM;
	c->rows.env = ((struct table *)v)->env;
	arena_init(&c->rows.arena);
	*out = &c->base;
	return SQLITE_OK;
}

static int rows_close(sqlite3_vtab_cursor *vc)
{
	struct cursor *c = (struct cursor *)vc;

	arena_release(&c->rows.arena);
	free(c);
	return SQLITE_OK;
}

static int rows_filter(sqlite3_vtab_cursor *vc, int count, const char *text, int argc, sqlite3_value **argv)
{
	struct cursor *c = (struct cursor *)vc;
	struct table *t = (struct table *)vc->pVtab;

	(void)text, (void)count;
	arena_reset(&c->rows.arena);
	c->rows = (struct row_set){ .env = t->env, .arena = c->rows.arena, .ncolumns = t->row->ncolumns };
	c->at = 0;
	if (t->row->rows(t->env, &c->rows, argc, argv))
		return SQLITE_OK;
	sqlite3_free(vc->pVtab->zErrMsg);
	vc->pVtab->zErrMsg = sqlite3_mprintf("%s", t->env->error ? t->env->error->message.ptr : "raised");
	return SQLITE_ERROR;
}

static int rows_next(sqlite3_vtab_cursor *vc)
{
	((struct cursor *)vc)->at++;
	return SQLITE_OK;
}

static int rows_eof(sqlite3_vtab_cursor *vc)
{
	struct cursor *c = (struct cursor *)vc;
	return c->at >= c->rows.count;
}

static int rows_column(sqlite3_vtab_cursor *vc, sqlite3_context *ctx, int i)
{
	struct cursor *c = (struct cursor *)vc;

	if (i == c->rows.ncolumns)
		sqlite3_result_int64(ctx, (int64_t)c->at + 1);
	else if (i < c->rows.ncolumns && c->rows.series)
		sqlite3_result_int64(ctx, c->rows.first + (int64_t)c->at * c->rows.step);
	else if (i < c->rows.ncolumns)
		sql_datum_result(ctx, c->rows.chunks[c->at / CHUNK][c->at % CHUNK * (size_t)c->rows.ncolumns + (size_t)i]);
	return SQLITE_OK;
}

static int rows_rowid(sqlite3_vtab_cursor *vc, sqlite3_int64 *rowid)
{
	*rowid = (sqlite3_int64)((struct cursor *)vc)->at + 1;
	return SQLITE_OK;
}

int rows_register(sqlite3 *db, struct sql_env *env, const struct func_row *row)
{
	static const sqlite3_module module = {
		.xConnect = rows_connect,
		.xBestIndex = rows_best_index,
		.xDisconnect = rows_disconnect,
		.xOpen = rows_open,
		.xClose = rows_close,
		.xFilter = rows_filter,
		.xNext = rows_next,
		.xEof = rows_eof,
		.xColumn = rows_column,
		.xRowid = rows_rowid,
	};
	char name[128];
	struct module_arg *arg = malloc(sizeof(*arg));

	if (!arg)
		return SQLITE_NOMEM;
	*arg = (struct module_arg){ env, row };
	snprintf(name, sizeof(name), "s_%s", row->impl.key);
	return sqlite3_create_module_v2(db, name, &module, arg, free);
}
