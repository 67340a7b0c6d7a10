/*
 * libpq: connections: made, made again, and given back.
 *
 * Connection strings are sent with their passwords: the host redacts, in one
 * place. A connection that does not insist on TLS is carried over the host's
 * Unix socket (carry.c); which of them is noted in its row, because libpq may
 * call connect() again from PQconnectPoll and PQreset.
 *
 * Prototypes as in PostgreSQL's documentation, chapter 34; handles are opaque.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

#include "carry.h"
#include "doors.h"
#include "layer.h"
#include "libpq.h"
#include "page.h"
#include "sys.h"

#define CONNINFO_MAX 2048 /* keyword arrays written as one string; longer ones are cut */

static size_t add_part(char label[WIRE_LABEL_BYTES], size_t at, char before, const char *part)
{
	size_t len = part ? strnlen(part, WIRE_LABEL_BYTES - 2 - at) : 0;

	if (!len || at + len + 2 > WIRE_LABEL_BYTES)
		return at;
	if (before)
		label[at++] = before;
	memcpy(label + at, part, len);
	label[at + len] = '\0';
	return at + len;
}

/* The connection's own end, by which the host finds its row. */
static void note_socket(const struct layer *layer, struct wire_handle *row, const void *conn)
{
	int (*pq_socket)(const void *) = row ? layer_also(layer, "PQsocket") : NULL;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} own;
	socklen_t len = sizeof(own);
	uint32_t name = 0;

	if (!pq_socket || sys(SYS_getsockname, pq_socket(conn), &own, &len) < 0)
		return;
	if (own.any.sa_family == AF_INET)
		name = ntohs(own.in.sin_port);
	else if (own.any.sa_family == AF_INET6)
		name = ntohs(own.in6.sin6_port);
	else if (own.any.sa_family == AF_UNIX)
		name = wire_autobound(own.un.sun_path, len - offsetof(struct sockaddr_un, sun_path));
	__atomic_store_n(&row->socket, name, __ATOMIC_RELEASE);
}

/* A new connection: where it leads, and how to ask for its transaction. */
static void *opened(struct layer *layer, void *conn, bool carried)
{
	static const char *const parts[] = { "PQhost", "PQport", "PQdb" };
	char label[WIRE_LABEL_BYTES] = "";
	struct wire_handle *row;
	size_t at = 0;
	int kept = errno;

	if (!conn || layer->quiet)
		return layer_end_pointer(layer, conn);
	for (int i = 0; i < 3; i++) {
		char *(*part)(const void *) = layer_also(layer, parts[i]);

		at = add_part(label, at, "\0:/"[i], part ? part(conn) : NULL);
	}
	row = handle_opened(WIRE_PGCONN, conn, &layer->site, label);
	if (row) {
		row->aux = (uintptr_t)layer_also(layer, "PQtransactionStatus");
		if (carried)
			__atomic_fetch_or(&row->flags, WIRE_CARRIED, __ATOMIC_RELAXED);
		note_socket(layer, row, conn);
	}
	errno = kept;
	return layer_end_pointer(layer, conn);
}

static void *connect_string(const void *caller, enum layer_function function, const char *conninfo)
{
	struct layer layer;
	void *(*pq_connect)(const char *) = layer_enter(&layer, caller, function);
	void *conn;
	bool may;

	if (!pq_connect)
		return NULL;
	layer_string(&layer, conninfo);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	carry_begin(&layer, may = carry_may(&layer, conninfo));
	conn = pq_connect(conninfo);
	carry_end(&layer);
	return opened(&layer, conn, may);
}

void *hook_PQconnectdb(const void *caller, const char *conninfo)
{
	return connect_string(caller, LAYER_PQconnectdb, conninfo);
}

void *hook_PQconnectStart(const void *caller, const char *conninfo)
{
	return connect_string(caller, LAYER_PQconnectStart, conninfo);
}

int hook_PQping(const void *caller, const char *conninfo)
{
	struct layer layer;
	int (*pq_ping)(const char *) = layer_enter(&layer, caller, LAYER_PQping);
	int result;

	if (!pq_ping)
		return PQPING_NO_ATTEMPT;
	layer_string(&layer, conninfo);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, PQPING_NO_ATTEMPT);
	carry_begin(&layer, carry_may(&layer, conninfo));
	result = pq_ping(conninfo);
	carry_end(&layer);
	return layer_end_int(&layer, result);
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

static void info_write(struct conninfo *info, const char *const *keywords, const char *const *values)
{
	info->len = 0;
	for (size_t i = 0; keywords && values && keywords[i]; i++)
		if (values[i])
			conninfo_add(info, keywords[i], values[i]);
	info->text[info->len] = '\0';
}

