/*
 * Task: answers to SQL: columns with their types, rows that fit them, and
 * errors with all fields of an ErrorResponse. Cells are checked against their
 * column here, so that a client never gets an int4 that says "abc".
 */
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

/* ---- columns ----------------------------------------------------------- */

static void read_type(struct load *l, struct sql_column *column, json_t *type)
{
	const char *name = json_string_value(type);

	if (!name) {
		load_bad(l, "is %s, expected the name of a type, like \"int4\" or \"numeric(12,2)\"", load_type(type));
		return;
	}
	if (!sql_type(slice_str(name), &column->oid, &column->typlen, &column->typmod))
		load_bad(l, "type \"%s\" is not known; PostgreSQL's own types are, like int4, numeric(12,2), timestamptz, jsonb, text[]", name);
}

/* Type of a column that has only a name, from its first value. */
static const char *infer(json_t *rows, size_t index, const char *name)
{
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row) {
		json_t *cell = json_is_object(row) ? json_object_get(row, name) : json_array_get(row, index);
		if (!cell || json_is_null(cell))
			continue;
		switch (json_typeof(cell)) {
		case JSON_INTEGER:
			return json_integer_value(cell) > INT32_MAX || json_integer_value(cell) < INT32_MIN ? "int8" : "int4";
		case JSON_REAL: return "float8";
		case JSON_TRUE: case JSON_FALSE: return "bool";
		case JSON_OBJECT: case JSON_ARRAY: return "jsonb";
		default: return "text";
		}
	}
	return "text";
}

static bool read_columns(struct load *l, struct action *a, json_t *columns, json_t *rows)
{
	const char *name;
	json_t *v;
	size_t former = load_enter(l, "columns"), i;

	if (!json_is_object(columns) && !json_is_array(columns)) {
		load_bad(l, "is %s, expected {\"id\": \"int4\", ...} or [\"id\", ...]", load_type(columns));
		load_leave(l, former);
		return false;
	}
	size_t most = json_is_object(columns) ? json_object_size(columns) : json_array_size(columns);
	a->columns = ARENA_ARRAY(&l->r->arena, struct sql_column, most + 1);
	if (json_is_object(columns)) {
		json_object_foreach(columns, name, v) {
			if (load_comment(name))
				continue;
			size_t at = load_enter(l, name);
			a->columns[a->ncolumns] = (struct sql_column){ .name = slice_str(name), .typmod = -1 };
			read_type(l, &a->columns[a->ncolumns++], v);
			load_leave(l, at);
		}
	} else {
		json_array_foreach(columns, i, v) {
			size_t at = load_enter_index(l, i);
			struct sql_column *c = &a->columns[a->ncolumns++];
			*c = (struct sql_column){ .typmod = -1 };
			if (load_want(l, v, JSON_STRING)) {
				c->name = slice_str(json_string_value(v));
				sql_type(slice_str(infer(rows, i, json_string_value(v))), &c->oid, &c->typlen, &c->typmod);
			}
			load_leave(l, at);
		}
	}
	load_leave(l, former);
	return true;
}

/* ---- cells ------------------------------------------------------------- */

static bool is_integer(struct slice s, int64_t low, int64_t high)
{
	int64_t v;

	return slice_to_i64(slice_trim(s), &v) && v >= low && v <= high;
}

static bool is_number(struct slice s)
{
	char copy[512], *end;

	s = slice_trim(s);
	if (!s.len || s.len >= sizeof(copy))
		return false;
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	(void)strtod(copy, &end);
	return *end == '\0' && !strpbrk(copy, "xXpP");
}

static bool is_word(struct slice s, const char *const *words)
{
	for (; *words; words++)
		if (slice_eq_nocase_str(s, *words))
			return true;
	return false;
}

static bool is_uuid(struct slice s)
{
	size_t hex = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (isxdigit((unsigned char)s.ptr[i]))
			hex++;
		else if (!strchr("-{}", s.ptr[i]))
			return false;
	}
	return hex == 32;
}

static bool starts_like_date(struct slice s)
{
	return s.len >= 8 && isdigit((unsigned char)s.ptr[0]);
}

/* Shape only: whether PostgreSQL's own output of the type could look like this. */
static bool cell_fits(uint32_t oid, struct slice s)
{
	static const char *const bools[] = { "t", "f", "true", "false", NULL };
	static const char *const endless[] = { "infinity", "-infinity", NULL };

	switch (oid) {
	case 16: return is_word(s, bools);
	case 21: return is_integer(s, INT16_MIN, INT16_MAX);
	case 23: return is_integer(s, INT32_MIN, INT32_MAX);
	case 20: return is_integer(s, INT64_MIN, INT64_MAX);
	case 26: return is_integer(s, 0, UINT32_MAX);
	case 700: case 701: case 1700: return is_number(s);
	case 1082: case 1114: case 1184: return starts_like_date(s) || is_word(s, endless);
	case 2950: return is_uuid(s);
	case 114: case 3802: {
		json_t *v = json_loadb(s.ptr ? s.ptr : "", s.len, JSON_DECODE_ANY, NULL);
		bool good = v != NULL;
		json_decref(v);
		return good;
	}
	default: return true;
	}
}

