/*
 * canon_model: what stands behind struct canon, shared by the files that make
 * it: canon_events (shapes and values), canon_load (events to processes,
 * streams and units), canon_order (what belongs together comes in the same
 * place in every recording), canon_lines (streams and lines), canon_label and
 * canon_golden (text).
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
#include "trace/shape.h"

#define CANON_NONE UINT32_MAX

enum canon_class { C_OTHER, C_OPEN, C_CLOSE, C_TLS, C_REQUEST };

/* What events have in common; there are few of them. */
struct canon_kind {
	uint64_t coarse, sum;
	enum canon_class class;
	bool none, failed, near;
	size_t paths, npaths; /* in canon.paths: hashes of where the values stand */
};

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

enum canon_mem_kind { CANON_CONN, CANON_PLAIN, CANON_KEY, CANON_COR, CANON_COUNT };

struct canon_mem { /* a stream in memory, before numbers are given */
	uint32_t group;
	enum canon_mem_kind kind;
	struct slice key;
	bool bag;
	uint32_t from, count; /* in unit_order, ordered once ordered */
};

struct canon_unit {
	uint32_t mem;
	uint32_t from, count; /* in canon.order */
	uint32_t recorded; /* of a counted unit: events it stands for */
	uint64_t base;     /* hash of its shapes */
	uint64_t color;
};

struct canon {
	const struct trace_file *file;
	struct canon_text text;
	struct arena arena; /* names */
	struct map names;   /* interned */

	/* By event while loading, by line from canon_lines on. */
	size_t n;
	uint64_t *shapes;
	uint32_t *kind, *values_from;
	struct canon_kind *kinds;
	size_t nkinds, cap_kinds;
	struct idmap kind_ids;
	uint32_t *paths;      /* of all kinds */
	size_t npaths, cap_paths;
	uint32_t *occurrences; /* values, as they stand in the events */
	size_t noccurrences, cap_occurrences;
	size_t nvalues;
	uint8_t *value_type;
	size_t cap_values;
	uint64_t *value_color; /* while ordering */
	struct slice *labels;  /* by value, once labelled */

	/* While loading. */
	struct idmap value_ids;
	uint32_t *found;       /* paths of the event at hand */
	size_t nfound, cap_found;
	struct shape_plan *scratch_plan;

	struct canon_proc *procs;
	size_t nprocs, cap_procs;
	struct canon_group *groups;
	size_t ngroups, cap_groups;
	struct canon_mem *mems;
	size_t nmems, cap_mems;
	struct canon_unit *units;
	size_t nunits, cap_units;
	uint32_t *order;       /* events, unit by unit */
	uint32_t *unit_order;  /* units, mem by mem */
	struct idmap started;  /* proc.start's event -> process */

	/* Lines. */
	size_t nlines;
	uint32_t *line_event;
	struct idmap counts;   /* line -> recorded events of a counted one */
	struct canon_stream *streams;
	size_t nstreams, cap_streams;

	struct buf scratch;
	enum { CANON_READING, CANON_TEXT, CANON_LABELLED, CANON_LOOKING } state;
	size_t look_for, looked; /* ordinal of a value in its line; so far */
	struct buf *look_value, *look_path;
};

/* Grows an array that doubles; ends the program when memory does. */
void *canon_grow(void *list, size_t *cap, size_t count, size_t size);
void *canon_alloc(size_t count, size_t size); /* zeroed */
/* The one copy of a name. */
struct slice canon_intern(struct canon *c, struct slice s);
/* "curl[2]" is the second curl of its parent: "curl". */
struct slice canon_program(struct slice role);
/* A new stream that begins at `line`. */
struct canon_stream *canon_stream_new(struct canon *c, struct slice name, size_t line);

/* canon_events.c: what x->value is. */
void canon_on_value(void *arg, enum volatile_type type, uint64_t value, struct slice path, struct slice text, struct buf *out);
void canon_event_add(struct canon *c, uint32_t event, struct skeleton *s, const struct slice *leaves);
void canon_events_done(struct canon *c); /* forgets what only loading needs */
const uint32_t *canon_event_values(const struct canon *c, uint32_t at, size_t *count, const uint32_t **paths);

/* Steps, in this order. */
void canon_load(struct canon *c);
void canon_order(struct canon *c);
void canon_lines(struct canon *c);
/* The one step of a golden, which is taken as it stands. */
void canon_golden(struct canon *c);

#endif
