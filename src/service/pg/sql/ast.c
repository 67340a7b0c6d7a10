/*
 * Text to PostgreSQL's parse tree and back, by libpg_query. Its tree comes as
 * protobuf and is unpacked into an arena; what it means is the analysis' task.
 */
#include "service/pg/sql/ast.h"

#include <pg_query.h>
#include <stdlib.h>

#include "base/utf8.h"
#include "service/pg/sql/engine.h"

static void *arena_take(void *a, size_t size)
{
	return arena_alloc(a, size);
}

static void arena_keep(void *a, void *p)
{
	(void)a;
	(void)p;
}

static PgQuery__ParseResult *unpack(PgQueryProtobuf p, struct arena *a)
{
	ProtobufCAllocator allocator = { .alloc = arena_take, .free = arena_keep, .allocator_data = a };

	return pg_query__parse_result__unpack(&allocator, p.len, (const uint8_t *)p.data);
}

PgQuery__Node *sql_ast_unpack_node(const void *bytes, size_t len, struct arena *a)
{
	ProtobufCAllocator allocator = { .alloc = arena_take, .free = arena_keep, .allocator_data = a };

	return pg_query__node__unpack(&allocator, len, bytes);
}

static bool contains(struct slice s, const char *words)
{
	return slice_find_slice(s, slice_str(words)) < s.len;
}

void sql_syntax_kind(struct sql_error *error)
{
	/* PostgreSQL says of these what they are; the grammar's own default is a syntax error */
	if (contains(error->message, "not supported") || contains(error->message, "not yet implemented"))
		error->sqlstate = SLICE_LIT("0A000");
	static const struct {
		const char *words, *sqlstate, *hint;
	} known[] = {
		{ "stack depth", "54001", NULL },
		{ "frame start cannot be", "42P20", NULL }, { "frame end cannot be", "42P20", NULL }, { "frame starting from", "42P20", NULL },
		{ "invalid byte sequence", "22021", NULL }, { "precision for type float", "22023", NULL },
		{ "subquery in FROM must have an alias", "42601", "For example, FROM (SELECT ...) [AS] foo." },
		{ "VALUES in FROM must have an alias", "42601", "For example, FROM (VALUES ...) [AS] foo." },
		{ "invalid Unicode escape", "42601", "Unicode escapes must be \\XXXX or \\+XXXXXX." },
	};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (contains(error->message, known[i].words)) {
			error->sqlstate = slice_str(known[i].sqlstate);
			if (known[i].hint)
				error->hint = slice_str(known[i].hint);
		}
}

static void raise_syntax(struct sql_env *env, const PgQueryError *e, const char *text)
{
	struct sql_error *error = sql_raise_env(env, "42601", "%s", e->message);

	sql_syntax_kind(error);
	if (e->cursorpos > 0)
		error->position = e->cursorpos;
	(void)text;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool sql_parse(struct sql_env *env, struct slice text, struct arena *a, struct sql_parsed *out)
{
	*out = (struct sql_parsed){ .text = arena_slice(a, text).ptr };
	PgQueryProtobufParseResult r = pg_query_parse_protobuf(out->text);
	PgQuery__ParseResult *tree = r.error ? NULL : unpack(r.parse_tree, a);

	if (r.error)
		raise_syntax(env, r.error, out->text);
	else if (!tree)
		sql_raise_env(env, "54001", "statement is nested too deeply");
	pg_query_free_protobuf_parse_result(r);
	if (!tree)
		return false;
	out->count = tree->n_stmts;
	out->statements = ARENA_ARRAY(a, PgQuery__Node *, out->count + 1);
	out->texts = ARENA_ARRAY(a, struct slice, out->count + 1);
	for (size_t i = 0; i < out->count; i++) {
		const PgQuery__RawStmt *raw = tree->stmts[i];
		struct slice s = slice_str(out->text + raw->stmt_location);

		if (raw->stmt_len)
			s = slice_take(s, (size_t)raw->stmt_len);
		while (s.len && is_blank(s.ptr[0]))
			s = slice_skip(s, 1);
		while (s.len && is_blank(s.ptr[s.len - 1]))
			s.len--;
		out->statements[i] = raw->stmt;
		out->texts[i] = s;
	}
	return true;
}

PgQuery__Node *sql_parse_expr(struct sql_env *env, struct slice text, struct arena *a)
{
	struct sql_parsed p;

	if (!sql_parse(env, arena_printf(a, "SELECT %.*s", SLICE_ARG(text)), a, &p))
		return NULL;
	if (p.count == 1 && p.statements[0]->node_case == AST(SELECT_STMT)) {
		const PgQuery__SelectStmt *s = p.statements[0]->select_stmt;

		if (s->n_target_list == 1 && s->target_list[0]->node_case == AST(RES_TARGET))
			return s->target_list[0]->res_target->val;
	}
	sql_raise_env(env, "42601", "syntax error in expression \"%.*s\"", SLICE_ARG(text));
	return NULL;
}

struct slice sql_deparse(PgQuery__Node *statement, struct arena *a)
{
	PgQuery__RawStmt raw = PG_QUERY__RAW_STMT__INIT, *raws[1] = { &raw };
	PgQuery__ParseResult result = PG_QUERY__PARSE_RESULT__INIT;

	raw.stmt = statement;
	result.version = PG_VERSION_NUM;
	result.n_stmts = 1;
	result.stmts = raws;
	size_t len = pg_query__parse_result__get_packed_size(&result);
	PgQueryProtobuf packed = { .len = len, .data = arena_alloc(a, len + 1) };
	pg_query__parse_result__pack(&result, (uint8_t *)packed.data);
	PgQueryDeparseResult r = pg_query_deparse_protobuf(packed);
	struct slice text = r.error ? SLICE_NONE : arena_slice(a, slice_str(r.query));
	pg_query_free_deparse_result(r);
	return text;
}

struct slice sql_deparse_expr(PgQuery__Node *expr, struct arena *a)
{
	PgQuery__ResTarget target = PG_QUERY__RES_TARGET__INIT;
	PgQuery__SelectStmt select = PG_QUERY__SELECT_STMT__INIT;
	PgQuery__Node item = PG_QUERY__NODE__INIT, node = PG_QUERY__NODE__INIT, *items[1] = { &item };

	target.val = expr;
	item.node_case = AST(RES_TARGET);
	item.res_target = &target;
	select.n_target_list = 1;
	select.target_list = items;
	select.op = PG_QUERY__SET_OPERATION__SETOP_NONE;
	select.limit_option = PG_QUERY__LIMIT_OPTION__LIMIT_OPTION_DEFAULT;
	node.node_case = AST(SELECT_STMT);
	node.select_stmt = &select;
	struct slice text = sql_deparse(&node, a);
	return text.len > 7 ? slice_skip(text, 7) : SLICE_NONE; /* "SELECT " */
}
