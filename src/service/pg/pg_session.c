/*
 * The transaction of a connection: how statements move its status, and the
 * savepoints in it. Settings are in pg_vars.c; which statement gets which
 * warning is in pg_command.c.
 *
 * Source: manual 55.2.2.1 (status), BEGIN, COMMIT, ROLLBACK, SAVEPOINT.
 */
#include "service/pg/pg_session.h"

#include <stdlib.h>

#include "service/pg/pg_vars.h"
#include "service/pg/pg_words.h"

enum pg_verb pg_verb_of(const struct sql_analysis *an)
{
	static const struct {
		struct slice word;
		enum pg_verb verb;
	} verbs[] = {
#define SLICE(s) { s, sizeof(s) - 1 }
		{ SLICE("BEGIN"), PG_BEGIN },
		{ SLICE("START TRANSACTION"), PG_BEGIN },
		{ SLICE("COMMIT"), PG_COMMIT },
		{ SLICE("ROLLBACK"), PG_ROLLBACK },
		{ SLICE("SAVEPOINT"), PG_SAVEPOINT },
		{ SLICE("RELEASE"), PG_RELEASE },
		{ SLICE("PREPARE TRANSACTION"), PG_PREPARE_TRANSACTION },
		{ SLICE("SET"), PG_SET },
		{ SLICE("RESET"), PG_RESET },
		{ SLICE("SHOW"), PG_SHOW },
		{ SLICE("DISCARD ALL"), PG_DISCARD },
		{ SLICE("DISCARD PLANS"), PG_DISCARD },
		{ SLICE("DISCARD TEMP"), PG_DISCARD },
		{ SLICE("DISCARD SEQUENCES"), PG_DISCARD },
		{ SLICE("DEALLOCATE"), PG_DEALLOCATE },
		{ SLICE("DEALLOCATE ALL"), PG_DEALLOCATE },
		{ SLICE("CLOSE CURSOR"), PG_CLOSE },
		{ SLICE("CLOSE CURSOR ALL"), PG_CLOSE },
		{ SLICE("UNLISTEN"), PG_UNLISTEN },
#undef SLICE
	};

	/* SELECT, INSERT, UPDATE, WITH and most others end here */
	if (!an->valid || !an->verb.len || !strchr("BSCRPDU", an->verb.ptr[0]) || slice_eq_str(an->verb, "SELECT") ||
	    slice_eq_str(an->verb, "UPDATE"))
		return PG_OTHER;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (slice_eq(an->verb, verbs[i].word))
			return verbs[i].verb;
	return PG_OTHER;
}

void pg_session_init(struct pg_session *s)
{
	*s = (struct pg_session){ .status = 'I', .unreported = true };
	map_init(&s->vars);
}

static void forget_savepoints(struct pg_session *s, size_t keep)
{
	while (s->nsavepoints > keep)
		free(s->savepoints[--s->nsavepoints].name);
}

void pg_session_release(struct pg_session *s)
{
	forget_savepoints(s, 0);
	free(s->savepoints);
	pg_vars_release(s);
	free(s->user);
	free(s->database);
}

static char *copy(struct slice s)
{
	char *p = malloc(s.len + 1);

	if (!p)
		abort(); /* as the arena: out of memory ends the host */
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = '\0';
	return p;
}

void pg_session_start(struct pg_session *s, struct slice user, struct slice database)
{
	free(s->user);
	free(s->database);
	s->user = copy(user);
	s->database = copy(database);
}

/* ---- savepoints: the latest of a name counts, as names may repeat ---- */

static size_t find_savepoint(const struct pg_session *s, struct slice name)
{
	for (size_t i = s->nsavepoints; i-- > 0;)
		if (slice_eq_str(name, s->savepoints[i].name))
			return i;
	return SIZE_MAX;
}

bool pg_session_has_savepoint(const struct pg_session *s, struct slice name)
{
	return find_savepoint(s, name) != SIZE_MAX;
}

