/*
 * line: finds the members of an event and judges what must be there. Whether
 * the text is JSON at all was asked before.
 */
#include "trace/line.h"

#include <stdio.h>

#include "trace/jscan.h"

enum member { M_K, M_ST, M_SEQ, M_SUM, M_OK, M_ERR, M_BY, M_RULE, M_A, M_REQ, M_RES, M_COR, M_WHY, M_T, M_COUNT };

static const struct member_kind {
	const char *name;
	size_t len;     /* of the name */
	size_t offset;  /* in struct trace_line */
	char type;      /* s string, i integer, b bool, o object, a array */
	bool required;
} member_kinds[M_COUNT] = {
#define MEMBER(id, name, type, required) [id] = { #name, sizeof(#name) - 1, offsetof(struct trace_line, name), type, required }
	MEMBER(M_K, k, 's', true),	MEMBER(M_ST, st, 's', true),	 MEMBER(M_SEQ, seq, 'i', false),
	MEMBER(M_SUM, sum, 's', true),	MEMBER(M_OK, ok, 'b', true),	 MEMBER(M_ERR, err, 's', false),
	MEMBER(M_BY, by, 's', true),	MEMBER(M_RULE, rule, 's', false), MEMBER(M_A, a, 'o', false),
	MEMBER(M_REQ, req, 'o', false), MEMBER(M_RES, res, 'o', false),	 MEMBER(M_COR, cor, 'a', false),
	MEMBER(M_WHY, why, 'o', false), MEMBER(M_T, t, 'o', false),
#undef MEMBER
};

static const char *type_name(char type)
{
	switch (type) {
	case 's':
		return "a string";
	case 'i':
		return "an integer";
	case 'b':
		return "true or false";
	case 'o':
		return "an object";
	default:
		return "an array";
	}
}

static bool has_type(struct slice v, char type)
{
	switch (type) {
	case 's':
		return v.ptr[0] == '"';
	case 'i':
		for (size_t i = 0; i < v.len; i++)
			if (!((v.ptr[i] >= '0' && v.ptr[i] <= '9') || (i == 0 && v.ptr[i] == '-')))
				return false;
		return v.len > 0;
	case 'b':
		return v.ptr[0] == 't' || v.ptr[0] == 'f';
	case 'o':
		return v.ptr[0] == '{';
	default:
		return v.ptr[0] == '[';
	}
}

static struct slice *member_slot(struct trace_line *line, int m)
{
	return (struct slice *)(void *)((char *)line + member_kinds[m].offset);
}

/* Members come in order, so the next one is at or behind the last: two or three
 * comparisons of a byte. */
static int member_find(struct slice key, int last)
{
	for (int i = 1; i <= M_COUNT; i++) {
		int m = (last + i) % M_COUNT;
		const struct member_kind *k = &member_kinds[m];
		if (key.len == k->len + 2 && key.ptr[1] == k->name[0] && memcmp(key.ptr + 1, k->name, k->len) == 0)
			return m;
	}
	return -1;
}

const char *line_members(struct slice text, struct trace_line *line, char *sentence, size_t room)
{
	struct jscan it = jscan_open(text);
	struct slice key, item;
	int last = -1;

	*line = (struct trace_line){ .text = text };
	while (jscan_next(&it, &key, &item)) {
		int m = member_find(key, last < 0 ? M_COUNT - 1 : last);
		if (m < 0)
			continue;
		struct slice *slot = member_slot(line, m);
		if (slot->ptr) {
			snprintf(sentence, room, "member \"%s\" twice", member_kinds[m].name);
			return sentence;
		}
		if (m < last) {
			snprintf(sentence, room, "member \"%s\" after \"%s\"; the order is k st seq sum ok err by rule a req res cor why t",
				 member_kinds[m].name, member_kinds[last].name);
			return sentence;
		}
		if (!has_type(item, member_kinds[m].type)) {
			snprintf(sentence, room, "member \"%s\" is %.*s, expected %s", member_kinds[m].name,
				 (int)(item.len > 40 ? 40 : item.len), item.ptr, type_name(member_kinds[m].type));
			return sentence;
		}
		*slot = item;
		last = m;
	}
	if (line->k.len >= 2)
		line->k = slice_of(line->k.ptr + 1, line->k.len - 2);
	return NULL;
}

const char *line_judge(const struct trace_line *line, bool canonical, char *sentence, size_t room)
{
	struct trace_line l = *line;

	for (int m = 0; m < M_COUNT; m++) {
		bool required = member_kinds[m].required || (m == M_SEQ && !canonical);
		if (!required || member_slot(&l, m)->ptr)
			continue;
		snprintf(sentence, room, "the event has no \"%s\"", member_kinds[m].name);
		return sentence;
	}
	if (l.ok.ptr[0] == 'f' && !l.err.ptr)
		return "\"ok\" is false without \"err\"";
	if (!memchr(l.st.ptr, '/', l.st.len)) {
		snprintf(sentence, room, "stream %.*s is not role/service/boundary#n", (int)(l.st.len > 80 ? 80 : l.st.len), l.st.ptr);
		return sentence;
	}
	return NULL;
}
