/*
 * jsonpath_run: between the files that run a path.
 */
#ifndef SERVICE_PG_SQL_JSONPATH_RUN_H
#define SERVICE_PG_SQL_JSONPATH_RUN_H

#include <string.h>

#include "service/pg/sql/jsonpath/jsonpath.h"
#include "service/pg/sql/type/type.h"

struct jsonpath_runner {
	struct sql_env *env;
	struct arena *a;
	struct json *root, *current;
	const struct json *vars;
	bool lax, ignore;       /* ignore: errors of structure find nothing */
	bool quiet;             /* errors are an outcome and are not raised */
	int64_t size;           /* of the innermost array that is subscripted */
	int depth;
};

enum jsonpath_truth { JSONPATH_FALSE, JSONPATH_TRUE, JSONPATH_UNKNOWN, JSONPATH_BROKEN /* an error that no silence covers was raised */ };

/* Raises unless the runner is quiet. Always JSONPATH_ERROR. */
enum jsonpath_outcome jsonpath_wrong(struct jsonpath_runner *r, const char *sqlstate, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void jsonpath_keep(struct jsonpath_runner *r, struct jsonpath_list *l, struct json *v);
/* What an expression gives; `unwrap`: arrays among it as their elements, in lax mode. */
enum jsonpath_outcome jsonpath_values(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v, bool unwrap, struct jsonpath_list *found);
/* A predicate. */
enum jsonpath_truth jsonpath_judge(struct jsonpath_runner *r, const struct jsonpath_item *i, struct json *v);

#endif
