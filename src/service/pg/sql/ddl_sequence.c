/*
 * CREATE and ALTER SEQUENCE, also the sequences behind serial and identity columns.
 */
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/ddl.h"
#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/table_plan.h"

struct options {
	struct sql_sequence_facts f;
	bool has_type, has_min, has_max, has_start, restart, has_restart_value;
	int64_t restart_value;
	PgQuery__Node **owner;
	size_t nowner;
};

static void type_bounds(uint32_t type, int64_t *min, int64_t *max)
{
	*min = type == 21 ? INT16_MIN : type == 23 ? INT32_MIN : INT64_MIN;
	*max = type == 21 ? INT16_MAX : type == 23 ? INT32_MAX : INT64_MAX;
}

static bool read_options(struct ddl *d, PgQuery__Node **list, size_t count, struct options *o, bool alter)
{
	int64_t low, high;
	bool reset_min = !alter, reset_max = !alter;

	for (size_t i = 0; i < count; i++) {
		const PgQuery__DefElem *e = list[i]->def_elem;
		int64_t v = 0;
		bool number = ddl_option_int(d, e, &v);

		if (!strcmp(e->defname, "as")) {
			uint32_t type;
			int32_t typmod;
			if (!sql_compile_type(d->s, e->arg->type_name, &type, &typmod))
				return false;
			if (type != 20 && type != 21 && type != 23)
				return ddl_fail(d, "22023", -1, "sequence type must be smallint, integer, or bigint");
			int64_t was_low, was_high;
			type_bounds(o->f.type, &was_low, &was_high);
			reset_max |= o->f.max == was_high;
			reset_min |= o->f.min == was_low;
			o->f.type = type;
		} else if (!strcmp(e->defname, "increment")) {
			if (number && !v)
				return ddl_fail(d, "22023", -1, "INCREMENT must not be zero");
			o->f.increment = v;
		} else if (!strcmp(e->defname, "minvalue")) {
			o->has_min = number;
			reset_min = !number;
			if (number)
				o->f.min = v;
		} else if (!strcmp(e->defname, "maxvalue")) {
			o->has_max = number;
			reset_max = !number;
			if (number)
				o->f.max = v;
		} else if (!strcmp(e->defname, "start")) {
			o->has_start = true;
			o->f.start = v;
		} else if (!strcmp(e->defname, "restart")) {
			o->restart = true;
			o->has_restart_value = number;
			o->restart_value = v;
		} else if (!strcmp(e->defname, "cache")) {
			if (v <= 0)
				return ddl_fail(d, "22023", -1, "CACHE (%lld) must be greater than zero", (long long)v);
			o->f.cache = v;
		} else if (!strcmp(e->defname, "cycle")) {
			o->f.cycle = ddl_option_bool(d, e);
		} else if (!strcmp(e->defname, "owned_by")) {
			o->owner = e->arg->list->items;
			o->nowner = e->arg->list->n_items;
		}
	}
	type_bounds(o->f.type, &low, &high);
	if (reset_max && !o->has_max)
		o->f.max = o->f.increment > 0 ? high : -1;
	if (reset_min && !o->has_min)
		o->f.min = o->f.increment > 0 ? 1 : low;
	if (o->f.max > high || o->f.max < low)
		return ddl_fail(d, "22023", -1, "MAXVALUE (%lld) is out of range for sequence data type %s", (long long)o->f.max,
				o->f.type == 21 ? "smallint" : o->f.type == 23 ? "integer" : "bigint");
	if (o->f.min > high || o->f.min < low)
		return ddl_fail(d, "22023", -1, "MINVALUE (%lld) is out of range for sequence data type %s", (long long)o->f.min,
				o->f.type == 21 ? "smallint" : o->f.type == 23 ? "integer" : "bigint");
	if (o->f.min >= o->f.max)
		return ddl_fail(d, "22023", -1, "MINVALUE (%lld) must be less than MAXVALUE (%lld)", (long long)o->f.min, (long long)o->f.max);
	if (!o->has_start && !alter)
		o->f.start = o->f.increment > 0 ? o->f.min : o->f.max;
	if (o->f.start < o->f.min)
		return ddl_fail(d, "22023", -1, "START value (%lld) cannot be less than MINVALUE (%lld)", (long long)o->f.start, (long long)o->f.min);
	if (o->f.start > o->f.max)
		return ddl_fail(d, "22023", -1, "START value (%lld) cannot be greater than MAXVALUE (%lld)", (long long)o->f.start, (long long)o->f.max);
	if (o->restart && o->has_restart_value && o->restart_value < o->f.min)
		return ddl_fail(d, "22023", -1, "RESTART value (%lld) cannot be less than MINVALUE (%lld)", (long long)o->restart_value, (long long)o->f.min);
	if (o->restart && o->has_restart_value && o->restart_value > o->f.max)
		return ddl_fail(d, "22023", -1, "RESTART value (%lld) cannot be greater than MAXVALUE (%lld)", (long long)o->restart_value, (long long)o->f.max);
	return true;
}

