/*
 * service: one outside system, its codec and its fake.
 *
 * A folder below src/service/ and a row in services.def make a service. It
 * takes values and gives values: no socket, no timer, no rule, no trace. The
 * host feeds bytes to the codec, asks rules and then the fake, and hands the
 * reply to the codec.
 *
 * MUST: decode consumes nothing when it answers DECODE_MORE, and never reads
 * past its slice. MUST NOT: call into the host, except through struct link.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/jsondoc.h"
#include "base/slice.h"
#include "port/port.h"

struct link;

/* What the host knows of a connection, for its codec. Lives as long as the
 * codec's state. */
struct link {
	uint64_t id;             /* from 1, never used twice in a run */
	struct slice service;    /* name in the rule file */
	struct slice boundary;   /* "hooks.slack.com:443" */
	struct slice host;       /* "hooks.slack.com"; "" for Unix sockets */
	uint16_t port;
	bool tls;                /* the bytes come out of TLS */
	bool local;              /* a Unix socket */
	bool asks_login;         /* a rule wants to decide on log-ins (sql.login) */
	bool asks_copy;          /* a rule may answer COPY: its data is asked for before the fake is */
	uint64_t now_ns;         /* run clock, nanoseconds since 1970; set by the host before each decode and encode */
	/* What the codec tells the host of its connection, for hygiene: who logged in
	 * (as long as the codec's state lives; "" unknown yet, or no log-in), whether a
	 * transaction is open, and that this is no session at all (a cancel request). */
	struct slice user, database;
	bool in_transaction, aside;
	/*
	 * Ends a wait (a rule's delay) of this connection at once: `fill` turns
	 * the waiting reply into what the program gets instead. Does nothing when
	 * the connection is not waiting. Used by CancelRequest.
	 */
	void (*interrupt)(struct link *link, void (*fill)(struct reply *reply, struct request *request));
	/* The answer that a fake put off (reply->later) is complete. Nothing happens when the
	 * connection is gone. */
	void (*resume)(struct link *link);
	/*
	 * Calls `ready` with the codec's state whenever fd can be read: of a real system
	 * that answers in the fake's place. One a connection; -1: no more, before fd is
	 * closed. False: it cannot be watched.
	 */
	bool (*watch)(struct link *link, int fd, void (*ready)(void *state));
	/* Bytes that the program did not ask for now: a message to a connection that is idle. */
	void (*push)(struct link *link, struct slice bytes);
	/* Calls `run` with the codec's state once a turn of the loop, for an answer that takes long to compute;
	 * NULL: no more. Ends with the connection. */
	void (*every_turn)(struct link *link, void (*run)(void *state));
	/* An answer that was put off is overdue so long from now: reply->later_ns anew; 0: never. */
	void (*patience)(struct link *link, uint64_t ns);
	/* Closes a connection that is idle, after what was pushed. */
	void (*end)(struct link *link);
};

/* A service of the rule file, made once a run, shared by its connections. */
struct service_config {
	struct slice name;
	const struct jsondoc *doc;  /* for error places */
	const char *path;           /* path of the declaration in doc: "services.warehouse" */
	json_t *json;               /* the declaration; borrowed */
	const char *folder;         /* relative file names start here */
	const char *rundir;         /* the run's folder; NULL: there is none */
	uint64_t seed;              /* of the run: for ids and keys */
	uint64_t (*now_ns)(void);   /* the run's clock, nanoseconds since 1970 */
};

enum decode {
	DECODE_MORE,    /* not a whole message yet; nothing consumed */
	DECODE_REQUEST, /* *req is filled: op, sum and the member of its port; the rest is the host's */
	DECODE_OWN,     /* consumed something that is nobody else's business; what is to be sent is in out */
	DECODE_TLS,     /* as DECODE_OWN, and the bytes after `used` are a TLS handshake */
	DECODE_CLOSE,   /* as DECODE_OWN, then close the connection in an orderly way */
	DECODE_BAD,     /* not this protocol: `out` holds the protocol's own complaint, then close */
};

