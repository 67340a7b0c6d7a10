/*
 * libpq_use: what is done with a connection, and the results that come of it.
 *
 * Each call is a use of the connection's row (by which thread, how long after
 * the last one, in which transaction afterwards); each PGresult is a handle of
 * its own until PQclear.
 */
#include "doors.h"
#include "layer.h"
#include "libpq.h"
#include "sys.h"

/* PGTransactionStatusType, libpq-fe.h: idle, active, in a transaction, in a failed one, unknown */
#define PQTRANS_IDLE 0
#define PQTRANS_UNKNOWN 4

/* ---- a use ----------------------------------------------------------------------- */

/* After the arguments: told and perhaps answered, else begun. */
static bool begin(struct layer *layer, struct libpq_use *use, void *conn)
{
	use->conn = conn;
	use->handle = (struct handle_use){ 0 };
	layer->answer.answered = 0;
	if (layer_answered(layer))
		return false;
	if (!layer->quiet)
		handle_use(&use->handle, conn, &layer->site);
	return true;
}

void *libpq_use(struct layer *layer, struct libpq_use *use, const void *caller, enum layer_function function, void *conn,
		const char *text)
{
	void *real_function = layer_enter(layer, caller, function);

	layer->answer.answered = 0;
	if (!real_function)
		return NULL;
	layer_pointer(layer, conn);
	if (text)
		layer_string(layer, text);
	return begin(layer, use, conn) ? real_function : NULL;
}

int libpq_refused_int(const struct layer *layer, int failed)
{
	return layer->answer.answered ? layer_answer_int(layer, failed) : failed;
}

void *libpq_refused_pointer(const struct layer *layer)
{
	return layer->answer.answered ? layer_answer_pointer(layer) : NULL;
}

void libpq_used(const struct layer *layer, const struct libpq_use *use)
{
	struct wire_handle *row = use->handle.row;
	int (*transaction_status)(const void *) = row ? (int (*)(const void *))(uintptr_t)row->aux : NULL;
	int kept = errno, status;

	if (layer->quiet || !row)
		return;
	status = transaction_status ? transaction_status(use->conn) : PQTRANS_IDLE;
	if (status != PQTRANS_IDLE && status != PQTRANS_UNKNOWN)
		__atomic_fetch_or(&row->flags, WIRE_TRANSACTION, __ATOMIC_RELAXED);
	else
		__atomic_fetch_and(&row->flags, ~WIRE_TRANSACTION, __ATOMIC_RELAXED);
	handle_used(&use->handle);
	errno = kept;
}

int libpq_used_int(struct layer *layer, const struct libpq_use *use, int result)
{
	libpq_used(layer, use);
	return layer_end_int(layer, result);
}

static void *new_result(struct layer *layer, void *result)
{
	int kept = errno;

	if (result && !layer->quiet)
		handle_opened(WIRE_PGRESULT, result, &layer->site, NULL);
	errno = kept;
	return layer_end_pointer(layer, result);
}

void *libpq_used_result(struct layer *layer, const struct libpq_use *use, void *result)
{
	libpq_used(layer, use);
	return new_result(layer, result);
}

/* ---- ask and wait ------------------------------------------------------------------ */

void *hook_PQexec(const void *caller, void *conn, const char *query)
{
	struct layer layer;
	struct libpq_use use;
	void *(*pq_exec)(void *, const char *) = libpq_use(&layer, &use, caller, LAYER_PQexec, conn, query);

	return pq_exec ? libpq_used_result(&layer, &use, pq_exec(conn, query)) : libpq_refused_pointer(&layer);
}

/* $1, $2, ... as further arguments: text as it is, binary with its length. */
static void add_params(struct layer *layer, int count, const char *const *values, const int *lengths, const int *formats)
{
	for (int i = 0; layer->told && values && i < count; i++) {
		if (values[i] && formats && formats[i] == 1)
			call_buffer(&layer->call, values[i], lengths ? (size_t)lengths[i] : 0);
		else
			call_string(&layer->call, values[i]);
	}
}

