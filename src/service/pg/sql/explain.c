/*
 * EXPLAIN: the options are PostgreSQL's, the plan is one that could be: what is
 * written, and below it a scan of each table that is read. Costs and times are
 * constants, so that a trace of them can be compared.
 *
 * Source: explain.c of PostgreSQL 15.
 */
#include "service/pg/sql/explain.h"

enum format { TEXT, XML, JSON, YAML };

struct options {
	bool analyze, verbose, costs, buffers, wal, settings, timing, summary, has_timing, has_summary;
	enum format format;
};

static bool refuse(struct sql_session *s, int location, const char *state, const char *fmt, const char *a, const char *b)
{
	struct sql_analyser an;

	sql_analyser_init(&an, s, s->text, s->engine->env.arena);
	sql_wrong(&an, location, state, fmt, a, b);
	return false;
}

static const char *text_of(const PgQuery__DefElem *d)
{
	if (!d->arg)
		return NULL;
	if (d->arg->node_case == AST(INTEGER))
		return d->arg->integer->ival == 0 ? "0" : d->arg->integer->ival == 1 ? "1" : "many";
	if (d->arg->node_case == AST(BOOLEAN))
		return d->arg->boolean->boolval ? "true" : "false";
	return sql_ast_string(d->arg);
}

static bool boolean(struct sql_session *s, const PgQuery__DefElem *d, bool *out)
{
	static const char *const words[] = { "false", "true", "off", "on", "0", "1" };
	const char *text = text_of(d);

	*out = true;
	for (size_t i = 0; text && i < 6; i++)
		if (strcasecmp(text, words[i]) == 0)
			return *out = i % 2, true;
	return !text || refuse(s, -1, "42601", "%s requires a Boolean value", d->defname, NULL);
}

static bool one(struct sql_session *s, const PgQuery__DefElem *d, struct options *o)
{
	const struct {
		const char *name;
		bool *value;
	} flags[] = { { "analyze", &o->analyze }, { "verbose", &o->verbose }, { "costs", &o->costs }, { "buffers", &o->buffers }, { "wal", &o->wal },
		      { "settings", &o->settings }, { "timing", &o->timing }, { "summary", &o->summary } };
	static const char *const formats[] = { [TEXT] = "text", [XML] = "xml", [JSON] = "json", [YAML] = "yaml" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(d->defname, flags[i].name) == 0) {
			o->has_timing |= flags[i].value == &o->timing;
			o->has_summary |= flags[i].value == &o->summary;
			return boolean(s, d, flags[i].value);
		}
	if (strcmp(d->defname, "format") != 0)
		return refuse(s, d->location, "42601", "unrecognized EXPLAIN option \"%s\"", d->defname, NULL);
	const char *text = text_of(d);
	for (int i = TEXT; text && i <= YAML; i++)
		if (strcmp(text, formats[i]) == 0)
			return o->format = (enum format)i, true;
	return refuse(s, d->location, "22023", "unrecognized value for EXPLAIN option \"%s\": \"%s\"", d->defname, text ? text : "");
}

static bool read_options(struct sql_session *s, const PgQuery__ExplainStmt *st, struct options *o)
{
	*o = (struct options){ .costs = true };
	for (size_t i = 0; i < st->n_options; i++)
		if (!one(s, st->options[i]->def_elem, o))
			return false;
	if (o->wal && !o->analyze)
		return refuse(s, -1, "22023", "EXPLAIN option WAL requires ANALYZE", NULL, NULL);
	if (!o->has_timing)
		o->timing = o->analyze;
	if (o->timing && !o->analyze)
		return refuse(s, -1, "22023", "EXPLAIN option TIMING requires ANALYZE", NULL, NULL);
	if (!o->has_summary)
		o->summary = o->analyze;
	return true;
}

/* ---- the plan ---- */

struct node {
	const char *type, *operation, *table;
	size_t depth, rows;
};

