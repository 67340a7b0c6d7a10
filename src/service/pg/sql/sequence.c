/*
 * Sequences: the row in place, and what this session had of them.
 */
#include "service/pg/sql/sequence.h"

#include <stdlib.h>

#include "service/pg/sql/store.h"

static const struct sql_relation *sequence(struct sql_session *s, uint32_t oid, struct sql_sequence_facts *facts)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(s, oid);
	struct sql_env *env = &s->engine->env;

	if (!rel)
		sql_raise_env(env, "42P01", "could not open relation with OID %u", oid);
	else if (rel->kind != 'S')
		sql_raise_env(env, "42809", "\"%s\" is not a sequence", rel->name);
	else if (sql_catalog_sequence(s, oid, facts))
		return rel;
	return NULL;
}

bool sql_catalog_sequence(struct sql_session *s, uint32_t oid, struct sql_sequence_facts *facts)
{
	struct sql_store *st = s->engine->store;
	sqlite3_stmt *q = sql_cat_query(st, "SELECT seqtypid, seqstart, seqmin, seqmax, seqincrement, seqcache, seqcycle FROM pg_sequence WHERE seqrelid = ?1",
					"i", (int64_t)oid);
	bool found = sqlite3_step(q) == SQLITE_ROW;

	if (found)
		*facts = (struct sql_sequence_facts){ .type = (uint32_t)sqlite3_column_int64(q, 0), .start = sqlite3_column_int64(q, 1),
						      .min = sqlite3_column_int64(q, 2), .max = sqlite3_column_int64(q, 3),
						      .increment = sqlite3_column_int64(q, 4), .cache = sqlite3_column_int64(q, 5),
						      .cycle = sqlite3_column_int(q, 6) };
	sql_store_done(st, q);
	return found;
}

static void remember(struct sql_session *s, uint32_t oid, int64_t value)
{
	struct slice key = { (const char *)&oid, sizeof(oid) };
	int64_t *mine = map_get(&s->sequences, key);

	if (!mine) {
		mine = malloc(sizeof(*mine));
		if (!mine)
			abort();
		map_set(&s->sequences, key, mine);
	}
	*mine = value;
	s->lastval = value;
	s->lastval_of = oid;
	s->has_lastval = true;
}

static void write_row(struct sql_store *st, uint32_t filenode, int64_t last, int64_t log, bool called)
{
	char text[96];

	snprintf(text, sizeof(text), "UPDATE r_%u SET c1 = ?1, c2 = ?2, c3 = ?3", filenode);
	sqlite3_stmt *q = sql_store_take(st, text);
	sqlite3_bind_int64(q, 1, last);
	sqlite3_bind_int64(q, 2, log);
	sqlite3_bind_int(q, 3, called);
	sqlite3_step(q);
	sql_store_done(st, q);
}

bool sql_sequence_next(struct sql_session *s, uint32_t oid, int64_t *value)
{
	struct sql_store *st = s->engine->store;
	struct sql_env *env = &s->engine->env;
	struct sql_sequence_facts f;
	const struct sql_relation *rel = sequence(s, oid, &f);
	char text[96];

	if (!rel)
		return false;
	if (s->tx && sql_tx_read_only(s->tx) && rel->persistence != 't') {
		sql_raise_env(env, "25006", "cannot execute nextval() in a read-only transaction");
		return false;
	}
	snprintf(text, sizeof(text), "SELECT c1, c2, c3 FROM r_%u", rel->filenode);
	sqlite3_stmt *q = sql_store_take(st, text);
	sqlite3_step(q);
	int64_t last = sqlite3_column_int64(q, 0), log = sqlite3_column_int64(q, 1);
	bool called = sqlite3_column_int(q, 2);
	sql_store_done(st, q);
	if (called && __builtin_add_overflow(last, f.increment, &last))
		last = f.increment > 0 ? INT64_MAX : INT64_MIN;
	else if (called && (f.increment > 0 ? last <= f.max : last >= f.min))
		called = false; /* within the bounds */
	if (called) {
		if (!f.cycle) {
			sql_raise_env(env, "2200H", "nextval: reached %s value of sequence \"%s\" (%lld)", f.increment > 0 ? "maximum" : "minimum",
				      rel->name, (long long)(f.increment > 0 ? f.max : f.min));
			return false;
		}
		last = f.increment > 0 ? f.min : f.max;
	}
	/* PostgreSQL logs 32 values ahead; who reads the sequence as a table sees how many are left */
	write_row(st, rel->filenode, last, log > 0 ? log - 1 : 32, true);
	remember(s, oid, last);
	*value = last;
	return true;
}

bool sql_sequence_current(struct sql_session *s, uint32_t oid, int64_t *value)
{
	struct sql_sequence_facts f;
	const struct sql_relation *rel = sequence(s, oid, &f);
	int64_t *mine = map_get(&s->sequences, (struct slice){ (const char *)&oid, sizeof(oid) });

	if (rel && !mine)
		sql_raise_env(&s->engine->env, "55000", "currval of sequence \"%s\" is not yet defined in this session", rel->name);
	if (!rel || !mine)
		return false;
	*value = *mine;
	return true;
}

bool sql_sequence_last(struct sql_session *s, int64_t *value)
{
	if (!s->has_lastval || !sql_catalog_relation_oid(s, s->lastval_of)) {
		sql_raise_env(&s->engine->env, "55000", "lastval is not yet defined in this session");
		return false;
	}
	*value = s->lastval;
	return true;
}

bool sql_sequence_set(struct sql_session *s, uint32_t oid, int64_t value, bool called)
{
	struct sql_sequence_facts f;
	const struct sql_relation *rel = sequence(s, oid, &f);
	struct sql_env *env = &s->engine->env;

	if (!rel)
		return false;
	if (s->tx && sql_tx_read_only(s->tx) && rel->persistence != 't') {
		sql_raise_env(env, "25006", "cannot execute setval() in a read-only transaction");
		return false;
	}
	if (value < f.min || value > f.max) {
		sql_raise_env(env, "22003", "setval: value %lld is out of bounds for sequence \"%s\" (%lld..%lld)", (long long)value, rel->name,
			      (long long)f.min, (long long)f.max);
		return false;
	}
	write_row(s->engine->store, rel->filenode, value, 0, called);
	if (called) {
		bool had = s->has_lastval;
		int64_t last = s->lastval;
		uint32_t of = s->lastval_of;
		remember(s, oid, value);
		s->has_lastval = had;
		s->lastval = last;
		s->lastval_of = of;
	}
	return true;
}

void sql_sequence_make(struct sql_session *s, uint32_t filenode, int64_t start)
{
	struct sql_store *st = s->engine->store;
	char text[96];

	sql_store_create_plain(st, filenode, 3);
	snprintf(text, sizeof(text), "INSERT INTO r_%u VALUES(?1, 0, 0, ?2, NULL, NULL)", filenode);
	sqlite3_stmt *q = sql_store_take(st, text);
	sqlite3_bind_int64(q, 1, start);
	sqlite3_bind_int64(q, 2, SQL_XID_ALWAYS);
	sqlite3_step(q);
	sql_store_done(st, q);
}

void sql_sequences_forget(struct sql_session *s)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(&s->sequences, &i));)
		free(e->value);
	map_release(&s->sequences);
	map_init(&s->sequences);
	s->has_lastval = false;
}