void *hook_PQexecParams(const void *caller, void *conn, const char *query, int count, const unsigned *types,
			const char *const *values, const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	struct libpq_use use;
	void *(*pq_exec_params)(void *, const char *, int, const unsigned *, const char *const *, const int *,
				const int *, int) = layer_enter(&layer, caller, LAYER_PQexecParams);

	layer.answer.answered = 0;
	if (!pq_exec_params)
		return NULL;
	layer_pointer(&layer, conn);
	layer_string(&layer, query);
	add_params(&layer, count, values, lengths, formats);
	if (!begin(&layer, &use, conn))
		return libpq_refused_pointer(&layer);
	return libpq_used_result(&layer, &use,
				 pq_exec_params(conn, query, count, types, values, lengths, formats, result_format));
}

void *hook_PQprepare(const void *caller, void *conn, const char *name, const char *query, int count,
		     const unsigned *types)
{
	struct layer layer;
	struct libpq_use use;
	void *(*pq_prepare)(void *, const char *, const char *, int, const unsigned *) =
		layer_enter(&layer, caller, LAYER_PQprepare);

	layer.answer.answered = 0;
	if (!pq_prepare)
		return NULL;
	layer_pointer(&layer, conn);
	layer_string(&layer, name);
	layer_string(&layer, query);
	if (!begin(&layer, &use, conn))
		return libpq_refused_pointer(&layer);
	return libpq_used_result(&layer, &use, pq_prepare(conn, name, query, count, types));
}

void *hook_PQexecPrepared(const void *caller, void *conn, const char *name, int count, const char *const *values,
			  const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	struct libpq_use use;
	void *(*pq_exec_prepared)(void *, const char *, int, const char *const *, const int *, const int *, int) =
		layer_enter(&layer, caller, LAYER_PQexecPrepared);

	layer.answer.answered = 0;
	if (!pq_exec_prepared)
		return NULL;
	layer_pointer(&layer, conn);
	layer_string(&layer, name);
	add_params(&layer, count, values, lengths, formats);
	if (!begin(&layer, &use, conn))
		return libpq_refused_pointer(&layer);
	return libpq_used_result(&layer, &use,
				 pq_exec_prepared(conn, name, count, values, lengths, formats, result_format));
}

void *hook_PQdescribePrepared(const void *caller, void *conn, const char *name)
{
	struct layer layer;
	struct libpq_use use;
	void *(*describe)(void *, const char *) = libpq_use(&layer, &use, caller, LAYER_PQdescribePrepared, conn, name);

	return describe ? libpq_used_result(&layer, &use, describe(conn, name)) : libpq_refused_pointer(&layer);
}

void *hook_PQdescribePortal(const void *caller, void *conn, const char *name)
{
	struct layer layer;
	struct libpq_use use;
	void *(*describe)(void *, const char *) = libpq_use(&layer, &use, caller, LAYER_PQdescribePortal, conn, name);

	return describe ? libpq_used_result(&layer, &use, describe(conn, name)) : libpq_refused_pointer(&layer);
}

/* ---- ask, and come back for the answer ------------------------------------------------- */

int hook_PQsendQuery(const void *caller, void *conn, const char *query)
{
	struct layer layer;
	struct libpq_use use;
	int (*send_query)(void *, const char *) = libpq_use(&layer, &use, caller, LAYER_PQsendQuery, conn, query);

	return send_query ? libpq_used_int(&layer, &use, send_query(conn, query)) : libpq_refused_int(&layer, 0);
}

int hook_PQsendQueryParams(const void *caller, void *conn, const char *query, int count, const unsigned *types,
			   const char *const *values, const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	struct libpq_use use;
	int (*send_query)(void *, const char *, int, const unsigned *, const char *const *, const int *, const int *,
			  int) = libpq_use(&layer, &use, caller, LAYER_PQsendQueryParams, conn, query);

	if (!send_query)
		return libpq_refused_int(&layer, 0);
	return libpq_used_int(&layer, &use,
			      send_query(conn, query, count, types, values, lengths, formats, result_format));
}

