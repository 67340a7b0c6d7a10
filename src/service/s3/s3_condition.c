/*
 * s3_condition: preconditions and ranges (RFC 9110 sections 13 and 14; S3 User
 * Guide, "Conditional requests").
 */
#include "codec/http/http_date.h"
#include "service/s3/s3_fake.h"
#include "service/s3/s3_request.h"

static struct slice field(const struct s3_turn *t, const char *prefix, const char *name)
{
	return s3_header(t->o->http, arena_printf(t->arena, "%s%s", prefix, name).ptr);
}

/* "*", or a list of entity tags; W/ and missing quotes are forgiven. */
static bool etag_in(struct slice list, const char *etag)
{
	while (list.ptr) {
		struct slice one = slice_trim(slice_split(&list, ','));
		if (slice_eq_str(one, "*"))
			return true;
		if (slice_has_prefix(one, SLICE_LIT("W/")))
			one = slice_skip(one, 2);
		if (one.len >= 2 && one.ptr[0] == '"')
			one = slice_of(one.ptr + 1, one.len - 2);
		if (slice_eq_str(one, etag))
			return true;
	}
	return false;
}

static bool not_modified(struct s3_turn *t, const struct s3_object *o, bool copying)
{
	if (copying) {
		s3_fail(t, "PreconditionFailed", NULL);
		return true;
	}
	t->r->status = 304;
	t->r->etag = slice_str(o->etag);
	t->r->last_modified = http_date(o->modified_ns, t->arena);
	return true;
}

bool s3_turn_condition(struct s3_turn *t, const char *prefix, const struct s3_object *o, bool reading)
{
	struct slice match = field(t, prefix, "if-match"), none = field(t, prefix, "if-none-match");
	int64_t modified = o ? (int64_t)(o->modified_ns / 1000000000u) : 0, since;

	if (match.len && !o && !reading) { /* a conditional write to what is not there */
		s3_fail(t, "NoSuchKey", NULL);
		return true;
	}
	if (match.len && o && !etag_in(match, o->etag)) {
		s3_fail(t, "PreconditionFailed", NULL);
		return true;
	}
	if (!match.len && reading && o && http_date_parse(field(t, prefix, "if-unmodified-since"), &since) && modified > since) {
		s3_fail(t, "PreconditionFailed", NULL);
		return true;
	}
	if (none.len && o && etag_in(none, o->etag)) {
		if (reading)
			return not_modified(t, o, *prefix != '\0');
		s3_fail(t, "PreconditionFailed", NULL);
		return true;
	}
	if (!none.len && reading && o && http_date_parse(field(t, prefix, "if-modified-since"), &since) && modified <= since)
		return not_modified(t, o, *prefix != '\0');
	return false;
}

int s3_range(struct slice range, uint64_t size, uint64_t *first, uint64_t *last)
{
	struct slice rest = slice_trim(range), from;
	uint64_t n;

	if (!slice_has_prefix(rest, SLICE_LIT("bytes=")))
		return 0;
	rest = slice_skip(rest, 6);
	if (slice_find(rest, ',') < rest.len) /* several ranges: S3 gives the whole object */
		return 0;
	from = slice_trim(slice_split(&rest, '-'));
	if (!rest.ptr)
		return 0;
	rest = slice_trim(rest);
	if (!from.len) { /* the last n bytes */
		if (!slice_to_u64(rest, &n))
			return 0;
		if (!n || !size)
			return -1;
		*first = n < size ? size - n : 0;
		*last = size - 1;
		return 1;
	}
	if (!slice_to_u64(from, first))
		return 0;
	*last = UINT64_MAX;
	if (rest.len && (!slice_to_u64(rest, last) || *last < *first))
		return 0;
	if (*first >= size)
		return -1;
	if (*last >= size)
		*last = size - 1;
	return 1;
}
