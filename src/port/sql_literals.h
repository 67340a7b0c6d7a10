/*
 * sql_literals: where the literals of a statement stand, without parsing it.
 *
 * Programs write values into their statements: `insert into t values (7, 'x')`.
 * Texts that differ in their literals only have one key, under which what was made
 * of the first one (an analysis, a plan) is found for the others. The scanner knows
 * PostgreSQL's lexical rules; what is rare (dollar quotes, U&'', texts in several
 * pieces) it does not strip but gives up on.
 *
 * Surprising: a number's kind is part of the key (7 is an integer, 7000000000 a
 * bigint, 7.0 a numeric), and whoever finds that the meaning depends on a literal's
 * value asks for a key that has this literal verbatim.
 *
 * Source: manual 4.1 (Lexical Structure); scan.l and doNegate of gram.y.
 */
#ifndef PORT_SQL_LITERALS_H
#define PORT_SQL_LITERALS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/slice.h"

struct buf;

enum sql_literal_kind { SQL_LITERAL_INT4 = 1, SQL_LITERAL_INT8, SQL_LITERAL_NUMERIC, SQL_LITERAL_STRING };

struct sql_literal {
	int at, len;            /* bytes of the text */
	int minus;              /* where a '-' directly before it stands; -1: none. The grammar may take it for a sign */
	char kind;              /* enum sql_literal_kind */
};

struct sql_literals {
	struct sql_literal *list; /* by position; the arena's */
	size_t n;
};

/* False: the text is not SELECT, INSERT, UPDATE, DELETE, VALUES or WITH, has no literal, or
 * has what this scanner leaves to the parser. */
bool sql_literals_scan(struct slice text, struct arena *a, struct sql_literals *out);
/* Appends the text with kinds in the literals' places; those that `verbatim` (optional) marks stay. */
void sql_literals_key(struct slice text, const struct sql_literals *l, const bool *verbatim, struct buf *out);
/*
 * The literal that a constant of the parse tree at `location` is; *negative: with its
 * minus. NULL: none of them.
 */
const struct sql_literal *sql_literals_find(const struct sql_literals *l, int location, bool *negative);
/* How many stand before a place of the text. */
size_t sql_literals_before(const struct sql_literals *l, int location);
/* Its value as the parser gives it: "7", "-7.50", "it's". Points into the text where it can. */
struct slice sql_literal_value(struct slice text, const struct sql_literal *l, bool negative, struct arena *a);

#endif
