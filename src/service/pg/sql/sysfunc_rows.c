/*
 * Functions that give rows of what the server knows of itself: sessions, locks,
 * settings, keywords, privileges. The views of pg_catalog are made over them.
 */
#include <string.h>

#include "service/pg/sql/facts/facts.h"
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/sequence.h"
#include "service/pg/sql/store.h"
#include "service/pg/sql/sysfunc.h"
#include "service/pg/sql/transaction.h"

static const struct sql_datum none = { .kind = SQL_NULL };

static struct sql_datum text(const char *s)
{
	return s ? datum_text(slice_str(s)) : none;
}

static struct sql_datum yes(bool b)
{
	return datum_int(b);
}

/* ---- sessions ---- */

/* Columns of pg_stat_get_activity: datid pid usesysid application_name state query wait_event_type wait_event xact_start query_start
 * backend_start state_change client_addr client_hostname client_port backend_xid backend_xmin backend_type ... */
enum { ACTIVITY_COLUMNS = 30 };

static bool activity(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct sql_session *me = env->session;

	for (struct sql_session *s = me->engine->first; s; s = s->next) {
		struct sql_datum v[ACTIVITY_COLUMNS];
		bool waits = sql_session_waits(s);
		const char *state = s == me || waits ? "active" : s->failed ? "idle in transaction (aborted)" : s->block ? "idle in transaction" : "idle";

		if (argc > 0 && !arg_null(argv[0]) && arg_int(argv[0]) != s->pid)
			continue;
		for (size_t i = 0; i < ACTIVITY_COLUMNS; i++)
			v[i] = none;
		v[0] = datum_int(5); /* the database */
		v[1] = datum_int(s->pid);
		v[2] = datum_int(10); /* the superuser */
		v[3] = datum_text(sql_session_setting(s, "application_name"));
		v[4] = text(state);
		v[5] = datum_text(slice_of(s->asked, s->asked_len));
		if (waits) {
			v[6] = text("Lock");
			v[7] = text("transactionid");
		} else if (s != me) {
			v[6] = text("Client");
			v[7] = text("ClientRead");
		}
		if (s->tx)
			v[8] = datum_int(s->tx_start_us);
		v[9] = v[10] = v[11] = datum_int(s->tx ? s->tx_start_us : env->transaction_us);
		v[14] = datum_int(-1);
		v[17] = text("client backend");
		rows_add(rows, v);
	}
	return true;
}

/* ---- locks ---- */

static const char *const table_modes[] = { "", "AccessShareLock", "RowShareLock", "RowExclusiveLock", "ShareUpdateExclusiveLock", "ShareLock",
					   "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock" };

static bool lock_status(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	(void)argc;
	(void)argv;
	for (struct sql_session *s = env->session->engine->first; s; s = s->next)
		for (size_t i = 0; i < s->party.nheld; i++) {
			const struct sql_held *h = &s->party.held[i];
			struct sql_datum v[16];

			for (size_t c = 0; c < 16; c++)
				v[c] = none;
			v[0] = text(h->name.space == SQL_LOCK_TABLE ? "relation" : h->name.space == SQL_LOCK_ADVISORY ? "advisory" : "tuple");
			v[1] = datum_int(5);
			if (h->name.space == SQL_LOCK_TABLE) {
				v[2] = datum_int(h->name.a);
			} else if (h->name.space == SQL_LOCK_ADVISORY) {
				v[7] = datum_int(h->name.a);
				v[8] = datum_int(h->name.b & 0xffffffff);
				v[9] = datum_int(h->name.b >> 40 ? 2 : 1);
			}
			v[10] = datum_text(arena_printf(rows_arena(rows), "%u/1", s->pid));
			v[11] = datum_int(s->pid);
			v[12] = text(h->name.space == SQL_LOCK_ROW ? "RowShareLock" : h->mode > 0 && h->mode < 9 ? table_modes[h->mode] : "");
			v[13] = yes(true);
			v[14] = yes(false);
			rows_add(rows, v);
		}
	return true;
}

/* ---- settings ---- */

static bool all_settings(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	struct sql_session *s = env->session;
	struct sql_setting x;

	(void)argc;
	(void)argv;
	for (size_t n = 0; s->hooks.nth_setting && s->hooks.nth_setting(s->hooks.of, n, &x, rows_arena(rows)); n++) {
		const struct slice texts[] = { [0] = x.name, [1] = x.setting, [2] = x.unit, [3] = SLICE_LIT("Preset Options"), [4] = SLICE_LIT(""),
			[6] = x.context, [7] = x.vartype, [8] = x.source, [9] = x.min, [10] = x.max, [12] = x.boot, [13] = x.reset };
		struct sql_datum v[17];

		for (size_t c = 0; c < 17; c++)
			v[c] = c < sizeof(texts) / sizeof(texts[0]) && texts[c].ptr ? datum_text(texts[c]) : none;
		if (x.enums.ptr)
			v[11] = datum_text(x.enums);
		v[16] = yes(false);
		rows_add(rows, v);
	}
	return true;
}

