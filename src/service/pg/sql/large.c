/*
 * Large objects: pages of 2 kB in pg_largeobject, and the descriptors that lo_open
 * gives, which end with the transaction.
 *
 * Source: be-fsstubs.c, inv_api.c of PostgreSQL 15; manual, chapter 35.
 */
#include "service/pg/sql/large.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/sql/func/call.h"
#include "service/pg/sql/session.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/transaction.h"

#define PAGE 2048                        /* LOBLKSIZE */
#define SIZE_MAX_LO ((int64_t)INT_MAX * PAGE) /* MAX_LARGE_OBJECT_SIZE */
#define VALUE_MAX (1 << 30)              /* bytes that one call reads */
#define OPEN_MAX 256                     /* descriptors of a session */

enum { LO_WRITE = 0x20000, LO_READ = 0x40000 };

struct sql_large {
	struct open {
		uint32_t oid;            /* 0: closed */
		int32_t flags;
		int64_t at;
	} list[OPEN_MAX];
};

void sql_large_close(struct sql_session *s)
{
	free(s->larges);
	s->larges = NULL;
}

static struct sql_session *session_of(sqlite3_context *ctx)
{
	return sql_env_of(ctx)->session;
}

/* ---- pages ---- */

static bool exists(struct sql_session *s, uint32_t oid)
{
	/* they are made when they are first looked at */
	sql_sysfunc_reads(s, "pg_largeobject_metadata");
	sql_sysfunc_reads(s, "pg_largeobject");
	return sql_cat_int(s->engine->store, "SELECT count(*) FROM pg_largeobject_metadata WHERE oid = ?1", "i", (int64_t)oid) > 0;
}

static bool need(sqlite3_context *ctx, uint32_t oid)
{
	if (exists(session_of(ctx), oid))
		return true;
	sql_raise(ctx, "42704", "large object %u does not exist", oid);
	return false;
}

/* Who only reads sees what the statement sees, not what it makes itself. */
static bool need_seen(sqlite3_context *ctx, uint32_t oid)
{
	if (!need(ctx, oid))
		return false;
	if (sql_cat_int(session_of(ctx)->engine->store, "SELECT count(*) FROM r_2995 WHERE c1 = ?1 AND vis(xmin, xmax)", "i", (int64_t)oid) > 0)
		return true;
	sql_raise(ctx, "42704", "large object %u does not exist", oid);
	return false;
}

static int64_t size_of(struct sql_session *s, uint32_t oid)
{
	return sql_cat_int(s->engine->store, "SELECT pageno * 2048 + length(data) FROM pg_largeobject WHERE loid = ?1 ORDER BY pageno DESC LIMIT 1", "i",
			   (int64_t)oid);
}

/* Appends what lies at [at, at + n), as far as there is any; what was never written is zero. */
static void read_at(struct sql_session *s, uint32_t oid, int64_t at, int64_t n, struct buf *out)
{
	int64_t size = size_of(s, oid), end = at + n < size ? at + n : size, done = at;

	if (end <= at)
		return;
	sqlite3_stmt *q = sql_cat_query(s->engine->store,
					"SELECT pageno, data FROM pg_largeobject WHERE loid = ?1 AND pageno >= ?2 AND pageno <= ?3 ORDER BY pageno", "iii",
					(int64_t)oid, at / PAGE, (end - 1) / PAGE);
	while (sqlite3_step(q) == SQLITE_ROW) {
		int64_t start = sqlite3_column_int64(q, 0) * PAGE, have = sqlite3_column_bytes(q, 1);
		const char *data = sqlite3_column_blob(q, 1);

		for (; done < start; done++)
			buf_add_char(out, '\0');
		int64_t from = done - start, upto = end - start < have ? end - start : have;
		if (upto > from) {
			buf_add(out, data + from, (size_t)(upto - from));
			done += upto - from;
		}
	}
	sql_store_done(s->engine->store, q);
	for (; done < end; done++)
		buf_add_char(out, '\0');
}

