/*
 * diff_model: what the files of a diff share. A side is a trace in canonical
 * form; a segment is a stretch of one stream that keeps its order (a stream, or
 * a transaction of a pool); a lane is a pair of segments that are one.
 */
#ifndef TRACE_DIFF_MODEL_H
#define TRACE_DIFF_MODEL_H

#include "base/arena.h"
#include "trace/canon.h"
#include "trace/diff.h"
#include "trace/idmap.h"

#define DIFF_NONE UINT32_MAX

struct side {
	const struct trace_file *file;
	struct canon *canon;
	size_t n;          /* lines */
	const uint64_t *key; /* shape; by kind and sum alone where only counts matter */
	uint64_t *coarse;  /* then that, else NULL */
	uint64_t *fine;    /* shape and where its values stand elsewhere: tells twins apart */
	uint32_t *match;   /* line of the other side, DIFF_NONE */
	uint32_t *value;   /* by value: the other side's value, DIFF_NONE */
	uint32_t *group;   /* by stream */
	uint32_t *lines;   /* 0, 1, 2, ...: what segments point into */
};

struct segment {
	uint32_t *lines;   /* of its side, in order */
	size_t count;
	uint64_t digest, fine; /* of its lines' shapes; of their fine keys */
	struct slice name; /* stream without its role and number: what tells streams of a group apart */
	uint32_t other;    /* segment of the other side, DIFF_NONE */
	bool bag;
	bool owned;        /* lines are its own; else a part of its side's */
};

/* (role, service, boundary), roles matched across the runs. */
struct group {
	struct slice program, service, boundary;
	struct slice role; /* golden's, else run's */
	struct segment *segments[2];
	size_t count[2];
	bool golden_role;    /* the role is one of the golden's */
	bool pool, shuffled; /* shuffled: equal lines were found in another connection */
	uint64_t lines[2], same;
};

enum diff_mode { MODE_DEFAULT, MODE_STRICT, MODE_STREAM, MODE_KEY, MODE_BAG, MODE_SET, MODE_COUNT };

/* What is left to explain: a pair that differs, or one alone. */
struct raw_finding {
	enum finding_kind kind;
	uint32_t golden, run; /* lines, DIFF_NONE */
	int64_t distance;     /* moved: places later (+) or earlier (-) in the run */
	uint32_t value, index; /* identity: of the golden, and the how-manieth in its line */
	uint64_t times;       /* count mode */
	uint64_t golden_times;
	uint64_t rank;        /* when in the run */
	size_t finding;       /* of which it became a part */
};

struct differ {
	struct diff *out;
	struct side side[2]; /* golden, run */
	enum diff_mode mode;
	struct group *groups;
	size_t ngroups;
	struct raw_finding *raw;
	size_t nraw, cap_raw;
	uint64_t same, changed, missing, extra, unmatched, moved, identity;
	struct arena arena;
	struct idmap apart; /* golden lines whose numbers are beyond their tolerance */
	struct idmap steps; /* kind and sum -> whether a transaction begins or ends there */
};

void *diff_alloc(size_t count, size_t size); /* zeroed, never NULL */

/* diff_group.c: groups and their segments. */
void diff_group(struct differ *d);
void diff_digest(const struct side *s, struct segment *seg);
/*
 * diff_pair.c: segments with segments, lines with lines of equal shape. In
 * phases over all groups: what is certain first, because it says which values
 * of the two runs correspond, and that settles what is ambiguous.
 */
enum pair_phase {
	PAIR_CERTAIN,       /* segments that have no twin */
	PAIR_CERTAIN_LINES, /* lines of bags that have none */
	PAIR_TWINS,         /* segments that do */
	PAIR_ALIKE,         /* segments that changed; their lines are aligned */
	PAIR_ELSEWHERE,     /* lines that came back in another connection: no finding, which did it is chance */
	PAIR_BAGS,          /* lines of bags */
	PAIR_PHASES,
};
void diff_pair_group(struct differ *d, struct group *g, enum pair_phase phase);
void diff_pair(struct group *g, size_t golden, size_t run);
/* diff_pool.c: makes units of a pool's connections, where there is one. */
void diff_find_pool(struct differ *d, struct group *g);
/* diff_like.c: pairs what is left by likeness; lines of the run's segments that
 * stand in the golden's they are most like. */
void diff_pair_alike(struct differ *d, struct group *g);
uint64_t diff_found_again(struct differ *d, const struct group *g);
/* diff_identity.c */
void diff_learn(struct differ *d, uint32_t golden, uint32_t run); /* values of an aligned pair, first come */
void diff_match(struct differ *d, uint32_t golden, uint32_t run); /* aligned, and learned */
void diff_check_identity(struct differ *d);
/* diff_explain.c */
void diff_explain_group(struct differ *d, struct group *g);
void diff_raw(struct differ *d, struct raw_finding f);
/* diff_find.c: raw findings to findings. */
void diff_find(struct differ *d);
/* diff_fields.c: where two events differ. */
struct field_list {
	struct finding_path *list;
	size_t count, cap;
};
void diff_fields(struct differ *d, uint32_t golden, uint32_t run, struct field_list *out);
void diff_fields_free(struct field_list *l);
/* A line as it is compared: placeholders have no labels. */
void diff_text_of(struct differ *d, int side, uint32_t line, struct buf *out);
/* How much two such texts differ, 0..1000, cheaply. */
unsigned diff_distance(struct slice a, struct slice b);

#endif
