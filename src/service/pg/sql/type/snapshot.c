/*
 * The types pg_snapshot and txid_snapshot: "xmin:xmax:xid,xid", stored as printed.
 *
 * Source: xid8funcs.c of PostgreSQL 15.
 */
#include "service/pg/sql/type/type.h"

#define XIDS_MAX (1 << 26) /* of one snapshot: more cannot be in a message */

static bool number(struct slice *s, char end, uint64_t *out)
{
	size_t n = end ? slice_find(*s, end) : s->len;

	if ((end && n == s->len) || !slice_to_u64(slice_take(*s, n), out))
		return false;
	*s = slice_skip(*s, n + (end != 0));
	return true;
}

/* False: malformed. Printed without repetitions, in order. */
static bool read(struct slice text, struct buf *b)
{
	struct slice s = text;
	uint64_t xmin, xmax, last = 0;
	bool first = true;

	if (!number(&s, ':', &xmin) || !number(&s, ':', &xmax) || !xmin || !xmax || xmin > xmax)
		return false;
	buf_addf(b, "%llu:%llu:", (unsigned long long)xmin, (unsigned long long)xmax);
	while (s.len) {
		size_t comma = slice_find(s, ',');
		uint64_t xid;

		if (!slice_to_u64(slice_take(s, comma), &xid) || xid < xmin || xid >= xmax || xid < last || (comma < s.len && comma + 1 == s.len))
			return false;
		if (xid != last)
			buf_addf(b, "%s%llu", first ? "" : ",", (unsigned long long)xid), first = false;
		last = xid;
		s = slice_skip(s, comma + 1);
	}
	return true;
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct buf b;

	(void)type, (void)typmod;
	buf_init(&b, BUF_MAX);
	if (!read(text, &b)) {
		buf_release(&b);
		return type_refuse(env, "pg_snapshot", text);
	}
	*out = datum_text(arena_take(a, &b));
	return true;
}

static bool out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *o)
{
	uint64_t n = read_be(s, 0, 4);
	struct buf text;

	if (s.len < 20 || n > XIDS_MAX || s.len != 20 + 8 * n)
		return type_refuse_binary(env);
	buf_init(&text, BUF_MAX);
	buf_addf(&text, "%llu:%llu:", (unsigned long long)read_be(s, 4, 8), (unsigned long long)read_be(s, 12, 8));
	for (uint64_t i = 0; i < n; i++)
		buf_addf(&text, "%s%llu", i ? "," : "", (unsigned long long)read_be(s, 20 + 8 * i, 8));
	bool ok = in(env, a, type, typmod, buf_slice(&text), o);
	buf_release(&text);
	return ok;
}

static bool send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct slice s = v.s;
	uint64_t xmin = 0, xmax = 0, xid = 0;
	size_t at = b->len;
	uint32_t n = 0;

	(void)env, (void)type;
	number(&s, ':', &xmin);
	number(&s, ':', &xmax);
	buf_add_be32(b, 0);
	buf_add_be64(b, xmin);
	buf_add_be64(b, xmax);
	for (; s.len; n++) {
		slice_to_u64(slice_split(&s, ','), &xid);
		buf_add_be64(b, xid);
	}
	if (!buf_failed(b))
		buf_patch_be32(b, at, n);
	return true;
}

const struct type_ops type_snapshot_rows[] = {
	{ 5038, "pg_snapshot", in, out, recv, send, NULL, NULL },
	{ 2970, "txid_snapshot", in, out, recv, send, NULL, NULL },
	{ 0 },
};