static void put_page(struct sql_session *s, uint32_t oid, int64_t page, struct slice data)
{
	struct sql_cat_value values[] = { CAT_INT("loid", oid), CAT_INT("pageno", page), { "data", { .kind = SQL_BLOB, .s = data } } };

	if (!sql_cat_change(s, CAT_LARGEOBJECT, values + 2, 1, "loid = ?1 AND pageno = ?2", CAT_IDS(oid, page)))
		sql_cat_insert(s, CAT_LARGEOBJECT, values, 3);
}

static bool write_at(struct sql_session *s, uint32_t oid, int64_t at, struct slice data)
{
	if (!sql_statement_writes(s, NULL))
		return false;
	while (data.len) {
		int64_t page = at / PAGE, start = page * PAGE;
		size_t offset = (size_t)(at - start), n = PAGE - offset < data.len ? PAGE - offset : data.len;
		struct buf b;

		buf_init(&b, 2 * PAGE);
		read_at(s, oid, start, PAGE, &b);
		struct slice old = buf_slice(&b);
		char whole[PAGE] = { 0 };
		size_t length = old.len > offset + n ? old.len : offset + n;
		memcpy(whole, old.ptr, old.len);
		memcpy(whole + offset, data.ptr, n);
		buf_release(&b);
		put_page(s, oid, page, slice_of(whole, length));
		data = slice_skip(data, n);
		at += (int64_t)n;
	}
	return true;
}

static bool cut(struct sql_session *s, uint32_t oid, int64_t length)
{
	int64_t size = size_of(s, oid), page = length / PAGE;

	if (!sql_statement_writes(s, NULL))
		return false;
	if (length > size) {
		put_page(s, oid, (length - 1) / PAGE, SLICE_NONE); /* below: up to its last byte */
		char zero = 0;
		return write_at(s, oid, length - 1, slice_of(&zero, 1));
	}
	struct buf b;
	buf_init(&b, 2 * PAGE);
	read_at(s, oid, page * PAGE, length - page * PAGE, &b);
	sql_cat_change(s, CAT_LARGEOBJECT, NULL, 0, "loid = ?1 AND pageno >= ?2", CAT_IDS(oid, page));
	if (b.len)
		put_page(s, oid, page, buf_slice(&b));
	buf_release(&b);
	return true;
}

/* ---- whole objects ---- */

/* 0: raised. */
static uint32_t make(sqlite3_context *ctx, uint32_t oid)
{
	struct sql_session *s = session_of(ctx);

	if (!sql_statement_writes(s, NULL))
		return 0;
	if (exists(s, oid)) {
		struct sql_env *env = sql_env_of(ctx);
		struct sql_error *e = sql_raise(ctx, "23505", "duplicate key value violates unique constraint \"pg_largeobject_metadata_oid_index\"");

		sql_detail(env, e, "Key (oid)=(%u) already exists.", oid);
		e->schema = SLICE_LIT("pg_catalog");
		e->table = SLICE_LIT("pg_largeobject_metadata");
		e->constraint = SLICE_LIT("pg_largeobject_metadata_oid_index");
		return 0;
	}
	if (!oid)
		oid = sql_store_oid(s->engine->store);
	sql_cat_insert(s, CAT_LARGEOBJECT_METADATA, (struct sql_cat_value[]){ CAT_INT("oid", oid), CAT_INT("lomowner", 10) }, 2);
	return oid;
}

STRICT(lo_create)
{
	uint32_t oid = make(ctx, (uint32_t)arg_int(argv[0]));

	if (oid)
		sqlite3_result_int64(ctx, oid);
}

STRICT(lo_creat)
{
	uint32_t oid = make(ctx, 0);

	if (oid)
		sqlite3_result_int64(ctx, oid);
}