static bool set_owner(struct ddl *d, uint32_t sequence, const struct options *o)
{
	struct slice schema = SLICE_NONE, name;
	const char *column;

	if (!o->nowner)
		return true;
	if (o->nowner == 1) { /* NONE */
		ddl_own_sequence(d, sequence, 0, 0, 'a');
		return true;
	}
	column = sql_ast_string(o->owner[o->nowner - 1]);
	ddl_split_name(o->owner, o->nowner - 1, &schema, &name);
	const struct sql_relation *rel = sql_catalog_relation(d->s, schema, name);
	if (!rel)
		return ddl_fail(d, "42P01", -1, "relation \"%.*s\" does not exist", SLICE_ARG(name));
	const struct sql_attribute *c = ddl_find_column(rel, column);
	if (!c)
		return ddl_fail(d, "42703", -1, "column \"%s\" of relation \"%s\" does not exist", column, rel->name);
	ddl_own_sequence(d, sequence, rel->oid, c->number, 'a');
	return true;
}

static const struct sql_cat_value *facts_row(struct ddl *d, uint32_t oid, const struct sql_sequence_facts *f)
{
	struct sql_cat_value row[8] = { CAT_INT("seqrelid", oid), CAT_INT("seqtypid", f->type), CAT_INT("seqstart", f->start),
					CAT_INT("seqincrement", f->increment), CAT_INT("seqmax", f->max), CAT_INT("seqmin", f->min),
					CAT_INT("seqcache", f->cache), CAT_INT("seqcycle", f->cycle) };
	struct sql_cat_value *kept = ARENA_ARRAY(d->a, struct sql_cat_value, 8);

	memcpy(kept, row, sizeof(row));
	return kept;
}

uint32_t ddl_make_sequence(struct ddl *d, const char *name, uint32_t schema, char persistence, uint32_t type, PgQuery__Node **list, size_t count)
{
	static const struct {
		const char *name;
		uint32_t type;
	} columns[] = { { "last_value", 20 }, { "log_cnt", 20 }, { "is_called", 16 } };
	struct options o = { .f = { .type = type, .increment = 1, .cache = 1 } };
	struct ddl_new_relation r = { .name = name, .schema = schema, .kind = 'S', .persistence = persistence, .ncolumns = 3 };
	bool skip;

	if (!read_options(d, list, count, &o, false) || !ddl_check_new_name(d, schema, name, false, &skip))
		return 0;
	r.columns = ARENA_ARRAY(d->a, struct ddl_new_column, 3);
	for (size_t i = 0; i < 3; i++)
		r.columns[i] = (struct ddl_new_column){ .name = columns[i].name, .type = columns[i].type, .typmod = -1, .notnull = true };
	uint32_t oid = ddl_make_relation(d, &r);
	sql_sequence_make(d->s, oid, o.f.start);
	sql_cat_insert(d->s, CAT_SEQUENCE, facts_row(d, oid, &o.f), 8);
	return set_owner(d, oid, &o) ? oid : 0;
}

bool ddl_create_sequence(struct ddl *d, const PgQuery__CreateSeqStmt *st)
{
	const PgQuery__RangeVar *rv = st->sequence;
	uint32_t schema = ddl_schema_for(d, rv->schemaname, rv->relpersistence, rv->location);
	bool skip;

	if (!schema || !ddl_check_new_name(d, schema, rv->relname, st->if_not_exists, &skip))
		return false;
	return skip || ddl_make_sequence(d, rv->relname, schema, schema == d->s->temp_schema ? 't' : 'p', 20, st->options, st->n_options);
}

bool ddl_alter_sequence_options(struct ddl *d, const struct sql_relation *rel, PgQuery__Node **list, size_t count)
{
	struct options o = { 0 };
	struct sql_datum *row = ARENA_ARRAY(d->a, struct sql_datum, 3);
	uint32_t oid = rel->oid;

	sql_catalog_sequence(d->s, oid, &o.f);
	if (!read_options(d, list, count, &o, true))
		return false;
	int64_t last = 0;
	bool called = false;
	char text[64];
	snprintf(text, sizeof(text), "SELECT c1, c3 FROM r_%u", rel->filenode);
	sqlite3_stmt *q = sql_store_take(d->st, text);
	if (sqlite3_step(q) == SQLITE_ROW) {
		last = sqlite3_column_int64(q, 0);
		called = sqlite3_column_int(q, 1);
	}
	sql_store_done(d->st, q);
	(void)row;
	if (o.restart) {
		last = o.has_restart_value ? o.restart_value : o.f.start;
		called = false;
	}
	if (last < o.f.min)
		return ddl_fail(d, "22023", -1, "RESTART value (%lld) cannot be less than MINVALUE (%lld)", (long long)last, (long long)o.f.min);
	if (last > o.f.max)
		return ddl_fail(d, "22023", -1, "RESTART value (%lld) cannot be greater than MAXVALUE (%lld)", (long long)last, (long long)o.f.max);
	sql_cat_change(d->s, CAT_SEQUENCE, facts_row(d, oid, &o.f), 8, "seqrelid = ?1", CAT_IDS(oid));
	if (o.restart) {
		/* under a new filenode: a rollback brings the old numbers back, as in PostgreSQL */
		uint32_t filenode = sql_store_oid(d->st);
		sql_sequence_make(d->s, filenode, last);
		sql_cat_change(d->s, CAT_CLASS, (struct sql_cat_value[]){ CAT_INT("relfilenode", filenode) }, 1, "oid = ?1", CAT_IDS(oid));
		(void)called;
	}
	return set_owner(d, oid, &o);
}

bool ddl_alter_sequence(struct ddl *d, const PgQuery__AlterSeqStmt *st)
{
	const struct sql_relation *rel = ddl_relation(d, st->sequence, "S", "sequence", st->missing_ok);

	if (!rel)
		return !d->env->error;
	return ddl_alter_sequence_options(d, rel, st->options, st->n_options);
}
