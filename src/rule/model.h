/*
 * model: what a rule file has become once it is loaded. Inside src/rule only.
 *
 * Everything here is allocated in rules->arena and lives as long as the rules
 * object; only what counts (seen, fired, states, counters) changes after
 * loading. Patterns and templates are compiled, so matching neither parses nor
 * allocates, except for captures.
 */
#ifndef RULE_MODEL_H
#define RULE_MODEL_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/arena.h"
#include "base/base64.h"
#include "base/map.h"
#include "port/sql.h"
#include "rule/rule.h"

/* ---- values and patterns ---------------------------------------------- */

/* One value of a request, borrowed. */
struct value {
	enum value_kind { VALUE_ABSENT, VALUE_NULL, VALUE_TEXT, VALUE_JSON, VALUE_UNKNOWN /* not known yet: everything holds */ } kind;
	struct slice text;
	json_t *json;
};

enum pattern_op {
	/* operators, in the order of the names in pattern.c */
	OP_EQ, OP_NE, OP_IN, OP_LT, OP_LE, OP_GT, OP_GE, OP_BEFORE, OP_AFTER, OP_CONTAINS, OP_PREFIX, OP_SUFFIX, OP_GLOB, OP_RE,
	OP_CI, OP_ABSENT, OP_EXISTS, OP_ALL, OP_ANY, OP_NOT, OP_EACH, OP_JSON, OP_JSON_EQ, OP_BASE64, OP_LEN, OP_FORM, OP_SCHEMA, OP_JSONPATH, OP_XPATH,
	OP_NAMED, /* end of those with a name */
	/* made by the loader */
	OP_OBJECT = OP_NAMED, /* members hold; exact: and there are no others */
	OP_ARRAY,    /* as many elements, each holds */
	OP_WILD,     /* "${any}" and its kin */
	OP_CAPTURE,  /* "${name}", whole */
	OP_MIXED,    /* text with wildcards or captures in it, as a regular expression */
	OP_PATH,     /* "/v1/jobs/{kind}" */
};

enum wild { WILD_ANY, WILD_UUID, WILD_TIME, WILD_NUMBER, WILD_RE };

struct path_part {
	struct slice literal;  /* ptr NULL: a capture */
	struct slice name;     /* "path.kind" */
	bool rest;             /* {name...}: also slashes, also nothing */
};

struct pattern {
	enum pattern_op op;
	json_t *json;          /* wanted value as written; borrowed */
	struct slice text;     /* wanted text: of a string, or of the number as written */
	double number;         /* wanted number, or seconds since 1970 for before and after */
	bool numeric, exact;
	enum wild wild;
	pcre2_code *re;
	/* captures: OP_CAPTURE has one name; OP_RE and OP_MIXED one a group, ptr NULL for groups without */
	struct slice *names;
	size_t nnames;
	struct pattern *kids;  /* in, all, any, not, each, object members, array elements ... */
	struct slice *kid_names; /* OP_OBJECT, OP_FORM */
	size_t nkids;
	struct path_part *parts;
	size_t nparts;
	struct pattern_query *query; /* schema, jsonpath, xpath */
};

/* What is asked of a document. By question one of the kids, which what it finds is held
 * against; a kid NULL's place is taken by OP_EXISTS: something is found, or true. */
struct pattern_query {
	struct schema *schema;
	struct jsonpath **jsonpaths;
	struct xpath **xpaths;
	struct xml_prefix *prefixes;
	size_t nprefixes, count;
	struct pattern_query *next;  /* rules->queries: to be freed */
};

/* pattern_query.c: whether a value holds what OP_SCHEMA, OP_JSONPATH, OP_XPATH ask. */
struct value;
struct matching;
bool pattern_query_holds(const struct pattern *p, struct value v, struct matching *m);
void pattern_query_free(struct pattern_query *q);

struct capture {
	struct slice name, value;
	struct capture *next;
};

/* What a pattern needs while it is held against a value. */
struct matching {
	struct rules *rules;
	struct arena *arena;       /* for captures */
	struct capture *captures;  /* newest first */
};

bool pattern_matches(const struct pattern *p, struct value v, struct matching *m);
/* The text of a value: a JSON string's, or its JSON. Allocates for the latter. */
struct slice value_text(struct value v, struct arena *a);
bool time_parse(struct slice s, double *seconds); /* ISO 8601 / RFC 3339; UTC when no zone is given */

/* ---- conditions ------------------------------------------------------- */

