/*
 * Reads and judges the options of COPY, in PostgreSQL's order.
 */
#include "service/pg/sql/copy_options.h"

struct given {
	struct sql_session *s;
	struct arena *a;
	bool format, header;
	const char *delimiter, *quote, *escape, *null;
};

static bool refuse(struct given *g, int location, const char *state, const char *fmt, const char *name)
{
	struct sql_analyser an;

	sql_analyser_init(&an, g->s, g->s->text, g->a);
	sql_wrong(&an, location, state, fmt, name);
	return false;
}

static const char *text_of(struct given *g, const PgQuery__DefElem *d)
{
	if (!d->arg)
		return NULL;
	switch (d->arg->node_case) {
	case AST(INTEGER):
		return arena_printf(g->a, "%d", d->arg->integer->ival).ptr;
	case AST(FLOAT):
		return d->arg->float_->fval;
	case AST(BOOLEAN):
		return d->arg->boolean->boolval ? "true" : "false";
	case AST(A_STAR):
		return "*";
	case AST(TYPE_NAME):
		return d->arg->type_name->n_names ? sql_ast_string(d->arg->type_name->names[d->arg->type_name->n_names - 1]) : NULL;
	default:
		return sql_ast_string(d->arg);
	}
}

static bool need_text(struct given *g, const PgQuery__DefElem *d, const char **out)
{
	*out = text_of(g, d);
	return *out || refuse(g, -1, "42601", "%s requires a parameter", d->defname);
}

/* defGetBoolean: *out 1 or 0. */
static bool boolean(struct given *g, const PgQuery__DefElem *d, bool *out)
{
	static const char *const words[] = { "false", "true", "off", "on", "0", "1" };
	const char *text = text_of(g, d);

	*out = true;
	for (size_t i = 0; text && i < 6; i++)
		if (strcasecmp(text, words[i]) == 0)
			return *out = i % 2, true;
	return !text || refuse(g, -1, "42601", "%s requires a Boolean value", d->defname);
}

static bool header(struct given *g, const PgQuery__DefElem *d, bool from, struct sql_copy_options *out)
{
	const char *text = text_of(g, d);
	bool on = true;

	if (text && strcasecmp(text, "match") == 0) {
		out->header = SQL_HEADER_MATCH;
		return from || refuse(g, -1, "0A000", "cannot use \"%s\" with HEADER in COPY TO", text);
	}
	static const char *const words[] = { "false", "true", "off", "on", "0", "1" };
	bool known = !text;
	for (size_t i = 0; text && i < 6; i++)
		if (strcasecmp(text, words[i]) == 0)
			known = true, on = i % 2;
	out->header = on ? SQL_HEADER_YES : SQL_HEADER_NO;
	return known || refuse(g, -1, "42601", "%s requires a Boolean value or \"match\"", d->defname);
}

static bool list(struct given *g, const PgQuery__DefElem *d, const PgQuery__List **out, bool *all)
{
	if (*out || (all && *all))
		return refuse(g, d->location, "42601", "conflicting or redundant options", NULL);
	if (all && d->arg && d->arg->node_case == AST(A_STAR)) {
		*all = true;
		return true;
	}
	if (d->arg && d->arg->node_case == AST(LIST)) {
		*out = d->arg->list;
		return true;
	}
	return refuse(g, d->location, "22023", "argument to option \"%s\" must be a list of column names", d->defname);
}

static bool encoding(struct given *g, const PgQuery__DefElem *d)
{
	const char *name;

	if (!need_text(g, d, &name))
		return false;
	if (strcasecmp(name, "utf8") == 0 || strcasecmp(name, "utf-8") == 0 || strcasecmp(name, "unicode") == 0)
		return true;
	static const char *const others[] = { "latin1", "latin2", "latin9", "sql_ascii", "win1252", "win1251", "win1250", "euc_jp", "sjis", "big5",
		"gbk", "iso88591", "iso885915", "koi8r" };
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strcasecmp(name, others[i]) == 0)
			return refuse(g, -1, "0A000", "COPY with ENCODING '%s' is not supported by this fake: everything is UTF8", name);
	return refuse(g, d->location, "22023", "argument to option \"%s\" must be a valid encoding name", d->defname);
}

