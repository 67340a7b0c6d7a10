/*
 * Marks, and the sweeping of versions that nobody can see.
 */
#include "service/pg/sql/cursor.h"
#include "service/pg/sql/marks.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/slice.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/transaction.h"

#define SLICE 512            /* versions a sweep removes at most between two statements */

struct sql_store_mark {
	uint64_t number;
	struct sql_mark at;
	struct sequence_state {
		uint32_t filenode;
		int64_t last, log;
		int called;
	} *sequences;
	size_t nsequences;
};

struct sql_dead {
	uint32_t filenode;
	int64_t rowid;
	uint64_t commit;
};

/* ---- marks ------------------------------------------------------------------- */

static void keep_sequences(struct sql_engine *e, struct sql_store_mark *m)
{
	struct sql_store *st = e->store;
	sqlite3_stmt *q = sql_cat_query(st, "SELECT relfilenode FROM pg_class WHERE relkind = 'S'", "");
	size_t cap = 0;
	char text[64];

	while (sqlite3_step(q) == SQLITE_ROW) {
		struct sequence_state s = { .filenode = (uint32_t)sqlite3_column_int64(q, 0) };
		snprintf(text, sizeof(text), "SELECT c1, c2, c3 FROM r_%u", s.filenode);
		sqlite3_stmt *row = sql_store_take(st, text);
		if (sqlite3_step(row) == SQLITE_ROW) {
			s.last = sqlite3_column_int64(row, 0);
			s.log = sqlite3_column_int64(row, 1);
			s.called = sqlite3_column_int(row, 2);
		}
		sql_store_done(st, row);
		if (m->nsequences == cap) {
			cap = cap ? cap * 2 : 16;
			struct sequence_state *more = realloc(m->sequences, cap * sizeof(*more));
			if (!more)
				abort();
			m->sequences = more;
		}
		m->sequences[m->nsequences++] = s;
	}
	sql_store_done(st, q);
}

uint64_t sql_engine_mark(struct sql_engine *e)
{
	struct sql_store *st = e->store;
	struct sql_store_mark *more = realloc(st->marks, (st->nmarks + 1) * sizeof(*more));
	struct sql_session *was = e->env.session;

	if (!more)
		abort();
	e->env.session = NULL; /* what is committed, and nobody's own */
	st->marks = more;
	struct sql_store_mark *m = &st->marks[st->nmarks++];
	*m = (struct sql_store_mark){ .number = ++st->last_mark, .at = sql_xids_mark(e->xids) };
	keep_sequences(e, m);
	e->env.session = was;
	return m->number;
}

bool sql_engine_snapshot_of(const struct sql_engine *e, uint64_t mark, struct sql_snapshot *snapshot)
{
	const struct sql_store *st = e->store;

	for (size_t i = 0; i < st->nmarks; i++)
		if (st->marks[i].number == mark) {
			*snapshot = (struct sql_snapshot){ .commit = st->marks[i].at.commit };
			return true;
		}
	return false;
}

static void drop_mark(struct sql_store_mark *m)
{
	free(m->sequences);
}

static void put_sequences_back(struct sql_store *st, const struct sql_store_mark *m)
{
	char text[80];

	for (size_t i = 0; i < m->nsequences; i++) {
		const struct sequence_state *s = &m->sequences[i];
		snprintf(text, sizeof(text), "UPDATE r_%u SET c1 = ?1, c2 = ?2, c3 = ?3", s->filenode);
		sqlite3_stmt *q = sql_store_take(st, text);
		sqlite3_bind_int64(q, 1, s->last);
		sqlite3_bind_int64(q, 2, s->log);
		sqlite3_bind_int(q, 3, s->called);
		sqlite3_step(q);
		sql_store_done(st, q);
	}
}

int sql_engine_restore(struct sql_engine *e, uint64_t mark)
{
	struct sql_store *st = e->store;
	struct sql_store_mark *m = NULL;
	int ended = 0;

	for (size_t i = 0; i < st->nmarks; i++)
		if (st->marks[i].number == mark)
			m = &st->marks[i];
	if (!m)
		return -1;
	for (struct sql_session *s = e->first; s; s = s->next)
		if (sql_session_waits(s) || sql_session_sliced(s))
			sql_session_interrupt(s, SQL_WAKE_TERMINATE);
	sql_engine_finish(e);
	sql_run_woken(&st->locks);
	for (struct sql_session *s = e->first; s; s = s->next) {
		if (s->block) {
			s->terminated = true;
			ended++;
		}
		sql_session_rollback(s);
	}
	sql_run_woken(&st->locks); /* and no sweeping: what is dead now may come back */
	sql_xids_restore(e->xids, m->at);
	put_sequences_back(st, m);
	while (st->nmarks && &st->marks[st->nmarks - 1] != m)
		drop_mark(&st->marks[--st->nmarks]);
	m->at = sql_xids_mark(e->xids); /* xids are never used twice: what comes is after it again */
	st->ndead = 0;
	st->version++;
	return ended;
}

