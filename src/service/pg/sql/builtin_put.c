/*
 * Assignment to a part of a value: UPDATE SET a[1] = ..., a[2:3] = ..., j['k'] = ...,
 * c.field = .... Each function gives the whole value with the part replaced.
 *
 * Source: arraysubs.c, arrayfuncs.c, jsonbsubs.c and setPath of PostgreSQL 15.
 */
#include "service/pg/sql/builtin.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "service/pg/sql/func/json.h"
#include "service/pg/sql/library.h"
#include "service/pg/sql/type/array.h"
#include "service/pg/sql/type/composite.h"

#define VALUE_MAX (64 * 1024 * 1024) /* bytes of one value as text */
#define ITEMS_MAX (16 * 1024 * 1024) /* MaxArraySize is 134217727; a gap of more than this is a mistake */

static struct slice text_of(sqlite3_value *v)
{
	const char *p = (const char *)sqlite3_value_text(v);

	return slice_of(p ? p : "", (size_t)sqlite3_value_bytes(v));
}

static bool is_null(sqlite3_value *v)
{
	return sqlite3_value_type(v) == SQLITE_NULL;
}

static void give(sqlite3_context *ctx, struct buf *b)
{
	if (buf_failed(b))
		sql_raise(ctx, "54000", "value is too long");
	else
		sqlite3_result_text64(ctx, b->ptr, b->len, SQLITE_TRANSIENT, SQLITE_UTF8);
	buf_release(b);
}

static void give_array(sqlite3_context *ctx, const struct array *v)
{
	struct buf b;

	buf_init(&b, VALUE_MAX);
	if (array_print(sql_env_of(ctx), &style_stored, v, &b)) {
		give(ctx, &b);
	} else {
		buf_release(&b);
		sqlite3_result_error(ctx, "raised", -1);
	}
}

/* The container; a NULL one is empty. False: raised. */
static bool container(sqlite3_context *ctx, struct arena *a, sqlite3_value **argv, struct array *v)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = (uint32_t)sqlite3_value_int64(argv[0]);

	if (array_load_of(env, a, type, is_null(argv[1]) ? SLICE_LIT("{}") : text_of(argv[1]), v))
		return true;
	sqlite3_result_error(ctx, "raised", -1);
	return false;
}

/* A one-dimensional array gets room for [low, high]; what lies between is NULL. */
static bool grow(sqlite3_context *ctx, struct arena *a, struct array *v, int64_t low, int64_t high)
{
	int64_t from = v->lower[0], to = from + v->dim[0] - 1;

	if (low < from)
		from = low;
	if (high > to)
		to = high;
	int64_t count = to - from + 1;
	if (count > ITEMS_MAX) {
		sql_raise(ctx, "54000", "array size exceeds the maximum allowed (%d)", 134217727);
		return false;
	}
	if (count == v->dim[0])
		return true;
	struct sql_datum *items = ARENA_ARRAY(a, struct sql_datum, (size_t)count + 1);
	memcpy(items + (v->lower[0] - from), v->items, (size_t)v->dim[0] * sizeof(*items));
	v->items = items;
	v->lower[0] = (int)from;
	v->dim[0] = (int)count;
	v->count = (size_t)count;
	return true;
}

/* e_put(type, array, value, subscript ...) */
static void put_element(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	int n = argc - 3;
	struct arena a;
	struct array v;
	size_t at = 0;

	for (int i = 3; i < argc; i++)
		if (is_null(argv[i])) {
			sql_raise(ctx, "22004", "array subscript in assignment must not be null");
			return;
		}
	arena_init(&a);
	if (!container(ctx, &a, argv, &v))
		goto out;
	if (!v.ndim) {
		v.ndim = n;
		v.count = 1;
		v.items = ARENA_ARRAY(&a, struct sql_datum, 1);
		for (int i = 0; i < n; i++) {
			v.dim[i] = 1;
			v.lower[i] = (int)sqlite3_value_int64(argv[3 + i]);
		}
	} else if (v.ndim != n) {
		sql_raise(ctx, "2202E", "wrong number of array subscripts");
		goto out;
	} else if (n == 1) {
		int64_t k = sqlite3_value_int64(argv[3]);

		if (!grow(ctx, &a, &v, k, k))
			goto out;
		at = (size_t)(k - v.lower[0]);
	} else {
		for (int i = 0; i < n; i++) {
			int64_t k = sqlite3_value_int64(argv[3 + i]) - v.lower[i];

			if (k < 0 || k >= v.dim[i]) {
				sql_raise(ctx, "2202E", "array subscript out of range");
				goto out;
			}
			at = at * (size_t)v.dim[i] + (size_t)k;
		}
	}
	v.items[at] = sql_datum_of(argv[2]);
	give_array(ctx, &v);
out:
	arena_release(&a);
}

