/*
 * Arrays between text ("{1,NULL,\"a b\"}", also nested and with bounds) and
 * binary (array_send in PostgreSQL's arrayfuncs.c). The elements are their own
 * type's affair; this file knows only dimensions and quotes.
 */
#include "service/pg/pg_types.h"

#define DIMS_MAX 6 /* MAXDIM */
#define ELEMENTS_MAX (64 * 1024 * 1024) /* a ceiling for the count that a client claims */

struct shape {
	int ndim;
	int32_t size[DIMS_MAX], lower[DIMS_MAX];
};

/* ---- binary to text ---- */

struct binary_in {
	struct slice rest;
	bool bad;
};

static int32_t take_int(struct binary_in *in)
{
	if (in->rest.len < 4) {
		in->bad = true;
		return 0;
	}
	const unsigned char *u = (const unsigned char *)in->rest.ptr;

	in->rest = slice_skip(in->rest, 4);
	return (int32_t)((uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3]);
}

/* array_out quotes what would read back as something else. */
static bool needs_quotes(struct slice s)
{
	if (!s.len || slice_eq_nocase_str(s, "null"))
		return true;
	for (size_t i = 0; i < s.len; i++)
		if (strchr("{},\"\\ \t\n\r\v\f", s.ptr[i]) && s.ptr[i])
			return true;
	return false;
}

static void print_element(struct buf *text, struct slice s)
{
	if (!needs_quotes(s)) {
		buf_add_slice(text, s);
		return;
	}
	buf_add_char(text, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"' || s.ptr[i] == '\\')
			buf_add_char(text, '\\');
		buf_add_char(text, s.ptr[i]);
	}
	buf_add_char(text, '"');
}

static bool recv_elements(const struct pg_type *element, struct binary_in *in, const struct shape *shape, int dim,
			  struct buf *scratch, struct buf *text)
{
	buf_add_char(text, '{');
	for (int32_t i = 0; i < shape->size[dim]; i++) {
		if (i)
			buf_add_char(text, ',');
		if (dim + 1 < shape->ndim) {
			if (!recv_elements(element, in, shape, dim + 1, scratch, text))
				return false;
			continue;
		}
		int32_t len = take_int(in);
		if (in->bad || len < -1 || (len >= 0 && (size_t)len > in->rest.len))
			return false;
		if (len < 0) {
			buf_add_str(text, "NULL");
			continue;
		}
		buf_reset(scratch);
		if (!element->recv(element, slice_take(in->rest, (size_t)len), scratch))
			return false;
		in->rest = slice_skip(in->rest, (size_t)len);
		print_element(text, buf_slice(scratch));
	}
	buf_add_char(text, '}');
	return true;
}

bool pg_recv_array(const struct pg_type *t, struct slice binary, struct buf *text)
{
	struct binary_in in = { .rest = binary };
	struct shape shape = { .ndim = take_int(&in) };
	const struct pg_type *element = pg_type_find(t->element);
	int64_t count = 1;
	bool bounds = false;

	take_int(&in); /* whether there are NULLs: every length says so itself */
	if ((uint32_t)take_int(&in) != t->element || shape.ndim < 0 || shape.ndim > DIMS_MAX)
		return false;
	for (int i = 0; i < shape.ndim; i++) {
		shape.size[i] = take_int(&in);
		shape.lower[i] = take_int(&in);
		if (shape.size[i] < 0)
			return false;
		count *= shape.size[i];
		if (count > ELEMENTS_MAX)
			return false;
		bounds |= shape.lower[i] != 1;
	}
	if (in.bad || (uint64_t)count * 4 > in.rest.len + (shape.ndim ? 0 : 4))
		return false;
	if (!shape.ndim || !count) {
		buf_add_str(text, "{}");
		return !in.rest.len;
	}
	for (int i = 0; bounds && i < shape.ndim; i++)
		buf_addf(text, "[%d:%d]", shape.lower[i], (int)((int64_t)shape.lower[i] + shape.size[i] - 1));
	if (bounds)
		buf_add_char(text, '=');
	struct buf scratch;
	buf_init(&scratch, text->max);
	bool ok = recv_elements(element, &in, &shape, 0, &scratch, text) && !in.rest.len;
	buf_release(&scratch);
	return ok;
}

/* ---- text to binary ---- */

struct array_in {
	struct slice rest;
	const struct pg_type *element;
	struct shape shape;
	bool seen[DIMS_MAX]; /* the size of this dimension is known */
	bool nulls;
	struct buf word;     /* one element without its quotes */
	struct buf *out;
};

static void skip_blanks(struct slice *s)
{
	while (s->len && strchr(" \t\n\r\v\f", s->ptr[0]) && s->ptr[0])
		*s = slice_skip(*s, 1);
}

static bool take_char(struct slice *s, char c)
{
	if (!s->len || s->ptr[0] != c)
		return false;
	*s = slice_skip(*s, 1);
	return true;
}

/* One element up to its comma or brace, without quotes and backslashes;
 * `quoted` when either was there: then it is never NULL. */
