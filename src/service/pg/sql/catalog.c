/*
 * The catalog as structs: read from the rows of pg_class and its kin, kept until
 * something changes. One copy serves all sessions that have changed nothing; a
 * session with uncommitted DDL or temporary tables has its own.
 */
#include "service/pg/sql/catalog.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/catalog_load.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/store.h"

static const struct sql_relation no_relation; /* a name that was looked up and is not there */
static const struct sql_type no_type;

static struct sql_catalog *new_catalog(uint64_t version, bool own)
{
	struct sql_catalog *c = calloc(1, sizeof(*c));

	if (!c)
		abort();
	c->refs = 1;
	c->version = version;
	c->own = own;
	arena_init(&c->arena);
	map_init(&c->relations);
	map_init(&c->names);
	map_init(&c->types);
	map_init(&c->type_names);
	map_init(&c->schemas);
	map_init(&c->paths);
	return c;
}

static void drop(struct sql_catalog *c)
{
	while (c && !--c->refs) {
		struct sql_catalog *older = c->older;
		map_release(&c->relations);
		map_release(&c->names);
		map_release(&c->types);
		map_release(&c->type_names);
		map_release(&c->schemas);
		map_release(&c->paths);
		arena_release(&c->arena);
		free(c);
		c = older;
	}
}

static bool is_own(const struct sql_session *s)
{
	return s->catalog_changed || s->temp_schema;
}

/* The catalog to read from now; one that is out of date stays alive behind it until the next statement. */
static struct sql_catalog *current(struct sql_session *s)
{
	struct sql_store *st = s->engine->store;
	struct sql_catalog *c = s->catalog, *fresh;
	bool own = is_own(s);

	if (c && c->version == st->version && c->own == own)
		return c;
	if (own) {
		fresh = new_catalog(st->version, true);
	} else {
		if (!st->shared || st->shared->version != st->version) {
			drop(st->shared);
			st->shared = new_catalog(st->version, false);
		}
		fresh = st->shared;
		if (fresh == c)
			return c;
		fresh->refs++;
	}
	/* a shared one cannot carry the older ones of this session: they hang on a link of its own */
	if (c) {
		struct sql_catalog *link = new_catalog(0, true);
		link->older = s->older;
		link->kept = c;
		s->older = link;
	}
	s->catalog = fresh;
	return fresh;
}

static void drop_older(struct sql_session *s)
{
	while (s->older) {
		struct sql_catalog *link = s->older;
		s->older = link->older;
		link->older = NULL;
		drop(link->kept);
		drop(link);
	}
}

void sql_catalog_refresh(struct sql_session *s)
{
	current(s);
	drop_older(s);
}

uint64_t sql_catalog_version(struct sql_session *s)
{
	uint64_t v = s->engine->store->version;

	return is_own(s) ? v | 1ull << 63 | (uint64_t)(s->pid & 0x7ffff) << 44 : v;
}

void sql_catalog_changed(struct sql_session *s)
{
	s->catalog_changed = true;
	s->engine->store->version++;
}

void sql_catalog_settled(struct sql_session *s, bool transaction_ended)
{
	if (!s->catalog_changed)
		return;
	s->engine->store->version++;
	if (transaction_ended)
		s->catalog_changed = false;
}

void sql_catalog_forget(struct sql_session *s)
{
	drop_older(s);
	drop(s->catalog);
	s->catalog = NULL;
}

void sql_catalog_close(struct sql_store *st)
{
	drop(st->shared);
	st->shared = NULL;
}

/* ---- relations ---------------------------------------------------------------- */

static struct slice oid_key(const uint32_t *oid)
{
	return (struct slice){ (const char *)oid, sizeof(*oid) };
}

const struct sql_relation *sql_catalog_relation_oid(struct sql_session *s, uint32_t oid)
{
	struct sql_catalog *c = current(s);
	const struct sql_relation *rel = map_get(&c->relations, oid_key(&oid));

	if (!rel) {
		rel = sql_load_relation(s, c, oid);
		map_set(&c->relations, oid_key(&oid), (void *)(rel ? rel : &no_relation));
	}
	return rel == &no_relation ? NULL : rel;
}

static struct slice name_key(char *room, size_t size, uint32_t schema, struct slice name)
{
	if (name.len > size - sizeof(schema))
		name.len = size - sizeof(schema);
	memcpy(room, &schema, sizeof(schema));
	memcpy(room + sizeof(schema), name.ptr, name.len);
	return (struct slice){ room, sizeof(schema) + name.len };
}

