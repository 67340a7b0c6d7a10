/*
 * Functions of the numbers that the server counts with: pg_lsn, xid, snapshots.
 *
 * Source: pg_lsn.c, xid8funcs.c of PostgreSQL 15.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/numeric.h"

/* ---- places in the log: 64 bits without a sign ---- */

static void set_unsigned(struct numeric *n, uint64_t v)
{
	numeric_set_int(n, 0);
	mpz_set_ui(n->c, (unsigned long)v);
}

static void give_numeric(sqlite3_context *ctx, const struct numeric *n)
{
	struct buf b;

	buf_init(&b, BUF_MAX);
	numeric_print(&b, n);
	result_buf(ctx, &b);
}

static void give_lsn(sqlite3_context *ctx, struct numeric *n)
{
	if (n->kind != NUMERIC_FINITE) {
		sql_raise(ctx, "0A000", "cannot convert %s to pg_lsn", n->kind == NUMERIC_NAN ? "NaN" : "infinity");
		return;
	}
	numeric_round_to(n, 0);
	if (mpz_sgn(n->c) < 0 || mpz_sizeinbase(n->c, 2) > 64)
		sql_raise(ctx, "22023", "pg_lsn out of range");
	else
		sqlite3_result_int64(ctx, (int64_t)mpz_get_ui(n->c));
}

STRICT(pg_lsn_mi)
{
	uint64_t x = (uint64_t)arg_int(argv[0]), y = (uint64_t)arg_int(argv[1]);
	struct numeric n;

	numeric_init(&n);
	set_unsigned(&n, x < y ? y - x : x - y);
	if (x < y)
		mpz_neg(n.c, n.c);
	give_numeric(ctx, &n);
	numeric_release(&n);
}

static void move(sqlite3_context *ctx, sqlite3_value *lsn, sqlite3_value *by, bool back)
{
	struct sql_env *env = sql_env_of(ctx);
	struct numeric n, d, r;

	numeric_init(&n);
	numeric_init(&d);
	numeric_init(&r);
	set_unsigned(&n, (uint64_t)arg_int(lsn));
	numeric_load(&d, arg_text(by));
	if (d.kind == NUMERIC_NAN)
		sql_raise(ctx, "0A000", back ? "cannot subtract NaN from pg_lsn" : "cannot add NaN to pg_lsn");
	else if (back ? numeric_minus(env, &r, &n, &d) : numeric_plus(env, &r, &n, &d))
		give_lsn(ctx, &r);
	else
		result_raised(ctx);
	numeric_release(&n);
	numeric_release(&d);
	numeric_release(&r);
}

STRICT(pg_lsn_pli) { move(ctx, argv[0], argv[1], false); }
STRICT(numeric_pl_pg_lsn) { move(ctx, argv[1], argv[0], false); }
STRICT(pg_lsn_mii) { move(ctx, argv[0], argv[1], true); }

STRICT(numeric_pg_lsn)
{
	struct numeric n;

	numeric_init(&n);
	numeric_load(&n, arg_text(argv[0]));
	give_lsn(ctx, &n);
	numeric_release(&n);
}

/* ---- snapshots: "xmin:xmax:xid,xid" ---- */

struct snapshot {
	int64_t xmin, xmax;
	struct slice list;
};

static struct snapshot load(sqlite3_value *v)
{
	struct slice rest = arg_text(v);
	struct snapshot s = { 0 };

	slice_to_i64(slice_split(&rest, ':'), &s.xmin);
	slice_to_i64(slice_split(&rest, ':'), &s.xmax);
	s.list = rest;
	return s;
}

STRICT(snapshot_xmin) { sqlite3_result_int64(ctx, load(argv[0]).xmin); }
STRICT(snapshot_xmax) { sqlite3_result_int64(ctx, load(argv[0]).xmax); }

static bool snapshot_xip(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	(void)env;
	if (!argc || arg_null(argv[0]))
		return true;
	struct snapshot s = load(argv[0]);
	while (s.list.len) {
		int64_t xid = 0;

		slice_to_i64(slice_split(&s.list, ','), &xid);
		struct sql_datum d = datum_int(xid);
		rows_add(rows, &d);
	}
	return true;
}

STRICT(visible_in_snapshot)
{
	struct snapshot s = load(argv[1]);
	int64_t wanted = arg_int(argv[0]);
	bool visible = wanted < s.xmax;

	if (wanted >= s.xmin)
		while (visible && s.list.len) {
			int64_t xid = 0;

			slice_to_i64(slice_split(&s.list, ','), &xid);
			visible = xid != wanted;
		}
	result_bool(ctx, visible);
}

const struct func_row func_system_number_rows[] = {
	CALL("pg_lsn_mi", pg_lsn_mi, 2), CALL("pg_lsn_pli", pg_lsn_pli, 2), CALL("pg_lsn_mii", pg_lsn_mii, 2),
	CALL("numeric_pl_pg_lsn(numeric,pg_lsn)", numeric_pl_pg_lsn, 2), CALL("numeric_pg_lsn", numeric_pg_lsn, 1),
	CALL("pg_snapshot_xmin", snapshot_xmin, 1), CALL("pg_snapshot_xmax", snapshot_xmax, 1), ROWS("pg_snapshot_xip", snapshot_xip, 1, 1),
	CALL("pg_visible_in_snapshot", visible_in_snapshot, 2),
	END_OF_ROWS
};
