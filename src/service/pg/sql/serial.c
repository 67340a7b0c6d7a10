/*
 * Read/write dependencies between SERIALIZABLE transactions, by table.
 */
#include "service/pg/sql/serial.h"

#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/store.h"

struct set {
	uint32_t *oids;
	size_t count, cap;
};

struct sql_serial {
	struct sql_serial *next;
	struct set reads, writes;
	uint64_t began, committed;      /* commit numbers; committed 0: still open */
	bool in, out;                   /* somebody read what it wrote; it read what somebody wrote */
};

static bool has(const struct set *s, uint32_t oid)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->oids[i] == oid)
			return true;
	return false;
}

static void add(struct set *s, uint32_t oid)
{
	if (has(s, oid))
		return;
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		uint32_t *more = realloc(s->oids, s->cap * sizeof(*more));
		if (!more)
			abort();
		s->oids = more;
	}
	s->oids[s->count++] = oid;
}

static bool meet(const struct set *a, const struct set *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (has(b, a->oids[i]))
			return true;
	return false;
}

static struct sql_serial *serial_of(struct sql_session *s)
{
	struct sql_store *st = s->engine->store;

	if (!s->tx || sql_tx_isolation(s->tx) != SQL_SERIALIZABLE)
		return NULL;
	if (!s->serial) {
		s->serial = calloc(1, sizeof(*s->serial));
		if (!s->serial)
			abort();
		s->serial->began = s->snapshot.commit;
		s->serial->next = st->serials;
		st->serials = s->serial;
	}
	return s->serial;
}

void sql_serial_read(struct sql_session *s, uint32_t relation)
{
	struct sql_serial *me = serial_of(s);

	if (me)
		add(&me->reads, relation);
}

void sql_serial_reads(struct sql_session *s, const char *text)
{
	if (!text || !s->tx || sql_tx_isolation(s->tx) != SQL_SERIALIZABLE)
		return;
	for (const char *p = text; (p = strstr(p, " r_"));) {
		p += 3;
		uint32_t filenode = (uint32_t)strtoul(p, NULL, 10);
		if (filenode >= SQL_FIRST_OID)
			sql_serial_read(s, filenode);
	}
}

void sql_serial_write(struct sql_session *s, uint32_t relation)
{
	struct sql_serial *me = serial_of(s);

	if (me)
		add(&me->writes, relation);
}

/* Whether the two were open at the same time. */
static bool overlap(const struct sql_serial *a, const struct sql_serial *b)
{
	return (!a->committed || a->committed > b->began) && (!b->committed || b->committed > a->began);
}

bool sql_serial_commit(struct sql_session *s)
{
	struct sql_serial *me = s->serial;
	bool in = false, out = false, pivot = false;

	if (!me)
		return true;
	for (struct sql_serial *o = s->engine->store->serials; o; o = o->next) {
		if (o == me || !overlap(me, o))
			continue;
		if (o->committed && meet(&me->reads, &o->writes)) {
			out = true;      /* me before o */
			pivot |= o->out; /* o is between me and one that is committed */
		}
		if (meet(&o->reads, &me->writes)) {
			in = true;       /* o before me */
			pivot |= o->committed && o->in;
		}
	}
	if ((in && out) || pivot) {
		struct sql_error *e = sql_raise_env(&s->engine->env, "40001",
						    "could not serialize access due to read/write dependencies among transactions");
		e->detail = SLICE_LIT("Reason code: Canceled on identification as a pivot, during commit attempt.");
		e->hint = SLICE_LIT("The transaction might succeed if retried.");
		return false;
	}
	for (struct sql_serial *o = s->engine->store->serials; o; o = o->next) {
		if (o == me || !overlap(me, o))
			continue;
		if (o->committed && meet(&me->reads, &o->writes))
			o->in = true;
		if (meet(&o->reads, &me->writes))
			o->out = true;
	}
	me->in |= in;
	me->out |= out;
	return true;
}

static void drop(struct sql_serial *o)
{
	free(o->reads.oids);
	free(o->writes.oids);
	free(o);
}

void sql_serial_end(struct sql_session *s, bool committed)
{
	struct sql_store *st = s->engine->store;
	struct sql_serial *me = s->serial;
	uint64_t oldest = UINT64_MAX;

	if (!me)
		return;
	s->serial = NULL;
	me->committed = committed ? sql_xids_commit_number(s->engine->xids) : 1;
	for (struct sql_serial *o = st->serials; o; o = o->next)
		if (!o->committed && o->began < oldest)
			oldest = o->began;
	/* who ended before every open one began concerns nobody */
	for (struct sql_serial **p = &st->serials; *p;) {
		struct sql_serial *o = *p;
		if (o->committed && o->committed <= oldest) {
			*p = o->next;
			drop(o);
		} else {
			p = &o->next;
		}
	}
}

void sql_serial_close(struct sql_store *st)
{
	while (st->serials) {
		struct sql_serial *o = st->serials;
		st->serials = o->next;
		drop(o);
	}
}