int hook_PQsendPrepare(const void *caller, void *conn, const char *name, const char *query, int count,
		       const unsigned *types)
{
	struct layer layer;
	struct libpq_use use;
	int (*send_prepare)(void *, const char *, const char *, int, const unsigned *) =
		libpq_use(&layer, &use, caller, LAYER_PQsendPrepare, conn, name);

	if (!send_prepare)
		return libpq_refused_int(&layer, 0);
	return libpq_used_int(&layer, &use, send_prepare(conn, name, query, count, types));
}

int hook_PQsendQueryPrepared(const void *caller, void *conn, const char *name, int count, const char *const *values,
			     const int *lengths, const int *formats, int result_format)
{
	struct layer layer;
	struct libpq_use use;
	int (*send_prepared)(void *, const char *, int, const char *const *, const int *, const int *, int) =
		libpq_use(&layer, &use, caller, LAYER_PQsendQueryPrepared, conn, name);

	if (!send_prepared)
		return libpq_refused_int(&layer, 0);
	return libpq_used_int(&layer, &use, send_prepared(conn, name, count, values, lengths, formats, result_format));
}

int hook_PQconsumeInput(const void *caller, void *conn)
{
	struct layer layer;
	struct libpq_use use;
	int (*consume)(void *) = libpq_use(&layer, &use, caller, LAYER_PQconsumeInput, conn, NULL);

	return consume ? libpq_used_int(&layer, &use, consume(conn)) : libpq_refused_int(&layer, 0);
}

void *hook_PQgetResult(const void *caller, void *conn)
{
	struct layer layer;
	struct libpq_use use;
	void *(*get_result)(void *) = libpq_use(&layer, &use, caller, LAYER_PQgetResult, conn, NULL);

	return get_result ? libpq_used_result(&layer, &use, get_result(conn)) : libpq_refused_pointer(&layer);
}

int hook_PQputCopyData(const void *caller, void *conn, const char *bytes, int count)
{
	struct layer layer;
	struct libpq_use use;
	int (*put)(void *, const char *, int) = libpq_use(&layer, &use, caller, LAYER_PQputCopyData, conn, NULL);

	return put ? libpq_used_int(&layer, &use, put(conn, bytes, count)) : libpq_refused_int(&layer, -1);
}

int hook_PQputCopyEnd(const void *caller, void *conn, const char *error)
{
	struct layer layer;
	struct libpq_use use;
	int (*put)(void *, const char *) = libpq_use(&layer, &use, caller, LAYER_PQputCopyEnd, conn, error);

	return put ? libpq_used_int(&layer, &use, put(conn, error)) : libpq_refused_int(&layer, -1);
}

int hook_PQgetCopyData(const void *caller, void *conn, char **bytes, int async)
{
	struct layer layer;
	struct libpq_use use;
	int (*get)(void *, char **, int) = libpq_use(&layer, &use, caller, LAYER_PQgetCopyData, conn, NULL);

	return get ? libpq_used_int(&layer, &use, get(conn, bytes, async)) : libpq_refused_int(&layer, -2);
}

/* ---- results of no request --------------------------------------------------------------- */

void *hook_PQmakeEmptyPGresult(const void *caller, void *conn, int status)
{
	struct layer layer;
	void *(*make)(void *, int) = layer_enter(&layer, caller, LAYER_PQmakeEmptyPGresult);

	if (!make)
		return NULL;
	layer_pointer(&layer, conn);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return new_result(&layer, make(conn, status));
}

void *hook_PQcopyResult(const void *caller, const void *from, int flags)
{
	struct layer layer;
	void *(*copy)(const void *, int) = layer_enter(&layer, caller, LAYER_PQcopyResult);

	if (!copy)
		return NULL;
	layer_pointer(&layer, from);
	if (layer_answered(&layer))
		return layer_answer_pointer(&layer);
	return new_result(&layer, copy(from, flags));
}

void hook_PQclear(const void *caller, void *result)
{
	struct layer layer;
	void (*pq_clear)(void *) = layer_enter(&layer, caller, LAYER_PQclear);

	if (!pq_clear)
		return;
	layer_pointer(&layer, result);
	if (layer_answered(&layer))
		return;
	if (!layer.quiet)
		handle_closed(WIRE_PGRESULT, result, &layer.site);
	pq_clear(result);
	layer_end_void(&layer);
}
