/*
 * pg_seed: tables that are there from the start. A row of "seed" is a script
 * ("sql": a file, or SQL itself), a table's rows from a file ("table", "csv"), or
 * rows written there ("table", "rows"), both with "columns" when the table is to
 * be made.
 *
 * Seeding again brings what is missing: a row whose key is there is left alone.
 */
#include "service/pg/pg_seed.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "service/pg/pg_admin.h"
#include "service/pg/pg_script.h"
#include "service/pg/sql/copy_text.h"

struct row {
	struct pg_admin *admin;
	const struct service_config *config;
	json_t *json;
	char place[64];          /* "seed[3]" */
	bool again;
};

static int bad(const struct row *w, struct err *err, const char *member, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static int bad(const struct row *w, struct err *err, const char *member, const char *fmt, ...)
{
	struct buf place, text;
	va_list ap;

	buf_init(&place, 1024);
	buf_init(&text, 4096);
	buf_addf(&place, "%s%s%s", w->place, *member ? "." : "", member);
	va_start(ap, fmt);
	buf_vaddf(&text, fmt, ap);
	va_end(ap);
	int r = service_bad(w->config, err, place.ptr, "%s", text.ptr);
	buf_release(&place);
	buf_release(&text);
	return r;
}

/* ---- files -------------------------------------------------------------------- */

struct mapped {
	char path[4096];
	struct slice text;
};

static int map_file(const struct row *w, const char *member, const char *name, struct mapped *m, struct err *err)
{
	struct stat st;

	snprintf(m->path, sizeof(m->path), "%s%s%s", name[0] == '/' || !w->config->folder ? "" : w->config->folder,
		 name[0] == '/' || !w->config->folder ? "" : "/", name);
	m->text = SLICE_LIT("");
	int fd = open(m->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0) {
		int why = errno;
		if (fd >= 0)
			close(fd);
		return bad(w, err, member, "%s: %s", name, strerror(why));
	}
	if (st.st_size) {
		void *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (p == MAP_FAILED) {
			close(fd);
			return bad(w, err, member, "%s: %s", name, strerror(errno));
		}
		m->text = (struct slice){ p, (size_t)st.st_size };
	}
	close(fd);
	return 0;
}

static void unmap(struct mapped *m)
{
	if (m->text.len)
		munmap((void *)m->text.ptr, m->text.len);
}

/* ---- scripts ---------------------------------------------------------------------- */

static int run_script(const struct row *w, const char *file, struct slice text, struct err *err)
{
	struct pg_script s;

	pg_script_init(&s, text);
	while (pg_script_next(&s)) {
		if (pg_admin_run(w->admin, s.statement, NULL, 0, s.data))
			continue;
		const struct sql_error *e = w->admin->error;
		int line = s.at;
		/* the line of the place in the statement that the error names */
		for (size_t i = 0, chars = 1; e->position && i < s.statement.len && (int)chars < e->position; i++) {
			chars += ((unsigned char)s.statement.ptr[i] & 0xc0) != 0x80;
			line += s.statement.ptr[i] == '\n';
		}
		if (file)
			return err_at(err, ERR_CONTENT, file, line, 0, "%.*s: %.*s%s%.*s", SLICE_ARG(e->sqlstate), SLICE_ARG(e->message), e->detail.len ? ": " : "",
				      SLICE_ARG(e->detail));
		return bad(w, err, "sql", "line %d: %.*s: %.*s%s%.*s", line, SLICE_ARG(e->sqlstate), SLICE_ARG(e->message), e->detail.len ? ": " : "",
			   SLICE_ARG(e->detail));
	}
	return 0;
}

static int seed_sql(const struct row *w, struct err *err)
{
	const char *text = json_string_value(json_object_get(w->json, "sql"));
	struct mapped m;

	/* a file's name has neither; a statement has one of them */
	if (strchr(text, ';') || strchr(text, '\n'))
		return run_script(w, NULL, slice_str(text), err);
	int rc = map_file(w, "sql", text, &m, err);
	if (!rc) {
		rc = run_script(w, m.path, m.text, err);
		unmap(&m);
	}
	return rc;
}

/* ---- tables -------------------------------------------------------------------------- */

static int said(const struct row *w, const char *member, struct err *err)
{
	const struct sql_error *e = w->admin->error;

	return bad(w, err, member, "%.*s: %.*s%s%.*s", SLICE_ARG(e->sqlstate), SLICE_ARG(e->message), e->detail.len ? ": " : "", SLICE_ARG(e->detail));
}

static void add_ident(struct buf *out, struct slice name)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, name.ptr[i]);
	}
	buf_add_char(out, '"');
}

