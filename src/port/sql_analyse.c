/*
 * Task: one walk over a statement's tree that fills a sql_analysis: tables,
 * constants, the types parameters are cast to, COPY's options. Nothing here
 * knows a catalog; names stay as the grammar leaves them (unquoted ones in
 * lower case).
 */
#include "port/sql_analyse.h"

#include <ctype.h>
#include <strings.h>

#include "port/sql_tree.h"
#include "port/sql_verb.h"

#define SUMMARY_TABLES 4 /* named in a summary; OpenTelemetry asks for low cardinality */

struct found {
	struct slice text;
	int64_t at; /* byte in the text */
	size_t order;
};

struct walk {
	struct arena *arena;
	const char *text;
	struct found *tables, *literals;
	size_t ntables, tables_cap, nliterals, literals_cap;
	struct slice *ctes;
	size_t nctes, ctes_cap;
	uint32_t *oids;
	size_t nparams, oids_cap;
};

static void *grow(struct arena *a, void *list, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return list;
	size_t want = *cap ? *cap * 2 : 8;
	char *bigger = arena_zalloc(a, want * size);
	if (count)
		memcpy(bigger, list, count * size);
	*cap = want;
	return bigger;
}

static void add_found(struct walk *w, struct found **list, size_t *count, size_t *cap, struct slice text, int64_t at)
{
	*list = grow(w->arena, *list, *count, cap, sizeof(**list));
	(*list)[*count] = (struct found){ text, at, *count };
	++*count;
}