struct codec {
	/* One a connection. `fake` is what the service's fake's new() gave (NULL without a fake). */
	void *(*new)(struct link *link, void *fake);
	void (*free)(void *state);
	/*
	 * Reads one message off the front of `in`. *used says how many bytes were
	 * consumed (0 is fine for everything: a codec may hold several requests
	 * that came in one message; it is called again until it says DECODE_MORE).
	 * `out` collects bytes to send. Never called again before the request it
	 * gave was encoded.
	 *
	 * `req` and its arena are the same from one encode to the next (zeroed
	 * after an encode, arena set), so a request may be put together over
	 * several calls: a codec that streams a large body consumes each piece
	 * with DECODE_OWN and appends it to the request's body.
	 */
	enum decode (*decode)(void *state, struct slice in, size_t *used, struct request *req, struct buf *out);
	/*
	 * Writes the reply. When *tail is set (a counted reference), the host sends
	 * that body after `out`, with back-pressure. reply->by == BY_NONE: the
	 * protocol's own error, with reply->why. Returns false when the connection
	 * is to be closed after this.
	 */
	bool (*encode)(void *state, const struct request *req, const struct reply *reply, struct buf *out, struct body **tail);
	/* The peer closed its sending side, or the connection is lost. Optional.
	 * True: the protocol's farewell had been said. */
	bool (*clean_end)(void *state);
	/* The protocol has a log-in and a farewell: a connection that ends without
	 * the latter was leaked. */
	bool farewell;
	/* It is spoken over Unix sockets too (link->local), without TLS: a library's layer
	 * may bring a connection there that the program meant for TCP. */
	bool local;
};

struct fake {
	/* 0, or a negative code with err filled (place: jsondoc_where). */
	int (*new)(void **fake, const struct service_config *config, struct err *err);
	void (*free)(void *fake);
	/*
	 * Answers, with reply->by set to BY_FAKE. False: this fake has no answer
	 * (the request is unmatched). `conn` is the codec's state of the asking
	 * connection.
	 */
	bool (*answer)(void *fake, void *conn, struct request *req, struct reply *reply);
	/*
	 * The same for a request out of a trace, brought to its end: there is no client
	 * whose next message would end it. Optional: answer() is all of it.
	 */
	void (*again)(void *fake, void *conn, struct request *req, struct reply *reply);
	/* An answer that was put off waits for longer than reply->later_ns: the fake ends
	 * it, by link->resume. Optional. */
	void (*overdue)(void *fake, void *conn);
};

/*
 * What sessions, `seam state` and expectations on a final state need of a fake,
 * beside answering. Optional as a whole; without it the service has no state
 * that could be looked at or gone back to.
 *
 * Marks are how a fake goes back: snapshot() says what the state of now is
 * called and copies nothing; restore() makes it the state of now again, and
 * forgets the marks taken after it. A fake remembers what it takes to go back
 * only from its first snapshot on, which the host of a session takes right
 * after new(): that mark is the seed. None of these is called while busy() is
 * not 0, except look().
 */
struct fake_state {
	/*
	 * Answers a question about what the fake holds; a new reference, never
	 * NULL. Every fake answers {} with all it has, shortened where it is long.
	 *   tables:  {"sql": "select ..."}        {"columns": ["n"], "rows": [["3", null]]}: text form
	 *   objects: {"bucket", "key", "prefix"}  {"objects": [{"bucket", "key", "size", "etag", "type", "text"}]}:
	 *            text when one key is asked for and it is UTF-8
	 * {"error": "sentence"} when it cannot.
	 */
	json_t *(*look)(void *fake, json_t *question);
	/* Constant time, both. */
	uint64_t (*snapshot)(void *fake);
	int (*restore)(void *fake, uint64_t mark, struct err *err);
	/* What `part` names ({"prefix": ...}, {"bucket": ...}, {"table": ...}) as it was at the mark; the rest stays. */
	int (*restore_part)(void *fake, uint64_t mark, json_t *part, struct err *err);
	/* More seed: config->json has the new "seed" alone. All of it or nothing. */
	int (*seed)(void *fake, const struct service_config *config, struct err *err);
	/* The whole state as bytes that another host's load() takes, which then is its seed. */
	int (*save)(void *fake, struct buf *out, struct err *err);
	int (*load)(void *fake, struct slice saved, struct err *err);
	/* Requests that are being worked on; the host waits for them, a bounded time. Optional: none ever. */
	size_t (*busy)(void *fake);
	/* Gives up what is being worked on, after that time. Optional. */
	void (*cancel)(void *fake);
};

struct service_type {
	const char *protocol;       /* in rule files */
	enum port port;             /* of its requests */
	uint16_t default_port;      /* for `at` without a port; 0: a port must be given */
	const char *const *keys;    /* members of the declaration beyond the common ones; ends in NULL */
	const struct codec *codec;  /* NULL: nothing is served over a socket (call, pass) */
	const struct fake *fake;    /* NULL: rules only */
	const struct fake_state *state; /* NULL: nothing to look at, nothing to go back to */
};

/* Every row of services.def; ends in NULL. */
extern const struct service_type *const service_types[];
const struct service_type *service_type_find(struct slice protocol);

/* Sets err to the place of `path` (below the declaration) with the sentence. */
int service_bad(const struct service_config *c, struct err *err, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
