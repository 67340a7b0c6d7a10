/*
 * Names inside of kept texts. PostgreSQL keeps trees with OIDs, which no renaming
 * touches; here views, defaults, checks and index expressions are SQL text, and a
 * renaming goes through them: parsed, changed, written again.
 */
#include <string.h>

#include "service/pg/sql/ddl.h"

/* ---- every node of a tree --------------------------------------------------------- */

typedef void (*visit_fn)(void *of, ProtobufCMessage *m);

static void walk(ProtobufCMessage *m, visit_fn visit, void *of)
{
	const ProtobufCMessageDescriptor *t = m->descriptor;

	visit(of, m);
	for (unsigned i = 0; i < t->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &t->fields[i];
		char *at = (char *)m + f->offset;
		if (f->type != PROTOBUF_C_TYPE_MESSAGE)
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED) {
			size_t n = *(size_t *)((char *)m + f->quantifier_offset);
			ProtobufCMessage **list = *(ProtobufCMessage ***)at;
			for (size_t k = 0; k < n; k++)
				walk(list[k], visit, of);
		} else if (!(f->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) || *(uint32_t *)((char *)m + f->quantifier_offset) == f->id) {
			ProtobufCMessage *one = *(ProtobufCMessage **)at;
			if (one)
				walk(one, visit, of);
		}
	}
}

struct change {
	struct ddl *d;
	const struct sql_relation *rel;
	const char *from, *to;
	bool own;                 /* an expression of the relation itself: its columns stand bare */
	const char *aliases[64];  /* under which the relation stands in this query */
	size_t naliases;
};

static bool names_relation(const struct change *c, const PgQuery__RangeVar *rv)
{
	return !strcmp(rv->relname, c->rel->name) && (!ddl_given(rv->schemaname) || !strcmp(rv->schemaname, c->rel->schema));
}

static void visit_relation(void *of, ProtobufCMessage *m)
{
	struct change *c = of;

	if (m->descriptor == &pg_query__range_var__descriptor) {
		PgQuery__RangeVar *rv = (PgQuery__RangeVar *)m;
		if (!names_relation(c, rv))
			return;
		if (!rv->alias) {
			rv->alias = ARENA_NEW(c->d->a, PgQuery__Alias);
			pg_query__alias__init(rv->alias);
			rv->alias->aliasname = rv->relname;
		}
		rv->relname = (char *)c->to;
	} else if (m->descriptor == &pg_query__string__descriptor) {
		/* 'name'::regclass inside a text constant is handled where the constant is */
	} else if (m->descriptor == &pg_query__a__const__descriptor) {
		PgQuery__AConst *k = (PgQuery__AConst *)m;
		if (k->val_case != PG_QUERY__A__CONST__VAL_SVAL || c->rel->kind != 'S')
			return;
		const char *plain = ddl_quoted(c->d, c->rel->name), *whole = ddl_print(c->d, "%s.%s", ddl_quoted(c->d, c->rel->schema), plain);
		if (!strcmp(k->sval->sval, plain))
			k->sval->sval = (char *)ddl_quoted(c->d, c->to);
		else if (!strcmp(k->sval->sval, whole))
			k->sval->sval = (char *)ddl_print(c->d, "%s.%s", ddl_quoted(c->d, c->rel->schema), ddl_quoted(c->d, c->to));
	}
}

static void find_aliases(void *of, ProtobufCMessage *m)
{
	struct change *c = of;

	if (m->descriptor != &pg_query__range_var__descriptor || !names_relation(c, (PgQuery__RangeVar *)m) || c->naliases == 64)
		return;
	const PgQuery__RangeVar *rv = (const PgQuery__RangeVar *)m;
	c->aliases[c->naliases++] = rv->alias ? rv->alias->aliasname : rv->relname;
}

static void visit_column(void *of, ProtobufCMessage *m)
{
	struct change *c = of;

	if (m->descriptor == &pg_query__res_target__descriptor) {
		/* a view's column keeps its name */
		PgQuery__ResTarget *t = (PgQuery__ResTarget *)m;
		if (!ddl_given(t->name) && t->val && t->val->node_case == AST(COLUMN_REF) && !c->own) {
			const PgQuery__ColumnRef *ref = t->val->column_ref;
			const char *last = sql_ast_string(ref->fields[ref->n_fields - 1]);
			if (last && !strcmp(last, c->from))
				t->name = (char *)c->from;
		}
		return;
	}
	if (m->descriptor != &pg_query__column_ref__descriptor)
		return;
	PgQuery__ColumnRef *ref = (PgQuery__ColumnRef *)m;
	PgQuery__Node *last = ref->fields[ref->n_fields - 1];
	const char *name = sql_ast_string(last), *of_table = ref->n_fields > 1 ? sql_ast_string(ref->fields[ref->n_fields - 2]) : NULL;
	bool mine = c->own;

	if (!name || strcmp(name, c->from) != 0)
		return;
	for (size_t i = 0; i < c->naliases && !mine; i++)
		mine = !of_table || !strcmp(of_table, c->aliases[i]);
	if (mine)
		last->string->sval = (char *)c->to;
}

/* ---- every text ---------------------------------------------------------------------- */

