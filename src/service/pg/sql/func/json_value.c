/*
 * SQL values as JSON: to_json() and to_jsonb(), which rows, arrays, the build
 * functions and the aggregates share.
 */
#include <string.h>

#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"
#include "service/pg/sql/type/type.h"

static bool value(struct sql_env *env, struct arena *a, uint32_t type, struct sql_datum v, bool jsonb, bool pretty, struct buf *out);

static bool array_value(struct sql_env *env, struct arena *a, const struct array *v, int dim, size_t *at, bool jsonb, bool pretty, struct buf *out)
{
	buf_add_char(out, '[');
	for (int i = 0; i < (v->ndim ? v->dim[dim] : 0); i++) {
		if (i)
			buf_add_str(out, jsonb ? ", " : pretty && !dim ? ",\n " : ",");
		if (dim + 1 < v->ndim) {
			if (!array_value(env, a, v, dim + 1, at, jsonb, false, out))
				return false;
		} else if (!value(env, a, v->element, v->items[(*at)++], jsonb, false, out)) {
			return false;
		}
	}
	buf_add_char(out, ']');
	return true;
}

static bool row_value(struct sql_env *env, struct arena *a, uint32_t type, struct slice text, bool jsonb, bool pretty, struct buf *out)
{
	struct composite row;

	if (!composite_load(env, a, type, text, &row))
		return false;
	buf_add_char(out, '{');
	for (size_t i = 0; i < row.count; i++) {
		char name[24];
		if (i)
			buf_add_str(out, pretty ? ",\n " : jsonb ? ", " : ",");
		snprintf(name, sizeof(name), "f%zu", i + 1);
		json_quote(slice_str(row.fields ? row.fields[i].name : name), out);
		buf_add_str(out, jsonb ? ": " : ":");
		if (!value(env, a, composite_field_type(&row, i), row.values[i], jsonb, false, out))
			return false;
	}
	buf_add_char(out, '}');
	return true;
}

static bool value(struct sql_env *env, struct arena *a, uint32_t type, struct sql_datum v, bool jsonb, bool pretty, struct buf *out)
{
	const struct sql_type *t = type_facts(env, type);
	struct style iso = *style_of(env);
	size_t at = out->len;

	if (v.kind == SQL_NULL) {
		buf_add_str(out, "null");
		return true;
	}
	while (t && t->kind == 'd')
		t = type_facts(env, type = t->base);
	switch (type) {
	case T_BOOL:
		buf_add_str(out, v.i ? "true" : "false");
		return true;
	case T_JSON:
		buf_add_slice(out, v.s);
		return true;
	case T_JSONB:
		buf_add_slice(out, v.s);
		return true;
	case T_INT2: case T_INT4: case T_INT8: case T_FLOAT4: case T_FLOAT8: case T_NUMERIC: {
		if (!type_out(env, &iso, type, v, out))
			return false;
		struct slice s = { out->ptr + at, out->len - at };
		/* NaN and the infinities are no numbers of JSON */
		if (s.len && (s.ptr[s.len - 1] < '0' || s.ptr[s.len - 1] > '9')) {
			struct slice word = arena_slice(a, s);
			buf_cut(out, at);
			json_quote(word, out);
		}
		return true;
	}
	case T_DATE: case T_TIMESTAMP: case T_TIMESTAMPTZ: {
		struct buf b;
		iso.dates = DATE_ISO;
		buf_init(&b, BUF_MAX);
		if (!type_out(env, &iso, type, v, &b)) {
			buf_release(&b);
			return false;
		}
		/* ISO 8601: a T between day and time, and the zone's minutes */
		char *space = strchr(b.ptr, ' ');
		if (space && type != T_DATE && !strstr(b.ptr, " BC"))
			*space = 'T';
		else if (space && type != T_DATE)
			*space = 'T';
		if (type == T_TIMESTAMPTZ && space) {
			char *sign = strpbrk(space, "+-");
			size_t rest = sign ? strcspn(sign + 1, " ") : 0;
			if (sign && rest == 2) {
				size_t split = (size_t)(sign - b.ptr) + 3;
				struct slice tail = arena_slice(a, (struct slice){ b.ptr + split, b.len - split });
				buf_cut(&b, split);
				buf_add_str(&b, ":00");
				buf_add_slice(&b, tail);
			}
		}
		json_quote(buf_slice(&b), out);
		buf_release(&b);
		return true;
	}
	default: break;
	}
	uint32_t element = t && t->category == 'A' ? array_element(env, type) : 0;
	if (element) {
		struct array items;
		size_t next = 0;
		return array_load(env, a, element, -1, v.s, &items) && array_value(env, a, &items, 0, &next, jsonb, pretty, out);
	}
	if (type == T_RECORD || (t && t->kind == 'c'))
		return row_value(env, a, type, v.s, jsonb, pretty, out);
	struct buf b;
	buf_init(&b, BUF_MAX);
	bool ok = type_out(env, style_of(env), type, v, &b);
	if (ok)
		json_quote(buf_slice(&b), out);
	buf_release(&b);
	return ok;
}

bool json_of_value(struct sql_env *env, uint32_t type, struct sql_datum v, bool jsonb, bool pretty, struct buf *out)
{
	struct arena a;
	bool ok;

	arena_init(&a);
	if (!jsonb) {
		ok = value(env, &a, type, v, false, pretty, out);
	} else {
		/* rows may repeat a name, and json inside is parsed anew: by way of its text */
		struct buf text;
		struct json *tree = NULL;
		buf_init(&text, BUF_MAX);
		ok = value(env, &a, type, v, true, false, &text);
		if (ok)
			tree = json_parse(env, &a, buf_slice(&text), true);
		if (tree)
			json_print(tree, out);
		ok = ok && tree;
		buf_release(&text);
	}
	arena_release(&a);
	return ok;
}