STRICT(lo_from_bytea)
{
	uint32_t oid = make(ctx, (uint32_t)arg_int(argv[0]));

	if (oid && write_at(session_of(ctx), oid, 0, arg_blob(argv[1])))
		sqlite3_result_int64(ctx, oid);
}

STRICT(lo_unlink)
{
	struct sql_session *s = session_of(ctx);
	uint32_t oid = (uint32_t)arg_int(argv[0]);

	if (!need(ctx, oid) || !sql_statement_writes(s, NULL))
		return;
	sql_cat_change(s, CAT_LARGEOBJECT_METADATA, NULL, 0, "oid = ?1", CAT_IDS(oid));
	sql_cat_change(s, CAT_LARGEOBJECT, NULL, 0, "loid = ?1", CAT_IDS(oid));
	for (size_t i = 0; s->larges && i < OPEN_MAX; i++)
		if (s->larges->list[i].oid == oid)
			s->larges->list[i].oid = 0;
	sqlite3_result_int(ctx, 1);
}

static void give(sqlite3_context *ctx, uint32_t oid, int64_t at, int64_t n)
{
	struct buf b;

	buf_init(&b, VALUE_MAX);
	read_at(session_of(ctx), oid, at, n, &b);
	result_buf_blob(ctx, &b);
}

STRICT(lo_get)
{
	uint32_t oid = (uint32_t)arg_int(argv[0]);

	if (need_seen(ctx, oid))
		give(ctx, oid, 0, VALUE_MAX);
}

STRICT(lo_get_fragment)
{
	uint32_t oid = (uint32_t)arg_int(argv[0]);

	if (arg_int(argv[2]) < 0)
		sql_raise(ctx, "22023", "requested length cannot be negative");
	else if (need_seen(ctx, oid))
		give(ctx, oid, arg_int(argv[1]), arg_int(argv[2]));
}

STRICT(lo_put)
{
	uint32_t oid = (uint32_t)arg_int(argv[0]);

	if (arg_int(argv[1]) < 0)
		sql_raise(ctx, "22023", "invalid large object seek target: %lld", (long long)arg_int(argv[1]));
	else if (need(ctx, oid) && write_at(session_of(ctx), oid, arg_int(argv[1]), arg_blob(argv[2])))
		result_text(ctx, SLICE_LIT(""));
}

/* ---- descriptors ---- */

static struct open *descriptor(sqlite3_context *ctx, sqlite3_value *v)
{
	struct sql_session *s = session_of(ctx);
	int64_t fd = arg_int(v);

	if (fd >= 0 && fd < OPEN_MAX && s->larges && s->larges->list[fd].oid)
		return s->larges->list + fd;
	sql_raise(ctx, "42704", "invalid large-object descriptor: %lld", (long long)fd);
	return NULL;
}

STRICT(lo_open)
{
	struct sql_session *s = session_of(ctx);
	uint32_t oid = (uint32_t)arg_int(argv[0]);
	int32_t flags = (int32_t)arg_int(argv[1]);

	if (!(flags & (LO_READ | LO_WRITE))) {
		sql_raise(ctx, "22023", "invalid flags for opening a large object: %d", flags);
		return;
	}
	if (!need(ctx, oid))
		return;
	if (!s->larges && !(s->larges = calloc(1, sizeof(*s->larges))))
		abort(); /* as the arena: out of memory ends the host */
	for (int fd = 0; fd < OPEN_MAX; fd++)
		if (!s->larges->list[fd].oid) {
			s->larges->list[fd] = (struct open){ .oid = oid, .flags = flags };
			sqlite3_result_int(ctx, fd);
			return;
		}
	sql_raise(ctx, "54000", "this fake opens at most %d large objects at once", OPEN_MAX);
}

STRICT(lo_close)
{
	struct open *o = descriptor(ctx, argv[0]);

	if (!o)
		return;
	o->oid = 0;
	sqlite3_result_int(ctx, 0);
}