static const struct sql_relation *relation_in(struct sql_session *s, uint32_t schema, struct slice name)
{
	struct sql_catalog *c = current(s);
	char room[256];
	struct slice key = name_key(room, sizeof(room), schema, name);
	const struct sql_relation *rel = map_get(&c->names, key);

	if (!rel) {
		uint32_t oid = sql_load_relation_oid(s, schema, name);
		rel = oid ? sql_catalog_relation_oid(s, oid) : NULL;
		c = current(s);
		map_set(&c->names, key, (void *)(rel ? rel : &no_relation));
	}
	return rel == &no_relation ? NULL : rel;
}

const struct sql_relation *sql_catalog_relation(struct sql_session *s, struct slice schema, struct slice name)
{
	const uint32_t *path;
	uint32_t oid;

	if (schema.ptr)
		return sql_catalog_schema(s, schema, &oid) ? relation_in(s, oid, name) : NULL;
	size_t n = sql_catalog_path(s, &path);
	for (size_t i = 0; i < n; i++) {
		const struct sql_relation *rel = relation_in(s, path[i], name);
		if (rel)
			return rel;
	}
	return NULL;
}

/* ---- schemas -------------------------------------------------------------------- */

bool sql_catalog_schema(struct sql_session *s, struct slice name, uint32_t *oid)
{
	struct sql_catalog *c = current(s);
	uintptr_t known;

	if (slice_eq_str(name, "pg_temp")) {
		*oid = s->temp_schema;
		return s->temp_schema != 0;
	}
	known = (uintptr_t)map_get(&c->schemas, name);
	if (!known) {
		known = (uintptr_t)sql_cat_int(s->engine->store, "SELECT oid FROM pg_namespace WHERE nspname = ?1", "S", name) + 1;
		map_set(&c->schemas, name, (void *)known);
	}
	*oid = (uint32_t)(known - 1);
	return *oid != 0;
}

const char *sql_catalog_schema_name(struct sql_session *s, uint32_t oid)
{
	struct sql_catalog *c = current(s);
	char *name = NULL;
	sqlite3_stmt *q = sql_cat_query(s->engine->store, "SELECT nspname FROM pg_namespace WHERE oid = ?1", "i", (int64_t)oid);

	if (sqlite3_step(q) == SQLITE_ROW)
		name = arena_str(&c->arena, (const char *)sqlite3_column_text(q, 0));
	sql_store_done(s->engine->store, q);
	return name;
}

struct path {
	uint32_t *oids;
	size_t count;
	uint32_t creation;
};

/* One name of the list: quoted or folded to lower case. */
static struct slice next_name(struct slice *rest, char *room, size_t size)
{
	size_t n = 0, i = 0;
	const char *p = rest->ptr;

	while (i < rest->len && (p[i] == ' ' || p[i] == ','))
		i++;
	bool quoted = i < rest->len && p[i] == '"';
	for (i += quoted; i < rest->len && n < size; i++) {
		if (quoted && p[i] == '"') {
			if (i + 1 < rest->len && p[i + 1] == '"')
				i++;
			else
				break;
		} else if (!quoted && (p[i] == ',' || p[i] == ' ')) {
			break;
		}
		room[n++] = quoted || p[i] < 'A' || p[i] > 'Z' ? p[i] : (char)(p[i] + 32);
	}
	while (i < rest->len && p[i] != ',')
		i++;
	*rest = slice_skip(*rest, i);
	return (struct slice){ room, n };
}

static struct path *make_path(struct sql_session *s, struct sql_catalog *c, struct slice setting)
{
	struct path *path = ARENA_NEW(&c->arena, struct path);
	uint32_t listed[64], oid;
	size_t n = 0, m = 0;
	bool catalog = false, temp = false;
	char room[128];

	while (setting.len && n < 64) {
		struct slice name = next_name(&setting, room, sizeof(room));
		if (!name.len && !setting.len)
			break;
		if (slice_eq_str(name, "$user"))
			name = slice_str(s->user ? s->user : "");
		if (!sql_catalog_schema(s, name, &oid))
			continue;
		catalog |= oid == 11;
		temp |= oid == s->temp_schema;
		if (!path->creation)
			path->creation = oid;
		listed[n++] = oid;
	}
	/* manual 5.9.5: what is not listed is searched first, temporary tables before all */
	path->oids = ARENA_ARRAY(&c->arena, uint32_t, n + 2);
	if (s->temp_schema && !temp)
		path->oids[m++] = s->temp_schema;
	if (!catalog)
		path->oids[m++] = 11;
	for (size_t i = 0; i < n; i++)
		path->oids[m++] = listed[i];
	path->count = m;
	return path;
}

