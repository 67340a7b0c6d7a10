/*
 * Keeps prepared statements and portals by name. What the messages that make
 * and use them mean is in pg_extended.c.
 */
#include "service/pg/pg_portal.h"

#include <stdlib.h>

#include "service/pg/pg_message.h"

static void *must(void *p)
{
	if (!p)
		abort(); /* as the arena: out of memory ends the host */
	return p;
}

void pg_portals_init(struct pg_portals *p)
{
	*p = (struct pg_portals){ 0 };
	map_init(&p->statements);
	map_init(&p->portals);
	arena_init(&p->unnamed_portal.arena);
	buf_init(&p->unnamed_portal.rest, PG_LARGE_MAX);
}

void pg_portals_release(struct pg_portals *p)
{
	pg_portal_close_all(p);
	pg_statement_close_all(p);
	map_release(&p->statements);
	map_release(&p->portals);
	arena_release(&p->unnamed_portal.arena);
	buf_release(&p->unnamed_portal.rest);
}

/* ---- statements ---- */

struct pg_statement *pg_statement_new(struct pg_portals *p, struct slice name, struct slice text, size_t nparams)
{
	size_t types = nparams * sizeof(uint32_t), need = types + text.len + 1;
	struct pg_statement *st = name.len ? NULL : p->unnamed;

	if (st && st->refs == 1 && st->room >= need) {
		p->unnamed = NULL;
	} else {
		st = must(malloc(sizeof(*st) + need));
		*st = (struct pg_statement){ .room = need };
	}
	char *room = (char *)(st + 1);
	st->refs = 1;
	st->params = (uint32_t *)(void *)room;
	st->nparams = nparams;
	memset(room, 0, types);
	if (text.len)
		memcpy(room + types, text.ptr, text.len);
	room[types + text.len] = '\0';
	st->text = slice_of(room + types, text.len);
	st->empty = st->described = false;
	st->ncolumns = st->lead = 0;
	return st;
}

void pg_statement_drop(struct pg_statement *st)
{
	if (!st || --st->refs)
		return;
	free(st->columns);
	free(st);
}

void pg_statement_describe(struct pg_statement *st, const struct sql_reply *sql)
{
	st->described = true;
	st->ncolumns = sql->has_rows ? sql->ncolumns : 0;
	if (!st->ncolumns)
		return;
	st->columns = must(realloc(st->columns, st->ncolumns * sizeof(*st->columns)));
	for (size_t i = 0; i < st->ncolumns; i++)
		st->columns[i] = sql->columns[i].oid;
}

struct pg_statement *pg_statement_find(const struct pg_portals *p, struct slice name)
{
	return name.len ? map_get(&p->statements, name) : p->unnamed;
}

void pg_statement_keep(struct pg_portals *p, struct slice name, struct pg_statement *st)
{
	if (name.len) {
		pg_statement_drop(map_set(&p->statements, name, st));
	} else {
		pg_statement_drop(p->unnamed);
		p->unnamed = st;
	}
}

bool pg_statement_close(struct pg_portals *p, struct slice name)
{
	struct pg_statement *st = name.len ? map_take(&p->statements, name) : p->unnamed;

	if (!name.len)
		p->unnamed = NULL;
	pg_statement_drop(st);
	return st != NULL;
}

void pg_statement_close_all(struct pg_portals *p)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&p->statements, &i));)
		pg_statement_drop(e->value);
	map_release(&p->statements);
	map_init(&p->statements);
	pg_statement_close(p, SLICE_NONE);
}

/* ---- portals ---- */

struct pg_portal *pg_portal_find(struct pg_portals *p, struct slice name)
{
	if (name.len)
		return map_get(&p->portals, name);
	return p->has_unnamed_portal ? &p->unnamed_portal : NULL;
}

struct pg_portal *pg_portal_open(struct pg_portals *p, struct slice name, struct pg_statement *st)
{
	struct pg_portal *portal;

	st->refs++; /* before the unnamed portal goes: it may hold the same statement */
	if (name.len) {
		portal = must(calloc(1, sizeof(*portal)));
		arena_init(&portal->arena);
		buf_init(&portal->rest, PG_LARGE_MAX);
		portal->name = arena_slice(&portal->arena, name);
		map_set(&p->portals, name, portal);
	} else {
		pg_portal_close(p, SLICE_NONE);
		portal = &p->unnamed_portal;
		p->has_unnamed_portal = true;
	}
	portal->statement = st;
	return portal;
}

static void drop_portal(struct pg_portal *portal)
{
	if (!portal)
		return;
	pg_statement_drop(portal->statement);
	arena_release(&portal->arena);
	buf_release(&portal->rest);
	free(portal);
}

bool pg_portal_close(struct pg_portals *p, struct slice name)
{
	if (name.len) {
		struct pg_portal *portal = map_take(&p->portals, name);

		drop_portal(portal);
		return portal != NULL;
	}
	if (!p->has_unnamed_portal)
		return false;
	/* its memory stays for the next Bind */
	struct pg_portal *portal = &p->unnamed_portal;
	pg_statement_drop(portal->statement);
	arena_reset(&portal->arena);
	buf_reset(&portal->rest);
	*portal = (struct pg_portal){ .arena = portal->arena, .rest = portal->rest };
	p->has_unnamed_portal = false;
	return true;
}

void pg_portal_close_all(struct pg_portals *p)
{
	struct map_entry *e;

	pg_portal_close(p, SLICE_NONE);
	if (!p->portals.live)
		return;
	for (size_t i = 0; (e = map_next(&p->portals, &i));)
		drop_portal(e->value);
	map_release(&p->portals);
	map_init(&p->portals);
}

void pg_portal_close_others(struct pg_portals *p, const struct pg_portal *running)
{
	struct map_entry *e;

	if (running != &p->unnamed_portal)
		pg_portal_close(p, SLICE_NONE);
	for (size_t i = 0; (e = map_next(&p->portals, &i));)
		if (e->value != running)
			drop_portal(map_take(&p->portals, e->key));
}

size_t pg_portal_resume(struct pg_portal *portal, size_t most, struct buf *out)
{
	size_t start = portal->rest_at, at = start, rows = 0;

	while (at < portal->rest.len && (!most || rows < most)) {
		struct pg_reader r = { .rest = slice_skip(buf_slice(&portal->rest), at + 1) };

		at += 1 + pg_read_int32(&r);
		rows++;
	}
	buf_add(out, portal->rest.ptr + start, at - start);
	portal->rest_at = at;
	return rows;
}