enum field {
	/* http */
	FIELD_METHOD, FIELD_PATH, FIELD_URL, FIELD_HOST, FIELD_HEADER, FIELD_QUERY, FIELD_QUERY_TEXT, FIELD_JSON, FIELD_BODY, FIELD_FORM,
	/* sql */
	FIELD_SQL, FIELD_PARAM, FIELD_LITERAL, FIELD_VERB, FIELD_TABLE, FIELD_SQL_TEXT, FIELD_USER, FIELD_DATABASE, FIELD_COPY_OUT,
	/* s3 */
	FIELD_OP, FIELD_BUCKET, FIELD_KEY, FIELD_PREFIX, FIELD_DELIMITER, FIELD_RANGE, FIELD_COPY_SOURCE, FIELD_META,
	/* call */
	FIELD_FUNCTION, FIELD_LIBRARY, FIELD_CALLER, FIELD_ARG,
	/* connect */
	FIELD_BOUNDARY, FIELD_NAME, FIELD_TRANSPORT,
	/* tls */
	FIELD_ALPN,
	/* everywhere */
	FIELD_CONN, FIELD_PROCESS,
};

struct cond {
	enum field field;
	struct slice name;        /* header, query, meta, form field */
	struct slice *steps;      /* FIELD_JSON: member names from the root */
	size_t nsteps;
	size_t index;             /* params, literals, args: from 0 */
	uint64_t fingerprint;     /* FIELD_SQL */
	struct pattern pattern;
	const char *path;         /* as a near miss shows it: "json.rows" */
	json_t *wants;            /* as written; borrowed */
	struct slice wants_text;  /* when wants is NULL: JSON text */
	unsigned weight;          /* for the closest rule: what names the thing asked counts more */
};

/* ---- templates -------------------------------------------------------- */

enum segment_mode { SEG_TEXT, SEG_JSON_STRING /* inside quotes */, SEG_JSON_VALUE /* stands for a whole value */ };
struct segment {
	struct slice literal;     /* ptr NULL: an expression */
	enum segment_mode mode;
	const struct template_function *function;
	struct slice args[2];     /* "json.a.b" -> field path; words and quoted strings of the call */
	size_t nargs;
};
struct template {
	struct segment *segments; /* a template without expressions has one literal */
	size_t count;
	bool fixed;               /* no expression in it: literal text in `text` */
	struct slice text;
};

/* ---- what a rule does ------------------------------------------------- */

enum body_kind { BODY_NONE, BODY_TEXT, BODY_JSON, BODY_FIXED /* file or base64, read at load */ };
enum delay_kind { DELAY_NONE, DELAY_FIXED, DELAY_UNIFORM, DELAY_LOGNORMAL };

struct named_template {
	struct slice name;
	struct template value;
};
struct cell {
	bool null, fixed;
	struct template value;
};
struct action {
	bool pass;
	enum fault fault;
	const char **progress;   /* what {{progress}} is, one after the other; the last stays */
	size_t nprogress;
	bool progress_by_time;
	uint64_t progress_every; /* polls, or nanoseconds */
	bool after_effect, mid_response;
	bool answers;            /* there is content beside the fault */
	uint64_t fault_after, fault_rate;
	int fault_errno;         /* errno:NAME */
	struct slice fault_err;  /* what the asker sees */
	enum delay_kind delay;
	uint64_t delay_ns, delay_max_ns; /* lognormal: delay_ns is the median */
	double sigma;
	/* http, s3 */
	int status;
	struct named_template *headers;
	size_t nheaders;
	enum body_kind body;
	struct template text;
	struct slice fixed;
	/* sql */
	bool has_rows;
	struct sql_column *columns;
	size_t ncolumns;
	struct cell *cells;
	struct sql_value *values; /* the cells when all are fixed, else NULL */
	size_t nrows;
	struct template tag;
	bool has_tag;
	/* error of sql or s3 */
	bool has_error;
	struct slice code;        /* SQLSTATE or S3 code */
	struct template message, detail, hint, where;
	struct slice severity, schema, table, column, datatype, constraint;
	int position;
	/* tls */
	enum tls_certificate certificate;
	int alert;
	/* call */
	bool has_return;
	struct call_arg result;
	struct template result_text;
	struct call_arg *outs;    /* by argument, CALL_VOID where nothing is said */
	struct template *out_texts;
	size_t nouts;
	int set_errno;
	struct slice errno_name;
	/* state */
	struct named_template *set;
	size_t nset;
};

enum then { THEN_LAST, THEN_LOOP, THEN_FAIL, THEN_NEXT };
enum nth_kind { NTH_NONE, NTH_RANGE, NTH_EVERY };

