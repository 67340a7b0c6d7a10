/*
 * Trees of JSON to text, their order, and SQL values as JSON.
 */
#include <string.h>

#include "base/utf8.h"
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"
#include "service/pg/sql/type/numeric.h"
#include "service/pg/sql/type/type.h"

void json_quote(struct slice text, struct buf *out)
{
	size_t from = 0;

	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		const char *escaped = NULL;
		char room[8];
		switch (c) {
		case '\b': escaped = "\\b"; break;
		case '\f': escaped = "\\f"; break;
		case '\n': escaped = "\\n"; break;
		case '\r': escaped = "\\r"; break;
		case '\t': escaped = "\\t"; break;
		case '"': escaped = "\\\""; break;
		case '\\': escaped = "\\\\"; break;
		default:
			if (c >= 0x20)
				continue;
			snprintf(room, sizeof(room), "\\u%04x", c);
			escaped = room;
		}
		buf_add(out, text.ptr + from, i - from);
		buf_add_str(out, escaped);
		from = i + 1;
	}
	buf_add(out, text.ptr + from, text.len - from);
	buf_add_char(out, '"');
}

static void print_scalar(const struct json *v, struct buf *out)
{
	switch (v->kind) {
	case JSON_NULL_: buf_add_str(out, "null"); break;
	case JSON_TRUE_: buf_add_str(out, "true"); break;
	case JSON_FALSE_: buf_add_str(out, "false"); break;
	case JSON_NUMBER_: buf_add_slice(out, v->text); break;
	default: json_quote(v->text, out); break;
	}
}

void json_print(const struct json *v, struct buf *out)
{
	bool object = v->kind == JSON_OBJECT_;

	if (!object && v->kind != JSON_ARRAY_) {
		print_scalar(v, out);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			buf_add_str(out, ", ");
		if (object) {
			json_quote(v->keys[i], out);
			buf_add_str(out, ": ");
		}
		json_print(v->items[i], out);
	}
	buf_add_char(out, object ? '}' : ']');
}

static void indent(int depth, struct buf *out)
{
	buf_add_char(out, '\n');
	for (int i = 0; i < depth * 4; i++)
		buf_add_char(out, ' ');
}

void json_print_pretty(const struct json *v, int depth, struct buf *out)
{
	bool object = v->kind == JSON_OBJECT_;

	if (!object && v->kind != JSON_ARRAY_) {
		print_scalar(v, out);
		return;
	}
	buf_add_char(out, object ? '{' : '[');
	for (size_t i = 0; i < v->count; i++) {
		if (i)
			buf_add_char(out, ',');
		indent(depth + 1, out);
		if (object) {
			json_quote(v->keys[i], out);
			buf_add_str(out, ": ");
		}
		json_print_pretty(v->items[i], depth + 1, out);
	}
	indent(depth, out);
	buf_add_char(out, object ? '}' : ']');
}

bool json_as_text(const struct json *v, bool jsonb, struct buf *out)
{
	if (v->kind == JSON_NULL_)
		return false;
	if (v->kind == JSON_STRING_)
		buf_add_slice(out, v->text);
	else if (jsonb)
		json_print(v, out);
	else
		buf_add_slice(out, v->raw);
	return true;
}

/* ---- order (manual 8.14.4): object > array > boolean > number > string > null ------------ */

static int rank(enum json_kind kind)
{
	static const int ranks[] = { [JSON_NULL_] = 0, [JSON_STRING_] = 1, [JSON_NUMBER_] = 2, [JSON_FALSE_] = 3, [JSON_TRUE_] = 3, [JSON_ARRAY_] = 4,
				     [JSON_OBJECT_] = 5 };

	return ranks[kind];
}

static int compare_bytes(struct slice a, struct slice b)
{
	int c = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

	return c ? c : a.len < b.len ? -1 : a.len > b.len;
}

int json_compare(const struct json *a, const struct json *b)
{
	int c = 0;

	if (rank(a->kind) != rank(b->kind)) {
		/* by accident, and kept: an empty array at the top is less than everything */
		if (a->kind == JSON_ARRAY_ && !a->count && b->kind != JSON_OBJECT_)
			return -1;
		if (b->kind == JSON_ARRAY_ && !b->count && a->kind != JSON_OBJECT_)
			return 1;
		return rank(a->kind) < rank(b->kind) ? -1 : 1;
	}
	switch (a->kind) {
	case JSON_NULL_: return 0;
	case JSON_TRUE_:
	case JSON_FALSE_: return (a->kind == JSON_TRUE_) - (b->kind == JSON_TRUE_);
	case JSON_NUMBER_: return numeric_compare_stored(a->text, b->text);
	case JSON_STRING_: return compare_bytes(a->text, b->text);
	case JSON_ARRAY_:
	case JSON_OBJECT_:
		if (a->count != b->count)
			return a->count < b->count ? -1 : 1;
		for (size_t i = 0; i < a->count && !c; i++) {
			if (a->kind == JSON_OBJECT_)
				c = compare_bytes(a->keys[i], b->keys[i]);
			if (!c)
				c = json_compare(a->items[i], b->items[i]);
		}
		return c;
	}
	return 0;
}