static int make_table(const struct row *w, const char *table, struct err *err)
{
	json_t *columns = json_object_get(w->json, "columns"), *type;
	const char *name;
	struct buf text;
	size_t n = 0;

	if (!json_is_object(columns))
		return 0;
	buf_init(&text, 1 << 20);
	buf_addf(&text, "CREATE TABLE IF NOT EXISTS %s (", table);
	json_object_foreach(columns, name, type) {
		if (!json_is_string(type)) {
			buf_release(&text);
			return bad(w, err, "columns", "the type of \"%s\" must be a string, like \"numeric(12,2)\"", name);
		}
		buf_add_str(&text, n++ ? ", " : "");
		add_ident(&text, slice_str(name));
		buf_addf(&text, " %s", json_string_value(type));
	}
	buf_add_str(&text, ")");
	bool ok = pg_admin_run(w->admin, buf_slice(&text), NULL, 0, SLICE_NONE);
	buf_release(&text);
	return ok ? 0 : said(w, "columns", err);
}

/* Whether seeding again should leave the table alone: it has rows, and no key that would tell them apart. */
static bool leave_alone(const struct row *w, const char *table)
{
	if (!w->again)
		return false;
	if (!pg_admin_runf(w->admin, "SELECT count(*) FROM pg_index WHERE indrelid = '%s'::regclass AND indisunique", table) || w->admin->reply.sql.nrows != 1)
		return false;
	if (!slice_eq_str(w->admin->reply.sql.cells[0].text, "0"))
		return false;
	return pg_admin_runf(w->admin, "SELECT 1 FROM %s LIMIT 1", table) && w->admin->reply.sql.nrows > 0;
}

