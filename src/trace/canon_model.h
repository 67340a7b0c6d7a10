/*
 * canon_model: what stands behind struct canon, shared by the files that make
 * it: load (events to processes, streams and units), order (what belongs
 * together comes in the same place in every recording), canon (lines, labels).
 *
 * A unit is what keeps its inner order: a connection, a thread's requests on
 * one key, one event of a bag. A stream holds units.
 */
#ifndef TRACE_CANON_MODEL_H
#define TRACE_CANON_MODEL_H

#include "base/arena.h"
#include "base/map.h"
#include "trace/canon.h"
#include "trace/canon_text.h"
#include "trace/idmap.h"

#define CANON_NONE UINT32_MAX

struct canon_proc {
	struct slice role;    /* as recorded */
	struct slice program; /* without [k] */
	uint32_t parent;      /* CANON_NONE: a root; always below the own index */
	struct slice label;   /* role in the golden */
	uint32_t k;           /* ordinal among equal siblings, from 1 */
	uint32_t rank;        /* in the golden's order */
	uint64_t base;        /* hash of what it and its children did */
	uint64_t color;
	struct slice streams; /* names of its streams, sorted: the first thing to order by */
};

struct canon_group { /* (process, service, boundary) */
	uint32_t proc;
	struct slice service, boundary;
	bool keyed; /* http, s3 */
	bool other; /* has events that are neither requests of these nor about connections */
};

enum canon_kind { CANON_CONN, CANON_PLAIN, CANON_KEY, CANON_COR, CANON_COUNT };

struct canon_mem { /* a stream in memory, before numbers are given */
	uint32_t group;
	enum canon_kind kind;
	struct slice key;
	bool bag;
	uint32_t *units; /* in order once ordered */
	size_t count, cap;
};

struct canon_unit {
	uint32_t mem;
	uint32_t *events;
	size_t count, cap;
	uint32_t recorded; /* of a counted unit: events it stands for */
	uint64_t base;     /* hash of its shapes */
	uint64_t color;
};

struct canon_event {
	uint64_t shape, coarse;
	uint32_t values_from, values_count;
	uint32_t sum; /* hash of the canonical sum */
	bool none;
};

struct canon_val {
	uint64_t color;
	enum volatile_type type;
	char label[20]; /* hex; "" not given yet */
};

struct canon {
	const struct trace_file *file;
	struct canon_text text;
	struct arena arena; /* names */
	struct map names;   /* interned */

	struct canon_event *events; /* as in the file */
	struct canon_value *occurrences;
	size_t noccurrences, cap_occurrences;
	struct idmap value_ids;
	struct canon_val *values;
	size_t nvalues, cap_values;

	struct canon_proc *procs;
	size_t nprocs, cap_procs;
	struct canon_group *groups;
	size_t ngroups, cap_groups;
	struct canon_mem *mems;
	size_t nmems, cap_mems;
	struct canon_unit *units;
	size_t nunits, cap_units;

	struct canon_line *lines;
	uint32_t *line_procs; /* NULL in a golden */
	size_t nlines, cap_lines;
	struct canon_stream *streams;
	size_t nstreams, cap_streams;

	struct buf scratch;
	bool labelling; /* placeholders get their labels */
	uint32_t look_for; /* value whose place is wanted, CANON_NONE: none */
	struct buf *look_path;
};

/* Grows an array that doubles; ends the program when memory does. */
void *canon_grow(void *list, size_t *cap, size_t count, size_t size);
/* The one copy of a name. */
struct slice canon_intern(struct canon *c, struct slice s);

/* Fills events[event] and the values in it; the shape's text, in the scratch. */
struct slice canon_shape(struct canon *c, uint32_t event, const struct trace_line *line);
/* "curl[2]" is the second curl of its parent: "curl". */
struct slice canon_program(struct slice role);
void canon_label(struct canon *c);

/* Steps, in this order. */
void canon_load(struct canon *c);
void canon_order(struct canon *c);

#endif
