/*
 * port: what a program asks of an outside system, freed of wire format.
 *
 * A codec fills a request, rules and fakes read it and fill a reply, the trace
 * writes down both. All memory of a request and its reply is the request's
 * arena (bodies are counted, see port/body.h); it is dropped once the reply is
 * encoded.
 *
 * What a port must never learn: sockets, rule files, how an event looks.
 */
#ifndef PORT_PORT_H
#define PORT_PORT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/slice.h"
#include "port/attr.h"
#include "port/body.h"
#include "port/tls.h"

/* ---- what is asked ---------------------------------------------------- */

/* The first word of a rule's `on`. Names: port_name(). */
enum port {
	PORT_NONE = 0,
	PORT_CONNECT, /* "connect": a connection to a boundary is about to be made */
	PORT_DNS,     /* "dns" */
	PORT_TLS,     /* "tls" */
	PORT_SQL,     /* "sql" */
	PORT_HTTP,    /* "http" */
	PORT_OBJECT,  /* "s3" */
	PORT_QUEUE,   /* "kafka" */
	PORT_METRIC,  /* "metric" */
	PORT_MAIL,    /* "mail" */
	PORT_TCP,     /* "tcp" */
	PORT_CALL,    /* "call" */
	PORT_COUNT,
};
const char *port_name(enum port p);
/* PORT_NONE when unknown. */
enum port port_by_name(struct slice name);

struct header {
	struct slice name, value; /* as sent */
};
struct headers {
	struct header *list;
	size_t count, cap;
};
void headers_add(struct headers *h, struct arena *a, struct slice name, struct slice value);
/* The first value of that name (without case), or NULL. */
const struct slice *headers_get(const struct headers *h, const char *name);

struct http_request {
	struct slice method;    /* "POST" */
	struct slice scheme;    /* "https" or "http" */
	struct slice authority; /* host[:port] as the client named it (Host header, else the boundary) */
	struct slice target;    /* as sent: "/v1/a%20b?x=1" */
	struct slice path;      /* decoded: "/v1/a b" */
	struct slice query;     /* raw, without '?'; ptr NULL when there was none */
	struct headers headers;
	struct body *body;      /* NULL when there was none */
};
/* "https://host/path?query" without the scheme's default port. */
struct slice http_request_url(const struct http_request *r, struct arena *a);
/* Percent-decoded value of the first query (or form) field of that name; false when absent. */
bool http_query_get(struct slice query, const char *name, struct arena *a, struct slice *value);
/* Percent-decoding; '+' becomes a space when `form`. */
struct slice http_unescape(struct slice s, bool form, struct arena *a);

struct sql_value {
	struct slice text; /* text form */
	bool null;
	uint32_t oid;      /* type if known, 0 otherwise */
};
struct sql_analysis; /* port/sql.h */
struct sql_request {
	struct slice text;      /* one statement, as the program wrote it */
	const struct sql_analysis *analysis; /* cached by text, never NULL; port/sql.h */
	struct sql_value *params; /* bind parameters by position, $1 first */
	size_t nparams;
	bool describe;          /* only: what columns would it have? never consumes a rule, leaves no event, params may be missing */
	bool login;             /* no statement: may this user log in? Only rules that name it are asked; leaves an event when one answers */
	bool extended;          /* came through Parse/Bind/Execute */
	struct slice user, database;
	struct body *copy_in;   /* COPY FROM STDIN: the data that was sent; else NULL */
};

struct object_part {
	int number;
	struct slice etag; /* without quotes */
};
struct object_request {
	/* op of the request: "PutObject", "GetObject", ... */
	struct slice bucket, key;
	struct slice prefix, delimiter, start_after, token; /* ListObjectsV2 */
	int64_t max_keys;          /* -1: not given */
	struct slice range;        /* Range header, "" when none */
	struct slice content_type;
	struct slice copy_source;  /* "bucket/key" decoded */
	struct slice upload_id;    /* multipart: of the upload; else "" */
	int part;                  /* multipart: number of the part, from 1; 0: none */
	struct object_part *parts; /* CompleteMultipartUpload: the parts in the order sent */
	size_t nparts;
	struct slice *keys;        /* DeleteObjects */
	size_t nkeys;
	bool quiet;                /* DeleteObjects: only failures are listed in the answer */
	struct headers meta;       /* x-amz-meta-*, names without the prefix */
	struct body *body;         /* decoded (no aws-chunked framing) */
	const struct http_request *http; /* what it came in */
};

