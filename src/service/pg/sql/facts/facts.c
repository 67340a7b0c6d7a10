/*
 * Finds rows in the tables of facts. The tables are generated; by name they are
 * sorted as they stand, by OID a list of indexes is sorted on first use.
 */
#include "service/pg/sql/facts/facts.h"

#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
/* A list of types; an empty one must be something too. */
#define L(...) (const uint32_t[]){ 0, ##__VA_ARGS__ } + 1
const struct sql_proc sql_procs[] = {
#define PROC(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/proc.def"
#undef PROC
};
#pragma GCC diagnostic pop
const size_t sql_nprocs = COUNT(sql_procs);

const struct sql_type_fact sql_type_facts[] = {
#define TYPE(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/type.def"
#undef TYPE
};
const size_t sql_ntype_facts = COUNT(sql_type_facts);

const struct sql_operator sql_operators[] = {
#define OPERATOR(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/operator.def"
#undef OPERATOR
};
const size_t sql_noperators = COUNT(sql_operators);

const struct sql_cast_fact sql_cast_facts[] = {
#define CAST(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/cast.def"
#undef CAST
};
const size_t sql_ncast_facts = COUNT(sql_cast_facts);

const struct sql_aggregate_fact sql_aggregate_facts[] = {
#define AGGREGATE(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/aggregate.def"
#undef AGGREGATE
};
const size_t sql_naggregate_facts = COUNT(sql_aggregate_facts);

const struct sql_range_fact sql_range_facts[] = {
#define RANGE(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/range.def"
#undef RANGE
};
const size_t sql_nrange_facts = COUNT(sql_range_facts);

const struct sql_opclass_fact sql_opclass_facts[] = {
#define OPCLASS(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/opclass.def"
#undef OPCLASS
};
const size_t sql_nopclass_facts = COUNT(sql_opclass_facts);

const struct sql_opfamily_fact sql_opfamily_facts[] = {
#define OPFAMILY(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/opfamily.def"
#undef OPFAMILY
};
const size_t sql_nopfamily_facts = COUNT(sql_opfamily_facts);

const struct sql_amop_fact sql_amop_facts[] = {
#define AMOP(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/amop.def"
#undef AMOP
};
const size_t sql_namop_facts = COUNT(sql_amop_facts);

const struct sql_am_fact sql_am_facts[] = {
#define AM(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/am.def"
#undef AM
};
const size_t sql_nam_facts = COUNT(sql_am_facts);

const struct sql_collation_fact sql_collation_facts[] = {
#define COLLATION(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/collation.def"
#undef COLLATION
};
const size_t sql_ncollation_facts = COUNT(sql_collation_facts);

const struct sql_keyword_fact sql_keyword_facts[] = {
#define KEYWORD(...) { __VA_ARGS__ },
#include "service/pg/sql/facts/keyword.def"
#undef KEYWORD
};
const size_t sql_nkeyword_facts = COUNT(sql_keyword_facts);

/* ---- by name ---- */

