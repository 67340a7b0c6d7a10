/*
 * What a written row means for others: foreign keys in both directions, and
 * unique constraints that may wait. Checks are noted per row and made when the
 * statement ends, or when the transaction does for what is deferred.
 *
 * Source: manual 5.4.5 and CREATE TABLE; the words are ri_triggers.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/deferred.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/table_plan.h"
#include "service/pg/sql/transaction.h"

enum what { CHECK_CHILD, PARENT_GONE, CHECK_UNIQUE };

struct sql_after {
	struct sql_after *next;
	enum what what;
	uint32_t relation, constraint;
	size_t level;                   /* of sub-transaction, when deferred */
	size_t nvalues, nfresh;
	struct sql_datum *values;       /* CHECK_CHILD, CHECK_UNIQUE: the new row; PARENT_GONE: the old one */
	struct sql_datum *fresh;        /* PARENT_GONE by an update: the new row */
	int64_t rowid;
	struct arena arena;
};

struct sql_deferred {
	struct sql_after *first, **last;
	struct map modes;               /* constraint's OID -> DEFERRED or IMMEDIATE, of SET CONSTRAINTS */
	char all;                       /* d, i, or 0 */
};

static struct sql_datum *keep_row(struct arena *a, const struct sql_datum *values, size_t count)
{
	struct sql_datum *kept = ARENA_ARRAY(a, struct sql_datum, count);

	for (size_t i = 0; i < count; i++)
		kept[i] = sql_datum_copy(values[i], a);
	return kept;
}

static bool is_deferred(struct sql_session *s, const struct sql_constraint *k)
{
	struct sql_deferred *d = s->deferred;

	if (!k->deferrable)
		return false;
	if (d) {
		uintptr_t mode = (uintptr_t)map_get(&d->modes, (struct slice){ (const char *)&k->oid, sizeof(k->oid) });
		if (mode)
			return mode == 'd';
		if (d->all)
			return d->all == 'd';
	}
	return k->deferred;
}

static void note(struct sql_session *s, struct sql_after **after, enum what what, const struct sql_relation *rel, const struct sql_constraint *k,
		 const struct sql_datum *values, const struct sql_datum *fresh, int64_t rowid)
{
	struct sql_after *n = calloc(1, sizeof(*n));

	if (!n)
		abort();
	*n = (struct sql_after){ .what = what, .relation = rel->oid, .constraint = k->oid, .nvalues = rel->ncolumns, .rowid = rowid };
	arena_init(&n->arena);
	n->values = keep_row(&n->arena, values, rel->ncolumns);
	if (fresh)
		n->fresh = keep_row(&n->arena, fresh, rel->ncolumns);
	bool only_checks = what != PARENT_GONE || k->on_delete == 'a' || k->on_update == 'a';
	if (only_checks && is_deferred(s, k)) {
		n->level = sql_tx_depth(s->tx);
		sql_deferred_add(s, n);
		return;
	}
	n->next = *after;
	*after = n;
}

static bool any_null(const struct sql_datum *values, const int16_t *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (values[columns[i] - 1].kind == SQL_NULL)
			return true;
	return false;
}

static bool changed(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t count, const struct sql_datum *a,
		    const struct sql_datum *b)
{
	for (size_t i = 0; i < count; i++) {
		const struct sql_datum *x = &a[columns[i] - 1], *y = &b[columns[i] - 1];
		if ((x->kind == SQL_NULL) != (y->kind == SQL_NULL))
			return true;
		if (x->kind != SQL_NULL && sql_type_compare(&s->engine->env, rel->columns[columns[i] - 1].type, *x, *y) != 0)
			return true;
	}
	return false;
}

void sql_after_row(struct sql_session *s, struct sql_after **after, const struct sql_relation *rel, const struct sql_datum *old,
		   const struct sql_datum *fresh, int64_t rowid)
{
	for (size_t i = 0; fresh && i < rel->nconstraints; i++) {
		const struct sql_constraint *k = &rel->constraints[i];
		if (k->kind == 'f' && (!old || changed(s, rel, k->columns, k->ncolumns, old, fresh)))
			note(s, after, CHECK_CHILD, rel, k, fresh, NULL, rowid);
		if ((k->kind == 'u' || k->kind == 'p') && k->deferrable && (!old || changed(s, rel, k->columns, k->ncolumns, old, fresh)))
			note(s, after, CHECK_UNIQUE, rel, k, fresh, NULL, rowid);
	}
	for (size_t i = 0; old && i < rel->nreferences; i++) {
		const struct sql_constraint *k = &rel->references[i];
		if (any_null(old, k->other_columns, k->ncolumns))
			continue;
		if (!fresh || changed(s, rel, k->other_columns, k->ncolumns, old, fresh))
			note(s, after, PARENT_GONE, rel, k, old, fresh, rowid);
	}
}

