/*
 * canon_leaf: what becomes of one leaf: volatile values inside it are replaced
 * by placeholders, declared noise by its normal form.
 */
#include "trace/canon_text_model.h"

#include "trace/jscan.h"

void canon_put(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out)
{
	x->changed = true;
	buf_add_char(out, '<');
	buf_add_str(out, volatile_name(type));
	if (volatile_has_identity(type) && value.len && !x->unordered)
		x->value(x->arg, type, canon_hash(value.ptr, value.len, (uint64_t)type), path, value, out);
	buf_add_char(out, '>');
}

static bool is_word(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* A digest of volatile content, met again. */
static bool etag_at(const struct canon_text *x, struct slice s, struct volatile_hit *hit)
{
	size_t n = 0;
	uint32_t unused;

	while (n < s.len && ((s.ptr[n] >= '0' && s.ptr[n] <= '9') || (s.ptr[n] >= 'a' && s.ptr[n] <= 'f')))
		n++;
	if (n < 32 || (n < s.len && is_word(s.ptr[n])) || !idmap_get(&x->etags, canon_hash(s.ptr, n, V_ETAG), &unused))
		return false;
	*hit = (struct volatile_hit){ V_ETAG, n, slice_take(s, n) };
	return true;
}

/* A signature depends on the second in which it was made: two that are equal
 * were made in one, which says nothing. */
static bool is_signature(struct slice before)
{
	return slice_has_suffix(before, SLICE_LIT("ignature=")) || slice_has_prefix(before, SLICE_LIT("AWS4-HMAC-SHA256 "));
}

enum { PLAIN, WORD, BEGIN, MARK, ESCAPE }; /* what a byte may be the begin of */
static const unsigned char kinds[256] = { /* ASCII; what is beyond is plain */
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 3, 0, 0, 0,
	0, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 1, 2, 2, 1, 1, 2, 1, 1, 1, 0, 4, 0, 0, 1,
	0, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0,
};

/* Looks at the fixed places first: most words are no more than words. */
static bool worth_it(struct slice s)
{
	if (s.len >= 36 && s.ptr[8] == '-')
		return true;
	if (s.ptr[0] >= '0' && s.ptr[0] <= '9')
		return s.len >= 10 && (s.ptr[4] == '-' || (s.ptr[8] >= '0' && s.ptr[8] <= '9') || s.ptr[8] == 'T');
	return s.len >= 29 && s.ptr[3] == ',';
}

/* The first place from `i` where a volatile value may begin, s.len: none. */
static size_t candidate(const struct canon_text *x, struct slice s, size_t i, bool escapes, bool edge)
{
	while (i < s.len) {
		switch (kinds[(unsigned char)s.ptr[i]]) {
		case ESCAPE:
			if (escapes)
				i += i + 1 < s.len && s.ptr[i + 1] == 'u' ? 6 : 2;
			else
				i++;
			edge = true;
			continue;
		case MARK:
			return i;
		case BEGIN:
			if (edge && (worth_it(slice_skip(s, i)) || x->etags.count))
				return i;
			/* fall through */
		case WORD:
			for (i++; i < s.len && (kinds[(unsigned char)s.ptr[i]] == WORD || kinds[(unsigned char)s.ptr[i]] == BEGIN);)
				i++;
			continue; /* what follows is no word: an edge comes with it */
		default:
			i++;
			edge = true;
		}
	}
	return s.len;
}

/* The nearest of what this event alone has: its own port, its multipart boundary. */
static size_t own_words(const struct canon_text *x, struct slice s, size_t i)
{
	size_t at = s.len;

	if (x->literal.len)
		at = i + slice_find_slice(slice_skip(s, i), x->literal);
	if (x->boundary.len) {
		size_t b = i + slice_find_slice(slice_skip(s, i), x->boundary);
		at = b < at ? b : at;
	}
	return at;
}

/* `escapes`: the inside of a JSON string; else plain text. */
void canon_scan(struct canon_text *x, struct slice s, bool escapes, struct slice path, struct buf *out)
{
	size_t plain = 0, i = 0, own = own_words(x, s, 0);
	bool edge = true;
	struct volatile_hit hit;

	for (;;) {
		size_t at = candidate(x, s, i, escapes, edge);
		if (own < s.len && own <= at) {
			buf_add(out, s.ptr + plain, own - plain);
			if (x->literal.len && slice_has_prefix(slice_skip(s, own), x->literal)) {
				buf_add_slice(out, x->literal_as);
				x->changed = true;
				i = own + x->literal.len;
			} else {
				canon_put(x, V_BOUNDARY, SLICE_NONE, path, out);
				i = own + x->boundary.len;
			}
			plain = i;
			own = own_words(x, s, i);
			edge = false;
			continue;
		}
		if (at >= s.len)
			break;
		struct slice rest = slice_skip(s, at);
		if (volatile_at(rest, &x->window, x->canonical, &hit) || (x->etags.count && etag_at(x, rest, &hit))) {
			buf_add(out, s.ptr + plain, at - plain);
			if (hit.type == V_SECRET && is_signature(slice_take(s, at)))
				hit.value = SLICE_NONE;
			canon_put(x, hit.type, hit.value, path, out);
			plain = i = at + hit.len;
			if (own < i)
				own = own_words(x, s, i);
			edge = false;
			continue;
		}
		/* Not one: on behind the word it stands at. */
		i = at + 1;
		while (i < s.len && is_word(s.ptr[at]) && is_word(s.ptr[i]))
			i++;
		edge = !is_word(s.ptr[at]);
	}
	buf_add(out, s.ptr + plain, s.len - plain);
}

static void plain_leaf(struct canon_text *x, struct slice path, struct slice value, struct buf *out)
{
	struct volatile_hit hit;

	if (value.ptr[0] == '"') {
		buf_add_char(out, '"');
		canon_scan(x, slice_of(value.ptr + 1, value.len - 2), true, path, out);
		buf_add_char(out, '"');
	} else if (value.len >= 10 && volatile_at(value, &x->window, x->canonical, &hit) && hit.len == value.len) {
		buf_add_char(out, '"');
		canon_put(x, hit.type, hit.value, path, out);
		buf_add_char(out, '"');
	} else {
		buf_add_slice(out, value);
	}
}

void canon_put_alone(struct canon_text *x, enum volatile_type type, struct slice value, struct slice path, struct buf *out)
{
	buf_add_char(out, '"');
	canon_put(x, type, value, path, out);
	buf_add_char(out, '"');
}

/* ---- declared noise ---------------------------------------------------------- */

void canon_noise(struct canon_text *x, struct noise_rule *r, struct slice path, struct slice value, struct buf *out)
{
	struct slice inside = value.ptr[0] == '"' ? slice_of(value.ptr + 1, value.len - 2) : value;
	struct volatile_hit hit;
	struct buf form;

	if (x->shape && !x->again)
		r->hits++;
	switch (r->act) {
	case NOISE_MASK:
		x->masked += x->shape && !x->again;
		canon_put_alone(x, V_MASKED, SLICE_NONE, path, out);
		return;
	case NOISE_TIME:
		canon_put_alone(x, V_TIME, SLICE_NONE, path, out);
		return;
	case NOISE_ID:
		if (inside.len && volatile_at(inside, &x->window, x->canonical, &hit) && hit.len == inside.len)
			canon_put_alone(x, hit.type, hit.value, path, out);
		else
			canon_put_alone(x, V_ID, inside, path, out);
		return;
	case NOISE_TOLERANCE:
		x->changed = x->near = true;
		if (x->shape)
			buf_add_str(out, "\"<number>\"");
		else
			buf_add_slice(out, value);
		return;
	default:
		x->changed = true;
		if (x->as_recorded) {
			plain_leaf(x, path, value, out);
			return;
		}
		buf_init(&form, (size_t)1 << 32);
		noise_apply(r, value, &form);
		plain_leaf(x, path, buf_slice(&form), out);
		buf_release(&form);
		return;
	}
}

void canon_leaf(struct canon_text *x, struct slice path, struct slice value, struct buf *out)
{
	struct noise_rule *r = x->noise.count ? noise_at(&x->noise, &x->event, path, false) : NULL;

	if (r)
		canon_noise(x, r, path, value, out);
	else
		plain_leaf(x, path, value, out);
}
