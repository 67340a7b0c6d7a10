/*
 * Task: asks the fakes for their tables at the end of a run and writes them as
 * rows. Tables that a statement named are written up to a ceiling, others only
 * when they are small: they may have been changed by a foreign key or a function,
 * and a large one that nobody named is a seed.
 */
#include "host/final.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/state.h"
#include "port/sql.h"
#include "trace/write.h"

#define ROWS_NAMED 100000 /* above, only how many there are counts */
#define ROWS_OTHER 1000

void final_note(struct host *h, const struct request *req, const struct reply *rep)
{
	static const char *const reads[] = { "SELECT", "SHOW", "SET", "BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "EXPLAIN", "VALUES",
					     "DECLARE CURSOR", "FETCH", "CLOSE CURSOR", "LISTEN", "DISCARD ALL", "DEALLOCATE", "PREPARE" };
	const struct sql_analysis *an = req->port == PORT_SQL && !req->sql.login ? req->sql.analysis : NULL;
	struct served *s;

	if (!an || rep->by == BY_RULE || (rep->failed && !rep->effect) || !h->options->trace || !(s = state_service(h, arena_slice(req->arena, req->service).ptr)))
		return;
	bool wrote = true;
	for (size_t i = 0; i < sizeof(reads) / sizeof(reads[0]); i++)
		wrote = wrote && !slice_eq_str(an->verb, reads[i]);
	/* a SELECT may call a function that writes; then its table is found when it is small, or when it is named elsewhere */
	s->wrote = s->wrote || wrote;
	for (size_t i = 0; wrote && i < an->ntables; i++)
		map_set(&s->written, an->tables[i], s);
}

/* "public.orders" was named as orders, public.orders or "orders". */
static bool was_named(const struct served *s, const char *table)
{
	const char *dot = strchr(table, '.');
	struct slice whole = slice_str(table), last = slice_str(dot ? dot + 1 : table);

	if (last.len > 2 && last.ptr[0] == '"')
		last = slice_of(last.ptr + 1, last.len - 2);
	return map_get(&s->written, whole) || map_get(&s->written, last);
}

/* ---- rows ----------------------------------------------------------------------- */

struct row {
	json_t *cells;
	char *text; /* what it is sorted by */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->text, ((const struct row *)b)->text);
}

static void write_row(struct host *h, struct trace *t, const char *service, const char *table, json_t *columns, json_t *cells)
{
	struct attrs attrs;
	struct event e = { .k = "row",
			   .st = { .role = SLICE_LIT("effects"), .service = slice_str(service), .n = -1 },
			   .sum = slice_str(table),
			   .by = BY_FAKE,
			   .attrs = &attrs };
	json_t *cell;
	size_t i;

	attrs_init(&attrs, &h->arena);
	json_array_foreach(cells, i, cell) {
		struct slice name = slice_str(json_string_value(json_array_get(columns, i)));
		struct slice text = slice_of(json_string_value(cell), json_string_length(cell));
		if (json_is_null(cell))
			continue;
		/* what was a secret on its way into the table is one in it */
		if (trace_hides(h->trace, text))
			text = arena_slice(&h->arena, SLICE_LIT("<secret>"));
		attrs_text_named(&attrs, name, text);
	}
	trace_write(t, &e);
	arena_reset(&h->arena);
}

/* The order of a table's rows says nothing: by their texts, so that files of two runs are alike. */
static void write_rows(struct host *h, struct trace *t, const char *service, const char *table, json_t *answer)
{
	json_t *rows = json_object_get(answer, "rows"), *cells;
	size_t n = json_array_size(rows), i;
	struct row *list = calloc(n + 1, sizeof(*list));

	if (!list)
		abort();
	json_array_foreach(rows, i, cells)
		list[i] = (struct row){ cells, json_dumps(cells, JSON_COMPACT) };
	qsort(list, n, sizeof(*list), by_text);
	for (i = 0; i < n; i++) {
		write_row(h, t, service, table, json_object_get(answer, "columns"), list[i].cells);
		free(list[i].text);
	}
	free(list);
}

static void write_table(struct host *h, struct trace *t, const struct served *s, const char *table, json_t *known)
{
	struct attrs attrs;
	const char *service = s->declared->name;
	struct event e = { .k = "table",
			   .st = { .role = SLICE_LIT("effects"), .service = slice_str(service), .n = -1 },
			   .sum = slice_str(table),
			   .by = BY_FAKE,
			   .attrs = &attrs };
	json_int_t count = json_integer_value(json_object_get(known, "count"));
	char *columns = json_dumps(json_object_get(known, "columns"), JSON_COMPACT);
	bool named = was_named(s, table), all = count <= (named ? ROWS_NAMED : ROWS_OTHER);

	attrs_init(&attrs, &h->arena);
	attrs_json(&attrs, "seam.columns", slice_str(columns ? columns : "[]"));
	if (!all)
		attrs_int(&attrs, "seam.rows", count);
	trace_write(t, &e);
	arena_reset(&h->arena);
	free(columns);
	if (!all || !count)
		return;
	json_t *question = json_object(), *answer;
	json_object_set_new(question, "sql", json_sprintf("SELECT * FROM %s", table));
	answer = state_look(h, service, question);
	write_rows(h, t, service, table, answer);
	json_decref(question);
	json_decref(answer);
}

static void write_service(struct host *h, struct trace *t, const struct served *s)
{
	json_t *question = json_object(), *all = state_look(h, s->declared->name, question), *known;
	const char *table;

	json_object_foreach(json_object_get(all, "tables"), table, known)
		write_table(h, t, s, table, known);
	json_decref(question);
	json_decref(all);
}

void final_write(struct host *h)
{
	struct err err = { 0 };
	struct trace_header header;
	struct trace *t = NULL;
	char path[4096], folder[4096];
	bool wrote = false;

	if (!h->options->trace || !h->trace || (size_t)snprintf(path, sizeof(path), "%s.blobs/final.trace", h->trace_path) >= sizeof(path))
		return;
	unlink(path);
	for (size_t i = 0; i < h->nservices; i++)
		wrote = wrote || h->services[i].wrote;
	if (!wrote)
		return;
	snprintf(folder, sizeof(folder), "%s.blobs", h->trace_path);
	if (mkdir(folder, 0777) < 0 && errno != EEXIST)
		return;
	host_trace_header(h, &header);
	header.path = path;
	header.inline_max = (size_t)1 << 30;
	if (trace_open(&t, &header, &err) < 0)
		return; /* the effects are then taken from the statements */
	for (size_t i = 0; i < h->nservices; i++)
		if (h->services[i].wrote)
			write_service(h, t, &h->services[i]);
	struct trace_trailer trailer = { 0 };
	if (trace_close(t, &trailer) < 0)
		unlink(path);
}