STRICT(loread)
{
	struct open *o = descriptor(ctx, argv[0]);
	int64_t n = arg_int(argv[1]);
	struct buf b;

	if (!o)
		return;
	buf_init(&b, VALUE_MAX);
	read_at(session_of(ctx), o->oid, o->at, n < 0 ? 0 : n, &b);
	o->at += (int64_t)b.len;
	result_buf_blob(ctx, &b);
}

STRICT(lowrite)
{
	struct open *o = descriptor(ctx, argv[0]);
	struct slice data = arg_blob(argv[1]);

	if (!o)
		return;
	if (!(o->flags & LO_WRITE)) {
		sql_raise(ctx, "55000", "large object descriptor %lld was not opened for writing", (long long)arg_int(argv[0]));
		return;
	}
	if (o->at + (int64_t)data.len > SIZE_MAX_LO) {
		sql_raise(ctx, "22023", "invalid large object write request size: %zu", data.len);
		return;
	}
	if (!write_at(session_of(ctx), o->oid, o->at, data))
		return;
	o->at += (int64_t)data.len;
	sqlite3_result_int64(ctx, (int64_t)data.len);
}

STRICT(lo_lseek)
{
	struct open *o = descriptor(ctx, argv[0]);
	int64_t offset = arg_int(argv[1]), whence = arg_int(argv[2]);

	if (!o)
		return;
	if (whence < 0 || whence > 2) {
		sql_raise(ctx, "22023", "invalid whence setting: %lld", (long long)whence);
		return;
	}
	int64_t to = offset + (whence == 1 ? o->at : whence == 2 ? size_of(session_of(ctx), o->oid) : 0);
	if (to < 0 || to > SIZE_MAX_LO) {
		sql_raise(ctx, "22023", "invalid large object seek target: %lld", (long long)to);
		return;
	}
	o->at = to;
	sqlite3_result_int64(ctx, to);
}

STRICT(lo_tell)
{
	struct open *o = descriptor(ctx, argv[0]);

	if (o)
		sqlite3_result_int64(ctx, o->at);
}

STRICT(lo_truncate)
{
	struct open *o = descriptor(ctx, argv[0]);
	int64_t length = arg_int(argv[1]);

	if (!o)
		return;
	if (!(o->flags & LO_WRITE))
		sql_raise(ctx, "55000", "large object descriptor %lld was not opened for writing", (long long)arg_int(argv[0]));
	else if (length < 0 || length > SIZE_MAX_LO)
		sql_raise(ctx, "22023", "invalid large object truncation target: %lld", (long long)length);
	else if (cut(session_of(ctx), o->oid, length))
		sqlite3_result_int(ctx, 0);
}

const struct func_row sql_large_rows[] = {
	CALL_VOLATILE("be_lo_create", lo_create, 1), CALL_VOLATILE("be_lo_creat", lo_creat, 1), CALL_VOLATILE("be_lo_from_bytea", lo_from_bytea, 2),
	CALL_VOLATILE("be_lo_unlink", lo_unlink, 1), CALL_VOLATILE("be_lo_get", lo_get, 1), CALL_VOLATILE("be_lo_get_fragment", lo_get_fragment, 3),
	CALL_VOLATILE("be_lo_put", lo_put, 3), CALL_VOLATILE("be_lo_open", lo_open, 2), CALL_VOLATILE("be_lo_close", lo_close, 1),
	CALL_VOLATILE("be_loread", loread, 2), CALL_VOLATILE("be_lowrite", lowrite, 2), CALL_VOLATILE("be_lo_lseek", lo_lseek, 3),
	CALL_VOLATILE("be_lo_lseek64", lo_lseek, 3), CALL_VOLATILE("be_lo_tell", lo_tell, 1), CALL_VOLATILE("be_lo_tell64", lo_tell, 1),
	CALL_VOLATILE("be_lo_truncate", lo_truncate, 2), CALL_VOLATILE("be_lo_truncate64", lo_truncate, 2),
	END_OF_ROWS
};