/* Bounds of a slice; false: raised. */
static bool bounds(sqlite3_context *ctx, const struct array *v, sqlite3_value **argv, int n, int64_t *low, int64_t *high)
{
	for (int i = 0; i < n; i++) {
		sqlite3_value *ends[2] = { argv[3 + 2 * i], argv[4 + 2 * i] };

		if (is_null(ends[0]) || is_null(ends[1])) {
			sql_raise(ctx, "22004", "array subscript in assignment must not be null");
			return false;
		}
		bool has_low = sqlite3_value_type(ends[0]) == SQLITE_INTEGER, has_high = sqlite3_value_type(ends[1]) == SQLITE_INTEGER;
		if (!v->ndim && (!has_low || !has_high)) {
			struct sql_error *e = sql_raise(ctx, "2202E", "array slice subscript must provide both boundaries");
			sql_detail(sql_env_of(ctx), e, "When assigning to a slice of an empty array value, slice boundaries must be fully specified.");
			return false;
		}
		low[i] = has_low ? sqlite3_value_int64(ends[0]) : v->lower[i];
		high[i] = has_high ? sqlite3_value_int64(ends[1]) : (int64_t)v->lower[i] + v->dim[i] - 1;
	}
	return true;
}

/* e_put_slice(type, array, value, low, high ...); a bound that is left out is a text */
static void put_slice(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	int n = (argc - 3) / 2;
	int64_t low[ARRAY_DIMS], high[ARRAY_DIMS];
	struct arena a;
	struct array v, from;

	if (is_null(argv[2])) { /* nothing is assigned */
		sqlite3_result_value(ctx, argv[1]);
		return;
	}
	arena_init(&a);
	if (!container(ctx, &a, argv, &v) || (v.ndim && v.ndim < n)) {
		if (!sql_env_of(ctx)->error)
			sql_raise(ctx, "2202E", "wrong number of array subscripts");
		goto out;
	}
	if (!bounds(ctx, &v, argv, n, low, high))
		goto out;
	if (!array_load_of(sql_env_of(ctx), &a, (uint32_t)sqlite3_value_int64(argv[0]), text_of(argv[2]), &from)) {
		sqlite3_result_error(ctx, "raised", -1);
		goto out;
	}
	bool fresh = !v.ndim;
	size_t count = 1;
	if (fresh)
		v.ndim = n;
	for (int i = 0; i < v.ndim; i++) {
		if (i >= n) {
			low[i] = v.lower[i];
			high[i] = (int64_t)v.lower[i] + v.dim[i] - 1;
		}
		if (low[i] > high[i]) {
			sql_raise(ctx, "2202E", "upper bound cannot be less than lower bound");
			goto out;
		}
		if (!fresh && v.ndim > 1 && (low[i] < v.lower[i] || high[i] >= (int64_t)v.lower[i] + v.dim[i])) {
			sql_raise(ctx, "2202E", "array subscript out of range");
			goto out;
		}
		count *= (size_t)(high[i] - low[i] + 1);
		if (count > ITEMS_MAX) {
			sql_raise(ctx, "54000", "array size exceeds the maximum allowed (%d)", 134217727);
			goto out;
		}
	}
	if (from.count < count) {
		sql_raise(ctx, "2202E", "source array too small");
		goto out;
	}
	if (fresh) {
		for (int i = 0; i < n; i++) {
			v.lower[i] = (int)low[i];
			v.dim[i] = (int)(high[i] - low[i] + 1);
		}
		v.count = count;
		v.items = from.items;
	} else {
		if (v.ndim == 1 && !grow(ctx, &a, &v, low[0], high[0]))
			goto out;
		for (size_t k = 0; k < count; k++) {
			size_t rest = k, at = 0, step = 1;

			for (int i = v.ndim; i-- > 0;) {
				size_t wide = (size_t)(high[i] - low[i] + 1);
				at += step * (size_t)(low[i] - v.lower[i] + (int64_t)(rest % wide));
				rest /= wide;
				step *= (size_t)v.dim[i];
			}
			v.items[at] = from.items[k];
		}
	}
	give_array(ctx, &v);
out:
	arena_release(&a);
}

/* e_put_field(type, number, row, value) */
static void put_field(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct sql_env *env = sql_env_of(ctx);
	uint32_t type = (uint32_t)sqlite3_value_int64(argv[0]);
	size_t at = (size_t)sqlite3_value_int64(argv[1]) - 1;
	struct composite v = { .type = type };
	struct arena a;
	struct buf b;

	(void)argc;
	arena_init(&a);
	if (is_null(argv[2])) {
		v.fields = env->fields(env, type, &v.count);
		v.values = ARENA_ARRAY(&a, struct sql_datum, v.count + 1);
	} else if (!composite_load(env, &a, type, text_of(argv[2]), &v)) {
		sqlite3_result_error(ctx, "raised", -1);
		arena_release(&a);
		return;
	}
	if (at < v.count)
		v.values[at] = sql_datum_of(argv[3]);
	buf_init(&b, VALUE_MAX);
	if (composite_print(env, &style_stored, &v, &b)) {
		give(ctx, &b);
	} else {
		buf_release(&b);
		sqlite3_result_error(ctx, "raised", -1);
	}
	arena_release(&a);
}