static int by_place(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void note_table(struct walk *w, json_t *range_var)
{
	const char *schema = sql_node_text(range_var, "schemaname");
	const char *name = sql_node_text(range_var, "relname");
	struct slice whole = *schema ? arena_printf(w->arena, "%s.%s", schema, name) : arena_slice(w->arena, slice_str(name));

	add_found(w, &w->tables, &w->ntables, &w->tables_cap, whole, sql_node_int(range_var, "location"));
}

static void note_literal(struct walk *w, json_t *constant)
{
	struct slice text = SLICE_NONE;
	json_t *v;

	if ((v = json_object_get(constant, "sval")))
		text = slice_str(sql_node_text(v, "sval"));
	else if ((v = json_object_get(constant, "fval")))
		text = slice_str(sql_node_text(v, "fval"));
	else if ((v = json_object_get(constant, "bsval")))
		text = slice_str(sql_node_text(v, "bsval"));
	else if ((v = json_object_get(constant, "boolval")))
		text = sql_node_bool(v, "boolval") ? SLICE_LIT("true") : SLICE_LIT("false");
	else if (json_object_get(constant, "ival"))
		text = arena_printf(w->arena, "%lld", (long long)sql_constant_int(constant, w->text));
	else
		text = SLICE_LIT("null");
	add_found(w, &w->literals, &w->nliterals, &w->literals_cap, arena_slice(w->arena, text),
		  sql_node_int(constant, "location"));
}

static uint32_t type_oid(struct walk *w, json_t *type_name)
{
	json_t *names = json_object_get(type_name, "names");
	const char *name = sql_node_string(json_array_get(names, json_array_size(names) - 1));
	bool array = json_array_size(json_object_get(type_name, "arrayBounds")) > 0;
	uint32_t oid;
	int16_t typlen;
	int32_t typmod;

	if (!name)
		return 0;
	/* The grammar has turned "char" in the text into bpchar; a type that is still called char was quoted. */
	if (strcmp(name, "char") == 0)
		name = "\"char\"";
	struct slice whole = arena_printf(w->arena, "%s%s", name, array ? "[]" : "");
	return sql_type(whole, &oid, &typlen, &typmod) ? oid : 0;
}

static void note_param(struct walk *w, json_t *param, uint32_t oid)
{
	int64_t number = sql_node_int(param, "number");

	if (number < 1 || number > SQL_PARAMS_MAX)
		return;
	while (w->nparams < (size_t)number) {
		w->oids = grow(w->arena, w->oids, w->nparams, &w->oids_cap, sizeof(*w->oids));
		w->oids[w->nparams++] = 0;
	}
	if (oid && !w->oids[number - 1])
		w->oids[number - 1] = oid;
}

static void walk(struct walk *w, json_t *node)
{
	const char *key;
	json_t *value;
	size_t i;

	if (json_is_array(node)) {
		json_array_foreach(node, i, value)
			walk(w, value);
		return;
	}
	if (!json_is_object(node))
		return;
	/* A table stands bare or wrapped, so it is known by its member. */
	if (json_is_string(json_object_get(node, "relname")))
		note_table(w, node);
	if (json_is_string(json_object_get(node, "ctename"))) {
		w->ctes = grow(w->arena, w->ctes, w->nctes, &w->ctes_cap, sizeof(*w->ctes));
		w->ctes[w->nctes++] = arena_slice(w->arena, slice_str(sql_node_text(node, "ctename")));
	}
	json_object_foreach(node, key, value) {
		json_t *arg;
		if (strcmp(key, "A_Const") == 0) {
			note_literal(w, value);
			continue;
		}
		if (strcmp(key, "ParamRef") == 0)
			note_param(w, value, 0);
		if (strcmp(key, "TypeCast") == 0 && (arg = json_object_get(json_object_get(value, "arg"), "ParamRef")))
			note_param(w, arg, type_oid(w, json_object_get(value, "typeName")));
		/* varchar(20): the 20 is no constant of the statement. */
		if (strcmp(key, "typmods") == 0)
			continue;
		walk(w, value);
	}
}

/* DROP TABLE names its objects as lists of strings. */
static void walk_drop(struct walk *w, json_t *members)
{
	const char *kind = sql_node_text(members, "removeType");
	json_t *object, *list, *part;
	size_t i, k;

	if (strcmp(kind, "OBJECT_TABLE") != 0 && strcmp(kind, "OBJECT_VIEW") != 0 && strcmp(kind, "OBJECT_MATVIEW") != 0 &&
	    strcmp(kind, "OBJECT_FOREIGN_TABLE") != 0)
		return;
	json_array_foreach(json_object_get(members, "objects"), i, object) {
		struct slice whole = SLICE_NONE;
		if (!sql_node(object, &list))
			continue;
		json_array_foreach(json_object_get(list, "items"), k, part) {
			const char *name = sql_node_string(part);
			if (name)
				whole = whole.ptr ? arena_printf(w->arena, "%.*s.%s", SLICE_ARG(whole), name)
						  : arena_slice(w->arena, slice_str(name));
		}
		add_found(w, &w->tables, &w->ntables, &w->tables_cap, whole, (int64_t)i);
	}
}

static bool is_cte(const struct walk *w, struct slice name)
{
	for (size_t i = 0; i < w->nctes; i++)
		if (slice_eq(w->ctes[i], name))
			return true;
	return false;
}

static void fill_lists(struct walk *w, struct sql_analysis *out)
{
	if (w->ntables)
		qsort(w->tables, w->ntables, sizeof(*w->tables), by_place);
	if (w->nliterals)
		qsort(w->literals, w->nliterals, sizeof(*w->literals), by_place);
	out->tables = ARENA_ARRAY(w->arena, struct slice, w->ntables + 1);
	for (size_t i = 0; i < w->ntables; i++) {
		bool seen = is_cte(w, w->tables[i].text);
		for (size_t k = 0; k < out->ntables && !seen; k++)
			seen = slice_eq(out->tables[k], w->tables[i].text);
		if (!seen)
			out->tables[out->ntables++] = w->tables[i].text;
	}
	out->literals = ARENA_ARRAY(w->arena, struct slice, w->nliterals + 1);
	out->literal_at = ARENA_ARRAY(w->arena, int, w->nliterals + 1);
	for (size_t i = 0; i < w->nliterals; i++) {
		out->literal_at[i] = (int)w->literals[i].at;
		out->literals[out->nliterals++] = w->literals[i].text;
	}
	out->param_oids = w->oids;
	out->nparams = w->nparams;
}

/* FORCE_QUOTE: a star, or a list of columns. */
static void fill_force(json_t *arg, struct arena *a, struct sql_analysis *out)
{
	json_t *items = json_object_get(json_object_get(arg, "List"), "items"), *one;
	size_t i;

	out->copy_force_all = json_object_get(arg, "A_Star") != NULL;
	out->copy_force = ARENA_ARRAY(a, struct slice, json_array_size(items) + 1);
	json_array_foreach(items, i, one) {
		const char *name = sql_node_string(one);

		if (name)
			out->copy_force[out->ncopy_force++] = slice_str(arena_str(a, name));
	}
}

/* COPY, PostgreSQL manual, "COPY": options of both spellings arrive as DefElem. */
static void fill_copy(json_t *members, struct arena *a, struct sql_analysis *out)
{
	json_t *option, *d;
	size_t i;

	if (*sql_node_text(members, "filename") || sql_node_bool(members, "is_program"))
		return;
	out->copy_from_stdin = sql_node_bool(members, "is_from");
	out->copy_to_stdout = !out->copy_from_stdin;
	out->copy_columns = json_array_size(json_object_get(members, "attlist"));
	json_array_foreach(json_object_get(members, "options"), i, option) {
		if (!sql_node(option, &d))
			continue;
		const char *name = sql_node_text(d, "defname");
		json_t *arg = json_object_get(d, "arg"), *boolean;
		const char *text = sql_node_string(arg);
		if (strcmp(name, "format") == 0 && text) {
			out->copy_csv = strcmp(text, "csv") == 0;
			out->copy_binary = strcmp(text, "binary") == 0;
		} else if (strcmp(name, "header") == 0) {
			if (text)
				out->copy_header = strcasecmp(text, "false") != 0 && strcasecmp(text, "off") != 0;
			else if ((boolean = json_object_get(arg, "Boolean")))
				out->copy_header = sql_node_bool(boolean, "boolval");
			else if ((boolean = json_object_get(arg, "Integer")))
				out->copy_header = sql_node_int(boolean, "ival") != 0;
			else
				out->copy_header = true;
		} else if (strcmp(name, "delimiter") == 0 && text) {
			out->copy_delimiter = text[0];
		} else if (strcmp(name, "null") == 0 && text) {
			out->copy_null = slice_str(arena_str(a, text));
		} else if (strcmp(name, "quote") == 0 && text) {
			out->copy_quote = text[0];
		} else if (strcmp(name, "escape") == 0 && text) {
			out->copy_escape = text[0];
		} else if (strcmp(name, "force_quote") == 0) {
			fill_force(arg, a, out);
		}
	}
}

static bool gives_rows(const char *type, json_t *members)
{
	if (strcmp(type, "SelectStmt") == 0)
		return !json_object_get(members, "intoClause");
	return strcmp(type, "VariableShowStmt") == 0 || strcmp(type, "ExplainStmt") == 0 ||
	       (strcmp(type, "FetchStmt") == 0 && !sql_node_bool(members, "ismove")) ||
	       json_array_size(json_object_get(members, "returningList")) > 0 ||
	       /* PostgreSQL 18 wraps the list. */
	       json_object_get(members, "returningClause") != NULL;
}

static struct slice first_word(struct slice text, struct arena *a)
{
	size_t n = 0;

	text = slice_trim(text);
	while (n < text.len && (isalpha((unsigned char)text.ptr[n]) || text.ptr[n] == '_'))
		n++;
	char *word = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++)
		word[i] = (char)toupper((unsigned char)text.ptr[i]);
	word[n] = '\0';
	return slice_of(word, n);
}

