/*
 * sql: what can be said of a statement without a catalog.
 *
 * One libpg_query parse a text, cached for the life of the process (the cache
 * drops its oldest half above 4,096 texts; an analysis in use stays valid until
 * the next call of sql_split or sql_analyse). Texts that differ in their literals
 * only share a parse (sql_literals.h). Fingerprints are libpg_query's:
 * white space, case, comments and literals do not count.
 */
#ifndef PORT_SQL_H
#define PORT_SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"

#define SQL_PARAMS_MAX 65535 /* Int16 count of the Bind message, unsigned in practice */

struct sql_analysis {
	struct slice text;         /* the statement, without the semicolon */
	bool valid;                /* false: a syntax error, see below */
	bool empty;                /* only white space and comments */
	uint64_t fingerprint;
	struct slice verb;         /* "SELECT", "INSERT", "COMMIT", "CREATE TABLE", "COPY": as in the command tag, without counts */
	struct slice *tables;      /* as written, schema-qualified when the text is; in order of appearance, no duplicates */
	size_t ntables;
	struct slice *literals;    /* constants in the text, by position; strings without quotes */
	size_t nliterals;
	int *literal_at;           /* where they stand, in bytes; only while it is made, NULL later */
	struct slice summary;      /* "INSERT orders", "SELECT events, users", "BEGIN" */
	uint32_t *param_oids;      /* by $n: the type when the text casts it ($1::int4), else 0 */
	size_t nparams;
	bool returns_rows;         /* SELECT, VALUES, SHOW, EXPLAIN, TABLE, or RETURNING */
	bool copy_from_stdin, copy_to_stdout;
	bool copy_csv, copy_binary, copy_header; /* options of COPY */
	char copy_delimiter;       /* 0: the format's default */
	struct slice copy_null;    /* ptr NULL: the format's default */
	size_t copy_columns;       /* columns in the COPY's list; 0: not listed */
	char copy_quote, copy_escape; /* 0: the default */
	bool copy_force_all;       /* FORCE_QUOTE *; else of these columns: */
	struct slice *copy_force;
	size_t ncopy_force;
	/* PostgreSQL's own words for a syntax error. */
	struct slice error_message;
	int error_position;        /* characters from 1 */
};

/* Never NULL. `text` holds one statement. */
const struct sql_analysis *sql_analyse(struct slice text);

/* A simple Query may hold several statements. Splits at the parser's
 * boundaries; when the text does not parse, one statement with the whole text.
 * The array is the arena's, the slices point into `text`. */
size_t sql_split(struct slice text, struct arena *a, struct slice **statements);

/* pg_type facts of a type name as rule files write it ("int4", "integer",
 * "numeric(12,6)", "timestamptz", "text[]"). False: not known. */
bool sql_type(struct slice name, uint32_t *oid, int16_t *typlen, int32_t *typmod);

/* The type's name in pg_type ("int4", "_text"), or NULL when not known. Valid
 * until the next call. */
const char *sql_type_name(uint32_t oid);

/* Names of the columns that a statement returns, as PostgreSQL would call them.
 * 0 when there are none or a star hides them. Parses anew: for tools. */
size_t sql_result_names(struct slice text, struct arena *a, struct slice **names);

/* PostgreSQL's spelling of a command tag without counts for a statement, e.g.
 * "INSERT 0 3", "SELECT 3", "UPDATE 3", "COMMIT". */
struct slice sql_tag(const struct sql_analysis *an, size_t rows, struct arena *a);

/* ---- the data of COPY (manual, COPY, "File Formats") ------------------- */

struct buf;
struct sql_value;
struct sql_column;

/* One row in text or csv, as the statement asks, with its line end. `columns`: their names, for FORCE_QUOTE. */
void sql_copy_row(const struct sql_analysis *an, const struct sql_column *columns, const struct sql_value *cells, size_t count,
		  struct buf *out);
/* The line of names that HEADER asks for. */
void sql_copy_header(const struct sql_analysis *an, const struct sql_column *columns, size_t count, struct buf *out);
/* Takes one row off the front, as PostgreSQL puts it into one CopyData: with its
 * line end, which csv may also have inside; in binary the head goes with the
 * `first` row, the trailer is a piece of its own. What is cut off or is not in
 * the format comes whole. */
struct slice sql_copy_next(const struct sql_analysis *an, struct slice *rest, bool first);
/* Rows in some data, in any of the three formats: without the header line, and
 * only up to the end mark. */
size_t sql_copy_rows(const struct sql_analysis *an, struct slice data);

#endif