static size_t nodes_of(struct sql_session *s, const struct sql_plan *plan, size_t rows, struct node *nodes, size_t max)
{
	static const char *const words[] = { ['i'] = "Insert", ['u'] = "Update", ['d'] = "Delete", ['m'] = "Merge" };
	size_t n = 0, depth = 0;

	if (plan->kind == SQL_PLAN_WRITE) {
		nodes[n++] = (struct node){ .type = "ModifyTable", .operation = words[(int)plan->tag], .table = plan->write.relation->name };
		depth++;
	}
	if (plan->kind == SQL_PLAN_LOCK)
		nodes[n++] = (struct node){ .type = "LockRows", .depth = depth++, .rows = rows };
	size_t tables = 0;
	const char *names[64];
	for (size_t i = 0; i < plan->nrelations && tables < 64; i++) {
		const struct sql_relation *rel = sql_catalog_relation_oid(s, plan->relations[i]);
		bool written = plan->kind == SQL_PLAN_WRITE && plan->tag == 'i' && plan->write.relation->oid == plan->relations[i];

		if (rel && rel->kind != 'v' && !written)
			names[tables++] = rel->name;
	}
	for (size_t i = 0; i + 1 < tables && n < max; i++)
		nodes[n++] = (struct node){ .type = "Nested Loop", .depth = depth++, .rows = rows };
	for (size_t i = 0; i < tables && n < max; i++)
		nodes[n++] = (struct node){ .type = "Seq Scan", .table = names[i], .depth = depth - (tables > 1 && i ? i - 1 : 0), .rows = rows };
	if (!tables && n < max)
		nodes[n++] = (struct node){ .type = "Result", .depth = depth, .rows = rows };
	return n;
}

static void write_text(const struct options *o, const struct node *nodes, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++) {
		const struct node *p = nodes + i;

		if (p->depth)
			buf_addf(b, "%*s->  ", (int)(p->depth * 6 - 4), "");
		buf_add_str(b, p->operation ? p->operation : p->type);
		if (p->table)
			buf_addf(b, " on %s", p->table);
		if (o->costs)
			buf_addf(b, "  (cost=0.00..0.01 rows=%d width=%d)", p->operation ? 0 : 1, p->operation ? 0 : 4);
		if (o->analyze && o->timing)
			buf_addf(b, "%s(actual time=0.001..0.001 rows=%zu loops=1)", o->costs ? " " : "  ", p->rows);
		else if (o->analyze)
			buf_addf(b, "%s(actual rows=%zu loops=1)", o->costs ? " " : "  ", p->rows);
		buf_add_char(b, '\n');
	}
	if (o->summary)
		buf_add_str(b, "Planning Time: 0.010 ms\n");
	if (o->analyze && o->summary)
		buf_add_str(b, "Execution Time: 0.010 ms\n");
}

struct property {
	const char *name, *text; /* text NULL: the number */
	double number;
	int digits;
	bool boolean;
};

static size_t properties_of(const struct options *o, const struct node *p, bool root, struct property *v)
{
	size_t n = 0;

	v[n++] = (struct property){ "Node Type", p->type, 0, 0, false };
	if (p->operation)
		v[n++] = (struct property){ "Operation", p->operation, 0, 0, false };
	if (!root)
		v[n++] = (struct property){ "Parent Relationship", "Outer", 0, 0, false };
	v[n++] = (struct property){ "Parallel Aware", "false", 0, 0, true };
	v[n++] = (struct property){ "Async Capable", "false", 0, 0, true };
	if (p->table) {
		v[n++] = (struct property){ "Relation Name", p->table, 0, 0, false };
		v[n++] = (struct property){ "Alias", p->table, 0, 0, false };
	}
	if (o->costs) {
		v[n++] = (struct property){ "Startup Cost", NULL, 0, 2, false };
		v[n++] = (struct property){ "Total Cost", NULL, 0.01, 2, false };
		v[n++] = (struct property){ "Plan Rows", NULL, p->operation ? 0 : 1, 0, false };
		v[n++] = (struct property){ "Plan Width", NULL, p->operation ? 0 : 4, 0, false };
	}
	if (o->analyze && o->timing) {
		v[n++] = (struct property){ "Actual Startup Time", NULL, 0.001, 3, false };
		v[n++] = (struct property){ "Actual Total Time", NULL, 0.001, 3, false };
	}
	if (o->analyze) {
		v[n++] = (struct property){ "Actual Rows", NULL, (double)p->rows, 0, false };
		v[n++] = (struct property){ "Actual Loops", NULL, 1, 0, false };
	}
	return n;
}

static void write_value(const struct property *v, bool quoted, struct buf *b)
{
	if (v->text && quoted && !v->boolean)
		buf_addf(b, "\"%s\"", v->text);
	else if (v->text)
		buf_add_str(b, v->text);
	else
		buf_addf(b, "%.*f", v->digits, v->number);
}