static struct slice summary(const struct sql_analysis *out, struct arena *a)
{
	struct slice s = out->verb;
	size_t n = out->ntables < SUMMARY_TABLES ? out->ntables : SUMMARY_TABLES;

	for (size_t i = 0; i < n; i++)
		s = arena_printf(a, "%.*s%s%.*s", SLICE_ARG(s), i ? ", " : " ", SLICE_ARG(out->tables[i]));
	return out->ntables > n ? arena_printf(a, "%.*s, ...", SLICE_ARG(s)) : s;
}

void sql_analyse_text(struct slice text, struct arena *a, struct sql_analysis *out)
{
	struct walk w = { .arena = a };
	struct sql_tree tree;
	json_t *members;
	const char *type;

	*out = (struct sql_analysis){ .text = arena_slice(a, text) };
	w.text = out->text.ptr ? out->text.ptr : "";
	if (memchr(text.ptr ? text.ptr : "", '\0', text.len)) {
		/* libpg_query would read to the NUL only. The protocol ends strings with one, so this text is from elsewhere. */
		out->error_message = SLICE_LIT("invalid byte sequence for encoding \"UTF8\": 0x00");
		out->error_position = 0;
		out->verb = out->summary = first_word(text, a);
		return;
	}
	sql_tree_init(&tree, w.text);
	out->valid = tree.parsed;
	out->fingerprint = tree.fingerprint;
	if (!tree.parsed) {
		out->error_message = slice_str(arena_str(a, tree.error_message));
		out->error_position = tree.error_position;
		out->verb = out->summary = first_word(text, a);
	} else if (!tree.root) {
		/* Deeper than the tree's reader goes: the verb is all that can be said. */
		out->verb = out->summary = first_word(text, a);
	} else if (!(type = sql_tree_statement(&tree, 0, &members))) {
		out->empty = true;
	} else {
		out->verb = sql_verb(type, members, a);
		if (!out->verb.len)
			out->verb = first_word(text, a);
		walk(&w, members);
		if (strcmp(type, "DropStmt") == 0)
			walk_drop(&w, members);
		if (strcmp(type, "CopyStmt") == 0)
			fill_copy(members, a, out);
		out->returns_rows = gives_rows(type, members);
		fill_lists(&w, out);
		out->summary = summary(out, a);
	}
	sql_tree_release(&tree);
}