/* ---- keywords ---- */

static bool keywords(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	(void)env;
	(void)argc;
	(void)argv;
	for (size_t i = 0; i < sql_nkeyword_facts; i++) {
		const struct sql_keyword_fact *k = &sql_keyword_facts[i];
		char category[2] = { (char)(k->category | 0x20), '\0' };

		rows_add(rows, (struct sql_datum[]){ text(k->word), text(category), yes(k->bare_label),
			text(k->category == 'R' ? "reserved" : k->category == 'C' ? "unreserved (cannot be function or type name)" :
			     k->category == 'T' ? "reserved (can be function or type name)" : "unreserved"),
			text(k->bare_label ? "can be bare label" : "requires AS") });
	}
	return true;
}

/* ---- privileges: {grantee=arwd/grantor,...} ---- */

static const struct {
	char letter;
	const char *name;
} acl_letters[] = { { 'a', "INSERT" }, { 'r', "SELECT" }, { 'w', "UPDATE" }, { 'd', "DELETE" }, { 'D', "TRUNCATE" }, { 'x', "REFERENCES" },
		    { 't', "TRIGGER" }, { 'X', "EXECUTE" }, { 'U', "USAGE" }, { 'C', "CREATE" }, { 'T', "TEMPORARY" }, { 'c', "CONNECT" } };

static int64_t role_oid(struct sql_env *env, struct slice name)
{
	sql_sysfunc_reads(env->session, "pg_authid");
	return name.len ? sql_cat_int(env->session->engine->store, "SELECT oid FROM pg_authid WHERE rolname = ?1", "S", name) : 0;
}

static bool acl_explode(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	if (argc < 1 || arg_null(argv[0]))
		return true;
	struct slice list = arg_text(argv[0]);

	if (list.len >= 2)
		list = slice_of(list.ptr + 1, list.len - 2);
	while (list.len) {
		struct slice item = slice_split(&list, ','), grantee = slice_split(&item, '='), letters = slice_split(&item, '/');

		for (size_t i = 0; i < letters.len; i++)
			for (size_t k = 0; k < sizeof(acl_letters) / sizeof(acl_letters[0]); k++)
				if (acl_letters[k].letter == letters.ptr[i])
					rows_add(rows, (struct sql_datum[]){ datum_int(role_oid(env, item)), datum_int(role_oid(env, grantee)),
						text(acl_letters[k].name), yes(i + 1 < letters.len && letters.ptr[i + 1] == '*') });
	}
	return true;
}

/* ---- options: {name=value} ---- */

static bool options_to_table(struct sql_env *env, struct row_set *rows, int argc, sqlite3_value **argv)
{
	(void)env;
	if (argc < 1 || arg_null(argv[0]))
		return true;
	struct slice list = arg_text(argv[0]);

	if (list.len >= 2)
		list = slice_of(list.ptr + 1, list.len - 2);
	while (list.len) {
		struct slice item = slice_split(&list, ','), name = slice_split(&item, '=');
		rows_add(rows, (struct sql_datum[]){ datum_text(name), item.ptr ? datum_text(item) : none });
	}
	return true;
}

STRICT(sequence_last_value)
{
	struct sql_session *s = sql_env_of(ctx)->session;
	const struct sql_relation *rel = sql_catalog_relation_oid(s, (uint32_t)arg_int(argv[0]));
	sqlite3_stmt *q = NULL;
	char query[96];

	if (!rel || rel->kind != 'S')
		return;
	snprintf(query, sizeof(query), "SELECT c1 FROM r_%u WHERE c3", rel->filenode);
	if (sqlite3_prepare_v2(s->engine->db, query, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
		sqlite3_result_int64(ctx, sqlite3_column_int64(q, 0));
	sqlite3_finalize(q);
}

const struct func_row sysfunc_rows_rows[] = {
	ROWS("pg_stat_get_activity", activity, 1, ACTIVITY_COLUMNS), ROWS("pg_lock_status", lock_status, 0, 16),
	ROWS("show_all_settings", all_settings, 0, 17), ROWS("pg_get_keywords", keywords, 0, 5), ROWS("aclexplode", acl_explode, 1, 4),
	ROWS("pg_options_to_table", options_to_table, 1, 2), CALL_VOLATILE("pg_sequence_last_value", sequence_last_value, 1),
	END_OF_ROWS
};
