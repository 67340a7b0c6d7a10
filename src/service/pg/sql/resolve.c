/*
 * Which of several functions or operators of a name is meant.
 *
 * Source: manual 10.2, 10.3; func_match_argtypes and func_select_candidate of
 * PostgreSQL 15.
 */
#include "service/pg/sql/analyse.h"

static size_t match(struct sql_analyser *an, const uint32_t *types, size_t n, struct sql_candidate *list, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (list[i].nargs == n && sql_can_coerce_all(an, n, types, list[i].types, SQL_IMPLICIT))
			list[kept++] = list[i];
	return kept;
}

/* Keeps the candidates with the highest score. */
static size_t keep_best(struct sql_candidate *list, size_t count, const int *scores)
{
	int best = 0;
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (scores[i] > best)
			best = scores[i];
	for (size_t i = 0; i < count; i++)
		if (scores[i] == best)
			list[kept++] = list[i];
	return kept;
}

/* Categories for the arguments of unknown type: rule 4.e of manual 10.3. */
static size_t by_category(struct sql_analyser *an, const uint32_t *types, size_t n, struct sql_candidate *list, size_t count)
{
	char category[128];
	bool preferred[128];
	bool resolved = false;

	for (size_t i = 0; i < n; i++) {
		bool have = false, conflict = false;

		if (types[i] != T_UNKNOWN)
			continue;
		resolved = true;
		category[i] = 0;
		preferred[i] = false;
		for (size_t c = 0; c < count; c++) {
			const struct sql_type *t = sql_type_of(an, list[c].types[i]);

			if (!have) {
				category[i] = t->category;
				preferred[i] = t->preferred;
				have = true;
			} else if (t->category == category[i]) {
				preferred[i] |= t->preferred;
			} else if (t->category == 'S') {
				category[i] = 'S';
				preferred[i] = t->preferred;
				conflict = false;
			} else if (category[i] != 'S') {
				conflict = true;
			}
		}
		if (conflict && category[i] != 'S')
			return count;
	}
	if (!resolved)
		return count;
	struct sql_candidate *good = ARENA_ARRAY(an->arena, struct sql_candidate, count);
	size_t kept = 0;
	for (size_t c = 0; c < count; c++) {
		bool keep = true;

		for (size_t i = 0; i < n && keep; i++) {
			if (types[i] != T_UNKNOWN)
				continue;
			const struct sql_type *t = sql_type_of(an, list[c].types[i]);
			keep = t->category == category[i] && (!preferred[i] || t->preferred);
		}
		if (keep)
			good[kept++] = list[c];
	}
	if (!kept)
		return count;
	memcpy(list, good, kept * sizeof(*list));
	return kept;
}

struct sql_candidate *sql_choose(struct sql_analyser *an, const uint32_t *types, size_t n, struct sql_candidate *list, size_t *count)
{
	size_t unknown = 0, nargs = n;
	uint32_t base[128];
	int scores[512];