static struct slice changed_query(struct change *c, const char *text, bool column)
{
	struct sql_parsed p;

	if (!sql_parse(c->d->env, slice_str(text), c->d->a, &p) || p.count != 1)
		return SLICE_NONE;
	c->naliases = 0;
	walk(&p.statements[0]->base, find_aliases, c);
	walk(&p.statements[0]->base, column ? visit_column : visit_relation, c);
	return sql_deparse(p.statements[0], c->d->a);
}

static struct slice changed_expr(struct change *c, struct slice text, bool column)
{
	PgQuery__Node *n = sql_parse_expr(c->d->env, text, c->d->a);

	if (!n)
		return SLICE_NONE;
	walk(&n->base, column ? visit_column : visit_relation, c);
	return sql_deparse_expr(n, c->d->a);
}

struct text {
	int64_t oid;
	const char *text;
};

static size_t texts(struct ddl *d, const char *query, uint32_t relation, struct text **out)
{
	sqlite3_stmt *q = sql_cat_query(d->st, query, "i", (int64_t)relation);
	size_t n = 0, cap = 0;

	*out = NULL;
	while (sqlite3_step(q) == SQLITE_ROW) {
		if (n == cap) {
			struct text *more = ARENA_ARRAY(d->a, struct text, cap * 2 + 8);
			if (n)
				memcpy(more, *out, n * sizeof(*more));
			cap = cap * 2 + 8;
			*out = more;
		}
		(*out)[n++] = (struct text){ sqlite3_column_int64(q, 0), arena_str(d->a, (const char *)sqlite3_column_text(q, 1)) };
	}
	sql_store_done(d->st, q);
	return n;
}

static bool views(struct change *c, bool column)
{
	struct text *list;
	size_t n = texts(c->d, "SELECT DISTINCT w.oid, w.ev_action FROM pg_rewrite w JOIN pg_depend d ON d.classid = 2618 AND d.objid = w.oid "
			       "WHERE d.refclassid = 1259 AND d.refobjid = ?1 AND w.ev_class <> ?1", c->rel->oid, &list);

	for (size_t i = 0; i < n; i++) {
		struct slice text = changed_query(c, list[i].text, column);
		if (!text.len)
			return false;
		sql_cat_change(c->d->s, CAT_REWRITE, (struct sql_cat_value[]){ CAT_SLICE("ev_action", text) }, 1, "oid = ?1", CAT_IDS(list[i].oid));
	}
	return true;
}

static bool expressions(struct change *c, uint32_t catalog, const char *column_name, const char *query, bool column)
{
	struct text *list;
	size_t n = texts(c->d, query, c->rel->oid, &list);

	for (size_t i = 0; i < n; i++) {
		struct buf out;
		bool ok = true;
		buf_init(&out, 1 << 20);
		/* index expressions stand behind one another, each ended by a unit separator */
		for (const char *p = list[i].text; *p && ok;) {
			const char *end = strchr(p, '\x1f');
			struct slice one = { p, end ? (size_t)(end - p) : strlen(p) }, text = changed_expr(c, one, column);
			ok = text.len > 0;
			buf_add_slice(&out, text);
			if (end)
				buf_add_char(&out, '\x1f');
			p = end ? end + 1 : p + one.len;
		}
		if (ok)
			sql_cat_change(c->d->s, catalog, (struct sql_cat_value[]){ CAT_SLICE(column_name, buf_slice(&out)) }, 1,
				       catalog == CAT_INDEX ? "indexrelid = ?1" : "oid = ?1", CAT_IDS(list[i].oid));
		buf_release(&out);
		if (!ok)
			return false;
	}
	return true;
}

bool ddl_rename_relation_in_texts(struct ddl *d, const struct sql_relation *rel, const char *to)
{
	struct change c = { .d = d, .rel = rel, .from = rel->name, .to = to };

	return views(&c, false) &&
	       (rel->kind != 'S' || expressions(&c, CAT_ATTRDEF, "adbin", "SELECT a.oid, a.adbin FROM pg_attrdef a JOIN pg_depend d ON d.classid = 2604 AND "
						 "d.objid = a.oid WHERE d.refclassid = 1259 AND d.refobjid = ?1 AND d.deptype = 'n'", false));
}

bool ddl_rename_column_in_texts(struct ddl *d, const struct sql_relation *rel, const char *from, const char *to)
{
	struct change c = { .d = d, .rel = rel, .from = from, .to = to };

	if (!views(&c, true))
		return false;
	c.own = true;
	return expressions(&c, CAT_CONSTRAINT, "conbin", "SELECT oid, conbin FROM pg_constraint WHERE conrelid = ?1 AND contype = 'c'", true) &&
	       expressions(&c, CAT_ATTRDEF, "adbin", "SELECT d.oid, d.adbin FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum "
						     "WHERE d.adrelid = ?1 AND a.attgenerated = 's'", true) &&
	       expressions(&c, CAT_INDEX, "indexprs", "SELECT indexrelid, indexprs FROM pg_index WHERE indrelid = ?1 AND indexprs IS NOT NULL", true) &&
	       expressions(&c, CAT_INDEX, "indpred", "SELECT indexrelid, indpred FROM pg_index WHERE indrelid = ?1 AND indpred IS NOT NULL", true);
}
