/*
 * Cursors: DECLARE, FETCH, MOVE, and what WHERE CURRENT OF stands on.
 *
 * Nothing is computed by DECLARE but the plan; the first FETCH computes the rows, as
 * the snapshot of DECLARE sees them. An error on the way is told when a FETCH comes
 * to it. A cursor WITH HOLD, which outlives its snapshot, is computed at once.
 */
#include "service/pg/sql/cursor.h"

#include <stdlib.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/func/rows.h"
#include "service/pg/sql/large.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/table_plan.h"

struct sql_cursor {
	struct arena arena;
	struct sql_prepared *prepared;
	struct sql_datum *params;
	size_t nparams;
	struct slice name, text; /* the whole statement */
	struct sql_snapshot snapshot;
	size_t depth;           /* of the sub-transaction it was declared in */
	int64_t made_us;
	bool computed;
	struct sql_error *error; /* after the rows that there are */
	size_t prefix;          /* rowids before each row's columns, of the tables of the plan's `rowid_of` */
	struct sql_column *columns;
	size_t ncolumns;
	struct sql_result rows;
	size_t at;              /* rows before the position; the current one is at - 1 */
	bool hold, scroll, binary, insensitive;
};

static void drop_cursor(struct sql_cursor *c)
{
	if (!c)
		return;
	sql_prepared_drop(c->prepared);
	arena_release(&c->arena);
	free(c);
}

void sql_cursors_close(struct sql_session *s, bool also_held)
{
	struct map_entry *e;

	sql_large_close(s);
	for (size_t i = 0; (e = map_next(&s->cursors, &i));) {
		const struct sql_cursor *c = e->value;

		if (also_held || !c->hold)
			drop_cursor(map_take(&s->cursors, e->key));
	}
}

bool sql_cursor_close(struct sql_session *s, struct slice name)
{
	struct sql_cursor *c = map_take(&s->cursors, name);

	drop_cursor(c);
	return c != NULL;
}

void sql_cursors_undo(struct sql_session *s, size_t level)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->cursors, &i));) {
		const struct sql_cursor *c = e->value;

		if (c->depth >= level)
			drop_cursor(map_take(&s->cursors, e->key));
	}
}

void sql_cursors_merge(struct sql_session *s, size_t level)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->cursors, &i));) {
		struct sql_cursor *c = e->value;

		if (c->depth >= level)
			c->depth = level - 1;
	}
}

uint64_t sql_cursors_oldest(const struct sql_session *s)
{
	struct map_entry *e;
	uint64_t oldest = UINT64_MAX;

	for (size_t i = 0; (e = map_next(&s->cursors, &i));) {
		const struct sql_cursor *c = e->value;

		if (!c->computed && c->snapshot.commit < oldest)
			oldest = c->snapshot.commit;
	}
	return oldest;
}

static bool wrong(struct sql_session *s, const char *state, const char *fmt, const char *name)
{
	sql_raise_env(&s->engine->env, state, fmt, name);
	return false;
}

/* ---- DECLARE ---- */

#define CURSOR_BINARY 1
#define CURSOR_SCROLL 2
#define CURSOR_NO_SCROLL 4
#define CURSOR_INSENSITIVE 8
#define CURSOR_HOLD 0x20

static struct sql_error *keep_error(const struct sql_error *e, struct arena *a)
{
	struct sql_error *kept = ARENA_NEW(a, struct sql_error);

	*kept = *e;
	struct slice *texts[] = { &kept->severity, &kept->sqlstate, &kept->message, &kept->detail, &kept->hint, &kept->where,
		&kept->schema, &kept->table, &kept->column, &kept->datatype, &kept->constraint };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i]->len)
			*texts[i] = arena_slice(a, *texts[i]);
	return kept;
}

/* The rows, in the snapshot of DECLARE. An error is kept. */
static void compute(struct sql_session *s, struct sql_cursor *c)
{
	struct sql_env *env = &s->engine->env;
	struct sql_plan *plan = &c->prepared->plan;
	struct slice text = s->text;
	struct sql_snapshot snapshot = s->snapshot;

	if (c->computed)
		return;
	c->computed = true;
	s->text = c->prepared->text;
	s->snapshot = c->snapshot;
	struct sql_datum *binds = sql_run_binds(s, plan, c->params, c->nparams, &c->arena);
	if (!binds || !sql_run_plan(s, plan, binds, &c->arena, &c->rows)) {
		if (env->error)
			c->error = keep_error(env->error, &c->arena);
		env->error = NULL;
	}
	s->snapshot = snapshot;
	s->text = text;
}

static bool give_error(struct sql_session *s, const struct sql_cursor *c)
{
	if (!c->error)
		return true;
	s->engine->env.error = keep_error(c->error, s->engine->env.arena);
	return false;
}

