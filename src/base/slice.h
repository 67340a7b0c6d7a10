/*
 * slice: a run of bytes that somebody else owns.
 *
 * A slice never owns, never ends in NUL by contract and may be empty (ptr
 * then may be NULL). It lives as long as what it points into.
 */
#ifndef BASE_SLICE_H
#define BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *ptr;
	size_t len; /* bytes */
};

#define SLICE_NONE ((struct slice){ NULL, 0 })
#define SLICE_LIT(s) ((struct slice){ "" s, sizeof(s) - 1 })

/* For printf: "%.*s", SLICE_ARG(s). */
#define SLICE_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

static inline struct slice slice_of(const char *ptr, size_t len)
{
	return (struct slice){ ptr, len };
}

/* `s` may be NULL: the empty slice. */
static inline struct slice slice_str(const char *s)
{
	return (struct slice){ s, s ? strlen(s) : 0 };
}

bool slice_eq(struct slice a, struct slice b);
bool slice_eq_str(struct slice a, const char *b);
/* ASCII letters compare without case; other bytes as they are. */
bool slice_eq_nocase(struct slice a, struct slice b);
bool slice_eq_nocase_str(struct slice a, const char *b);
/* Byte order, a shorter prefix first: <0, 0, >0. */
int slice_cmp(struct slice a, struct slice b);
bool slice_has_prefix(struct slice s, struct slice prefix);
bool slice_has_suffix(struct slice s, struct slice suffix);

/* Index of the first occurrence, or s.len. */
size_t slice_find(struct slice s, char c);
size_t slice_find_slice(struct slice s, struct slice needle);

/* Without its first n bytes / only its first n bytes; n is cut to the length. */
struct slice slice_skip(struct slice s, size_t n);
struct slice slice_take(struct slice s, size_t n);
/* Without spaces and tabs, CR and LF at both ends. */
struct slice slice_trim(struct slice s);

/*
 * Takes the part before the first `sep` off *rest and returns it; *rest
 * becomes what follows, with ptr NULL when there was no `sep`.
 */
struct slice slice_split(struct slice *rest, char sep);

/* Decimal, the whole slice, no sign for u64. False: not a number or too large. */
bool slice_to_u64(struct slice s, uint64_t *value);
bool slice_to_i64(struct slice s, int64_t *value);

/*
 * Shell-like pattern over the whole of `s`: `*` any run, `?` any byte, all
 * else literal and without case when `nocase`. Linear in practice: one
 * backtracking point.
 */
bool slice_glob(struct slice pattern, struct slice s, bool nocase);
/* True when the pattern holds `*` or `?`. */
bool slice_is_glob(struct slice pattern);

/* 64-bit FNV-1a, for tables in memory (not for anything written to disk). */
uint64_t slice_hash(struct slice s);

#endif
