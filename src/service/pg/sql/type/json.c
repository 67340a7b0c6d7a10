/*
 * The types json (kept as it was written) and jsonb (printed anew).
 */
#include "service/pg/sql/func/json.h"
#include "service/pg/sql/type/type.h"

static bool json_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct arena tree;

	(void)type, (void)typmod;
	arena_init(&tree);
	bool ok = json_parse(env, &tree, text, false) != NULL;
	arena_release(&tree);
	if (ok)
		*out = datum_text(arena_slice(a, text));
	return ok;
}

static bool jsonb_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct arena room;
	struct buf b;

	(void)type, (void)typmod;
	arena_init(&room);
	struct json *tree = json_parse(env, &room, text, true);
	if (tree) {
		buf_init(&b, BUF_MAX);
		json_print(tree, &b);
		*out = datum_text(arena_take(a, &b));
	}
	arena_release(&room);
	return tree != NULL;
}

static bool text_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool json_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice bytes, struct sql_datum *out)
{
	return json_in(env, a, type, typmod, bytes, out);
}

static bool json_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

/* A version byte, then the text: jsonb_recv(). */
static bool jsonb_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice bytes, struct sql_datum *out)
{
	if (!bytes.len || bytes.ptr[0] != 1) {
		sql_raise_env(env, "XX000", "unsupported jsonb version number %d", bytes.len ? (unsigned char)bytes.ptr[0] : 0);
		return false;
	}
	return jsonb_in(env, a, type, typmod, slice_skip(bytes, 1), out);
}

static bool jsonb_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)type;
	buf_add_char(b, 1);
	buf_add_slice(b, v.s);
	return true;
}

static int jsonb_order(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct arena a;

	(void)env, (void)type;
	if (slice_eq(x.s, y.s))
		return 0;
	arena_init(&a);
	int c = json_compare(json_load(&a, x.s, true), json_load(&a, y.s, true));
	arena_release(&a);
	return c;
}

const struct type_ops type_json_rows[] = {
	{ T_JSON, "json", json_in, text_out, json_recv, json_send, NULL, NULL },
	{ T_JSONB, "jsonb", jsonb_in, text_out, jsonb_recv, jsonb_send, jsonb_order, "pg_jsonb" },
	{ 0 },
};