static void read_cell(struct load *l, struct action *a, struct cell *cell, const struct sql_column *column, json_t *v)
{
	struct slice text;

	*cell = (struct cell){ .null = json_is_null(v), .fixed = true };
	if (cell->null)
		return;
	if (json_is_string(v)) {
		load_template(l, json_string_value(v), &cell->value);
	} else if (json_is_boolean(v)) {
		/* As PostgreSQL writes a bool; in any other column the words. */
		text = column->oid == 16 ? (json_is_true(v) ? SLICE_LIT("t") : SLICE_LIT("f")) : (json_is_true(v) ? SLICE_LIT("true") : SLICE_LIT("false"));
		cell->value = (struct template){ .fixed = true, .text = text };
	} else if (json_is_number(v)) {
		char *dump = json_dumps(v, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
		cell->value = (struct template){ .fixed = true, .text = arena_slice(&l->r->arena, slice_str(dump)) };
		free(dump);
	} else {
		load_template_json(l, v, &cell->value);
	}
	cell->fixed = cell->value.fixed;
	if (cell->fixed && column->oid && !cell_fits(column->oid, cell->value.text))
		load_bad(l, "\"%.*s\" is no value of column \"%.*s\", which is %s", SLICE_ARG(cell->value.text), SLICE_ARG(column->name),
			 sql_type_name(column->oid));
	(void)a;
}

static void read_row(struct load *l, struct action *a, struct cell *cells, json_t *row)
{
	const char *names[256] = { NULL }, *name;
	json_t *v;
	size_t i;

	if (json_is_array(row)) {
		if (json_array_size(row) != a->ncolumns) {
			load_bad(l, "a row of %zu for %zu columns", json_array_size(row), a->ncolumns);
			return;
		}
		json_array_foreach(row, i, v) {
			size_t at = load_enter_index(l, i);
			read_cell(l, a, &cells[i], &a->columns[i], v);
			load_leave(l, at);
		}
		return;
	}
	if (!json_is_object(row)) {
		load_bad(l, "is %s, expected an array of values or an object", load_type(row));
		return;
	}
	for (i = 0; i < a->ncolumns; i++) {
		cells[i] = (struct cell){ .null = true, .fixed = true };
		if (i < 255)
			names[i] = a->columns[i].name.ptr;
	}
	json_object_foreach(row, name, v) {
		size_t at;
		for (i = 0; i < a->ncolumns; i++)
			if (slice_eq_str(a->columns[i].name, name))
				break;
		if (load_comment(name))
			continue;
		if (i == a->ncolumns) {
			load_bad_key(l, name, "there is no column \"%s\"%s", name, load_hint(l, name, names, true));
			continue;
		}
		at = load_enter(l, name);
		read_cell(l, a, &cells[i], &a->columns[i], v);
		load_leave(l, at);
	}
}

static void read_rows(struct load *l, struct action *a, json_t *rows)
{
	size_t former = load_enter(l, "rows"), i;
	bool fixed = true;
	json_t *row;

	if (load_want(l, rows, JSON_ARRAY)) {
		a->nrows = json_array_size(rows);
		a->cells = ARENA_ARRAY(&l->r->arena, struct cell, a->nrows * a->ncolumns + 1);
		json_array_foreach(rows, i, row) {
			size_t at = load_enter_index(l, i);
			read_row(l, a, &a->cells[i * a->ncolumns], row);
			load_leave(l, at);
		}
	}
	load_leave(l, former);
	/* Rows without templates are the same every time: made once. */
	for (i = 0; i < a->nrows * a->ncolumns; i++)
		fixed = fixed && a->cells[i].fixed;
	if (!fixed)
		return;
	a->values = ARENA_ARRAY(&l->r->arena, struct sql_value, a->nrows * a->ncolumns + 1);
	for (i = 0; i < a->nrows * a->ncolumns; i++)
		a->values[i] = (struct sql_value){ .text = a->cells[i].value.text, .null = a->cells[i].null, .oid = a->columns[i % a->ncolumns].oid };
}

/* ---- errors ------------------------------------------------------------ */

/* PostgreSQL's usual words, so that a rule need not repeat them (src/backend, errcodes.txt). */
static const struct {
	const char *sqlstate, *message;
} usual[] = {
	{ "40001", "could not serialize access due to concurrent update" },
	{ "40P01", "deadlock detected" },
	{ "57014", "canceling statement due to user request" },
	{ "57P01", "terminating connection due to administrator command" },
	{ "57P03", "the database system is starting up" },
	{ "53300", "sorry, too many clients already" },
	{ "53100", "could not extend file: No space left on device" },
	{ "55P03", "canceling statement due to lock timeout" },
	{ "25P02", "current transaction is aborted, commands ignored until end of transaction block" },
	{ "22012", "division by zero" },
	{ "08006", "connection failure" },
};

static bool is_sqlstate(const char *code)
{
	return strlen(code) == 5 && strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 5;
}

static void read_error_text(struct load *l, json_t *v, const char *name, struct template *out)
{
	const char *text = load_text_of(l, v, name);

	if (text)
		load_template(l, text, out);
}

static void read_error(struct load *l, struct action *a, json_t *v)
{
	static const char *const known[] = { "sqlstate", "message", "severity", "detail", "hint", "position", "where", "schema", "table",
					     "column", "datatype", "constraint", NULL };
	static const char *const severities[] = { "ERROR", "FATAL", "PANIC", NULL };
	size_t former = load_enter(l, "error");
	const char *code = json_string_value(v), *message = NULL, *severity;
	json_t *position;

	a->has_error = true;
	if (!json_is_string(v)) {
		if (!json_is_object(v)) {
			load_bad(l, "is %s, expected {\"sqlstate\": \"40001\", \"message\": \"...\"} or a SQLSTATE", load_type(v));
			load_leave(l, former);
			return;
		}
		load_keys(l, v, known, NULL);
		code = load_text_of(l, v, "sqlstate");
		message = load_text_of(l, v, "message");
		if (!json_object_get(v, "sqlstate"))
			load_bad(l, "\"sqlstate\" is missing: five characters, like \"40001\"");
		read_error_text(l, v, "detail", &a->detail);
		read_error_text(l, v, "hint", &a->hint);
		read_error_text(l, v, "where", &a->where);
		a->schema = slice_str(load_text_of(l, v, "schema"));
		a->table = slice_str(load_text_of(l, v, "table"));
		a->column = slice_str(load_text_of(l, v, "column"));
		a->datatype = slice_str(load_text_of(l, v, "datatype"));
		a->constraint = slice_str(load_text_of(l, v, "constraint"));
		if ((severity = load_text_of(l, v, "severity"))) {
			if (!is_word(slice_str(severity), severities))
				load_bad_key(l, "severity", "\"%s\" is not known%s", severity, load_hint(l, severity, severities, true));
			a->severity = slice_str(severity);
		}
		if ((position = json_object_get(v, "position"))) {
			if (!json_is_integer(position) || json_integer_value(position) < 1)
				load_bad_key(l, "position", "expected the character in the statement, from 1");
			a->position = (int)json_integer_value(position);
		}
	}
	if (code && !is_sqlstate(code)) {
		size_t at = json_is_object(v) ? load_enter(l, "sqlstate") : l->len;
		load_bad(l, "\"%s\" is no SQLSTATE: five digits or upper-case letters, like \"40001\"", code);
		load_leave(l, at);
	} else if (code) {
		a->code = slice_str(code);
		for (size_t i = 0; !message && i < sizeof(usual) / sizeof(usual[0]); i++)
			if (strcmp(usual[i].sqlstate, code) == 0)
				message = usual[i].message;
		if (!message && !json_object_get(v, "message"))
			load_bad(l, "\"message\" is missing; seam has words of its own for 40001, 40P01, 57014 and a few more only");
	}
	if (message)
		load_template(l, message, &a->message);
	load_leave(l, former);
}

void load_sql_answer(struct load *l, struct action *a, json_t *v)
{
	json_t *columns = json_object_get(v, "columns"), *rows = json_object_get(v, "rows"), *error = json_object_get(v, "error");
	const char *tag = load_text_of(l, v, "tag");

	if (rows && !columns)
		load_bad(l, "\"rows\" needs \"columns\": {\"id\": \"int4\", ...} or [\"id\", ...]");
	if (columns && read_columns(l, a, columns, rows)) {
		a->has_rows = true;
		if (rows)
			read_rows(l, a, rows);
	}
	if (tag) {
		size_t former = load_enter(l, "tag");
		load_template(l, tag, &a->tag);
		a->has_tag = true;
		load_leave(l, former);
	}
	if (error) {
		if (columns || rows || tag)
			load_bad(l, "\"error\" takes the place of rows and tag; leave out one of the two");
		read_error(l, a, error);
	}
}