static int seed_csv(const struct row *w, const char *table, struct err *err)
{
	const struct sql_copy_format f = { .csv = true, .delimiter = ',', .quote = '"', .escape = '"', .null = SLICE_LIT("") };
	struct slice rest;
	struct sql_copy_line line;
	struct mapped m;
	struct buf text;
	struct arena a;
	const char *complaint;
	size_t n, number = 1;
	int rc = map_file(w, "csv", json_string_value(json_object_get(w->json, "csv")), &m, err);

	if (rc)
		return rc;
	rest = m.text;
	if (rest.len >= 3 && !memcmp(rest.ptr, "\xef\xbb\xbf", 3))
		rest = slice_skip(rest, 3);
	arena_init(&a);
	buf_init(&text, 1 << 20);
	if (!sql_copy_line_next(&f, &rest, &line)) {
		rc = err_at(err, ERR_CONTENT, m.path, 1, 0, "expected a first line with the names of columns");
		goto out;
	}
	struct sql_copy_field *names = sql_copy_cut(&f, line.text, &a, &n, &complaint);
	if (!w->again) {
		/* all of it by one COPY */
		buf_addf(&text, "COPY %s (", table);
		for (size_t i = 0; i < n; i++) {
			buf_add_str(&text, i ? ", " : "");
			add_ident(&text, names[i].text);
		}
		buf_add_str(&text, ") FROM STDIN WITH (FORMAT csv)");
		if (!pg_admin_run(w->admin, buf_slice(&text), NULL, 0, rest)) {
			const struct sql_error *e = w->admin->error;
			int at = 1;
			size_t where = slice_find(e->where, ',');
			if (where < e->where.len)
				sscanf(e->where.ptr + where, ", line %d", &at);
			rc = err_at(err, ERR_CONTENT, m.path, at + 1, 0, "%.*s: %.*s", SLICE_ARG(e->sqlstate), SLICE_ARG(e->message));
		}
		goto out;
	}
	if (leave_alone(w, table))
		goto out;
	buf_addf(&text, "INSERT INTO %s (", table);
	for (size_t i = 0; i < n; i++) {
		buf_add_str(&text, i ? ", " : "");
		add_ident(&text, names[i].text);
	}
	buf_add_str(&text, ") VALUES (");
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "%s$%zu", i ? ", " : "", i + 1);
	buf_add_str(&text, ") ON CONFLICT DO NOTHING");
	while (!rc && sql_copy_line_next(&f, &rest, &line)) {
		size_t count;
		number++;
		struct sql_copy_field *fields = sql_copy_cut(&f, line.text, &a, &count, &complaint);
		struct sql_value *params = ARENA_ARRAY(&a, struct sql_value, n + 1);
		if (count != n) {
			rc = err_at(err, ERR_CONTENT, m.path, (int)number, 0, "%zu fields, expected %zu as in the first line", count, n);
			break;
		}
		for (size_t i = 0; i < n; i++)
			params[i] = (struct sql_value){ .text = fields[i].text, .null = fields[i].null };
		if (!pg_admin_run(w->admin, buf_slice(&text), params, n, SLICE_NONE))
			rc = err_at(err, ERR_CONTENT, m.path, (int)number, 0, "%.*s: %.*s", SLICE_ARG(w->admin->error->sqlstate), SLICE_ARG(w->admin->error->message));
		number += line.more_lines;
	}
out:
	buf_release(&text);
	arena_release(&a);
	unmap(&m);
	return rc;
}

static int seed_rows(const struct row *w, const char *table, struct err *err)
{
	json_t *rows = json_object_get(w->json, "rows"), *columns = json_object_get(w->json, "columns"), *line, *cell;
	struct buf text;
	struct arena a;
	size_t i, k;
	int rc = 0;

	if (leave_alone(w, table))
		return 0;
	arena_init(&a);
	json_array_foreach(rows, i, line) {
		char member[48];
		struct sql_value *params = ARENA_ARRAY(&a, struct sql_value, json_array_size(line) + json_object_size(line) + 1);
		size_t n = 0;
		const char *name;

		snprintf(member, sizeof(member), "rows[%zu]", i);
		if (!json_is_array(line) && !json_is_object(line)) {
			rc = bad(w, err, member, "expected an array of values, or an object of them by column");
			break;
		}
		buf_init(&text, 1 << 20);
		buf_addf(&text, "INSERT INTO %s ", table);
		if (json_is_object(line) || json_is_object(columns)) {
			const char *sep = "(";
			json_t *of = json_is_object(line) ? line : columns, *v;
			json_object_foreach(of, name, v) {
				if (json_is_array(line) && n++ >= json_array_size(line))
					break;
				buf_add_str(&text, sep);
				add_ident(&text, slice_str(name));
				sep = ", ";
			}
			buf_add_str(&text, ") ");
		}
		n = 0;
		for (size_t at = 0; at < (json_is_array(line) ? json_array_size(line) : 0); at++) {
			cell = json_array_get(line, at);
			char *shown = json_is_string(cell) || json_is_null(cell) ? NULL : json_dumps(cell, JSON_ENCODE_ANY | JSON_COMPACT);
			params[n++] = (struct sql_value){ .null = json_is_null(cell),
							  .text = shown ? slice_str(arena_str(&a, shown)) : slice_of(json_string_value(cell), json_string_length(cell)) };
			free(shown);
		}
		json_object_foreach(line, name, cell) {
			char *shown = json_is_string(cell) || json_is_null(cell) ? NULL : json_dumps(cell, JSON_ENCODE_ANY | JSON_COMPACT);
			params[n++] = (struct sql_value){ .null = json_is_null(cell),
							  .text = shown ? slice_str(arena_str(&a, shown)) : slice_of(json_string_value(cell), json_string_length(cell)) };
			free(shown);
		}
		buf_add_str(&text, "VALUES (");
		for (k = 0; k < n; k++)
			buf_addf(&text, "%s$%zu", k ? ", " : "", k + 1);
		buf_addf(&text, ")%s", w->again ? " ON CONFLICT DO NOTHING" : "");
		if (!pg_admin_run(w->admin, buf_slice(&text), params, n, SLICE_NONE))
			rc = said(w, member, err);
		buf_release(&text);
		if (rc)
			break;
	}
	arena_release(&a);
	return rc;
}