	if (n > 127 || *count > 512)
		return NULL;
	*count = match(an, types, n, list, *count);
	if (*count <= 1)
		return *count ? list : NULL;
	for (size_t i = 0; i < nargs; i++) {
		base[i] = types[i] == T_UNKNOWN ? T_UNKNOWN : sql_base_type(an, types[i]);
		unknown += types[i] == T_UNKNOWN;
	}
	for (size_t c = 0; c < *count; c++) {
		scores[c] = 0;
		for (size_t i = 0; i < nargs; i++)
			scores[c] += base[i] != T_UNKNOWN && list[c].types[i] == base[i];
	}
	*count = keep_best(list, *count, scores);
	if (*count == 1)
		return list;
	for (size_t c = 0; c < *count; c++) {
		scores[c] = 0;
		for (size_t i = 0; i < nargs; i++) {
			const struct sql_type *t = sql_type_of(an, list[c].types[i]);

			scores[c] += base[i] != T_UNKNOWN && (list[c].types[i] == base[i] ||
							      (t->preferred && t->category == sql_type_of(an, base[i])->category));
		}
	}
	*count = keep_best(list, *count, scores);
	if (*count == 1)
		return list;
	if (!unknown)
		return NULL;
	*count = by_category(an, base, nargs, list, *count);
	if (*count == 1)
		return list;
	/* last: if what is known is of one type, take the unknown for it too */
	if (unknown < nargs) {
		uint32_t known = 0;

		for (size_t i = 0; i < nargs; i++) {
			if (base[i] == T_UNKNOWN)
				continue;
			if (!known)
				known = base[i];
			else if (known != base[i])
				return NULL;
		}
		uint32_t same[128];
		struct sql_candidate *found = NULL;

		for (size_t i = 0; i < nargs; i++)
			same[i] = known;
		for (size_t c = 0; c < *count; c++)
			if (sql_can_coerce_all(an, nargs, same, list[c].types, SQL_IMPLICIT)) {
				if (found)
					return NULL;
				found = list + c;
			}
		return found;
	}
	return NULL;
}

/* ---- operators ---- */

static const struct sql_operator *exact(const struct sql_operator *o, size_t n, uint32_t left, uint32_t right)
{
	for (size_t i = 0; i < n; i++)
		if (o[i].left == left && o[i].right == right)
			return o + i;
	return NULL;
}

static const struct sql_operator *find(struct sql_analyser *an, const struct sql_operator *o, size_t n, uint32_t left, uint32_t right,
				       bool *ambiguous)
{
	const struct sql_operator *found;

	*ambiguous = false;
	if (left && left != T_UNKNOWN && right != T_UNKNOWN && (found = exact(o, n, left, right)))
		return found;
	/* an unknown literal is first taken for the other side's type */
	if (left && (left == T_UNKNOWN || right == T_UNKNOWN)) {
		uint32_t l = left == T_UNKNOWN ? right : left, r = right == T_UNKNOWN ? left : right;

		if (l != T_UNKNOWN && (found = exact(o, n, l, r)))
			return found;
		if (l != T_UNKNOWN) {
			uint32_t base = sql_base_type(an, l);

			if (base != l && (found = exact(o, n, base, base)))
				return found;
		}
	} else if (!left && (found = exact(o, n, 0, right))) {
		return found;
	}
	struct sql_candidate *list = ARENA_ARRAY(an->arena, struct sql_candidate, n + 1);
	uint32_t types[2] = { left ? left : right, right };
	size_t count = 0, nargs = left ? 2 : 1;

	for (size_t i = 0; i < n; i++) {
		if ((o[i].kind == 'b') != (left != 0))
			continue;
		uint32_t *args = ARENA_ARRAY(an->arena, uint32_t, 2);
		args[0] = left ? o[i].left : o[i].right;
		args[1] = o[i].right;
		list[count++] = (struct sql_candidate){ .operator = o + i, .types = args, .nargs = nargs };
	}
	struct sql_candidate *best = sql_choose(an, types, nargs, list, &count);
	*ambiguous = count > 1;
	return best ? best->operator : NULL;
}

static void *no_operator(struct sql_analyser *an, const char *name, uint32_t left, uint32_t right, bool ambiguous, int location)
{
	const char *l = left ? sql_type_words(an, left) : "", *r = sql_type_words(an, right);

	sql_wrong(an, location, ambiguous ? "42725" : "42883", ambiguous ? "operator is not unique: %s%s%s %s" : "operator does not exist: %s%s%s %s", l,
		  left ? " " : "", name, r);
	return sql_wrong_hint(an, ambiguous ? "Could not choose a best candidate operator. You might need to add explicit type casts." :
			      left ? "No operator matches the given name and argument types. You might need to add explicit type casts." :
				     "No operator matches the given name and argument type. You might need to add an explicit type cast.");
}

/* pg_proc.oid */
#define PROC_TEXTCAT 1258
#define PROC_TEXTANYCAT 2003
#define PROC_ANYTEXTCAT 2004