bool sql_cursor_declare(struct sql_session *s, const PgQuery__DeclareCursorStmt *st, const struct sql_datum *params, const uint32_t *types,
			size_t nparams)
{
	if (!s->block && !(st->options & CURSOR_HOLD))
		return wrong(s, "25P01", "%s can only be used in transaction blocks", "DECLARE CURSOR");
	if (map_get_str(&s->cursors, st->portalname))
		return wrong(s, "42P03", "cursor \"%s\" already exists", st->portalname);
	struct sql_prepared *p = sql_prepared_inner(s, s->text, types, nparams);
	if (!p)
		return false;
	if (p->plan.kind == SQL_PLAN_LOCK && st->options & (CURSOR_HOLD | CURSOR_SCROLL | CURSOR_INSENSITIVE)) {
		bool hold = st->options & CURSOR_HOLD, scroll = st->options & CURSOR_SCROLL;
		struct sql_error *e = sql_raise_env(&s->engine->env, hold || scroll ? "0A000" : "42P11", "DECLARE %s ... FOR UPDATE is not %s",
						    hold ? "CURSOR WITH HOLD" : scroll ? "SCROLL CURSOR" : "INSENSITIVE CURSOR",
						    hold || scroll ? "supported" : "valid");
		sql_detail(&s->engine->env, e, hold ? "Holdable cursors must be READ ONLY." : scroll ? "Scrollable cursors must be READ ONLY." :
											   "Insensitive cursors must be READ ONLY.");
		sql_prepared_drop(p);
		return false;
	}
	struct sql_cursor *c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	arena_init(&c->arena);
	c->prepared = p;
	c->hold = st->options & CURSOR_HOLD;
	c->binary = st->options & CURSOR_BINARY;
	c->scroll = !(st->options & CURSOR_NO_SCROLL) && p->plan.kind != SQL_PLAN_LOCK;
	c->insensitive = st->options & CURSOR_INSENSITIVE;
	c->name = slice_str(arena_str(&c->arena, st->portalname));
	c->text = arena_slice(&c->arena, s->text);
	c->snapshot = s->snapshot;
	c->depth = s->tx ? sql_tx_depth(s->tx) : 0;
	c->made_us = s->engine->env.statement_us;
	c->prefix = p->plan.nrowids;
	c->ncolumns = p->plan.ncolumns;
	c->columns = ARENA_ARRAY(&c->arena, struct sql_column, c->ncolumns + 1);
	for (size_t i = 0; i < c->ncolumns; i++) {
		c->columns[i] = p->plan.columns[i];
		c->columns[i].name = arena_slice(&c->arena, c->columns[i].name);
	}
	c->params = ARENA_ARRAY(&c->arena, struct sql_datum, nparams + 1);
	c->nparams = nparams;
	for (size_t i = 0; i < nparams; i++)
		c->params[i] = sql_datum_copy(params[i], &c->arena);
	if (c->hold) {
		compute(s, c);
		if (!give_error(s, c)) {
			drop_cursor(c);
			return false;
		}
	}
	map_set(&s->cursors, slice_str(st->portalname), c);
	return true;
}

bool sql_cursor_columns(struct sql_session *s, const char *name, const struct sql_column **columns, size_t *count)
{
	const struct sql_cursor *c = map_get_str(&s->cursors, name);

	if (!c)
		return false;
	*columns = c->columns;
	*count = c->ncolumns;
	return true;
}

/* ---- FETCH ---- */

static bool backward(struct sql_session *s, const struct sql_cursor *c)
{
	if (c->scroll)
		return true;
	struct sql_error *e = sql_raise_env(&s->engine->env, "55000", "cursor can only scan forward");
	sql_hint(&s->engine->env, e, "Declare it with SCROLL option to enable backward scan.");
	return false;
}

/* Appends row `i` (from 0) to what is fetched. */
static void give(struct sql_cursor *c, size_t i, struct arena *a, struct sql_result *out)
{
	size_t n = c->ncolumns;

	for (size_t k = 0; k < n; k++) {
		struct sql_datum v = c->rows.cells[i * (n + c->prefix) + c->prefix + k];

		if (v.kind == SQL_TEXT || v.kind == SQL_BLOB)
			v.s = arena_slice(a, v.s);
		out->cells[out->nrows * n + k] = v;
	}
	out->nrows++;
}