static bool take_word(struct array_in *in, bool *quoted)
{
	struct slice *s = &in->rest;
	size_t end = 0; /* of the last byte that is not a trailing blank */
	bool open = take_char(s, '"');

	buf_reset(&in->word);
	*quoted = open;
	while (s->len) {
		char c = s->ptr[0];

		if (c == '\\') {
			*s = slice_skip(*s, 1);
			if (!s->len)
				return false;
			buf_add_char(&in->word, s->ptr[0]);
			end = in->word.len;
			*quoted = true;
		} else if (open && c == '"') {
			*s = slice_skip(*s, 1);
			skip_blanks(s);
			return s->len && (s->ptr[0] == ',' || s->ptr[0] == '}');
		} else if (!open && (c == ',' || c == '}')) {
			buf_cut(&in->word, end);
			return in->word.len > 0;
		} else if (!open && (c == '{' || c == '"')) {
			return false;
		} else {
			buf_add_char(&in->word, c);
			if (open || !strchr(" \t\n\r\v\f", c))
				end = in->word.len;
		}
		*s = slice_skip(*s, 1);
	}
	return false;
}

static bool send_element(struct array_in *in)
{
	bool quoted;

	if (!take_word(in, &quoted))
		return false;
	if (!quoted && slice_eq_nocase_str(buf_slice(&in->word), "null")) {
		in->nulls = true;
		buf_add_be32(in->out, UINT32_MAX);
		return true;
	}
	size_t at = in->out->len;
	buf_add_be32(in->out, 0);
	if (!in->element->send(in->element, buf_slice(&in->word), in->out))
		return false;
	if (!buf_failed(in->out))
		buf_patch_be32(in->out, at, (uint32_t)(in->out->len - at - 4));
	return true;
}

/* One brace pair at depth `dim`. All of one depth must have the same size. */
static bool send_level(struct array_in *in, int dim)
{
	int32_t size = 0;
	bool nested = false;

	if (dim >= DIMS_MAX || !take_char(&in->rest, '{'))
		return false;
	for (skip_blanks(&in->rest); !take_char(&in->rest, '}'); skip_blanks(&in->rest)) {
		if (size && !take_char(&in->rest, ','))
			return false;
		skip_blanks(&in->rest);
		bool deeper = in->rest.len && in->rest.ptr[0] == '{';

		if (size && deeper != nested)
			return false;
		nested = deeper;
		if (!deeper && dim + 1 < in->shape.ndim)
			return false;
		if (deeper && in->shape.ndim && dim + 1 >= in->shape.ndim)
			return false;
		if (deeper ? !send_level(in, dim + 1) : !send_element(in))
			return false;
		size++;
	}
	if (in->seen[dim])
		return in->shape.size[dim] == size;
	in->seen[dim] = true;
	in->shape.size[dim] = size;
	if (!nested)
		in->shape.ndim = dim + 1; /* the first innermost brace says how deep the array is */
	return size > 0 || dim == 0;
}

/* "[0:2][-1:1]=" in front of the braces. */
static bool take_bounds(struct slice *s, struct shape *shape, int *given)
{
	*given = 0;
	while (take_char(s, '[')) {
		struct slice pair = slice_take(*s, slice_find(*s, ']'));
		struct slice first = slice_split(&pair, ':');
		int64_t low, high;

		if (*given >= DIMS_MAX || !pair.ptr || !slice_to_i64(first, &low) || !slice_to_i64(pair, &high) ||
		    low < INT32_MIN || high > INT32_MAX || high < low)
			return false;
		shape->lower[(*given)++] = (int32_t)low;
		*s = slice_skip(*s, slice_find(*s, ']') + 1);
	}
	return !*given || take_char(s, '=');
}

bool pg_send_array(const struct pg_type *t, struct slice text, struct buf *binary)
{
	struct array_in in = { .rest = slice_trim(text), .element = pg_type_find(t->element) };
	struct buf body;
	int given;
	bool ok = false;

	for (int i = 0; i < DIMS_MAX; i++)
		in.shape.lower[i] = 1;
	buf_init(&in.word, binary->max);
	buf_init(&body, binary->max);
	in.out = &body;
	if (!take_bounds(&in.rest, &in.shape, &given) || !send_level(&in, 0) || in.rest.len)
		goto out;
	if (in.shape.ndim == 1 && !in.shape.size[0])
		in.shape.ndim = 0; /* an empty array has no dimensions */
	if (given && given != in.shape.ndim)
		goto out;
	buf_add_be32(binary, (uint32_t)in.shape.ndim);
	buf_add_be32(binary, in.nulls);
	buf_add_be32(binary, t->element);
	for (int i = 0; i < in.shape.ndim; i++) {
		buf_add_be32(binary, (uint32_t)in.shape.size[i]);
		buf_add_be32(binary, (uint32_t)in.shape.lower[i]);
	}
	buf_add_slice(binary, buf_slice(&body));
	ok = !buf_failed(&body);
out:
	buf_release(&in.word);
	buf_release(&body);
	return ok;
}