static struct sql_expr *operate(struct sql_analyser *an, const char *name, struct sql_expr *left, struct sql_expr *right, int location)
{
	uint32_t types[2] = { left ? left->type : right->type, right->type }, declared[2];
	struct sql_expr *args[2] = { left ? left : right, right };
	size_t count = 0, n = left ? 2 : 1;
	bool ambiguous = false;
	const struct sql_operator *list = sql_operators_named(slice_str(name), &count);
	const struct sql_operator *o = list ? find(an, list, count, left ? left->type : 0, right->type, &ambiguous) : NULL;

	if (!o)
		return no_operator(an, name, left ? left->type : 0, right->type, ambiguous, location);
	declared[0] = left ? o->left : o->right;
	declared[1] = o->right;
	uint32_t result = sql_settle_polymorphic(an, (const struct sql_expr *const *)args, types, declared, n, o->result, location);
	if (!result)
		return NULL;
	struct sql_expr *x = sql_expr_new(an, SQL_X_CALL, result, location);
	x->operator = o;
	x->proc = sql_proc_oid(o->proc);
	x->nargs = n;
	x->args = ARENA_ARRAY(an->arena, struct sql_expr *, 2);
	/* anynonarray || text and its mirror are SQL functions in PostgreSQL: $1::text || $2 */
	bool to_text = o->proc == PROC_ANYTEXTCAT || o->proc == PROC_TEXTANYCAT;
	if (to_text)
		x->proc = sql_proc_oid(PROC_TEXTCAT);
	for (size_t i = 0; i < n; i++) {
		x->args[i] = sql_coerce(an, args[i], to_text ? T_TEXT : declared[i], -1, to_text ? SQL_EXPLICIT : SQL_IMPLICIT, location);
		if (!x->args[i])
			return NULL;
	}
	if (!x->proc)
		return sql_unsupported(an, location, name);
	return x;
}

struct sql_expr *sql_operate(struct sql_analyser *an, PgQuery__Node **name, size_t nname, struct sql_expr *left, struct sql_expr *right,
			     int location)
{
	const char *last = sql_ast_string(name[nname - 1]), *schema = nname > 1 ? sql_ast_string(name[nname - 2]) : NULL;

	if (schema && strcmp(schema, "pg_catalog") != 0) {
		const char *l = left ? sql_type_words(an, left->type) : "";

		sql_wrong(an, location, "42883", "operator does not exist: %s%s%s.%s %s", l, left ? " " : "", schema, last,
			  sql_type_words(an, right->type));
		return sql_wrong_hint(an, "No operator matches the given name and argument types. You might need to add explicit type casts.");
	}
	return operate(an, last, left, right, location);
}

struct sql_expr *sql_operate_named(struct sql_analyser *an, const char *name, struct sql_expr *left, struct sql_expr *right, int location)
{
	return operate(an, name, left, right, location);
}

static bool has(struct sql_analyser *an, uint32_t type, const char *name)
{
	size_t n;
	const struct sql_operator *list = sql_operators_named(slice_str(name), &n);
	bool ambiguous;
	uint32_t base = sql_base_type(an, type);
	const struct sql_type *t = sql_type_of(an, base);

	if (base == T_UNKNOWN || t->kind == 'c' || base == T_RECORD || t->kind == 'e')
		return true;
	if (t->element)
		return has(an, t->element, name);
	/* no btree or hash class: json, xml and the geometric types (their "=" compares areas) */
	if (base == T_JSON || base == T_XML || (base >= 600 && base <= 604) || base == 628 || base == 718)
		return false;
	return find(an, list, n, base, base, &ambiguous) != NULL;
}

bool sql_has_equality(struct sql_analyser *an, uint32_t type)
{
	return has(an, type, "=");
}

bool sql_has_order(struct sql_analyser *an, uint32_t type)
{
	return has(an, type, "<");
}