static struct path *path_of(struct sql_session *s)
{
	struct sql_catalog *c = current(s);
	struct slice setting = sql_session_setting(s, "search_path");
	char room[512];
	/* "$user" differs between sessions that share a catalog */
	struct slice user = slice_str(s->user ? s->user : "");
	size_t n = setting.len + user.len + 1 < sizeof(room) ? setting.len : 0;
	memcpy(room, setting.ptr, n);
	room[n] = 0;
	memcpy(room + n + 1, user.ptr, user.len < sizeof(room) - n - 1 ? user.len : 0);
	struct slice key = { room, n + 1 + user.len };
	struct path *path = key.len <= sizeof(room) ? map_get(&c->paths, key) : NULL;

	if (s->first_schema) {
		struct buf b;

		buf_init(&b, 4096);
		buf_addf(&b, "\"%s\", %.*s", s->first_schema, SLICE_ARG(setting));
		path = make_path(s, c, buf_slice(&b));
		buf_release(&b);
		return path;
	}
	if (!path) {
		path = make_path(s, c, setting);
		if (key.len <= sizeof(room))
			map_set(&c->paths, key, path);
	}
	return path;
}

size_t sql_catalog_path(struct sql_session *s, const uint32_t **schemas)
{
	struct path *path = path_of(s);

	*schemas = path->oids;
	return path->count;
}

uint32_t sql_catalog_creation_schema(struct sql_session *s)
{
	return path_of(s)->creation;
}

/* ---- types ------------------------------------------------------------------------ */

static struct sql_made_type *made_type(struct sql_session *s, uint32_t oid)
{
	struct sql_catalog *c = current(s);
	struct sql_made_type *t = map_get(&c->types, oid_key(&oid));

	if (!t) {
		t = sql_load_type(s, c, oid);
		map_set(&c->types, oid_key(&oid), t ? (void *)t : (void *)&no_type);
	}
	return (void *)t == (void *)&no_type ? NULL : t;
}

const struct sql_type *sql_catalog_type_oid(struct sql_session *s, uint32_t oid)
{
	const struct sql_type *builtin = oid < SQL_FIRST_OID ? sql_builtin_type(oid) : NULL;
	struct sql_made_type *t;

	if (builtin)
		return builtin;
	t = made_type(s, oid);
	return t ? &t->facts : NULL;
}

static const struct sql_type *type_in(struct sql_session *s, uint32_t schema, struct slice name)
{
	struct sql_catalog *c = current(s);
	char room[256];
	struct slice key = name_key(room, sizeof(room), schema, name);

	if (schema == 11) {
		const struct sql_type *builtin = sql_builtin_type_named(name);
		if (builtin)
			return builtin;
	}
	uintptr_t known = (uintptr_t)map_get(&c->type_names, key);
	if (!known) {
		known = (uintptr_t)sql_cat_int(s->engine->store, "SELECT oid FROM pg_type WHERE typnamespace = ?1 AND typname = ?2", "iS",
					       (int64_t)schema, name) + 1;
		map_set(&c->type_names, key, (void *)known);
	}
	return known > 1 ? sql_catalog_type_oid(s, (uint32_t)(known - 1)) : NULL;
}

const struct sql_type *sql_catalog_type(struct sql_session *s, struct slice schema, struct slice name)
{
	const uint32_t *path;
	uint32_t oid;

	if (schema.ptr)
		return sql_catalog_schema(s, schema, &oid) ? type_in(s, oid, name) : NULL;
	size_t n = sql_catalog_path(s, &path);
	for (size_t i = 0; i < n; i++) {
		const struct sql_type *t = type_in(s, path[i], name);
		if (t)
			return t;
	}
	return NULL;
}

const struct sql_label *sql_catalog_labels(struct sql_session *s, uint32_t type, size_t *count)
{
	struct sql_made_type *t = made_type(s, type);

	*count = t ? t->nlabels : 0;
	return t ? t->labels : NULL;
}

const struct sql_field *sql_catalog_fields(struct sql_session *s, uint32_t type, size_t *count)
{
	struct sql_made_type *t = made_type(s, type);

	*count = 0;
	if (!t || !t->facts.relation)
		return NULL;
	if (!t->fields)
		sql_load_fields(s, current(s), t);
	*count = t->nfields;
	return t->fields;
}

const struct sql_constraint *sql_catalog_domain_checks(struct sql_session *s, uint32_t type, size_t *count)
{
	struct sql_made_type *t = made_type(s, type);

	*count = t ? t->nchecks : 0;
	return t ? t->checks : NULL;
}

const char *sql_catalog_domain_default(struct sql_session *s, uint32_t type)
{
	struct sql_made_type *t = made_type(s, type);

	return t ? t->fallback : NULL;
}