struct rule {
	const char *id;
	const struct jsondoc *doc;
	size_t index;             /* in its file's "rules" */
	struct slice place;       /* "rules/vendor.json:12"; see rule_place() */
	struct slice label;       /* "rules/vendor.json:12#create-job"; see rule_label() */
	size_t order;             /* in file order over all files */
	int64_t priority;
	bool optional;
	enum port port;
	struct slice op;          /* empty: any */
	const char *service;      /* NULL: any */
	struct cond *conds;
	size_t nconds;
	enum nth_kind nth;
	uint64_t nth_from, nth_to; /* every: nth_from */
	json_t *nth_wants;
	struct named_template *states; /* name, wanted */
	size_t nstates;
	json_t *states_wants;
	double chance;            /* 1: always */
	bool has_key;
	struct template key;      /* of states and of set */
	uint64_t min;
	uint64_t max;             /* UINT64_MAX: no end */
	struct action *actions;
	size_t nactions;
	enum then then;
	struct named_template *set;
	size_t nset;
	/* what counts */
	uint64_t seen;            /* requests for which all but nth and chance held */
	uint64_t fired;
	uint64_t random;          /* state of the generator: of its own, so that other rules' requests change nothing */
};

struct rule_hit {
	struct rule *rule;
	const struct action *action; /* NULL: the sequence is over and `then` says fail */
	struct capture *captures;
	struct slice key;         /* rendered */
};

struct port_index {
	struct rule **list;       /* by priority, then file order */
	size_t count;
};

struct rules {
	struct arena arena;
	struct rule_options options;
	struct jsondoc **docs;
	size_t ndocs, docs_cap;
	const char **files;       /* names, as many as docs */
	struct rule_service *services;
	size_t nservices, services_cap;
	struct rule_service *absent; /* declared, but not in the chosen profile */
	size_t nabsent, absent_cap;
	struct rule_function *functions;
	size_t nfunctions, functions_cap;
	struct rule *rules;
	size_t nrules, rules_cap;
	size_t nabsent_rules;        /* declared, but not in the chosen profile */
	struct port_index ports[PORT_COUNT];
	struct expectation *expects;
	size_t nexpects, expects_cap;
	json_t *members[5];       /* merged "expect", ... in the order of rule_member_names */
	json_t *owned;            /* array: JSON values made while loading */
	const char *profile;      /* chosen, or NULL */
	struct map states;        /* "job" or "job\0key" -> char * */
	struct map counters;      /* name -> uint64_t * */
	pcre2_code **res;
	size_t nres, res_cap;
	struct pattern_query *queries; /* made while loading */
	pcre2_match_context *match_limits;
	pcre2_match_data *match_data;
};

extern const char *const rule_member_names[]; /* ends in NULL */

/* Found on first use: finding a line means walking the file. */
struct slice rule_place(struct rules *r, struct rule *rule);
struct slice rule_label(struct rules *r, struct rule *rule);

/* ---- between the files of this folder --------------------------------- */

/* The value of a condition's field in this request. Borrowed, or in the request's arena. */
struct value field_value(const struct cond *c, struct request *req);
/* Whether the condition holds: table and sql look at more than one value. */
bool cond_holds(const struct cond *c, struct request *req, struct matching *m);

void template_render(const struct template *t, struct rules *r, struct rule_hit *hit, struct request *req, struct buf *out);
/* The rendered text in the request's arena; of a fixed template its own text. */
struct slice template_text(const struct template *t, struct rules *r, struct rule_hit *hit, struct request *req);

/* The port that a protocol's requests have; PORT_NONE when unknown. */
enum port rule_protocol_port(const struct rules *r, const char *protocol);

/* splitmix64 (Steele, Lea, Flood 2014). */
uint64_t random_next(uint64_t *state);
double random_unit(uint64_t *state); /* [0, 1) */

const char *state_get(const struct rules *r, struct slice name, struct slice key);
void state_set(struct rules *r, struct slice name, struct slice key, struct slice value);

/* Parts of the decision, for near misses. */
bool rule_applies(const struct rule *rule, const struct request *req); /* service and operation */
bool rule_used_up(const struct rule *rule);
bool nth_holds(const struct rule *rule, uint64_t ordinal);
bool states_hold(struct rules *r, struct rule_hit *hit, struct request *req, size_t i);

/* Every condition of one rule, into `why`. */
void why_rule(struct rules *r, const struct rule *rule, struct request *req, struct why *why);

void answer_sql(struct rules *r, struct rule_hit *hit, struct request *req, struct reply *reply);

#endif