/* The nodes from `at` on, each in the list of plans of the one before it. */
static void write_json(const struct options *o, const struct node *nodes, size_t n, size_t at, int indent, struct buf *b)
{
	struct property v[16];
	size_t count = properties_of(o, nodes + at, at == 0, v);

	buf_add_str(b, "{\n");
	for (size_t i = 0; i < count; i++) {
		buf_addf(b, "%s%*s\"%s\": ", i ? ",\n" : "", indent + 2, "", v[i].name);
		write_value(v + i, true, b);
	}
	if (at + 1 < n) {
		buf_addf(b, ",\n%*s\"Plans\": [\n%*s", indent + 2, "", indent + 4, "");
		write_json(o, nodes, n, at + 1, indent + 4, b);
		buf_addf(b, "\n%*s]", indent + 2, "");
	}
	buf_addf(b, "\n%*s}", indent, "");
}

static void write_xml(const struct options *o, const struct node *nodes, size_t n, size_t at, int indent, struct buf *b)
{
	struct property v[16];
	size_t count = properties_of(o, nodes + at, at == 0, v);

	buf_addf(b, "%*s<Plan>\n", indent, "");
	for (size_t i = 0; i < count; i++) {
		char tag[32];
		size_t k = 0;

		for (; v[i].name[k] && k < sizeof(tag) - 1; k++)
			tag[k] = v[i].name[k] == ' ' ? '-' : v[i].name[k];
		tag[k] = '\0';
		buf_addf(b, "%*s<%s>", indent + 2, "", tag);
		write_value(v + i, false, b);
		buf_addf(b, "</%s>\n", tag);
	}
	if (at + 1 < n) {
		buf_addf(b, "%*s<Plans>\n", indent + 2, "");
		write_xml(o, nodes, n, at + 1, indent + 4, b);
		buf_addf(b, "%*s</Plans>\n", indent + 2, "");
	}
	buf_addf(b, "%*s</Plan>\n", indent, "");
}

static void write_yaml(const struct options *o, const struct node *nodes, size_t n, size_t at, int indent, struct buf *b)
{
	struct property v[16];
	size_t count = properties_of(o, nodes + at, at == 0, v);

	for (size_t i = 0; i < count; i++) {
		if (i || at == 0)
			buf_addf(b, "%*s", indent, "");
		buf_addf(b, "%s: ", v[i].name);
		write_value(v + i, true, b);
		buf_add_char(b, '\n');
	}
	if (at + 1 < n) {
		buf_addf(b, "%*sPlans: \n%*s- ", indent, "", indent + 2, "");
		write_yaml(o, nodes, n, at + 1, indent + 4, b);
	}
}

static void write_plan(const struct options *o, const struct node *nodes, size_t n, struct buf *b)
{
	switch (o->format) {
	case TEXT:
		write_text(o, nodes, n, b);
		break;
	case JSON:
		buf_add_str(b, "[\n  {\n    \"Plan\": ");
		write_json(o, nodes, n, 0, 4, b);
		if (o->summary)
			buf_add_str(b, ",\n    \"Planning Time\": 0.010");
		if (o->analyze)
			buf_add_str(b, ",\n    \"Triggers\": [\n    ]");
		if (o->analyze && o->summary)
			buf_add_str(b, ",\n    \"Execution Time\": 0.010");
		buf_add_str(b, "\n  }\n]");
		break;
	case XML:
		buf_add_str(b, "<explain xmlns=\"http://www.postgresql.org/2009/explain\">\n  <Query>\n");
		write_xml(o, nodes, n, 0, 4, b);
		if (o->summary)
			buf_add_str(b, "    <Planning-Time>0.010</Planning-Time>\n");
		if (o->analyze)
			buf_add_str(b, "    <Triggers>\n    </Triggers>\n");
		if (o->analyze && o->summary)
			buf_add_str(b, "    <Execution-Time>0.010</Execution-Time>\n");
		buf_add_str(b, "  </Query>\n</explain>");
		break;
	case YAML:
		buf_add_str(b, "- Plan: \n");
		write_yaml(o, nodes, n, 0, 4, b);
		if (o->summary)
			buf_add_str(b, "  Planning Time: 0.010\n");
		if (o->analyze)
			buf_add_str(b, "  Triggers: \n");
		if (o->analyze && o->summary)
			buf_add_str(b, "  Execution Time: 0.010\n");
		buf_cut(b, b->len - 1);
		break;
	}
}

/* ---- the statement ---- */

/* CREATE TABLE AS and its like: the query in it is what is planned. */
static bool is_planned(const PgQuery__Node *n)
{
	switch (n->node_case) {
	case AST(SELECT_STMT):
	case AST(INSERT_STMT):
	case AST(UPDATE_STMT):
	case AST(DELETE_STMT):
	case AST(MERGE_STMT):
		return true;
	default:
		return false;
	}
}