bool sql_cursor_fetch(struct sql_session *s, const PgQuery__FetchStmt *st, struct arena *a, struct sql_result *out)
{
	struct sql_cursor *c = map_get_str(&s->cursors, st->portalname);
	int64_t n = st->how_many, total, position;
	bool back = st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_BACKWARD;
	size_t moved = 0;

	if (!c)
		return wrong(s, "34000", "cursor \"%s\" does not exist", st->portalname);
	compute(s, c);
	total = (int64_t)c->rows.nrows;
	out->columns = c->columns;
	out->ncolumns = c->ncolumns;
	out->has_rows = !st->ismove;
	out->cells = ARENA_ARRAY(a, struct sql_datum, (size_t)(total + 1) * (out->ncolumns + 1));
	position = (int64_t)c->at; /* 0 before the first, total + 1 after the last */
	if (n < 0 && !back && st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_FORWARD) {
		back = true;
		n = -n;
	} else if (back && n < 0) {
		back = false;
		n = -n;
	}
	if (st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE || st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE) {
		int64_t to = st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_RELATIVE ? position + n : n >= 0 ? n : total + 1 + n;

		if (to < position && !backward(s, c))
			return false;
		if ((to > total || (st->direction == PG_QUERY__FETCH_DIRECTION__FETCH_ABSOLUTE && n < 0)) && !give_error(s, c))
			return false;
		position = to < 0 ? 0 : to > total ? total + 1 : to;
		if (position >= 1 && position <= total) {
			give(c, (size_t)position - 1, a, out);
			moved = 1;
		}
	} else if (n == 0) {
		if (position >= 1 && position <= total) {
			give(c, (size_t)position - 1, a, out);
			moved = 1;
		}
	} else {
		if (back && !backward(s, c))
			return false;
		while (n-- > 0) {
			position += back ? -1 : 1;
			if (position > total && !give_error(s, c))
				return false;
			if (position < 1 || position > total) {
				position = position < 1 ? 0 : total + 1;
				break;
			}
			give(c, (size_t)position - 1, a, out);
			moved++;
		}
	}
	c->at = (size_t)position;
	if (st->ismove)
		out->nrows = 0;
	out->tag = arena_printf(a, "%s %zu", st->ismove ? "MOVE" : "FETCH", moved);
	return true;
}


/* ---- WHERE CURRENT OF ---- */

/* The newest version that this transaction made of a row; 0: it deleted it. */
static int64_t newest(struct sql_session *s, const struct sql_relation *rel, int64_t rowid)
{
	struct sql_row_state row;

	while (sql_row_read(s, rel, rowid, &row) && row.xmax && sql_xid_fate(s->engine->xids, row.xmax) != SQL_ABORTED) {
		if (!row.nx)
			return 0;
		rowid = llabs(row.nx);
	}
	return rowid;
}

/* e_current(cursor, table): the rowid of the row that the cursor stands on */
static void current(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_session *s = sql_env_of(ctx)->session;
	struct slice name = arg_text(argv[0]);
	const struct sql_relation *rel = sql_catalog_relation_oid(s, (uint32_t)arg_int(argv[1]));
	struct sql_cursor *c = map_get(&s->cursors, name);
	size_t which = 0;

	(void)argc;
	if (!c || !rel) {
		sql_raise(ctx, "34000", "cursor \"%.*s\" does not exist", SLICE_ARG(name));
		return;
	}
	const struct sql_plan *plan = &c->prepared->plan;
	while (which < plan->nrowids && plan->rowid_of[which] != rel->oid)
		which++;
	if (which == plan->nrowids || c->hold || c->insensitive) {
		if (plan->kind == SQL_PLAN_LOCK)
			sql_raise(ctx, "24000", "cursor \"%.*s\" does not have a FOR UPDATE/SHARE reference to table \"%s\"", SLICE_ARG(name), rel->name);
		else
			sql_raise(ctx, "24000", "cursor \"%.*s\" is not a simply updatable scan of table \"%s\"", SLICE_ARG(name), rel->name);
		return;
	}
	if (!c->at || c->at > c->rows.nrows) {
		sql_raise(ctx, "24000", "cursor \"%.*s\" is not positioned on a row", SLICE_ARG(name));
		return;
	}
	struct sql_datum rowid = c->rows.cells[(c->at - 1) * (c->ncolumns + c->prefix) + which];
	if (rowid.kind == SQL_INT && sql_table_plan(s, rel))
		sqlite3_result_int64(ctx, newest(s, rel, rowid.i));
}

/* ---- pg_cursors ---- */

static bool list(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct map_entry *e;

	(void)argc;
	(void)argv;
	for (size_t i = 0; (e = map_next(&env->session->cursors, &i));) {
		const struct sql_cursor *c = e->value;
		const struct sql_datum v[] = { datum_text(c->name), datum_text(c->text), datum_int(c->hold), datum_int(c->binary), datum_int(c->scroll),
			datum_int(c->made_us) };

		rows_add(rows, v);
	}
	return true;
}

const struct func_row sql_cursor_rows[] = { ROWS("pg_cursor", list, 0, 6), END_OF_ROWS };

int sql_cursor_register(sqlite3 *db, struct sql_env *env)
{
	return sqlite3_create_function(db, "e_current", 2, SQLITE_UTF8 | SQLITE_INNOCUOUS, env, current, NULL, NULL);
}
