/*
 * pg_settings: what PostgreSQL's settings are, and which values they take.
 *
 * A setting is a row of settings.def. A value is kept in canonical form: "on"
 * and "off", numbers in the base unit, an enum's own spelling; pg_setting_show
 * turns it into what SHOW prints ("5000" of statement_timeout into "5s").
 */
#ifndef SERVICE_PG_SETTINGS_H
#define SERVICE_PG_SETTINGS_H

#include "base/arena.h"
#include "base/slice.h"
#include "port/port.h"

enum pg_setting_type { PG_SETTING_BOOL, PG_SETTING_INTEGER, PG_SETTING_REAL, PG_SETTING_STRING, PG_SETTING_ENUM };
/* pg_settings.context: who may set it, and when. */
enum pg_setting_who {
	PG_SETTING_INTERNAL,
	PG_SETTING_POSTMASTER,
	PG_SETTING_SIGHUP,
	PG_SETTING_BACKEND,
	PG_SETTING_SUPERUSER_BACKEND,
	PG_SETTING_SUPERUSER,
	PG_SETTING_USER,
};

struct pg_setting {
	const char *name;     /* "TimeZone": as SHOW names it */
	enum pg_setting_type type;
	enum pg_setting_who who;
	const char *unit;     /* "ms", "8kB", ...; "" none */
	double least, greatest;
	const char *values;   /* of an enum, with commas between */
	const char *initial;  /* canonical */
	bool list;            /* takes several values; manual: GUC_LIST_INPUT */
	bool quoted;          /* and quotes each like an identifier: GUC_LIST_QUOTE */
	bool reported;        /* changes go out as ParameterStatus; manual 55.2.7 */
};

/* The setting of that number, 0 on, in alphabetical order; NULL: no more. */
const struct pg_setting *pg_setting_at(size_t n);
/* By name without case; NULL: no such setting. */
const struct pg_setting *pg_setting_find(struct slice name);

/*
 * The canonical form of a value, in the arena, or the error (22023, 0A000).
 * `before` is the value it replaces: DateStyle keeps the half that is not said.
 */
struct sql_error *pg_setting_check(const struct pg_setting *s, struct slice value, struct slice before, struct arena *a,
				   struct slice *canonical);
/* Whether a session may set it while it runs (`startup`: while it starts); NULL: yes. */
struct sql_error *pg_setting_allowed(const struct pg_setting *s, bool startup, struct arena *a);
struct slice pg_setting_show(const struct pg_setting *s, struct slice canonical, struct arena *a);
/* The name in double quotes where it needs them. */
struct slice pg_quote_name(struct slice name, struct arena *a);

#endif
