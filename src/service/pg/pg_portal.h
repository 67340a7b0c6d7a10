/*
 * pg_portal: prepared statements and portals of one connection.
 *
 * A statement is counted: a portal keeps its statement alive after Close or
 * DEALLOCATE took the name away. A portal owns its parameters, and the rows
 * that a limited Execute left over, ready to be sent.
 *
 * Source: manual 55.2.3.
 */
#ifndef SERVICE_PG_PORTAL_H
#define SERVICE_PG_PORTAL_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/map.h"
#include "port/port.h"
#include "service/pg/pg_rows.h"

struct pg_statement {
	unsigned refs;
	size_t room;            /* bytes allocated behind the struct */
	struct slice text;      /* in that room, without blanks around it */
	size_t lead;            /* blanks that stood before it: positions count them */
	uint32_t *params;       /* types by position, never 0; in that room */
	size_t nparams;
	bool empty;             /* no statement in the text */
	bool described;         /* columns were announced, or that there are none */
	uint32_t *columns;      /* their types, as announced */
	size_t ncolumns;
};

enum pg_portal_state { PG_PORTAL_NEW, PG_PORTAL_SUSPENDED, PG_PORTAL_DONE };

struct pg_portal {
	struct slice name;      /* the map's; empty: the unnamed one */
	struct pg_statement *statement;
	struct arena arena;
	struct sql_value *params;
	size_t nparams;
	struct pg_formats formats;
	enum pg_portal_state state;
	bool rows;              /* its answer had a result set */
	struct buf rest;        /* DataRow messages not sent yet, when suspended */
	size_t rest_at;
	struct slice tag;       /* for when they are sent; in the arena */
};

struct pg_portals {
	struct map statements, portals; /* the named ones */
	struct pg_statement *unnamed;   /* NULL: none */
	struct pg_portal unnamed_portal;
	bool has_unnamed_portal;
};

/* Life. */
void pg_portals_init(struct pg_portals *p);
void pg_portals_release(struct pg_portals *p);

/* A statement that pg_statement_keep will give this name, with room for its
 * parameters' types. The unnamed one's memory is used again when it is free. */
struct pg_statement *pg_statement_new(struct pg_portals *p, struct slice name, struct slice text, size_t nparams);
void pg_statement_drop(struct pg_statement *st);
/* Keeps the types of the columns that Describe announced. */
void pg_statement_describe(struct pg_statement *st, const struct sql_reply *sql);

struct pg_statement *pg_statement_find(const struct pg_portals *p, struct slice name);
/* Takes the reference; a former unnamed statement goes. */
void pg_statement_keep(struct pg_portals *p, struct slice name, struct pg_statement *st);
/* False: no such name. */
bool pg_statement_close(struct pg_portals *p, struct slice name);
void pg_statement_close_all(struct pg_portals *p);

struct pg_portal *pg_portal_find(struct pg_portals *p, struct slice name);
/* A fresh portal, with a reference of its own on the statement. The name must
 * be free, unless it is the unnamed one. */
struct pg_portal *pg_portal_open(struct pg_portals *p, struct slice name, struct pg_statement *st);
bool pg_portal_close(struct pg_portals *p, struct slice name);
void pg_portal_close_all(struct pg_portals *p);
/* CLOSE ALL: all but the one that says so. */
void pg_portal_close_others(struct pg_portals *p, const struct pg_portal *running);

/* Sends at most `most` rows (0: all) of a suspended portal; the count sent. */
size_t pg_portal_resume(struct pg_portal *portal, size_t most, struct buf *out);

#endif