/* ---- child: is there a parent? ---------------------------------------------------- */

static const char *probe_text(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t count, struct arena *a)
{
	struct buf text;

	buf_init(&text, 1 << 16);
	buf_addf(&text, "SELECT rowid,xmin,xmax,nx FROM r_%u WHERE ", rel->filenode);
	for (size_t i = 0; i < count; i++) {
		const char *collation = sql_type_collation(&s->engine->env, rel->columns[columns[i] - 1].type);
		buf_addf(&text, "%sc%d = ?%zu%s%s", i ? " AND " : "", columns[i], i + 1, collation ? " COLLATE " : "", collation ? collation : "");
	}
	const char *kept = arena_slice(a, buf_slice(&text)).ptr;
	buf_release(&text);
	return kept;
}

/* The first row of `rel` with the key that lives, for `p`; 0: none; -1: raised. `lock`: it is kept from
 * being deleted until the transaction ends. */
static int64_t find_row(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, size_t count,
			const struct sql_datum *keys, bool lock)
{
	struct sql_store *st = s->engine->store;
	struct arena a;
	int64_t found = 0;

	arena_init(&a);
	const char *text = probe_text(s, rel, columns, count, &a);
	for (;;) {
		struct sql_party *owner = NULL, *wait = NULL;
		sqlite3_stmt *q = sql_store_take(st, text);

		found = 0;
		for (size_t i = 0; i < count; i++)
			sql_datum_bind(q, (int)i + 1, keys[i]);
		while (!found && sqlite3_step(q) == SQLITE_ROW) {
			struct sql_row_state row = { (uint32_t)sqlite3_column_int64(q, 1), (uint32_t)sqlite3_column_int64(q, 2),
						     sqlite3_column_int64(q, 3) };
			switch (sql_row_live(s, &row, &owner)) {
			case SQL_LIVE_YES: found = sqlite3_column_int64(q, 0); break;
			case SQL_LIVE_WAIT:
				/* an update that leaves the key alone is no reason to wait; a row that is not committed yet is not there */
				if (sql_xid_fate(s->engine->xids, row.xmin) == SQL_COMMITTED && row.nx > 0)
					found = sqlite3_column_int64(q, 0);
				else if (!lock || sql_xid_fate(s->engine->xids, row.xmin) == SQL_COMMITTED)
					wait = owner;
				break;
			case SQL_LIVE_NO: break;
			}
		}
		sql_store_done(st, q);
		if (found && lock) {
			struct sql_lock_name name = { SQL_LOCK_ROW, rel->filenode, found };
			wait = sql_lock_take(&s->party, name, SQL_FOR_KEY_SHARE, false, sql_tx_depth(s->tx) + 1);
			if (!wait)
				break;
			found = 0;
		}
		if (found || !wait)
			break;
		if (!sql_session_wait(s, wait, (struct sql_lock_name){ SQL_LOCK_ROW, 0, 0 }, 0)) {
			found = -1;
			break;
		}
	}
	arena_release(&a);
	return found;
}

static void add_key(struct sql_session *s, const struct sql_relation *rel, const int16_t *columns, const int16_t *from, size_t count,
		    const struct sql_datum *values, struct buf *out)
{
	buf_add_str(out, "Key (");
	for (size_t i = 0; i < count; i++)
		buf_addf(out, "%s%s", i ? ", " : "", rel->columns[columns[i] - 1].name);
	buf_add_str(out, ")=(");
	for (size_t i = 0; i < count; i++) {
		buf_add_str(out, i ? ", " : "");
		if (values[from[i] - 1].kind == SQL_NULL)
			buf_add_str(out, "null");
		else
			sql_type_out(&s->engine->env, rel->columns[columns[i] - 1].type, values[from[i] - 1], out);
	}
	buf_add_str(out, ")");
}

