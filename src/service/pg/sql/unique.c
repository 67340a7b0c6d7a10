/*
 * Unique indexes: whether a row with the same key lives, and the words when it does.
 */
#include "service/pg/sql/library.h"
#include "service/pg/sql/store.h"
#include <ctype.h>

#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

int64_t sql_unique_probe(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u,
			 const struct sql_datum *keys, int64_t not_this)
{
	struct sql_store *st = s->engine->store;

	for (;;) {
		struct sql_party *owner = NULL, *wait = NULL;
		int64_t found = 0;
		sqlite3_stmt *q = sql_store_take(st, u->probe);

		for (size_t i = 0; i < u->index->nkeys; i++)
			sql_datum_bind(q, (int)i + 1, keys[i]);
		while (!found && sqlite3_step(q) == SQLITE_ROW) {
			int64_t rowid = sqlite3_column_int64(q, 0);
			struct sql_row_state row = { (uint32_t)sqlite3_column_int64(q, 1), (uint32_t)sqlite3_column_int64(q, 2),
						     sqlite3_column_int64(q, 3) };
			if (rowid == not_this)
				continue;
			switch (sql_row_live(s, &row, &owner)) {
			case SQL_LIVE_YES: found = rowid; break;
			case SQL_LIVE_WAIT: wait = owner; break;
			case SQL_LIVE_NO: break;
			}
		}
		sql_store_done(st, q);
		if (found || !wait)
			return found;
		struct sql_lock_name name = { SQL_LOCK_ROW, 0, 0 };
		(void)rel;
		if (!sql_session_wait(s, wait, name, 0))
			return -1;
	}
}

bool sql_unique_keys(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u, const struct sql_datum *values,
		     struct arena *a, struct sql_datum *keys, bool *in)
{
	struct sql_datum inside;
	bool plain = true;

	*in = true;
	if (u->in.text) {
		if (!sql_program_run(s, &u->in, values, rel->ncolumns, a, &inside))
			return false;
		if (inside.kind != SQL_INT || !inside.i) {
			*in = false;
			return true;
		}
	}
	for (size_t i = 0; i < u->index->nkeys; i++) {
		plain &= u->index->keys[i].column != 0;
		if (u->index->keys[i].column)
			keys[i] = values[u->index->keys[i].column - 1];
	}
	if (!plain && !sql_program_run(s, &u->keys, values, rel->ncolumns, a, keys))
		return false;
	for (size_t i = 0; i < u->index->nkeys && !u->index->nulls_not_distinct; i++)
		if (keys[i].kind == SQL_NULL)
			*in = false;
	return true;
}

/* "f(x)", which stands without parentheses around it. */
static bool is_call(const char *expr)
{
	size_t i = 0, depth = 0, n = strlen(expr);

	while (expr[i] == '_' || expr[i] == '.' || expr[i] == '"' || isalnum((unsigned char)expr[i]))
		i++;
	if (!i || expr[i] != '(')
		return *expr == '(';
	for (; i < n; i++) {
		depth += expr[i] == '(';
		if (expr[i] == ')' && !--depth)
			return i + 1 == n;
	}
	return false;
}

static void key_words(struct sql_session *s, const struct sql_relation *rel, const struct sql_index *x, const struct sql_datum *keys, struct buf *out)
{
	buf_add_str(out, "Key (");
	for (size_t i = 0; i < x->nkeys; i++) {
		const char *expr = x->keys[i].column ? rel->columns[x->keys[i].column - 1].name : x->keys[i].expr;
		bool bare = x->keys[i].column || is_call(expr);

		buf_addf(out, "%s%s%s%s", i ? ", " : "", bare ? "" : "(", expr, bare ? "" : ")");
	}
	buf_add_str(out, ")=(");
	for (size_t i = 0; i < x->nkeys; i++) {
		buf_add_str(out, i ? ", " : "");
		if (keys[i].kind == SQL_NULL)
			buf_add_str(out, "null");
		else
			sql_type_out(&s->engine->env, x->keys[i].type, keys[i], out);
	}
	buf_add_str(out, ")");
}

void sql_unique_raise(struct sql_session *s, const struct sql_relation *rel, const struct sql_unique_plan *u, const struct sql_datum *keys)
{
	struct sql_env *env = &s->engine->env;
	struct buf text;

	buf_init(&text, 1 << 20);
	key_words(s, rel, u->index, keys, &text);
	struct sql_error *e = sql_raise_env(env, "23505", "duplicate key value violates unique constraint \"%s\"", u->index->name);
	sql_detail(env, e, "%s already exists.", text.ptr);
	sql_error_names(e, rel, NULL, u->index->name);
	buf_release(&text);
}

static bool same(struct sql_session *s, const struct sql_unique_plan *u, const struct sql_datum *a, const struct sql_datum *b)
{
	for (size_t i = 0; i < u->index->nkeys; i++) {
		if ((a[i].kind == SQL_NULL) != (b[i].kind == SQL_NULL))
			return false;
		if (a[i].kind != SQL_NULL && sql_type_compare(&s->engine->env, u->index->keys[i].type, a[i], b[i]) != 0)
			return false;
	}
	return true;
}

bool sql_unique_check(struct sql_session *s, const struct sql_relation *rel, const struct sql_datum *values, const struct sql_datum *old,
		      int64_t rowid, struct arena *a)
{
	struct sql_table_plans *p = sql_table_plan(s, rel);

	for (size_t i = 0; i < p->nuniques; i++) {
		const struct sql_unique_plan *u = &p->uniques[i];
		struct sql_datum keys[SQL_KEYS_MAX], was[SQL_KEYS_MAX];
		bool in, was_in = false;

		if (u->index->deferrable)
			continue; /* at the end of the statement or the transaction: foreign.c */
		if (!sql_unique_keys(s, rel, u, values, a, keys, &in))
			return false;
		if (!in)
			continue;
		if (old) {
			if (!sql_unique_keys(s, rel, u, old, a, was, &was_in))
				return false;
			if (was_in && same(s, u, keys, was))
				continue;
		}
		int64_t found = sql_unique_probe(s, rel, u, keys, rowid);
		if (found < 0)
			return false;
		if (found) {
			sql_unique_raise(s, rel, u, keys);
			return false;
		}
	}
	return true;
}
