/*
 * facts: what PostgreSQL 15's own catalogs say of its types, functions,
 * operators, casts and aggregates.
 *
 * Static tables, sorted for searching, made by generate.sh; nothing is built at
 * start. Types, functions and operators that a program creates are not here: ask
 * the catalog.
 */
#ifndef SERVICE_PG_SQL_FACTS_H
#define SERVICE_PG_SQL_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/slice.h"
#include "service/pg/sql/env.h"

struct sql_proc {
	uint32_t oid;
	const char *name;
	const char *source;     /* prosrc: the library's key; of aggregates and functions in SQL: "sum(int4)" */
	uint32_t returns;
	char kind;              /* f, a, w, p */
	bool strict;
	char volatility;        /* i, s, v */
	bool set;
	uint32_t variadic;      /* element type, "any" (2276), 0 */
	uint16_t ndefaults, nargs;
	const uint32_t *types;  /* nargs */
	uint16_t nall;
	const uint32_t *all;    /* nall: with OUT ones; 0: as types */
	const char *modes;      /* nall letters: i o b v t; NULL: all i */
	const char *names;      /* with commas between; NULL: none */
	const char *defaults;   /* of the last ndefaults ones, as SQL text with newlines between */
};

struct sql_type_fact {
	uint32_t oid;
	const char *name;
	int16_t len;
	bool byval;
	char kind, category;
	bool preferred;
	char delimiter;
	uint32_t relation;
	bool is_array;
	uint32_t element, array, base;
	int32_t typmod;
	uint32_t collation;
	char align, storage;
	uint32_t input, output, receive, send, modin, modout; /* pg_proc */
};

struct sql_operator {
	uint32_t oid;
	const char *name;
	char kind;              /* b, l */
	uint32_t left, right, result, commutator, negator, proc;
	bool merges, hashes;
};

struct sql_cast_fact {
	uint32_t source, target, proc;
	char context;           /* e, a, i */
	char method;            /* f, b, i */
};

struct sql_aggregate_fact {
	uint32_t proc;
	char kind;              /* n, o, h */
	uint16_t ndirect;
	uint32_t sort_operator, transition;
};

struct sql_range_fact {
	uint32_t type, subtype, multirange, collation, opclass;
};

struct sql_opclass_fact {
	uint32_t oid, method;
	const char *name;
	uint32_t family, type;
	bool is_default;
	uint32_t key;
};

struct sql_opfamily_fact {
	uint32_t oid, method;
	const char *name;
};

struct sql_amop_fact {
	uint32_t family, left, right;
	int16_t strategy;
	char purpose;
	uint32_t operator, method;
};

struct sql_am_fact {
	uint32_t oid;
	const char *name, *routine;
	char kind;
};

struct sql_collation_fact {
	uint32_t oid;
	const char *name;
	char provider;
	bool deterministic;
	int32_t encoding;
	const char *collate, *ctype;
};

struct sql_keyword_fact {
	const char *word;
	char category;          /* U unreserved, C column name, T type or function name, R reserved */
	bool bare_label;
};

/* All rows, in the order of the search: for pg_proc and its kin. */
extern const struct sql_proc sql_procs[];
extern const size_t sql_nprocs;
extern const struct sql_type_fact sql_type_facts[];
extern const size_t sql_ntype_facts;
extern const struct sql_operator sql_operators[];
extern const size_t sql_noperators;
extern const struct sql_cast_fact sql_cast_facts[];
extern const size_t sql_ncast_facts;
extern const struct sql_aggregate_fact sql_aggregate_facts[];
extern const size_t sql_naggregate_facts;
extern const struct sql_range_fact sql_range_facts[];
extern const size_t sql_nrange_facts;
extern const struct sql_opclass_fact sql_opclass_facts[];
extern const size_t sql_nopclass_facts;
extern const struct sql_opfamily_fact sql_opfamily_facts[];
extern const size_t sql_nopfamily_facts;
extern const struct sql_amop_fact sql_amop_facts[];
extern const size_t sql_namop_facts;
extern const struct sql_am_fact sql_am_facts[];
extern const size_t sql_nam_facts;
extern const struct sql_collation_fact sql_collation_facts[];
extern const size_t sql_ncollation_facts;
extern const struct sql_keyword_fact sql_keyword_facts[];
extern const size_t sql_nkeyword_facts;

/* The first of that name, and how many follow one another. NULL: none. */
const struct sql_proc *sql_procs_named(struct slice name, size_t *count);
const struct sql_operator *sql_operators_named(struct slice name, size_t *count);
/* NULL: none. */
const struct sql_proc *sql_proc_oid(uint32_t oid);
const struct sql_operator *sql_operator_oid(uint32_t oid);
const struct sql_type_fact *sql_type_fact_oid(uint32_t oid);
const struct sql_type_fact *sql_type_fact_named(struct slice name);
const struct sql_cast_fact *sql_cast_find(uint32_t source, uint32_t target);
const struct sql_aggregate_fact *sql_aggregate_find(uint32_t proc);
const struct sql_range_fact *sql_range_find(uint32_t type);
const struct sql_range_fact *sql_range_of_multirange(uint32_t type);
const struct sql_keyword_fact *sql_keyword_find(struct slice word);
/* The facts as the engine hands them out: built-in types only. NULL: none. Valid forever. */
const struct sql_type *sql_builtin_type(uint32_t oid);
const struct sql_type *sql_builtin_type_named(struct slice name);

#endif