bool sql_foreign_holds(struct sql_session *s, const struct sql_relation *rel, const struct sql_constraint *k, const struct sql_datum *values)
{
	const struct sql_relation *parent = sql_catalog_relation_oid(s, k->other);
	struct sql_datum keys[SQL_KEYS_MAX];
	size_t nulls = 0;
	struct sql_env *env = &s->engine->env;

	for (size_t i = 0; i < k->ncolumns; i++) {
		keys[i] = values[k->columns[i] - 1];
		nulls += keys[i].kind == SQL_NULL;
	}
	if (nulls && (k->match == 's' || nulls == k->ncolumns))
		return true;
	if (nulls) {
		struct sql_error *e = sql_raise_env(env, "23503", "insert or update on table \"%s\" violates foreign key constraint \"%s\"", rel->name, k->name);
		sql_detail(env, e, "MATCH FULL does not allow mixing of null and nonnull key values.");
		sql_error_names(e, rel, NULL, k->name);
		return false;
	}
	/* other_columns are ascending in nothing: the pairs belong together */
	int64_t found = parent ? find_row(s, parent, k->other_columns, k->ncolumns, keys, true) : 0;
	if (found > 0)
		return true;
	if (!found) {
		struct buf text;
		buf_init(&text, 1 << 20);
		add_key(s, rel, k->columns, k->columns, k->ncolumns, values, &text);
		struct sql_error *e = sql_raise_env(env, "23503", "insert or update on table \"%s\" violates foreign key constraint \"%s\"", rel->name, k->name);
		sql_detail(env, e, "%s is not present in table \"%s\".", text.ptr, parent ? parent->name : "");
		sql_error_names(e, rel, NULL, k->name);
		buf_release(&text);
	}
	return false;
}

static bool check_child(struct sql_session *s, const struct sql_after *n, const struct sql_relation *rel, const struct sql_constraint *k)
{
	struct sql_row_state row;
	struct sql_party *owner;

	/* a later change of the same row has its own check */
	if (!sql_row_read(s, rel, n->rowid, &row) || sql_row_live(s, &row, &owner) != SQL_LIVE_YES)
		return true;
	return sql_foreign_holds(s, rel, k, n->values);
}

static bool check_unique(struct sql_session *s, const struct sql_after *n, const struct sql_relation *rel, const struct sql_constraint *k)
{
	struct sql_table_plans *p = sql_table_plan(s, rel);
	struct sql_row_state row;
	struct sql_party *owner;
	struct arena a;
	bool ok = true;

	if (!p || !sql_row_read(s, rel, n->rowid, &row) || sql_row_live(s, &row, &owner) != SQL_LIVE_YES)
		return p != NULL;
	arena_init(&a);
	for (size_t i = 0; i < p->nuniques && ok; i++) {
		struct sql_datum keys[SQL_KEYS_MAX];
		bool in;
		if (p->uniques[i].index->oid != k->index)
			continue;
		ok = sql_unique_keys(s, rel, &p->uniques[i], n->values, &a, keys, &in);
		int64_t found = ok && in ? sql_unique_probe(s, rel, &p->uniques[i], keys, n->rowid) : 0;
		if (found > 0)
			sql_unique_raise(s, rel, &p->uniques[i], keys);
		ok &= !found;
	}
	arena_release(&a);
	return ok;
}

/* ---- parent: what of its children? ---------------------------------------------------- */

struct child_rows {
	int64_t *rows;
	size_t count;
};

/* Live rows of the child that point at the key. False: raised. */
static bool children(struct sql_session *s, const struct sql_relation *child, const struct sql_constraint *k, const struct sql_datum *keys,
		     struct arena *a, struct child_rows *out)
{
	struct sql_store *st = s->engine->store;
	const char *text = probe_text(s, child, k->columns, k->ncolumns, a);
	size_t cap = 0;

	for (;;) {
		struct sql_party *owner = NULL, *wait = NULL;
		sqlite3_stmt *q = sql_store_take(st, text);

		out->count = 0;
		for (size_t i = 0; i < k->ncolumns; i++)
			sql_datum_bind(q, (int)i + 1, keys[i]);
		while (sqlite3_step(q) == SQLITE_ROW) {
			struct sql_row_state row = { (uint32_t)sqlite3_column_int64(q, 1), (uint32_t)sqlite3_column_int64(q, 2),
						     sqlite3_column_int64(q, 3) };
			enum sql_live live = sql_row_live(s, &row, &owner);
			if (live == SQL_LIVE_WAIT)
				wait = owner;
			if (live != SQL_LIVE_YES)
				continue;
			if (out->count == cap) {
				int64_t *more = ARENA_ARRAY(a, int64_t, cap * 2 + 8);
				if (cap)
					memcpy(more, out->rows, cap * sizeof(*more));
				cap = cap * 2 + 8;
				out->rows = more;
			}
			out->rows[out->count++] = sqlite3_column_int64(q, 0);
		}
		sql_store_done(st, q);
		if (!wait)
			return true;
		if (!sql_session_wait(s, wait, (struct sql_lock_name){ SQL_LOCK_ROW, 0, 0 }, 0))
			return false;
	}
}

