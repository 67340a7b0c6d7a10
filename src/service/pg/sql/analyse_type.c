/*
 * Type names of a statement: which type they mean, and its modifier.
 *
 * Source: parse_type.c of PostgreSQL 15; manual 8.
 */
#include "service/pg/sql/analyse.h"

const struct sql_type *sql_type_of(struct sql_analyser *an, uint32_t oid)
{
	const struct sql_type *t = sql_builtin_type(oid);

	if (!t)
		t = sql_catalog_type_oid(an->session, oid);
	return t ? t : sql_builtin_type(T_TEXT);
}

uint32_t sql_base_type_mod(struct sql_analyser *an, uint32_t type, int32_t *typmod)
{
	for (int i = 0; i < 32; i++) {
		const struct sql_type *t = sql_type_of(an, type);

		if (t->kind != 'd')
			break;
		if (typmod && *typmod < 0)
			*typmod = t->basemod;
		type = t->base;
	}
	return type;
}

uint32_t sql_base_type(struct sql_analyser *an, uint32_t type)
{
	return sql_base_type_mod(an, type, NULL);
}

bool sql_is_polymorphic(uint32_t type)
{
	switch (type) {
	case T_ANYELEMENT:
	case T_ANYARRAY:
	case T_ANYNONARRAY:
	case T_ANYENUM:
	case T_ANYRANGE:
	case T_ANYMULTIRANGE:
	case T_ANYCOMPATIBLE:
	case T_ANYCOMPATIBLEARRAY:
	case T_ANYCOMPATIBLENONARRAY:
	case T_ANYCOMPATIBLERANGE:
	case T_ANYCOMPATIBLEMULTIRANGE:
		return true;
	default:
		return false;
	}
}

static const struct sql_type *named(struct sql_analyser *an, const PgQuery__TypeName *name)
{
	size_t n = name->n_names;
	const char *last = n ? sql_ast_string(name->names[n - 1]) : NULL, *schema = n > 1 ? sql_ast_string(name->names[n - 2]) : NULL;

	if (!last)
		return NULL;
	if (schema && strcmp(schema, "pg_catalog") == 0) {
		const struct sql_type *t = sql_builtin_type_named(slice_str(last));

		if (t)
			return t;
	}
	return sql_catalog_type(an->session, slice_str(schema), slice_str(last));
}

uint32_t sql_lookup_type(struct sql_analyser *an, const PgQuery__TypeName *name)
{
	const struct sql_type *t = named(an, name);

	if (!t)
		return 0;
	if (name->n_array_bounds)
		return t->array;
	return t->oid;
}

static const char *words_of(struct sql_analyser *an, const PgQuery__TypeName *name)
{
	struct buf b;

	buf_init(&b, 4096);
	for (size_t i = 0; i < name->n_names; i++)
		buf_addf(&b, "%s%s", i ? "." : "", sql_ast_string(name->names[i]));
	if (name->n_array_bounds)
		buf_add_str(&b, "[]");
	const char *words = arena_slice(an->arena, buf_slice(&b)).ptr;
	buf_release(&b);
	return words;
}

/* table.column%TYPE is for functions; nothing here takes it. */
bool sql_resolve_type(struct sql_analyser *an, const PgQuery__TypeName *name, uint32_t *type, int32_t *typmod)
{
	int32_t args[8];
	size_t nargs = 0;
	uint32_t schema;

	*typmod = -1;
	if (name->pct_type || name->setof)
		return sql_unsupported(an, name->location, "%TYPE") != NULL;
	const struct sql_type *t = named(an, name);
	if (!t) {
		if (name->n_names > 1 && !sql_catalog_schema(an->session, slice_str(sql_ast_string(name->names[name->n_names - 2])), &schema))
			return sql_wrong(an, name->location, "3F000", "schema \"%s\" does not exist",
					 sql_ast_string(name->names[name->n_names - 2])) != NULL;
		return sql_wrong(an, name->location, "42704", "type \"%s\" does not exist", words_of(an, name)) != NULL;
	}
	for (size_t i = 0; i < name->n_typmods && nargs < 8; i++) {
		const PgQuery__Node *m = name->typmods[i];

		if (m->node_case == AST(A_CONST) && m->a_const->val_case == PG_QUERY__A__CONST__VAL_IVAL)
			args[nargs++] = m->a_const->ival->ival;
		else
			return sql_wrong(an, sql_location_of(m), "42601", "type modifiers must be simple constants or identifiers") != NULL;
	}
	uint32_t oid = t->oid;
	if (nargs && !sql_type_modifier(an->env, oid, args, nargs, typmod)) {
		if (an->env->error && !an->env->error->position && name->location >= 0)
			an->env->error->position = 0;
		if (!an->env->error)
			sql_wrong(an, name->location, "42601", "type modifier is not allowed for type \"%s\"", words_of(an, name));
		return false;
	}
	*type = name->n_array_bounds ? t->array : oid;
	if (!*type)
		return sql_wrong(an, name->location, "42704", "type \"%s\" does not exist", words_of(an, name)) != NULL;
	return true;
}
