/*
 * Task: cuts text and JSON with {{...}} in it into segments, and checks every
 * name: a word must be a capture of the rule's `when` or a part of the request.
 */
#include <ctype.h>
#include <time.h>

#include "rule/load.h"
#include "rule/template.h"

/* Words that name a part of the request; those with a dot take a name behind it. */
static const char *const field_words[] = { "json", "method", "path", "url", "host", "body", "sql", "verb", "table", "user", "database",
					   "bucket", "key", "prefix", "function", "process", "boundary", NULL };
static const char *const dotted_words[] = { "json", "header", "query", "form", "meta", "param", "arg", "state", NULL };

/* ---- loading ----------------------------------------------------------- */

static bool listed(struct slice word, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq_str(word, *words))
			return true;
	return false;
}

/* A bare word must name something that exists: a capture of `when` or a part of the request. */
static bool check_field(struct load *l, struct slice word)
{
	struct slice rest = word, head = slice_split(&rest, '.');
	const char *names[80] = { NULL };
	size_t n = 0;

	for (size_t i = 0; i < l->ncaptures; i++)
		if (slice_eq(l->captures[i], word))
			return true;
	if (rest.ptr ? rest.len && listed(head, dotted_words) : listed(word, field_words))
		return true;
	for (size_t i = 0; i < l->ncaptures && n < 32; i++)
		names[n++] = l->captures[i].ptr;
	for (size_t i = 0; template_functions[i].name; i++)
		names[n++] = template_functions[i].name;
	for (size_t i = 0; field_words[i]; i++)
		names[n++] = field_words[i];
	load_bad(l, "{{%.*s}}: nothing has that name here%s", SLICE_ARG(word), load_hint(l, arena_slice(&l->r->arena, word).ptr, names, true));
	return false;
}

/* Words, and texts in single quotes, by white space. */
static bool next_word(struct slice *s, struct slice *word)
{
	*s = slice_trim(*s);
	if (!s->len)
		return false;
	size_t n = 0;
	if (s->ptr[0] == '\'') {
		size_t end = slice_find(slice_skip(*s, 1), '\'');
		n = end + 2 <= s->len ? end + 2 : s->len;
	} else {
		while (n < s->len && !isspace((unsigned char)s->ptr[n]))
			n++;
	}
	*word = slice_take(*s, n);
	*s = slice_skip(*s, n);
	return true;
}

static void check_function(struct load *l, const struct template_function *f, struct segment *seg)
{
	struct tm tm = { .tm_year = 100, .tm_mday = 1 };

	if (f->kind == FUNCTION_RANDOM) {
		int64_t low, high;
		if (!slice_to_i64(seg->args[0], &low) || !slice_to_i64(seg->args[1], &high) || low > high)
			load_bad(l, "{{random %.*s %.*s}}: takes two whole numbers, the smaller first", SLICE_ARG(seg->args[0]), SLICE_ARG(seg->args[1]));
		return;
	}
	for (size_t i = 0; i < seg->nargs; i++) {
		struct slice a = seg->args[i], inner = slice_of(a.ptr + 1, a.len - 2);
		bool quoted = a.ptr[0] == '\'';
		if (quoted && (a.len < 2 || a.ptr[a.len - 1] != '\''))
			load_bad(l, "{{%s}}: %.*s is not closed", f->name, SLICE_ARG(a));
		else if (!quoted)
			check_field(l, a);
		else if (f->kind == FUNCTION_NOW && !template_now_format(inner) && !template_shift_time(inner, &tm))
			load_bad(l, "{{now}}: '%.*s' is neither a shift like '-1 day' nor a format (iso, date, time, unix, unix_ms, http, sql, %%Y...)",
				 SLICE_ARG(inner));
	}
}

static void read_expression(struct load *l, struct slice inside, struct segment *seg)
{
	struct slice rest = inside, word;
	const struct template_function *f = NULL;

	seg->function = &template_field;
	if (!next_word(&rest, &word)) {
		load_bad(l, "{{}} is empty");
		return;
	}
	for (size_t i = 0; template_functions[i].name; i++)
		if (slice_eq_str(word, template_functions[i].name))
			f = &template_functions[i];
	/* A capture wins over a function of the same name. */
	for (size_t i = 0; f && i < l->ncaptures; i++)
		if (slice_eq(l->captures[i], word) && !slice_trim(rest).len)
			f = NULL;
	if (!f) {
		seg->args[seg->nargs++] = arena_slice(&l->r->arena, word);
		if (next_word(&rest, &word))
			load_bad(l, "{{%.*s}}: \"%.*s\" is no function", SLICE_ARG(inside), SLICE_ARG(seg->args[0]));
		else
			check_field(l, seg->args[0]);
		return;
	}
	seg->function = f;
	while (next_word(&rest, &word)) {
		if (seg->nargs == f->most) {
			load_bad(l, "{{%.*s}}: %s takes %zu argument%s", SLICE_ARG(slice_trim(inside)), f->name, f->most, f->most == 1 ? "" : "s");
			return;
		}
		seg->args[seg->nargs++] = arena_slice(&l->r->arena, word);
	}
	if (seg->nargs < f->least)
		load_bad(l, "{{%.*s}}: %s takes %zu argument%s", SLICE_ARG(slice_trim(inside)), f->name, f->least, f->least == 1 ? "" : "s");
	else
		check_function(l, f, seg);
}