static void still_referenced(struct sql_session *s, const struct sql_relation *parent, const struct sql_relation *child, const struct sql_constraint *k,
			     const struct sql_datum *old)
{
	struct sql_env *env = &s->engine->env;
	struct buf text;

	buf_init(&text, 1 << 20);
	add_key(s, parent, k->other_columns, k->other_columns, k->ncolumns, old, &text);
	struct sql_error *e = sql_raise_env(env, "23503", "update or delete on table \"%s\" violates foreign key constraint \"%s\" on table \"%s\"",
					    parent->name, k->name, child->name);
	sql_detail(env, e, "%s is still referenced from table \"%s\".", text.ptr, child->name);
	sql_error_names(e, child, NULL, k->name);
	buf_release(&text);
}

static bool follow(struct sql_session *s, const struct sql_relation *child, const struct sql_constraint *k, char action, const struct sql_after *n,
		   int64_t rowid, struct arena *a, struct sql_after **after)
{
	struct sql_datum *old = ARENA_ARRAY(a, struct sql_datum, child->ncolumns), *fresh = ARENA_ARRAY(a, struct sql_datum, child->ncolumns);
	bool *given = ARENA_ARRAY(a, bool, child->ncolumns);
	const int16_t *set = k->nset_columns && !n->fresh ? k->set_columns : k->columns;
	size_t nset = k->nset_columns && !n->fresh ? k->nset_columns : k->ncolumns;

	switch (sql_row_take(s, child, &rowid, action == 'c' && !n->fresh ? SQL_FOR_UPDATE : sql_update_strength(s, child, set, nset), 0)) {
	case SQL_ROW_FAILED: return false;
	case SQL_ROW_GONE:
	case SQL_ROW_SELF: return true;
	case SQL_ROW_OURS:
	case SQL_ROW_MOVED: break;
	}
	if (!sql_row_fetch(s, child, rowid, a, old))
		return true;
	if (action == 'c' && !n->fresh) {
		sql_write_delete(s, child, rowid, old, after);
		return true;
	}
	memcpy(fresh, old, child->ncolumns * sizeof(*fresh));
	memset(given, 1, child->ncolumns);
	for (size_t i = 0; i < nset; i++) {
		struct sql_datum *v = &fresh[set[i] - 1];
		if (action == 'd')
			given[set[i] - 1] = false;
		else if (action == 'n')
			*v = (struct sql_datum){ .kind = SQL_NULL };
		else
			*v = n->fresh[k->other_columns[i] - 1];
	}
	if (action == 'd' && !sql_write_defaults(s, child, given, fresh, a))
		return false;
	return sql_write_update(s, child, rowid, old, fresh, a, after, NULL, &rowid);
}

static bool parent_gone(struct sql_session *s, const struct sql_after *n, const struct sql_relation *parent, const struct sql_constraint *k,
			struct sql_after **after)
{
	const struct sql_relation *child = sql_catalog_relation_oid(s, k->other); /* of a reference: who points */
	char action = n->fresh ? k->on_update : k->on_delete;
	struct sql_datum keys[SQL_KEYS_MAX];
	struct child_rows rows = { 0 };
	struct arena a;
	bool ok;

	if (!child)
		return true;
	for (size_t i = 0; i < k->ncolumns; i++)
		keys[i] = n->values[k->other_columns[i] - 1];
	if (action == 'a') {
		/* somebody else may have taken the key over in the meantime */
		int64_t again = find_row(s, parent, k->other_columns, k->ncolumns, keys, false);
		if (again)
			return again > 0;
	}
	arena_init(&a);
	ok = children(s, child, k, keys, &a, &rows);
	if (ok && rows.count && (action == 'a' || action == 'r')) {
		still_referenced(s, parent, child, k, n->values);
		ok = false;
	}
	for (size_t i = 0; ok && i < rows.count && action != 'a' && action != 'r'; i++)
		ok = follow(s, child, k, action, n, rows.rows[i], &a, after);
	arena_release(&a);
	return ok;
}

/* ---- at the end of the statement, or of the transaction ------------------------------------ */

static const struct sql_constraint *find_constraint(const struct sql_relation *rel, uint32_t oid)
{
	for (size_t i = 0; i < rel->nconstraints; i++)
		if (rel->constraints[i].oid == oid)
			return &rel->constraints[i];
	return NULL;
}