struct slice sql_tag(const struct sql_analysis *an, size_t rows, struct arena *a)
{
	/* CommandComplete, PostgreSQL 15 protocol chapter 55.7: these carry a count. */
	static const char *const counted[] = { "SELECT", "UPDATE", "DELETE", "MERGE", "MOVE", "FETCH", "COPY" };

	if (slice_eq_str(an->verb, "INSERT"))
		return arena_printf(a, "INSERT 0 %zu", rows);
	if (slice_eq_str(an->verb, "CREATE TABLE AS") || slice_eq_str(an->verb, "CREATE MATERIALIZED VIEW"))
		return arena_printf(a, "SELECT %zu", rows);
	for (size_t i = 0; i < sizeof(counted) / sizeof(counted[0]); i++)
		if (slice_eq_str(an->verb, counted[i]))
			return arena_printf(a, "%s %zu", counted[i], rows);
	return an->verb;
}

/* The name PostgreSQL gives a result column: FigureColname() in parse_target.c. */
static const char *column_name(json_t *target)
{
	json_t *m, *fields;
	const char *type, *name = sql_node_text(target, "name");

	if (*name)
		return name;
	json_t *value = json_object_get(target, "val");
	while ((type = sql_node(value, &m)) && strcmp(type, "TypeCast") == 0 && json_object_get(m, "arg")) {
		const char *inner = sql_node(json_object_get(m, "arg"), NULL);
		if (inner && (strcmp(inner, "A_Const") == 0 || strcmp(inner, "ParamRef") == 0)) {
			fields = json_object_get(json_object_get(m, "typeName"), "names");
			name = sql_node_string(json_array_get(fields, json_array_size(fields) - 1));
			return name ? name : "?column?";
		}
		value = json_object_get(m, "arg");
	}
	if (type && strcmp(type, "ColumnRef") == 0) {
		fields = json_object_get(m, "fields");
		name = sql_node_string(json_array_get(fields, json_array_size(fields) - 1));
		return name; /* NULL: a star */
	}
	if (type && strcmp(type, "FuncCall") == 0) {
		fields = json_object_get(m, "funcname");
		name = sql_node_string(json_array_get(fields, json_array_size(fields) - 1));
		return name ? name : "?column?";
	}
	if (type && strcmp(type, "CoalesceExpr") == 0)
		return "coalesce";
	if (type && strcmp(type, "CaseExpr") == 0)
		return "case";
	if (type && (strcmp(type, "A_ArrayExpr") == 0))
		return "array";
	return "?column?";
}

size_t sql_result_names(struct slice text, struct arena *a, struct slice **names)
{
	struct sql_tree tree;
	json_t *members, *target, *list, *m;
	const char *type;
	size_t count = 0, i;

	sql_tree_init(&tree, arena_slice(a, text).ptr);
	type = sql_tree_statement(&tree, 0, &members);
	if (type && strcmp(type, "CopyStmt") == 0)
		type = sql_node(json_object_get(members, "query"), &members);
	list = type ? json_object_get(members, strcmp(type, "SelectStmt") == 0 ? "targetList" : "returningList") : NULL;
	*names = ARENA_ARRAY(a, struct slice, json_array_size(list) + 1);
	json_array_foreach(list, i, target) {
		const char *name = sql_node(target, &m) ? column_name(m) : NULL;
		if (!name) {
			count = 0;
			break;
		}
		(*names)[count++] = slice_str(arena_str(a, name));
	}
	sql_tree_release(&tree);
	return count;
}
