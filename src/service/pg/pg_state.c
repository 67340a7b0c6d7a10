/*
 * pg_state: the tables as sessions, `seam state` and expectations see them:
 * looking in SQL, going back, more seed, and a copy that another host can take.
 */
#include <stdlib.h>
#include <string.h>

#include "service/pg/pg_admin.h"
#include "service/pg/pg_seed.h"
#include "service/pg/sql/marks.h"
#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"

#define ROWS_MAX 100 /* of each table, when everything is asked for */

static json_t *text(struct slice s)
{
	json_t *v = json_stringn(s.ptr ? s.ptr : "", s.len);

	return v ? v : json_string("?");
}

static json_t *failure(const struct sql_error *e)
{
	return json_pack("{s:o}", "error", json_sprintf("%.*s: %.*s", SLICE_ARG(e->sqlstate), SLICE_ARG(e->message)));
}

static json_t *table_of(const struct sql_reply *r)
{
	json_t *columns = json_array(), *rows = json_array();

	for (size_t i = 0; i < r->ncolumns; i++)
		json_array_append_new(columns, text(r->columns[i].name));
	for (size_t i = 0; i < r->nrows; i++) {
		json_t *row = json_array();
		for (size_t k = 0; k < r->ncolumns; k++) {
			const struct sql_value *v = &r->cells[i * r->ncolumns + k];
			json_array_append_new(row, v->null ? json_null() : text(v->text));
		}
		json_array_append_new(rows, row);
	}
	return json_pack("{s:o, s:o}", "columns", columns, "rows", rows);
}

/* All of it, shortened: tables by name, with their first rows and how many there are. */
static json_t *everything(struct pg_admin *a)
{
	json_t *tables = json_object(), *list, *names;
	size_t i;
	json_t *row;

	if (!pg_admin_runf(a, "SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n "
			      "ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') ORDER BY 1")) {
		json_decref(tables);
		return failure(a->error);
	}
	list = table_of(&a->reply.sql);
	names = json_object_get(list, "rows");
	json_array_foreach(names, i, row) {
		const char *name = json_string_value(json_array_get(row, 0));
		json_t *one;
		if (!pg_admin_runf(a, "SELECT * FROM %s LIMIT %d", name, ROWS_MAX))
			continue;
		one = table_of(&a->reply.sql);
		if (pg_admin_runf(a, "SELECT count(*) FROM %s", name) && a->reply.sql.nrows == 1)
			json_object_set_new(one, "count", json_integer(strtoll(a->reply.sql.cells[0].text.ptr, NULL, 10)));
		json_object_set_new(tables, name, one);
	}
	json_decref(list);
	return json_pack("{s:o}", "tables", tables);
}

static json_t *state_look(void *fake, json_t *question)
{
	struct pg_server *server = fake;
	const char *sql = json_string_value(json_object_get(question, "sql"));
	struct pg_admin a;
	json_t *answer;

	pg_admin_open(&a, server);
	if (!sql)
		answer = everything(&a);
	else if (!pg_admin_runf(&a, "BEGIN READ ONLY"))
		answer = failure(a.error);
	else if (!pg_admin_run(&a, slice_str(sql), NULL, 0, SLICE_NONE))
		answer = failure(a.error);
	else
		answer = table_of(&a.reply.sql);
	pg_admin_close(&a);
	return answer;
}

static uint64_t state_snapshot(void *fake)
{
	return sql_engine_mark(pg_server_engine(fake));
}

static int state_restore(void *fake, uint64_t mark, struct err *err)
{
	if (sql_engine_restore(pg_server_engine(fake), mark) < 0)
		return err_set(err, ERR_CONTENT, "there is no snapshot %llu of the tables", (unsigned long long)mark);
	return 0;
}

static int state_restore_part(void *fake, uint64_t mark, json_t *part, struct err *err)
{
	struct pg_server *server = fake;
	const char *name = json_string_value(json_object_get(part, "table"));
	struct pg_admin a;
	int rc = 0;

	if (!name)
		return err_set(err, ERR_CONTENT, "tables are reset by {\"table\": \"schema.name\"}");
	pg_admin_open(&a, server);
	/* the number is found by name, as a program's statement would find it */
	bool found = pg_admin_run(&a, SLICE_LIT("SELECT $1::regclass::oid"), &(struct sql_value){ .text = slice_str(name) }, 1, SLICE_NONE);
	uint32_t oid = found && a.reply.sql.nrows ? (uint32_t)strtoul(a.reply.sql.cells[0].text.ptr, NULL, 10) : 0;
	if (!found)
		rc = err_set(err, ERR_CONTENT, "%.*s", SLICE_ARG(a.error->message));
	else if (!sql_engine_restore_table(pg_engine_session(a.conn), oid, mark, &a.arena))
		rc = err_set(err, ERR_CONTENT, "table %s has changed its columns since then: reset the whole service", name);
	pg_admin_close(&a);
	return rc;
}

static int state_seed(void *fake, const struct service_config *config, struct err *err)
{
	return pg_seed(fake, config, true, err);
}

static int state_save(void *fake, struct buf *out, struct err *err)
{
	return sql_engine_save(pg_server_engine(fake), out) ? 0 : err_set(err, ERR_IO, "the tables are too large to be saved");
}

static int state_load(void *fake, struct slice saved, struct err *err)
{
	return sql_engine_load(pg_server_engine(fake), saved) ? 0 : err_set(err, ERR_CONTENT, "this is not what was saved of tables by this version of seam");
}

static size_t state_busy(void *fake)
{
	const struct pg_server *server = fake;

	return server->engine ? sql_engine_busy(server->engine) : 0;
}

static void state_cancel(void *fake)
{
	struct pg_server *server = fake;

	for (struct pg_conn *c = server->first; c; c = c->next)
		if (pg_engine_waits(c))
			pg_engine_cancel(c);
	if (server->engine)
		sql_engine_finish(server->engine);
}

const struct fake_state pg_state = {
	.look = state_look,
	.snapshot = state_snapshot,
	.restore = state_restore,
	.restore_part = state_restore_part,
	.seed = state_seed,
	.save = state_save,
	.load = state_load,
	.busy = state_busy,
	.cancel = state_cancel,
};