size_t sql_engine_busy(const struct sql_engine *e)
{
	size_t n = 0;

	for (const struct sql_session *s = e->first; s; s = s->next)
		n += sql_session_waits(s) || sql_session_sliced(s);
	return n;
}

void sql_marks_close(struct sql_store *st)
{
	for (size_t i = 0; i < st->nmarks; i++)
		drop_mark(&st->marks[i]);
	free(st->marks);
	free(st->dead);
}

/* ---- sweeping ------------------------------------------------------------------ */

static void push(struct sql_dead **list, size_t *count, size_t *cap, struct sql_dead d)
{
	if (*count == *cap) {
		*cap = *cap ? *cap * 2 : 64;
		struct sql_dead *more = realloc(*list, *cap * sizeof(*more));
		if (!more)
			abort();
		*list = more;
	}
	(*list)[(*count)++] = d;
}

void sql_sweep_later(struct sql_session *s, uint32_t filenode, int64_t rowid)
{
	push(&s->ended, &s->nended, &s->ended_cap, (struct sql_dead){ .filenode = filenode, .rowid = rowid });
}

void sql_sweep_settled(struct sql_session *s, bool committed)
{
	struct sql_store *st = s->engine->store;

	if (committed)
		for (size_t i = 0; i < s->nended; i++) {
			s->ended[i].commit = sql_xids_commit_number(s->engine->xids);
			push(&st->dead, &st->ndead, &st->dead_cap, s->ended[i]);
		}
	if (s->ended_cap > 4096) {
		free(s->ended);
		s->ended = NULL;
		s->ended_cap = 0;
	}
	s->nended = 0;
}

static uint64_t horizon(struct sql_engine *e)
{
	uint64_t oldest = sql_xids_oldest(e->xids);

	for (struct sql_session *s = e->first; s; s = s->next)
		if (s->snapshot_taken && s->snapshot.commit < oldest)
			oldest = s->snapshot.commit;
	for (struct sql_session *s = e->first; s; s = s->next) {
		uint64_t of_cursors = sql_cursors_oldest(s);

		if (of_cursors < oldest)
			oldest = of_cursors;
	}
	return oldest;
}

/* A version of the newest mark's time stays: restore brings it back. */
static void remove_version(struct sql_engine *e, const struct sql_dead *d)
{
	struct sql_store *st = e->store;
	uint32_t kept = st->nmarks ? st->marks[st->nmarks - 1].at.xid : 0;
	char text[96];

	snprintf(text, sizeof(text), "SELECT xmin, xmax FROM r_%u WHERE rowid = ?1", d->filenode);
	sqlite3_stmt *q = sql_store_take(st, text);
	sqlite3_bind_int64(q, 1, d->rowid);
	bool gone = sqlite3_step(q) != SQLITE_ROW;
	uint32_t xmin = (uint32_t)sqlite3_column_int64(q, 0), xmax = (uint32_t)sqlite3_column_int64(q, 1);
	sql_store_done(st, q);
	if (gone || xmin < kept || sql_xid_fate(e->xids, xmax) != SQL_COMMITTED)
		return;
	snprintf(text, sizeof(text), "DELETE FROM r_%u WHERE rowid = ?1", d->filenode);
	q = sql_store_take(st, text);
	sqlite3_bind_int64(q, 1, d->rowid);
	sqlite3_step(q);
	sql_store_done(st, q);
}

void sql_sweep(struct sql_engine *e)
{
	struct sql_store *st = e->store;
	uint64_t oldest;
	size_t n = 0;

	if (!st->ndead)
		return;
	oldest = horizon(e);
	while (n < st->ndead && n < SLICE && st->dead[n].commit <= oldest)
		remove_version(e, &st->dead[n++]);
	if (n) {
		memmove(st->dead, st->dead + n, (st->ndead - n) * sizeof(*st->dead));
		st->ndead -= n;
	}
}