struct building {
	struct load *l;
	struct segment *list;
	size_t count, cap;
	struct buf literal;
};

static void flush_literal(struct building *b)
{
	if (!b->literal.len)
		return;
	struct segment *seg = LOAD_PUSH(b->l, b->list, b->count, b->cap);
	*seg = (struct segment){ .literal = arena_slice(&b->l->r->arena, buf_slice(&b->literal)) };
	buf_reset(&b->literal);
}

/* Cuts text at its {{...}}. */
static void build_text(struct building *b, struct slice s, enum segment_mode mode)
{
	while (s.len) {
		size_t open = slice_find_slice(s, SLICE_LIT("{{"));
		if (mode == SEG_TEXT)
			buf_add_slice(&b->literal, slice_take(s, open));
		else
			template_add_json(&b->literal, slice_take(s, open));
		if (open >= s.len)
			return;
		s = slice_skip(s, open + 2);
		size_t close = slice_find_slice(s, SLICE_LIT("}}"));
		if (close >= s.len) {
			load_bad(b->l, "{{ is not closed by }}");
			return;
		}
		flush_literal(b);
		struct segment *seg = LOAD_PUSH(b->l, b->list, b->count, b->cap);
		*seg = (struct segment){ .mode = mode };
		read_expression(b->l, slice_take(s, close), seg);
		s = slice_skip(s, close + 2);
	}
}

static void finish(struct building *b, struct template *out)
{
	flush_literal(b);
	*out = (struct template){ .segments = b->list, .count = b->count, .fixed = true, .text = SLICE_LIT("") };
	for (size_t i = 0; i < b->count; i++)
		out->fixed = out->fixed && b->list[i].literal.ptr;
	if (out->fixed && out->count)
		out->text = out->segments[0].literal;
	buf_release(&b->literal);
}

void load_template(struct load *l, const char *text, struct template *out)
{
	struct building b = { .l = l };

	buf_init(&b.literal, TEMPLATE_MAX);
	build_text(&b, slice_str(text), SEG_TEXT);
	finish(&b, out);
}

/* "{{json.x}}" and nothing else. */
static bool whole_value(struct slice s)
{
	return slice_has_prefix(s, SLICE_LIT("{{")) && slice_find_slice(s, SLICE_LIT("}}")) + 2 == s.len &&
	       slice_has_prefix(slice_trim(slice_skip(s, 2)), SLICE_LIT("json"));
}

static void build_json(struct building *b, json_t *v)
{
	const char *key;
	json_t *one;
	size_t i, count = 0, former;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		buf_add_char(&b->literal, '{');
		json_object_foreach(v, key, one) {
			if (load_comment(key))
				continue;
			if (count++)
				buf_add_char(&b->literal, ',');
			buf_add_json(&b->literal, slice_str(key));
			buf_add_char(&b->literal, ':');
			former = load_enter(b->l, key);
			build_json(b, one);
			load_leave(b->l, former);
		}
		buf_add_char(&b->literal, '}');
		return;
	case JSON_ARRAY:
		buf_add_char(&b->literal, '[');
		json_array_foreach(v, i, one) {
			if (i)
				buf_add_char(&b->literal, ',');
			former = load_enter_index(b->l, i);
			build_json(b, one);
			load_leave(b->l, former);
		}
		buf_add_char(&b->literal, ']');
		return;
	case JSON_STRING: {
		struct slice s = slice_of(json_string_value(v), json_string_length(v));
		if (whole_value(s)) {
			build_text(b, s, SEG_JSON_VALUE);
			return;
		}
		buf_add_char(&b->literal, '"');
		build_text(b, s, SEG_JSON_STRING);
		buf_add_char(&b->literal, '"');
		return;
	}
	default: {
		char *dump = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		buf_add_str(&b->literal, dump ? dump : "null");
		free(dump);
		return;
	}
	}
}

void load_template_json(struct load *l, json_t *v, struct template *out)
{
	struct building b = { .l = l };

	buf_init(&b.literal, TEMPLATE_MAX);
	build_json(&b, v);
	finish(&b, out);
}