struct call_arg {
	enum { CALL_VOID, CALL_INT, CALL_DOUBLE, CALL_STRING, CALL_POINTER, CALL_BUFFER, CALL_NULL } kind;
	int64_t i;          /* int; for pointers the ordinal of its first appearance in the run, from 1 */
	double d;
	struct slice text;  /* string or buffer */
};
struct call_request {
	/* op of the request: the function's name */
	struct slice library, caller; /* caller: file name of the calling object */
	struct call_arg *args;
	size_t nargs;
	struct call_arg result;       /* CALL_VOID before the call was made */
	bool made;                    /* the call already happened: nothing to answer, only to write down */
	uint64_t duration_ns;
};

struct connect_request {
	struct slice boundary;  /* "db.prod:5432" */
	struct slice transport; /* "tcp", "udp", "unix" */
};
struct tls_request {
	struct slice name;      /* the host that the client named (SNI); ptr NULL when it named none */
	struct slice alpn;      /* the protocols it offered: "h2,http/1.1"; ptr NULL when none */
};
struct dns_request {
	struct slice name;
};

/* Who asks, filled by the host. */
struct asker {
	struct slice program; /* name of the program: "psql" */
	uint64_t conn;        /* ordinal of the connection at its service in this run, from 1; 0 when none */
};

struct request {
	enum port port;
	struct slice op;      /* narrows `on`: sql: lower-case verb ("select", "commit"); http: the method; s3: "PutObject"; call: function */
	struct slice sum;     /* the trace's low-cardinality line: "INSERT orders", "POST /v1/jobs/{kind}" */
	struct slice service; /* name in the rule file */
	struct slice boundary;/* as the program named it: "hooks.slack.com:443" */
	struct asker asker;
	struct arena *arena;
	union {
		struct sql_request sql;
		struct http_request http;
		struct object_request object;
		struct call_request call;
		struct connect_request connect;
		struct dns_request dns;
		struct tls_request tls;
	};
	bool settled;         /* the protocol itself decides (a statement in a failed transaction): no rule is asked, only the fake */
	json_t *json;         /* the body as JSON: request_json() fills it on first use */
	bool json_tried;
};

/* The body of the request (http, s3) parsed as JSON, or NULL. Owned by the request. */
json_t *request_json(struct request *r);
/* The body, or NULL. */
struct body *request_body(const struct request *r);
void request_release(struct request *r); /* drops bodies and JSON; the arena is the caller's */

/* ---- what is answered ------------------------------------------------- */

enum reply_by { BY_NONE = 0, BY_RULE, BY_FAKE, BY_SEED, BY_RECORD, BY_REPLAY, BY_PASS, BY_FAULT };
const char *reply_by_name(enum reply_by by);

/* What goes wrong, beside what is answered. One row a fault: faults.def. */
enum fault {
	FAULT_NONE = 0,
#define FAULT(id, name, err, places) FAULT_##id,
#include "port/faults.def"
	FAULT_COUNT
};
/* As rule files write it: "half-close"; "" for none. */
const char *fault_name(enum fault f);
#define FAULT_AFTER_DEFAULT UINT64_MAX

struct http_reply {
	int status;
	struct headers headers;
	struct body *body;     /* NULL: none */
};

struct sql_column {
	struct slice name;
	uint32_t oid;
	int32_t typmod;        /* -1: none */
	int16_t typlen;        /* pg_type.typlen */
	uint32_t table_oid;
	int16_t attnum;
};
struct sql_error {
	struct slice severity; /* "ERROR" when empty */
	struct slice sqlstate, message, detail, hint, where;
	int position;          /* characters from 1, 0: none */
	struct slice schema, table, column, datatype, constraint;
};
struct sql_reply {
	bool has_rows;         /* a result set, perhaps of no rows */
	struct sql_column *columns;
	size_t ncolumns;
	struct sql_value *cells; /* nrows * ncolumns, row by row */
	struct slice *binaries; /* as cells, in the wire's binary form, for columns asked for in it; NULL: made of the text */
	size_t nrows;
	struct slice tag;      /* "INSERT 0 1" */
	struct sql_error *error; /* NULL: no error */
	struct sql_column *announced; /* with an error: columns that were told before it came up; NULL: none */
	size_t nannounced;
	struct sql_error *notices; /* sent before the rows; severity "NOTICE" when empty */
	size_t nnotices;
	struct body *copy_out; /* COPY TO STDOUT: the data, already formatted; else NULL */
};

