/*
 * load: how a rule file is read, for the files load_*.c. Inside src/rule only.
 *
 * The loader walks the JSON with a path ("rules[0].when.method") that grows and
 * shrinks as it goes; an error is filed at the place of that path, and loading
 * goes on, so that one look at the output shows everything that is wrong.
 * Members whose names begin with "//" are comments and never seen.
 */
#ifndef RULE_LOAD_H
#define RULE_LOAD_H

#include "rule/model.h"

#define GROUPS_MAX 31 /* the match data of a rules object has room for 32 pairs, the whole match included */

struct load {
	struct rules *r;
	struct rule_errors *errs;
	struct jsondoc *doc;       /* the file being read */
	const char *folder;        /* where its relative names start, without a slash at the end; "." */
	char path[2048];
	size_t len;
	const char **reading;      /* real paths of the files being read, for cycles */
	size_t nreading, reading_cap;
	const char **done;         /* real paths of files read before */
	size_t ndone, done_cap;
	/* of the rule being read */
	struct slice *captures;    /* names that its `when` binds */
	size_t ncaptures, captures_cap;
};

/* Appends to an array of the rules' arena that grows by doubling. */
#define LOAD_PUSH(l, list, count, cap) \
	((list) = load_grow((l), (list), (count), &(cap), sizeof(*(list))), &(list)[(count)++])
void *load_grow(struct load *l, void *list, size_t count, size_t *cap, size_t size);

/* The path. Each returns what load_leave takes to go back. */
size_t load_enter(struct load *l, const char *key);
size_t load_enter_index(struct load *l, size_t index);
void load_leave(struct load *l, size_t former);

/* Files an error at the path's value, at a member's name below the path, or at another path. */
void load_bad(struct load *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void load_bad_key(struct load *l, const char *key, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void load_bad_file(struct load *l, const struct err *e);
/* ` (did you mean "x"?)`, or ` (known: a, b)`, or "". In the arena. */
const char *load_hint(struct load *l, const char *word, const char *const *known, bool list);

/* True for members that are comments. */
bool load_comment(const char *key);
/* Files an error for every member that is not in `known`; names in `later` are
 * refused as not known yet (may be NULL). */
void load_keys(struct load *l, json_t *object, const char *const *known, const char *const *later);
/* Types, with the error filed. `what` is what was expected: "a string". */
bool load_want(struct load *l, json_t *v, json_type type);
const char *load_type(json_t *v); /* "an object", "a string", ... */
/* A string, or strings joined with newlines; NULL with the error filed. */
const char *load_text(struct load *l, json_t *v);
bool load_is_text(json_t *v);
/* Member as text; NULL when absent or wrong. */
const char *load_text_of(struct load *l, json_t *object, const char *key);
bool load_bool_of(struct load *l, json_t *object, const char *key, bool otherwise);
/* "200ms", "1.5s"; false with the error filed. */
bool load_duration(struct load *l, json_t *v, uint64_t *ns);
/* Bytes, or "256MiB"; false: neither. Files no error. */
bool load_bytes(struct load *l, json_t *v, uint64_t *bytes);
/* A list of names, or one name. */
size_t load_names(struct load *l, json_t *v, const char ***names);
/* A file named in the rule file, as its bytes in the arena. */
bool load_file(struct load *l, const char *name, struct slice *bytes);

/* The parts. */
void load_service(struct load *l, const char *name, json_t *declaration);
/* Whether the chosen profile takes in what carries this "profiles" member. */
bool load_in_profile(struct load *l, json_t *object);
void load_rule(struct load *l, size_t index, json_t *rule);
/* on, service, an operation's word: for rules, and for expectations, which may be on any port. */
bool load_port_known(enum port port);
bool load_on(struct load *l, struct rule *rule, json_t *object, bool expecting);
struct slice load_operation(struct load *l, enum port port, struct slice word);
void load_service_of(struct load *l, struct rule *rule, json_t *object);
void load_expects(struct load *l, json_t *list);
void load_expect_times(struct load *l);
void load_when(struct load *l, struct rule *rule, json_t *when);
void load_actions(struct load *l, struct rule *rule, json_t *what);
/* load_fault.c: members of one answer. `content`: it has one beside the fault. */
void load_fault(struct load *l, const struct rule *rule, struct action *a, json_t *object);
void load_fault_check(struct load *l, struct action *a, bool content);
void load_progress(struct load *l, struct action *a, json_t *object);
void load_set(struct load *l, json_t *set, struct named_template **list, size_t *count);
void load_sql_answer(struct load *l, struct action *a, json_t *v);

/* Values of bodies and fields: `in_json` makes a bare object mean a subset. */
void load_pattern(struct load *l, json_t *v, bool in_json, struct pattern *out);
/* A string with ${...} in it. False: it has none, compare as it is. */
bool load_wild(struct load *l, struct slice s, struct pattern *out);
/* load_query.c: what schema, jsonpath and xpath take; out->op says which. */
void load_query(struct load *l, json_t *v, struct pattern *out);
void load_path_pattern(struct load *l, const char *text, struct pattern *out);
void load_re(struct load *l, const char *text, size_t len, struct pattern *out);
void load_capture(struct load *l, struct slice name);
/* {"op": value} with one member that names an operator. */
bool load_is_operator(json_t *v);
/* Several members, all of them operators: a mistake, since an object takes one. */
bool load_all_operators(json_t *v);

void load_template(struct load *l, const char *text, struct template *out);
void load_template_json(struct load *l, json_t *v, struct template *out);

#endif