static bool run(struct sql_session *s, struct sql_prepared *p, const struct sql_datum *params, size_t nparams, struct arena *a, size_t *rows)
{
	struct sql_result result = { 0 };
	struct slice before = s->text;

	s->text = p->text;
	struct sql_datum *binds = sql_run_binds(s, &p->plan, params, nparams, a);
	bool ok = binds && sql_run_plan(s, &p->plan, binds, a, &result);
	s->text = before;
	*rows = result.nrows;
	return ok;
}

static uint32_t type_of(const PgQuery__ExplainStmt *st)
{
	uint32_t type = T_TEXT;

	for (size_t i = 0; i < st->n_options; i++) {
		const PgQuery__DefElem *d = st->options[i]->def_elem;
		const char *text = strcmp(d->defname, "format") == 0 ? text_of(d) : NULL;

		if (text)
			type = strcmp(text, "json") == 0 ? T_JSON : strcmp(text, "xml") == 0 ? 142 /* xml */ : T_TEXT;
	}
	return type;
}

bool sql_explain(struct sql_session *s, const PgQuery__ExplainStmt *st, const struct sql_datum *params, const uint32_t *types, size_t nparams,
		 struct arena *a, struct sql_result *out)
{
	struct options o;
	struct node nodes[96];
	struct buf b;
	size_t rows = 0, n = 0;

	if (!read_options(s, st, &o))
		return false;
	if (is_planned(st->query)) {
		struct sql_prepared *p = sql_prepared_inner(s, s->text, types, nparams);

		if (!p)
			return false;
		bool ok = !o.analyze || run(s, p, params, nparams, a, &rows);
		n = ok ? nodes_of(s, &p->plan, rows, nodes, sizeof(nodes) / sizeof(nodes[0])) : 0;
		if (!ok) {
			sql_prepared_drop(p);
			return false;
		}
		buf_init(&b, 1024 * 1024);
		write_plan(&o, nodes, n, &b); /* while the names that it points at are there */
		sql_prepared_drop(p);
	} else {
		if (st->query->node_case == AST(EXECUTE_STMT) && !map_get_str(&s->saved, st->query->execute_stmt->name))
			return refuse(s, -1, "26000", "prepared statement \"%s\" does not exist", st->query->execute_stmt->name, NULL);
		nodes[n++] = (struct node){ .type = "Result" };
		buf_init(&b, 1024 * 1024);
		write_plan(&o, nodes, n, &b);
	}
	size_t lines = 0;
	out->cells = ARENA_ARRAY(a, struct sql_datum, 256);
	struct slice rest = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	if (o.format == TEXT)
		while (rest.len && lines < 256)
			out->cells[lines++] = (struct sql_datum){ .kind = SQL_TEXT, .s = slice_split(&rest, '\n') };
	else
		out->cells[lines++] = (struct sql_datum){ .kind = SQL_TEXT, .s = rest };
	out->nrows = lines;
	out->has_rows = true;
	struct sql_column *c = ARENA_NEW(a, struct sql_column);
	*c = (struct sql_column){ .name = SLICE_LIT("QUERY PLAN"), .oid = type_of(st), .typmod = -1, .typlen = -1 };
	out->columns = c;
	out->ncolumns = 1;
	out->tag = SLICE_LIT("EXPLAIN");
	return true;
}

bool sql_explain_describe(struct sql_session *s, struct sql_plan *plan, struct slice text, const uint32_t *types, size_t ntypes, struct arena *a)
{
	const PgQuery__ExplainStmt *st = plan->statement->explain_stmt;

	plan->columns = ARENA_NEW(a, struct sql_column);
	plan->columns[0] = (struct sql_column){ .name = SLICE_LIT("QUERY PLAN"), .oid = type_of(st), .typmod = -1, .typlen = -1 };
	plan->ncolumns = 1;
	plan->has_rows = true;
	if (!is_planned(st->query))
		return true;
	struct sql_prepared *p = sql_prepared_inner(s, text, types, ntypes);
	if (!p)
		return false;
	plan->nparams = p->plan.nparams;
	plan->params = ARENA_ARRAY(a, uint32_t, plan->nparams + 1);
	memcpy(plan->params, p->plan.params, plan->nparams * sizeof(*plan->params));
	sql_prepared_drop(p);
	return true;
}