static void push_savepoint(struct pg_session *s, struct slice name)
{
	if (s->nsavepoints == s->savepoint_cap) {
		s->savepoint_cap = s->savepoint_cap ? s->savepoint_cap * 2 : 8;
		s->savepoints = realloc(s->savepoints, s->savepoint_cap * sizeof(*s->savepoints));
		if (!s->savepoints)
			abort();
	}
	s->savepoints[s->nsavepoints++] = (struct pg_savepoint){ copy(name), s->nundo };
}

/* ---- status ---- */

static void end_transaction(struct pg_session *s, bool commit)
{
	if (commit)
		pg_vars_commit(s);
	else
		pg_vars_rollback(s, 0);
	forget_savepoints(s, 0);
	s->status = 'I';
	s->failed = false;
	s->block = false;
}

void pg_session_fail(struct pg_session *s)
{
	if (s->status == 'T')
		s->status = 'E';
	else if (s->status == 'I')
		s->failed = true;
}

bool pg_session_end(struct pg_session *s)
{
	if (s->status != 'I')
		return false;
	end_transaction(s, !s->failed);
	return true;
}

/* Whether "AND CHAIN" stands at the end of COMMIT or ROLLBACK. */
static bool chains(struct pg_words *w)
{
	return pg_words_take(w, "and") && pg_words_take(w, "chain");
}

/* ROLLBACK [WORK|TRANSACTION] TO [SAVEPOINT] name: stands on the name. */
static bool to_savepoint(struct pg_words *w)
{
	if (!pg_words_take(w, "to"))
		return false;
	pg_words_take(w, "savepoint");
	return true;
}

static void after_exit(struct pg_session *s, enum pg_verb verb, struct pg_words *w)
{
	bool was_open = s->status != 'I', failed = s->status == 'E';

	if (verb == PG_ROLLBACK && to_savepoint(w)) {
		size_t i = find_savepoint(s, w->text);

		if (i == SIZE_MAX)
			return;
		pg_vars_rollback(s, s->savepoints[i].undo);
		forget_savepoints(s, i + 1);
		if (s->status == 'E')
			s->status = 'T';
		return;
	}
	bool chain = chains(w) && was_open;
	struct pg_modes modes;
	if (chain)
		pg_vars_modes(s, &modes, w->arena);
	end_transaction(s, verb == PG_COMMIT && !failed);
	if (chain) {
		s->status = 'T'; /* the next transaction has the modes of this one */
		pg_vars_set_modes(s, &modes, PG_SCOPE_LOCAL, w->arena);
	}
}

void pg_session_after(struct pg_session *s, enum pg_verb verb, struct slice text, bool failed, struct arena *a)
{
	struct pg_words w;

	if (failed && (verb == PG_COMMIT || verb == PG_PREPARE_TRANSACTION) && s->status != 'I') {
		/* a COMMIT that fails has rolled back: no block is left to end */
		end_transaction(s, false);
		s->failed = true;
		return;
	}
	if (failed) {
		pg_session_fail(s);
		return;
	}
	if (verb == PG_OTHER)
		return;
	pg_words_init(&w, text, a);
	pg_words_next(&w);
	/* only here are these words noise: a savepoint may be named work */
	if (verb <= PG_ROLLBACK && !pg_words_take(&w, "work"))
		pg_words_take(&w, "transaction");
	switch (verb) {
	case PG_BEGIN:
		if (s->status != 'E') { /* inside of a block it sets the modes still */
			struct pg_modes modes;

			s->status = 'T';
			pg_vars_read_modes(&w, &modes);
			pg_vars_set_modes(s, &modes, PG_SCOPE_LOCAL, a);
		}
		return;
	case PG_COMMIT:
	case PG_ROLLBACK:
		after_exit(s, verb, &w);
		return;
	case PG_PREPARE_TRANSACTION:
		end_transaction(s, true);
		return;
	case PG_SAVEPOINT:
		if (s->status == 'T')
			push_savepoint(s, w.text);
		return;
	case PG_RELEASE: {
		pg_words_take(&w, "savepoint");
		size_t i = find_savepoint(s, w.text);
		if (i != SIZE_MAX)
			forget_savepoints(s, i);
		return;
	}
	default:
		return;
	}
}