static bool one(struct given *g, const PgQuery__DefElem *d, bool from, struct sql_copy_options *out)
{
	struct {
		const char *name;
		const char **text;
	} texts[] = { { "delimiter", &g->delimiter }, { "null", &g->null }, { "quote", &g->quote }, { "escape", &g->escape } };
	const char *v;

	for (size_t i = 0; i < 4; i++)
		if (strcmp(d->defname, texts[i].name) == 0) {
			if (*texts[i].text)
				return refuse(g, d->location, "42601", "conflicting or redundant options", NULL);
			return need_text(g, d, texts[i].text);
		}
	if (strcmp(d->defname, "format") == 0) {
		if (g->format)
			return refuse(g, d->location, "42601", "conflicting or redundant options", NULL);
		g->format = true;
		if (!need_text(g, d, &v))
			return false;
		out->csv = strcmp(v, "csv") == 0;
		out->binary = strcmp(v, "binary") == 0;
		return out->csv || out->binary || strcmp(v, "text") == 0 || refuse(g, d->location, "22023", "COPY format \"%s\" not recognized", v);
	}
	if (strcmp(d->defname, "freeze") == 0)
		return boolean(g, d, &out->freeze);
	if (strcmp(d->defname, "header") == 0) {
		if (g->header)
			return refuse(g, d->location, "42601", "conflicting or redundant options", NULL);
		g->header = true;
		return header(g, d, from, out);
	}
	if (strcmp(d->defname, "force_quote") == 0)
		return list(g, d, &out->force_quote, &out->force_quote_all);
	if (strcmp(d->defname, "force_not_null") == 0)
		return list(g, d, &out->force_not_null, NULL);
	if (strcmp(d->defname, "force_null") == 0)
		return list(g, d, &out->force_null, NULL);
	if (strcmp(d->defname, "encoding") == 0)
		return encoding(g, d);
	return refuse(g, d->location, "42601", "option \"%s\" not recognized", d->defname);
}

bool sql_copy_options(struct sql_session *s, const PgQuery__CopyStmt *st, struct arena *a, struct sql_copy_options *out)
{
	struct given g = { .s = s, .a = a };

	*out = (struct sql_copy_options){ 0 };
	for (size_t i = 0; i < st->n_options; i++)
		if (!one(&g, st->options[i]->def_elem, st->is_from, out))
			return false;
	if (out->binary && g.delimiter)
		return refuse(&g, -1, "42601", "cannot specify DELIMITER in BINARY mode", NULL);
	if (out->binary && g.null)
		return refuse(&g, -1, "42601", "cannot specify NULL in BINARY mode", NULL);
	const char *delimiter = g.delimiter ? g.delimiter : out->csv ? "," : "\t", *null = g.null ? g.null : out->csv ? "" : "\\N",
		   *quote = g.quote ? g.quote : "\"", *escape = g.escape ? g.escape : quote;
	if (strlen(delimiter) != 1)
		return refuse(&g, -1, "0A000", "COPY delimiter must be a single one-byte character", NULL);
	if (strpbrk(delimiter, "\r\n"))
		return refuse(&g, -1, "22023", "COPY delimiter cannot be newline or carriage return", NULL);
	if (strpbrk(null, "\r\n"))
		return refuse(&g, -1, "22023", "COPY null representation cannot use newline or carriage return", NULL);
	if (!out->csv && strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789", delimiter[0]))
		return refuse(&g, -1, "22023", "COPY delimiter cannot be \"%s\"", delimiter);
	if (out->binary && out->header)
		return refuse(&g, -1, "0A000", "cannot specify HEADER in BINARY mode", NULL);
	if (!out->csv && g.quote)
		return refuse(&g, -1, "0A000", "COPY quote available only in CSV mode", NULL);
	if (out->csv && strlen(quote) != 1)
		return refuse(&g, -1, "0A000", "COPY quote must be a single one-byte character", NULL);
	if (out->csv && delimiter[0] == quote[0])
		return refuse(&g, -1, "22023", "COPY delimiter and quote must be different", NULL);
	if (!out->csv && g.escape)
		return refuse(&g, -1, "0A000", "COPY escape available only in CSV mode", NULL);
	if (out->csv && strlen(escape) != 1)
		return refuse(&g, -1, "0A000", "COPY escape must be a single one-byte character", NULL);
	const struct {
		bool given, from;
		const char *csv, *way;
	} forces[] = {
		{ out->force_quote || out->force_quote_all, false, "COPY force quote available only in CSV mode", "COPY force quote only available using COPY TO" },
		{ out->force_not_null, true, "COPY force not null available only in CSV mode", "COPY force not null only available using COPY FROM" },
		{ out->force_null, true, "COPY force null available only in CSV mode", "COPY force null only available using COPY FROM" },
	};
	for (size_t i = 0; i < sizeof(forces) / sizeof(forces[0]); i++) {
		if (forces[i].given && !out->csv)
			return refuse(&g, -1, "0A000", "%s", forces[i].csv);
		if (forces[i].given && forces[i].from != st->is_from)
			return refuse(&g, -1, "0A000", "%s", forces[i].way);
	}
	if (strchr(null, delimiter[0]) && *null)
		return refuse(&g, -1, "0A000", "COPY delimiter must not appear in the NULL specification", NULL);
	if (out->csv && strchr(null, quote[0]))
		return refuse(&g, -1, "0A000", "CSV quote character must not appear in the NULL specification", NULL);
	out->delimiter = delimiter[0];
	out->quote = quote[0];
	out->escape = escape[0];
	out->null = slice_str(arena_str(a, null));
	return true;
}