static const struct sql_constraint *find_reference(const struct sql_relation *rel, uint32_t oid)
{
	for (size_t i = 0; i < rel->nreferences; i++)
		if (rel->references[i].oid == oid)
			return &rel->references[i];
	return NULL;
}

static bool run_one(struct sql_session *s, const struct sql_after *n, struct sql_after **more)
{
	const struct sql_relation *rel = sql_catalog_relation_oid(s, n->relation);
	const struct sql_constraint *k = !rel ? NULL : n->what == PARENT_GONE ? find_reference(rel, n->constraint) : find_constraint(rel, n->constraint);

	if (!k || rel->ncolumns != n->nvalues)
		return true; /* dropped since */
	switch (n->what) {
	case CHECK_CHILD: return check_child(s, n, rel, k);
	case CHECK_UNIQUE: return check_unique(s, n, rel, k);
	case PARENT_GONE: return parent_gone(s, n, rel, k, more);
	}
	return true;
}

static void free_one(struct sql_after *n)
{
	arena_release(&n->arena);
	free(n);
}

void sql_after_drop(struct sql_after **after)
{
	while (*after) {
		struct sql_after *n = *after;
		*after = n->next;
		free_one(n);
	}
}

/* Newest first, as they were pushed, turned into the order of the rows. */
static struct sql_after *in_order(struct sql_after *list)
{
	struct sql_after *turned = NULL;

	while (list) {
		struct sql_after *next = list->next;
		list->next = turned;
		turned = list;
		list = next;
	}
	return turned;
}

bool sql_after_run(struct sql_session *s, struct sql_after **after)
{
	bool ok = true;

	/* what follows makes more to follow: round by round */
	while (ok && *after) {
		struct sql_after *round = in_order(*after);
		*after = NULL;
		while (ok && round) {
			struct sql_after *n = round;
			round = n->next;
			ok = run_one(s, n, after);
			free_one(n);
		}
		sql_after_drop(&round);
	}
	sql_after_drop(after);
	return ok;
}

/* ---- deferred ---------------------------------------------------------------------------- */

static struct sql_deferred *deferred_of(struct sql_session *s)
{
	if (!s->deferred) {
		s->deferred = calloc(1, sizeof(*s->deferred));
		if (!s->deferred)
			abort();
		s->deferred->last = &s->deferred->first;
		map_init(&s->deferred->modes);
	}
	return s->deferred;
}

void sql_deferred_add(struct sql_session *s, struct sql_after *n)
{
	struct sql_deferred *d = deferred_of(s);

	*d->last = n;
	d->last = &n->next;
}

bool sql_deferred_run(struct sql_session *s)
{
	struct sql_deferred *d = s->deferred;
	struct sql_after *more = NULL;
	bool ok = true;

	if (!d || !d->first)
		return true;
	sql_catalog_refresh(s);
	while (ok && d->first) {
		struct sql_after *n = d->first;
		d->first = n->next;
		if (!d->first)
			d->last = &d->first;
		ok = run_one(s, n, &more);
		free_one(n);
	}
	return sql_after_run(s, &more) && ok;
}

void sql_deferred_clear(struct sql_session *s)
{
	struct sql_deferred *d = s->deferred;

	if (!d)
		return;
	sql_after_drop(&d->first);
	map_release(&d->modes);
	free(d);
	s->deferred = NULL;
}

void sql_deferred_undo(struct sql_session *s, size_t level)
{
	struct sql_deferred *d = s->deferred;

	if (!d)
		return;
	for (struct sql_after **p = &d->first; *p;) {
		struct sql_after *n = *p;
		if (n->level >= level) {
			*p = n->next;
			free_one(n);
		} else {
			p = &n->next;
		}
	}
	d->last = &d->first;
	while (*d->last)
		d->last = &(*d->last)->next;
}

void sql_deferred_merge(struct sql_session *s, size_t level)
{
	for (struct sql_after *n = s->deferred ? s->deferred->first : NULL; n; n = n->next)
		if (n->level >= level)
			n->level = level - 1;
}

bool sql_deferred_set(struct sql_session *s, const uint32_t *constraints, size_t count, bool deferred)
{
	struct sql_deferred *d = deferred_of(s);

	if (!count)
		d->all = deferred ? 'd' : 'i';
	for (size_t i = 0; i < count; i++)
		map_set(&d->modes, (struct slice){ (const char *)&constraints[i], sizeof(*constraints) }, (void *)(uintptr_t)(deferred ? 'd' : 'i'));
	return deferred || sql_deferred_run(s);
}