/* The first row whose name (a const char * at `offset`) is not below. */
static size_t lower_bound(const void *rows, size_t count, size_t size, size_t offset, struct slice name)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const char *at = *(const char *const *)(const void *)((const char *)rows + middle * size + offset);

		if (slice_cmp(slice_str(at), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}
#define FIND(rows, count, member, name) lower_bound(rows, count, sizeof((rows)[0]), offsetof(__typeof__((rows)[0]), member), name)

const struct sql_proc *sql_procs_named(struct slice name, size_t *count)
{
	size_t first = FIND(sql_procs, sql_nprocs, name, name), i = first;

	while (i < sql_nprocs && slice_eq_str(name, sql_procs[i].name))
		i++;
	*count = i - first;
	return *count ? sql_procs + first : NULL;
}

const struct sql_operator *sql_operators_named(struct slice name, size_t *count)
{
	size_t first = FIND(sql_operators, sql_noperators, name, name), i = first;

	while (i < sql_noperators && slice_eq_str(name, sql_operators[i].name))
		i++;
	*count = i - first;
	return *count ? sql_operators + first : NULL;
}

const struct sql_type_fact *sql_type_fact_named(struct slice name)
{
	size_t i = FIND(sql_type_facts, sql_ntype_facts, name, name);

	return i < sql_ntype_facts && slice_eq_str(name, sql_type_facts[i].name) ? sql_type_facts + i : NULL;
}

const struct sql_keyword_fact *sql_keyword_find(struct slice word)
{
	size_t i = FIND(sql_keyword_facts, sql_nkeyword_facts, word, word);

	return i < sql_nkeyword_facts && slice_eq_str(word, sql_keyword_facts[i].word) ? sql_keyword_facts + i : NULL;
}

/* ---- by OID: open addressing over indexes, made on first use; every table is below 8,192 rows ---- */

#define SLOTS 8192

struct by_oid {
	uint16_t slots[SLOTS]; /* index + 1; 0 free */
	bool made;
};

static uint32_t oid_at(const void *rows, size_t size, size_t i)
{
	return *(const uint32_t *)(const void *)((const char *)rows + i * size); /* the first member of each */
}

static size_t find_oid(struct by_oid *by, const void *rows, size_t count, size_t size, uint32_t oid)
{
	if (!by->made) {
		for (size_t i = 0; i < count; i++) {
			size_t at = oid_at(rows, size, i) * 2654435761u % SLOTS;

			while (by->slots[at])
				at = (at + 1) % SLOTS;
			by->slots[at] = (uint16_t)(i + 1);
		}
		by->made = true;
	}
	for (size_t at = oid * 2654435761u % SLOTS; by->slots[at]; at = (at + 1) % SLOTS)
		if (oid_at(rows, size, by->slots[at] - 1u) == oid)
			return by->slots[at] - 1u;
	return SIZE_MAX;
}

const struct sql_proc *sql_proc_oid(uint32_t oid)
{
	static struct by_oid by;
	size_t i = find_oid(&by, sql_procs, sql_nprocs, sizeof(sql_procs[0]), oid);

	return i == SIZE_MAX ? NULL : sql_procs + i;
}

const struct sql_operator *sql_operator_oid(uint32_t oid)
{
	static struct by_oid by;
	size_t i = find_oid(&by, sql_operators, sql_noperators, sizeof(sql_operators[0]), oid);

	return i == SIZE_MAX ? NULL : sql_operators + i;
}

const struct sql_type_fact *sql_type_fact_oid(uint32_t oid)
{
	static struct by_oid by;
	size_t i = find_oid(&by, sql_type_facts, sql_ntype_facts, sizeof(sql_type_facts[0]), oid);

	return i == SIZE_MAX ? NULL : sql_type_facts + i;
}

const struct sql_aggregate_fact *sql_aggregate_find(uint32_t proc)
{
	static struct by_oid by;
	size_t i = find_oid(&by, sql_aggregate_facts, sql_naggregate_facts, sizeof(sql_aggregate_facts[0]), proc);

	return i == SIZE_MAX ? NULL : sql_aggregate_facts + i;
}

const struct sql_cast_fact *sql_cast_find(uint32_t source, uint32_t target)
{
	size_t low = 0, high = sql_ncast_facts;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct sql_cast_fact *c = sql_cast_facts + middle;

		if (c->source < source || (c->source == source && c->target < target))
			low = middle + 1;
		else
			high = middle;
	}
	const struct sql_cast_fact *c = sql_cast_facts + low;
	return low < sql_ncast_facts && c->source == source && c->target == target ? c : NULL;
}

const struct sql_range_fact *sql_range_find(uint32_t type)
{
	for (size_t i = 0; i < sql_nrange_facts; i++)
		if (sql_range_facts[i].type == type)
			return sql_range_facts + i;
	return NULL;
}

const struct sql_range_fact *sql_range_of_multirange(uint32_t type)
{
	for (size_t i = 0; i < sql_nrange_facts; i++)
		if (sql_range_facts[i].multirange == type)
			return sql_range_facts + i;
	return NULL;
}

/* ---- types as the engine hands them out ---- */

static const struct sql_type *builtin(const struct sql_type_fact *f)
{
	static struct sql_type types[COUNT(sql_type_facts)];

	if (!f)
		return NULL;
	struct sql_type *t = types + (f - sql_type_facts);
	if (!t->oid) {
		const struct sql_range_fact *range = f->kind == 'r' ? sql_range_find(f->oid) :
					       f->kind == 'm'   ? sql_range_of_multirange(f->oid) :
								  NULL;

		*t = (struct sql_type){
			.oid = f->oid,
			.name = f->name,
			.schema = "pg_catalog",
			.kind = f->kind,
			.category = f->category,
			.preferred = f->preferred,
			.len = f->len,
			.element = f->is_array ? f->element : 0,
			.array = f->array,
			.base = !range ? f->base : f->kind == 'm' ? range->type : range->subtype,
			.relation = f->relation,
			.basemod = f->typmod,
			.collation = f->collation,
		};
	}
	return t;
}

const struct sql_type *sql_builtin_type(uint32_t oid)
{
	return builtin(sql_type_fact_oid(oid));
}

const struct sql_type *sql_builtin_type_named(struct slice name)
{
	return builtin(sql_type_fact_named(name));
}
