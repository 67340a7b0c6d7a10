/*
 * env: what a function of the SQL engine may know of the statement that calls it.
 *
 * One a SQLite connection; every function, aggregate and table function of ours
 * is registered with it as its user pointer. The engine points it at the running
 * session before it steps a statement. It must never learn of wires or rules.
 */
#ifndef SERVICE_PG_SQL_ENV_H
#define SERVICE_PG_SQL_ENV_H

#include <sqlite3.h>
#include <stdarg.h>

#include "base/arena.h"
#include "port/port.h"
#include "service/pg/sql/value.h"

struct sql_session;
struct sql_library;

/* Facts of a type, built in or made by CREATE TYPE. Borrowed, until the catalog changes. */
struct sql_type {
	uint32_t oid;
	const char *name;       /* pg_type.typname: "int4", "_int4", "mood" */
	const char *schema;     /* "pg_catalog" */
	char kind;              /* pg_type.typtype: b base, c composite, d domain, e enum, p pseudo, r range, m multirange */
	char category;          /* pg_type.typcategory */
	bool preferred;
	int16_t len;            /* pg_type.typlen */
	uint32_t element;       /* of a true array (typsubscript = array_subscript_handler); else 0 */
	uint32_t array;         /* its array type, 0: none */
	uint32_t base;          /* of a domain; of a range: the element's type; of a multirange: its range */
	uint32_t relation;      /* of a composite: pg_class.oid */
	int32_t basemod;        /* of a domain: typtypmod, -1: none */
	bool notnull;           /* of a domain */
	uint32_t collation;     /* typcollation: 0 when it has none */
};

struct sql_label {          /* of an enum */
	uint32_t oid;           /* pg_enum.oid */
	double order;
	const char *text;
};

struct sql_field {          /* of a composite */
	const char *name;
	uint32_t type;
	int32_t typmod;
};

struct sql_env {
	sqlite3 *db;
	struct sql_session *session;    /* whose statement runs */
	struct arena *arena;            /* for results and errors; lives until the statement has ended */
	struct sql_error *error;        /* the first that was raised; NULL: none */
	struct sql_error *notices;      /* RAISE-like notices of functions; the arena's */
	size_t nnotices;
	int64_t transaction_us, statement_us; /* since 2000-01-01 UTC: now(), statement_timestamp() */
	int64_t (*clock_us)(struct sql_env *env);             /* clock_timestamp() by the run's clock */
	uint64_t (*random)(struct sql_env *env);              /* 64 bits from the run's seed */
	void (*sleep_us)(struct sql_env *env, int64_t us);    /* pg_sleep */
	struct sql_library *library;    /* the library's caches; made by sql_library_register, freed with the connection */
	bool style_known;               /* the library has read the settings since this session was entered */
	/* Settings of the session, as SHOW prints them: "timezone", "datestyle", "extra_float_digits". */
	struct slice (*setting)(struct sql_env *env, const char *name);
	/* NULL: no such type. Works for built-in types and those of the catalog. */
	const struct sql_type *(*type)(struct sql_env *env, uint32_t oid);
	/* Whether the search path finds it by its name alone. NULL: what is in "public" is found. */
	bool (*visible)(struct sql_env *env, const struct sql_type *type);
	/* The labels in order, and how many; the fields of a composite. */
	const struct sql_label *(*labels)(struct sql_env *env, uint32_t type, size_t *count);
	const struct sql_field *(*fields)(struct sql_env *env, uint32_t type, size_t *count);
	/*
	 * Names of catalog objects for the reg types: `kind` is the reg type's OID (2205 regclass).
	 * oid_of: 0 when there is none; the caller raises. name_of: "" when there is none.
	 * A NULL pointer: no catalog, only numbers are known.
	 */
	uint32_t (*oid_of)(struct sql_env *env, uint32_t kind, struct slice name);
	struct slice (*name_of)(struct sql_env *env, uint32_t kind, uint32_t oid);
	/* The range type over an element type and the multirange of a range type; 0: none. Range types
	 * have sql_type.base; a multirange's base is its range type. */
	uint32_t (*range_of)(struct sql_env *env, uint32_t element, bool multi);
};

static inline struct sql_env *sql_env_of(sqlite3_context *ctx)
{
	return sqlite3_user_data(ctx);
}

/*
 * Raises an error: fills env->error unless one is there. The first form also ends
 * the SQLite function with an error. Returns the error, to fill detail, hint and
 * names (slices of env->arena); never NULL.
 */
struct sql_error *sql_raise(sqlite3_context *ctx, const char *sqlstate, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct sql_error *sql_raise_env(struct sql_env *env, const char *sqlstate, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void sql_detail(struct sql_env *env, struct sql_error *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void sql_hint(struct sql_env *env, struct sql_error *e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