static void *connect_params(const void *caller, enum layer_function function, const char *const *keywords,
			    const char *const *values, int expand_dbname)
{
	struct layer layer;
	struct conninfo info;
	void *(*pq_connect)(const char *const *, const char *const *, int) = layer_enter(&layer, caller, function);
	void *conn;
	bool may;

	if (!pq_connect)
		return NULL;
	if (layer.told)
		info_write(&info, keywords, values);
	layer_string(&layer, info.text);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	carry_begin(&layer, may = carry_may_params(&layer, keywords, values, expand_dbname));
	conn = pq_connect(keywords, values, expand_dbname);
	carry_end(&layer);
	return opened(&layer, conn, may);
}

void *hook_PQconnectdbParams(const void *caller, const char *const *keywords, const char *const *values,
			     int expand_dbname)
{
	return connect_params(caller, LAYER_PQconnectdbParams, keywords, values, expand_dbname);
}

void *hook_PQconnectStartParams(const void *caller, const char *const *keywords, const char *const *values,
				int expand_dbname)
{
	return connect_params(caller, LAYER_PQconnectStartParams, keywords, values, expand_dbname);
}

int hook_PQpingParams(const void *caller, const char *const *keywords, const char *const *values, int expand_dbname)
{
	struct layer layer;
	struct conninfo info;
	int (*pq_ping)(const char *const *, const char *const *, int) = layer_enter(&layer, caller, LAYER_PQpingParams);
	int result;

	if (!pq_ping)
		return PQPING_NO_ATTEMPT;
	if (layer.told)
		info_write(&info, keywords, values);
	layer_string(&layer, info.text);
	if (layer_answered(&layer))
		return layer_answer_int(&layer, PQPING_NO_ATTEMPT);
	carry_begin(&layer, carry_may_params(&layer, keywords, values, expand_dbname));
	result = pq_ping(keywords, values, expand_dbname);
	carry_end(&layer);
	return layer_end_int(&layer, result);
}

void *hook_PQsetdbLogin(const void *caller, const char *host, const char *port, const char *options, const char *tty,
			const char *dbname, const char *login, const char *password)
{
	const char *const keywords[] = { "host", "port", "options", "dbname", "user", "password", NULL };
	const char *const values[] = { host, port, options, dbname, login, password, NULL };
	struct layer layer;
	struct conninfo info;
	void *(*pq_setdb_login)(const char *, const char *, const char *, const char *, const char *, const char *,
				const char *) = layer_enter(&layer, caller, LAYER_PQsetdbLogin);
	void *conn;
	bool may;

	if (!pq_setdb_login)
		return NULL;
	if (layer.told)
		info_write(&info, keywords, values);
	layer_string(&layer, info.text);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	carry_begin(&layer, may = carry_may_params(&layer, keywords, values, 1));
	conn = pq_setdb_login(host, port, options, tty, dbname, login, password);
	carry_end(&layer);
	return opened(&layer, conn, may);
}

/* ---- again ---------------------------------------------------------------------- */

static bool is_carried(const void *conn)
{
	const struct wire_handle *row = handle_find(conn);

	return row && row->flags & WIRE_CARRIED;
}

/* PQconnectPoll and the like: an int comes back, and it may connect. */
static int reconnect(const void *caller, enum layer_function function, void *conn, int failed)
{
	struct layer layer;
	struct libpq_use use;
	int (*real_function)(void *) = libpq_use(&layer, &use, caller, function, conn, NULL);
	int result;

	if (!real_function)
		return libpq_refused_int(&layer, failed);
	carry_begin(&layer, is_carried(conn));
	result = real_function(conn);
	carry_end(&layer);
	note_socket(&layer, use.handle.row, conn);
	return libpq_used_int(&layer, &use, result);
}

int hook_PQconnectPoll(const void *caller, void *conn)
{
	return reconnect(caller, LAYER_PQconnectPoll, conn, PGRES_POLLING_FAILED);
}

int hook_PQresetStart(const void *caller, void *conn)
{
	return reconnect(caller, LAYER_PQresetStart, conn, 0);
}

int hook_PQresetPoll(const void *caller, void *conn)
{
	return reconnect(caller, LAYER_PQresetPoll, conn, PGRES_POLLING_FAILED);
}

void hook_PQreset(const void *caller, void *conn)
{
	struct layer layer;
	struct libpq_use use;
	void (*pq_reset)(void *) = libpq_use(&layer, &use, caller, LAYER_PQreset, conn, NULL);

	if (!pq_reset)
		return;
	carry_begin(&layer, is_carried(conn));
	pq_reset(conn);
	carry_end(&layer);
	note_socket(&layer, use.handle.row, conn);
	libpq_used(&layer, &use);
	layer_end_void(&layer);
}

void hook_PQfinish(const void *caller, void *conn)
{
	struct layer layer;
	struct libpq_use use;
	void (*pq_finish)(void *) = libpq_use(&layer, &use, caller, LAYER_PQfinish, conn, NULL);

	if (!pq_finish)
		return;
	libpq_used(&layer, &use); /* the transaction that it ends in */
	if (!layer.quiet)
		handle_closed(WIRE_PGCONN, conn, &layer.site);
	pq_finish(conn);
	layer_end_void(&layer);
}
