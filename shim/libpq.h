/*
 * libpq: what the rooms of libpq.c and libpq_use.c share: a call on a
 * connection begins and ends.
 */
#ifndef SHIM_LIBPQ_H
#define SHIM_LIBPQ_H

#include "layer.h"

/* libpq-fe.h */
#define PQPING_NO_ATTEMPT 3
#define PGRES_POLLING_FAILED 0

struct libpq_use {
	struct handle_use handle;
	void *conn;
};

/*
 * The real function; `text` is the second argument of those that have one.
 * NULL: there is none, or a rule has answered; then libpq_refused_* say what
 * to return.
 */
void *libpq_use(struct layer *layer, struct libpq_use *use, const void *caller, enum layer_function function, void *conn,
		const char *text);
int libpq_refused_int(const struct layer *layer, int failed);
void *libpq_refused_pointer(const struct layer *layer);

/* After the real call: how the connection stands now. */
void libpq_used(const struct layer *layer, const struct libpq_use *use);
int libpq_used_int(struct layer *layer, const struct libpq_use *use, int result);
/* The result is a PGresult that the program has to clear. */
void *libpq_used_result(struct layer *layer, const struct libpq_use *use, void *result);

#endif