struct object_entry {
	struct slice key, etag, last_modified; /* etag without quotes; time as ISO 8601 */
	uint64_t size;
	int part;               /* ListParts: number of the part */
	struct slice code, message; /* DeleteObjects: why this key was not deleted; empty: it was */
};
struct object_reply {
	int status;             /* HTTP status; 0: the codec takes the one of `code` */
	struct slice code, message; /* "NoSuchKey"; empty: no error */
	struct slice etag;      /* without quotes */
	struct slice content_type;
	struct slice last_modified; /* HTTP date, RFC 9110 section 5.6.7 */
	struct headers meta;
	struct body *body;      /* GetObject: the bytes to send (with a range only those) */
	uint64_t size;          /* of the whole object */
	uint64_t range_first, range_last; /* GetObject with a range */
	bool ranged;
	struct object_entry *entries; /* listings */
	size_t nentries;
	struct slice *prefixes; /* CommonPrefixes */
	size_t nprefixes;
	bool truncated;
	struct slice next_token;
	struct slice upload_id;
	struct headers headers; /* more response headers, from rules */
};

struct call_reply {
	struct call_arg result;
	struct call_arg *outs;  /* what out-parameters hold, by argument; CALL_VOID: untouched */
	size_t nouts;
	int set_errno;
};
struct connect_reply {
	int error;              /* errno for the program; 0: go ahead */
};
struct tls_reply {
	enum tls_certificate certificate;
	int alert;              /* with FAULT_TLS_ALERT: its number */
};

/* Why nothing answered: the closest rule and what of it did not hold. */
struct why_condition {
	bool holds;
	struct slice path;      /* "json.rows" */
	struct slice wants, got;/* JSON text */
};
struct why {
	struct slice closest;   /* id of the rule; empty: no rule came near */
	struct slice place;     /* "rules/vendor.json:12" */
	struct why_condition *conditions;
	size_t nconditions, nhold;
	struct slice text;      /* one sentence for the protocol's error message */
};

struct reply {
	enum reply_by by;
	struct slice rule;      /* "file:line#id", empty when no rule did */
	bool failed;            /* the program sees an error; then `err` is set */
	struct slice err;       /* SQLSTATE, HTTP status, errno name, S3 code */
	uint64_t delay_ns;      /* before the reply is sent */
	bool later;             /* the fake has not finished: it fills this very reply and then calls link->resume */
	uint64_t later_ns;      /* with `later`: how long the fake means to wait at most (fake->overdue); 0: as long as it takes */
	enum fault fault;
	uint64_t fault_after;   /* bytes of the answer that arrive first; FAULT_AFTER_DEFAULT: as the fault likes */
	uint64_t fault_rate;    /* throttle: bytes a second */
	bool mid_response;      /* the fault comes when part of the answer has left */
	bool effect;            /* with a fault: what was asked was done, though the asker may not learn it */
	const struct why *why;  /* only with BY_NONE */
	union {
		struct sql_reply sql;
		struct http_reply http;
		struct object_reply object;
		struct call_reply call;
		struct connect_reply connect;
		struct tls_reply tls;
	};
	enum port port;         /* which member of the union; an s3 or http request may be answered as PORT_HTTP by a rule */
};
void reply_release(struct reply *r); /* drops bodies */

/* ---- for the trace ---------------------------------------------------- */

/* A body as an event shows it. */
struct payload {
	bool present;
	uint64_t size;       /* bytes on the wire, or of the rows as text */
	struct slice type;   /* content type, "" unknown */
	struct body *body;   /* borrowed; NULL: see json */
	struct slice json;   /* ready JSON text instead of a body (rows as arrays) */
	int64_t rows;        /* -1: not a result set */
	struct slice tag;
};

/*
 * Fills what the event of (request, reply) shows: attributes under their
 * OpenTelemetry names, bodies, and correlation ids ("tp:...", "s3:raw/a#etag").
 * Rows above `rows_max` are left out of the payload's JSON (their count stays).
 */
struct description {
	struct attrs attrs;
	struct payload request, reply;
	struct slice *cor;
	size_t ncor;
};
void port_describe(struct request *req, const struct reply *rep, size_t rows_max, struct description *out);

#endif