/* ---- jsonb ---- */

struct path {
	sqlite3_context *ctx;
	struct arena *a;
	sqlite3_value **steps;
	int n;
	struct json *value;
};

/* strtoint() of the whole text. */
static bool index_of(struct slice s, int64_t *out)
{
	char text[24], *end;

	if (!s.len || s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	errno = 0;
	*out = strtoll(text, &end, 10);
	return !errno && *end == '\0' && end != text && *out >= INT_MIN && *out <= INT_MAX;
}

static bool fill(struct path *p, struct json *array, int64_t upto)
{
	if (upto > ITEMS_MAX) {
		sql_raise(p->ctx, "54000", "total size of jsonb array elements exceeds the maximum of %d bytes", 268435455);
		return false;
	}
	while ((int64_t)array->count < upto)
		json_add(p->a, array, json_new(p->a, JSON_NULL_));
	return true;
}

/* What does not exist yet, from step `at` on: push_path(). */
static struct json *made(struct path *p, int at)
{
	int64_t k;

	if (at == p->n)
		return p->value;
	struct slice step = text_of(p->steps[at]);
	struct json *below = made(p, at + 1), *v;
	if (!below)
		return NULL;
	if (!index_of(step, &k)) {
		v = json_new(p->a, JSON_OBJECT_);
		json_put(p->a, v, step, below);
		return v;
	}
	v = json_new(p->a, JSON_ARRAY_);
	if (!fill(p, v, k))
		return NULL;
	json_add(p->a, v, below);
	return v;
}

static struct json *set_path(struct path *p, struct json *v, int at)
{
	struct slice step = text_of(p->steps[at]);
	int64_t k = 0;

	if (v->kind != JSON_ARRAY_ && v->kind != JSON_OBJECT_) {
		struct sql_error *e = sql_raise(p->ctx, "22023", "cannot replace existing key");
		sql_detail(sql_env_of(p->ctx), e, "The path assumes key is a composite object, but it is a scalar value.");
		return NULL;
	}
	if (v->kind == JSON_ARRAY_) {
		if (!index_of(step, &k)) {
			sql_raise(p->ctx, "22P02", "path element at position %d is not an integer: \"%.*s\"", at + 1, SLICE_ARG(step));
			return NULL;
		}
		if (k < 0 && -k > (int64_t)v->count) {
			sql_raise(p->ctx, "22023", "path element at position %d is out of range: %lld", at + 1, (long long)k);
			return NULL;
		}
		k += k < 0 ? (int64_t)v->count : 0;
	}
	struct json *old = v->kind == JSON_ARRAY_ ? (k < (int64_t)v->count ? v->items[k] : NULL) : json_get(v, step);
	struct json *fresh = !old ? made(p, at + 1) : at + 1 == p->n ? p->value : set_path(p, old, at + 1);
	if (!fresh)
		return NULL;
	if (v->kind == JSON_OBJECT_) {
		json_put(p->a, v, step, fresh);
	} else if (old) {
		v->items[k] = fresh;
	} else {
		if (!fill(p, v, k))
			return NULL;
		json_add(p->a, v, fresh);
	}
	return v;
}

/* e_put_jsonb(bits: which subscripts are integers, jsonb, value, subscript ...) */
static void put_jsonb(sqlite3_context *ctx, int argc, sqlite3_value **argv)
{
	struct arena a;
	struct path p = { .ctx = ctx, .a = &a, .steps = argv + 3, .n = argc - 3 };
	struct buf b;

	for (int i = 3; i < argc; i++)
		if (is_null(argv[i])) {
			sql_raise(ctx, "22004", "jsonb subscript in assignment must not be null");
			return;
		}
	arena_init(&a);
	p.value = is_null(argv[2]) ? json_new(&a, JSON_NULL_) : json_load(&a, text_of(argv[2]), true);
	struct json *v = is_null(argv[1]) ? json_new(&a, sqlite3_value_int64(argv[0]) & 1 ? JSON_ARRAY_ : JSON_OBJECT_) :
					    json_load(&a, text_of(argv[1]), true);
	v = set_path(&p, v, 0);
	if (v) {
		buf_init(&b, VALUE_MAX);
		json_print(v, &b);
		give(ctx, &b);
	}
	arena_release(&a);
}

int sql_put_register(sqlite3 *db, struct sql_env *env)
{
	static const struct {
		const char *name;
		int nargs;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = {
		{ "e_put", -1, put_element }, { "e_put_slice", -1, put_slice }, { "e_put_field", 4, put_field }, { "e_put_jsonb", -1, put_jsonb },
	};
	int rc = SQLITE_OK;

	for (size_t i = 0; rc == SQLITE_OK && i < sizeof(functions) / sizeof(functions[0]); i++)
		rc = sqlite3_create_function(db, functions[i].name, functions[i].nargs, SQLITE_UTF8 | SQLITE_INNOCUOUS | SQLITE_DETERMINISTIC, env,
					     functions[i].call, NULL, NULL);
	return rc;
}
