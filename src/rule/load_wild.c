/*
 * Task: what binds names or stands for many values: ${...} in texts, {name} in
 * paths. Texts become regular expressions, paths a list of parts.
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

/* ---- wildcards and captures -------------------------------------------- */

void load_capture(struct load *l, struct slice name)
{
	for (size_t i = 0; i < l->ncaptures; i++)
		if (slice_eq(l->captures[i], name))
			return;
	*LOAD_PUSH(l, l->captures, l->ncaptures, l->captures_cap) = name;
}

#define RE_UUID "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
#define RE_TIME "\\d{4}-\\d{2}-\\d{2}(?:[T ]\\d{2}:\\d{2}(?::\\d{2}(?:\\.\\d+)?)?(?:Z|[+-]\\d{2}(?::?\\d{2})?)?)?"
#define RE_NUMBER "[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)(?:[eE][+-]?\\d+)?"

/* The end of "${...}" whose inside begins at `at`; braces nest, for ${re:x{2}}. */
static size_t closing(struct slice s, size_t at)
{
	int depth = 1;

	for (; at < s.len; at++) {
		if (s.ptr[at] == '\\' && at + 1 < s.len)
			at++;
		else if (s.ptr[at] == '{')
			depth++;
		else if (s.ptr[at] == '}' && --depth == 0)
			return at;
	}
	return s.len;
}

static bool is_name(struct slice s)
{
	if (!s.len || (!isalpha((unsigned char)s.ptr[0]) && s.ptr[0] != '_'))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!isalnum((unsigned char)s.ptr[i]) && s.ptr[i] != '_')
			return false;
	return true;
}

static void quote_literal(struct buf *re, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (ispunct((unsigned char)s.ptr[i]))
			buf_add_char(re, '\\');
		buf_add_char(re, s.ptr[i]);
	}
}

static bool wild_by_name(struct slice inside, enum wild *wild, const char **re)
{
	static const struct {
		const char *name;
		enum wild wild;
		const char *re;
	} wilds[] = { { "any", WILD_ANY, ".*" }, { "any.uuid", WILD_UUID, RE_UUID }, { "any.time", WILD_TIME, RE_TIME },
		      { "any.number", WILD_NUMBER, RE_NUMBER } };

	for (size_t i = 0; i < sizeof(wilds) / sizeof(wilds[0]); i++)
		if (slice_eq_str(inside, wilds[i].name)) {
			*wild = wilds[i].wild;
			*re = wilds[i].re;
			return true;
		}
	return false;
}

bool load_wild(struct load *l, struct slice s, struct pattern *out)
{
	struct buf re;
	struct slice *names = NULL;
	size_t nnames = 0, cap = 0, at = 0;
	enum wild wild;
	const char *wild_re;

	if (slice_find_slice(s, SLICE_LIT("${")) == s.len)
		return false;
	buf_init(&re, 1024 * 1024);
	buf_add_str(&re, "\\A(?s:");
	while (at < s.len) {
		size_t next = at + slice_find_slice(slice_skip(s, at), SLICE_LIT("${"));
		if (next > at && next < s.len && s.ptr[next - 1] == '$') { /* $${ is a literal ${ */
			quote_literal(&re, slice_of(s.ptr + at, next - 1 - at));
			quote_literal(&re, SLICE_LIT("${"));
			at = next + 2;
			continue;
		}
		quote_literal(&re, slice_of(s.ptr + at, next - at));
		if (next >= s.len)
			break;
		size_t end = closing(s, next + 2);
		struct slice inside = slice_of(s.ptr + next + 2, end - next - 2);
		bool whole = next == 0 && end + 1 == s.len;
		at = end + 1;
		if (end >= s.len) {
			load_bad(l, "\"%.*s\": ${ is not closed by }; a literal ${ is written $${", SLICE_ARG(s));
			break;
		}
		if (wild_by_name(inside, &wild, &wild_re)) {
			buf_addf(&re, "(?:%s)", wild_re);
			if (whole) {
				out->op = OP_WILD;
				out->wild = wild;
			}
		} else if (slice_has_prefix(inside, SLICE_LIT("re:"))) {
			buf_addf(&re, "(?:%.*s)", SLICE_ARG(slice_skip(inside, 3)));
		} else if (is_name(inside)) {
			struct slice name = arena_slice(&l->r->arena, inside);
			if (whole) {
				out->op = OP_CAPTURE;
				out->names = ARENA_NEW(&l->r->arena, struct slice);
				out->names[0] = name;
				out->nnames = 1;
			}
			buf_add_str(&re, "(.+?)");
			*LOAD_PUSH(l, names, nnames, cap) = name;
			load_capture(l, name);
		} else {
			load_bad(l, "\"${%.*s}\" is neither a name nor ${any}, ${any.uuid}, ${any.time}, ${any.number} or ${re:...}", SLICE_ARG(inside));
		}
	}
	buf_add_str(&re, ")\\z");
	if (out->op == OP_EQ || (out->op == OP_WILD && out->wild != WILD_ANY)) {
		if (out->op == OP_EQ) {
			out->op = OP_MIXED;
			out->names = names;
			out->nnames = nnames;
		}
		if (nnames > GROUPS_MAX)
			load_bad(l, "more than %d captures in one text", GROUPS_MAX);
		else
			load_re(l, re.ptr, re.len, out);
	}
	buf_release(&re);
	return true;
}

/* ---- path templates ---------------------------------------------------- */

void load_path_pattern(struct load *l, const char *text, struct pattern *out)
{
	struct slice s = slice_str(text);
	size_t cap = 0;

	out->op = OP_PATH;
	out->text = s;
	while (s.len) {
		size_t open = slice_find(s, '{');
		if (open)
			LOAD_PUSH(l, out->parts, out->nparts, cap)->literal = slice_take(s, open);
		if (open >= s.len)
			break;
		size_t end = slice_find(s, '}');
		struct slice name = slice_of(s.ptr + open + 1, end > open ? end - open - 1 : 0);
		bool rest = slice_has_suffix(name, SLICE_LIT("..."));
		if (rest)
			name = slice_take(name, name.len - 3);
		if (end >= s.len || !is_name(name)) {
			load_bad(l, "\"%s\": a part of a path is captured as {name} or, for all that follows, {name...}", text);
			return;
		}
		if (rest && end + 1 < s.len) {
			load_bad(l, "\"%s\": {%.*s...} takes everything, so nothing may follow it", text, SLICE_ARG(name));
			return;
		}
		if (out->nparts && !out->parts[out->nparts - 1].literal.ptr) {
			load_bad(l, "\"%s\": two captures without text between them", text);
			return;
		}
		struct path_part *part = LOAD_PUSH(l, out->parts, out->nparts, cap);
		part->name = arena_printf(&l->r->arena, "path.%.*s", SLICE_ARG(name));
		part->rest = rest;
		load_capture(l, part->name);
		s = slice_skip(s, end + 1);
	}
}
