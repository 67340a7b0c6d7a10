/*
 * libpq: the first cut of the libpq layer (design 6): who opens and closes
 * connections, who runs which statement. Connection strings are sent with
 * their passwords: the host redacts, in one place.
 *
 * Prototypes as in PostgreSQL's documentation, chapter 34; handles are opaque.
 */
#include <string.h>

#include "doors.h"
#include "layer.h"
#include "page.h"

#define CONNINFO_MAX 2048 /* keyword arrays written as one string; longer ones are cut */

void *hook_PQconnectdb(const void *caller, const char *conninfo)
{
	struct layer layer;
	void *(*pq_connectdb)(const char *) = layer_begin(&layer, caller, "PQconnectdb", PAGE_LAYER_LIBPQ);

	if (!pq_connectdb)
		return NULL;
	call_string(&layer.call, conninfo);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_connectdb(conninfo));
}

void *hook_PQconnectStart(const void *caller, const char *conninfo)
{
	struct layer layer;
	void *(*pq_connect_start)(const char *) = layer_begin(&layer, caller, "PQconnectStart", PAGE_LAYER_LIBPQ);

	if (!pq_connect_start)
		return NULL;
	call_string(&layer.call, conninfo);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_connect_start(conninfo));
}

struct conninfo {
	char text[CONNINFO_MAX];
	size_t len;
};

static void conninfo_char(struct conninfo *info, char c)
{
	if (info->len < sizeof(info->text) - 1)
		info->text[info->len++] = c;
}

/* `keyword='value'`, quoted as libpq reads it back (chapter 34.1.1.1). */
static void conninfo_add(struct conninfo *info, const char *keyword, const char *value)
{
	bool quote = !*value || strpbrk(value, " \t\n'\\");

	if (info->len)
		conninfo_char(info, ' ');
	for (const char *s = keyword; *s; s++)
		conninfo_char(info, *s);
	conninfo_char(info, '=');
	if (quote)
		conninfo_char(info, '\'');
	for (const char *s = value; *s; s++) {
		if (*s == '\'' || *s == '\\')
			conninfo_char(info, '\\');
		conninfo_char(info, *s);
	}
	if (quote)
		conninfo_char(info, '\'');
}

static void *connect_params(const void *caller, const char *function, const char *const *keywords,
			    const char *const *values, int expand_dbname)
{
	struct layer layer;
	struct conninfo info = { .len = 0 };
	void *(*pq_connect)(const char *const *, const char *const *, int) =
		layer_begin(&layer, caller, function, PAGE_LAYER_LIBPQ);

	if (!pq_connect)
		return NULL;
	for (size_t i = 0; !layer.quiet && keywords && values && keywords[i]; i++)
		if (values[i])
			conninfo_add(&info, keywords[i], values[i]);
	info.text[info.len] = '\0';
	call_string(&layer.call, info.text);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_connect(keywords, values, expand_dbname));
}

void *hook_PQconnectdbParams(const void *caller, const char *const *keywords, const char *const *values,
			     int expand_dbname)
{
	return connect_params(caller, "PQconnectdbParams", keywords, values, expand_dbname);
}

void *hook_PQconnectStartParams(const void *caller, const char *const *keywords, const char *const *values,
				int expand_dbname)
{
	return connect_params(caller, "PQconnectStartParams", keywords, values, expand_dbname);
}

void *hook_PQsetdbLogin(const void *caller, const char *host, const char *port, const char *options, const char *tty,
			const char *dbname, const char *login, const char *password)
{
	const char *const keywords[] = { "host", "port", "options", "dbname", "user", "password" };
	const char *const values[] = { host, port, options, dbname, login, password };
	struct layer layer;
	struct conninfo info = { .len = 0 };
	void *(*pq_setdb_login)(const char *, const char *, const char *, const char *, const char *, const char *,
				const char *) = layer_begin(&layer, caller, "PQsetdbLogin", PAGE_LAYER_LIBPQ);

	if (!pq_setdb_login)
		return NULL;
	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		if (values[i])
			conninfo_add(&info, keywords[i], values[i]);
	info.text[info.len] = '\0';
	call_string(&layer.call, info.text);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_setdb_login(host, port, options, tty, dbname, login, password));
}

void *hook_PQexec(const void *caller, void *conn, const char *query)
{
	struct layer layer;
	void *(*pq_exec)(void *, const char *) = layer_begin(&layer, caller, "PQexec", PAGE_LAYER_LIBPQ);

	if (!pq_exec)
		return NULL;
	call_pointer(&layer.call, conn);
	call_string(&layer.call, query);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_exec(conn, query));
}

/* $1, $2, ... as further arguments: text as it is, binary with its length. */
static void add_params(struct call *call, int count, const char *const *values, const int *lengths,
		       const int *formats)
{
	for (int i = 0; values && i < count; i++) {
		if (values[i] && formats && formats[i] == 1)
			call_buffer(call, values[i], lengths ? (size_t)lengths[i] : 0);
		else
			call_string(call, values[i]);
	}
}

void *hook_PQexecParams(const void *caller, void *conn, const char *query, int count, const unsigned *types,
			const char *const *values, const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	void *(*pq_exec_params)(void *, const char *, int, const unsigned *, const char *const *, const int *,
				const int *, int) = layer_begin(&layer, caller, "PQexecParams", PAGE_LAYER_LIBPQ);

	if (!pq_exec_params)
		return NULL;
	call_pointer(&layer.call, conn);
	call_string(&layer.call, query);
	add_params(&layer.call, layer.quiet ? 0 : count, values, lengths, formats);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer,
				 pq_exec_params(conn, query, count, types, values, lengths, formats, result_format));
}

void *hook_PQprepare(const void *caller, void *conn, const char *name, const char *query, int count,
		     const unsigned *types)
{
	struct layer layer;
	void *(*pq_prepare)(void *, const char *, const char *, int, const unsigned *) =
		layer_begin(&layer, caller, "PQprepare", PAGE_LAYER_LIBPQ);

	if (!pq_prepare)
		return NULL;
	call_pointer(&layer.call, conn);
	call_string(&layer.call, name);
	call_string(&layer.call, query);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_prepare(conn, name, query, count, types));
}

void *hook_PQexecPrepared(const void *caller, void *conn, const char *name, int count, const char *const *values,
			  const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	void *(*pq_exec_prepared)(void *, const char *, int, const char *const *, const int *, const int *, int) =
		layer_begin(&layer, caller, "PQexecPrepared", PAGE_LAYER_LIBPQ);

	if (!pq_exec_prepared)
		return NULL;
	call_pointer(&layer.call, conn);
	call_string(&layer.call, name);
	add_params(&layer.call, layer.quiet ? 0 : count, values, lengths, formats);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return layer_end_pointer(&layer, pq_exec_prepared(conn, name, count, values, lengths, formats, result_format));
}

void hook_PQfinish(const void *caller, void *conn)
{
	struct layer layer;
	void (*pq_finish)(void *) = layer_begin(&layer, caller, "PQfinish", PAGE_LAYER_LIBPQ);

	if (!pq_finish)
		return;
	call_pointer(&layer.call, conn);
	if (layer_answered(&layer))
		return;
	pq_finish(conn);
	layer_end_void(&layer);
}