static int seed_row(const struct row *w, struct err *err)
{
	static const char *const known[] = { "sql", "table", "csv", "rows", "columns", NULL };
	json_t *sql = json_object_get(w->json, "sql"), *table = json_object_get(w->json, "table"), *csv = json_object_get(w->json, "csv"),
	       *rows = json_object_get(w->json, "rows"), *v;
	const char *name;
	int rc;

	if (!json_is_object(w->json))
		return bad(w, err, "", "expected an object, like {\"sql\": \"schema.sql\"} or {\"table\": \"orders\", \"csv\": \"orders.csv\"}");
	json_object_foreach(w->json, name, v) {
		bool is_known = !strncmp(name, "//", 2);
		for (size_t i = 0; known[i] && !is_known; i++)
			is_known = !strcmp(known[i], name);
		if (!is_known) {
			const char *near = err_nearest(name, known);
			return bad(w, err, name, "unknown key%s%s%s", near ? ", did you mean \"" : "", near ? near : "", near ? "\"?" : "");
		}
	}
	if (sql) {
		if (!json_is_string(sql))
			return bad(w, err, "sql", "expected the name of a file, or SQL");
		return table ? bad(w, err, "", "has both \"sql\" and \"table\": they are two seeds") : seed_sql(w, err);
	}
	if (!json_is_string(table))
		return bad(w, err, table ? "table" : "", "expected \"sql\", or \"table\" with \"csv\" or \"rows\"");
	if (csv && !json_is_string(csv))
		return bad(w, err, "csv", "expected the name of a file");
	if (rows && !json_is_array(rows))
		return bad(w, err, "rows", "expected an array of rows");
	rc = make_table(w, json_string_value(table), err);
	if (!rc && csv)
		rc = seed_csv(w, json_string_value(table), err);
	if (!rc && rows)
		rc = seed_rows(w, json_string_value(table), err);
	return rc;
}

int pg_seed(struct pg_server *server, const struct service_config *config, bool again, struct err *err)
{
	json_t *seed = json_object_get(config->json, "seed"), *item;
	struct pg_admin admin;
	size_t i;
	int rc = 0;

	if (!seed)
		return 0;
	if (!json_is_array(seed))
		return service_bad(config, err, "seed", "expected an array, like [{\"sql\": \"schema.sql\"}]");
	pg_admin_open(&admin, server);
	json_array_foreach(seed, i, item) {
		struct row w = { .admin = &admin, .config = config, .json = item, .again = again };
		snprintf(w.place, sizeof(w.place), "seed[%zu]", i);
		rc = seed_row(&w, err);
		/* a dump leaves its search_path behind */
		if (!rc && (!pg_admin_runf(&admin, "ROLLBACK") || !pg_admin_runf(&admin, "RESET ALL")))
			rc = bad(&w, err, "", "a transaction is left open");
		if (rc)
			break;
	}
	pg_admin_close(&admin);
	return rc;
}
