/*
 * From the first byte to ReadyForQuery: requests for encryption, CancelRequest,
 * the startup packet, the password, and what a fresh session is told.
 *
 * Source: manual 55.2.1, 55.2.9, 55.2.10, 55.7; messages from postmaster.c,
 * auth.c and postinit.c of PostgreSQL 15.
 */
#include <stdlib.h>

#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"

#define CODE_CANCEL 80877102u
#define CODE_SSL 80877103u
#define CODE_GSSENC 80877104u
#define MAJOR(v) ((v) >> 16)
#define MINOR(v) ((v) & 0xffff)
#define LATEST (3u << 16) /* protocol 3.0 */

/* Ends the connection with a FATAL error. */
#define FATAL(out, sqlstate, ...) (pg_error_send(out, "FATAL", sqlstate, __VA_ARGS__), DECODE_CLOSE)

static enum decode encryption(struct pg_conn *c, uint32_t code, struct buf *out)
{
	if (code == CODE_SSL && !c->link->tls && !c->link->local) {
		buf_add_char(out, 'S');
		return DECODE_TLS;
	}
	buf_add_char(out, 'N');
	return DECODE_OWN;
}

/* The parameters of a startup packet that mean something here. */
struct startup {
	struct slice user, database, replication, options;
	struct slice *unknown; /* _pq_. options: names */
	size_t nunknown;
	struct header *settings;
	size_t nsettings;
};

/* False: the list does not end as it should. */
static bool read_parameters(struct pg_reader *r, struct startup *s, struct arena *a)
{
	size_t most = r->rest.len / 2 + 1; /* a name and a value have a NUL each */

	s->unknown = ARENA_ARRAY(a, struct slice, most);
	s->settings = ARENA_ARRAY(a, struct header, most);
	while (!r->bad) {
		struct slice name = pg_read_string(r);

		if (r->bad || !name.len)
			break;
		struct slice value = pg_read_string(r);

		if (slice_eq_str(name, "user"))
			s->user = value;
		else if (slice_eq_str(name, "database"))
			s->database = value;
		else if (slice_eq_str(name, "replication"))
			s->replication = value;
		else if (slice_eq_str(name, "options"))
			s->options = value;
		else if (slice_has_prefix(name, SLICE_LIT("_pq_.")))
			s->unknown[s->nunknown++] = name;
		else
			s->settings[s->nsettings++] = (struct header){ name, value };
	}
	return pg_read_end(r) == NULL;
}

/* NegotiateProtocolVersion: a minor version or an option that we do not have. */
static void negotiate(uint32_t version, const struct startup *s, struct buf *out)
{
	if (MINOR(version) <= MINOR(LATEST) && !s->nunknown)
		return;
	size_t at = pg_write_begin(out, 'v');
	buf_add_be32(out, LATEST);
	buf_add_be32(out, (uint32_t)s->nunknown);
	for (size_t i = 0; i < s->nunknown; i++)
		pg_write_string(out, s->unknown[i]);
	pg_write_end(out, at);
}

/* One word of `options`, where a backslash keeps a blank (process_postgres_switches). */
static struct slice option_word(struct slice *rest, struct arena *a)
{
	char *word = arena_alloc(a, rest->len + 1);
	size_t len = 0;

	while (rest->len && strchr(" \t\n", rest->ptr[0]))
		*rest = slice_skip(*rest, 1);
	while (rest->len && !strchr(" \t\n", rest->ptr[0])) {
		if (rest->ptr[0] == '\\' && rest->len > 1)
			*rest = slice_skip(*rest, 1);
		word[len++] = rest->ptr[0];
		*rest = slice_skip(*rest, 1);
	}
	word[len] = '\0';
	return slice_of(word, len);
}

/* "-c name=value", "-cname=value" and "--name=value", where - stands for _ in a name. */
static struct sql_error *apply_options(struct pg_conn *c, struct slice options, struct arena *a)
{
	while (options.len) {
		struct slice word = option_word(&options, a), value = word;

		if (!word.len)
			return NULL;
		if (slice_has_prefix(word, SLICE_LIT("-c")))
			value = word.len > 2 ? slice_skip(word, 2) : option_word(&options, a);
		else if (slice_has_prefix(word, SLICE_LIT("--")))
			value = slice_skip(word, 2);
		else
			return pg_error_new(a, "42601", "invalid command-line argument for server process: %.*s", SLICE_ARG(word));
		struct slice name = arena_slice(a, slice_split(&value, '='));

		if (!value.ptr)
			return pg_error_new(a, "42601", "-c %.*s requires a value", SLICE_ARG(name));
		for (size_t i = 0; i < name.len; i++)
			if (name.ptr[i] == '-')
				((char *)name.ptr)[i] = '_';
		struct sql_error *e = pg_session_set(&c->session, name, value, PG_SCOPE_START, a);
		if (e)
			return e;
	}
	return NULL;
}

static bool known_database(const struct pg_server *server, struct slice name)
{
	if (!server || !server->databases)
		return true;
	for (size_t i = 0; i < json_array_size(server->databases); i++)
		if (slice_eq_str(name, json_string_value(json_array_get(server->databases, i))))
			return true;
	return false;
}

/* AuthenticationOk and all that follows it. */
static enum decode welcome(struct pg_conn *c, struct buf *out)
{
	struct pg_session *s = &c->session;
	size_t at;

	if (!known_database(c->server, slice_str(s->database)))
		return FATAL(out, "3D000", "database \"%s\" does not exist", s->database);
	at = pg_write_begin(out, 'R');
	buf_add_be32(out, 0);
	pg_write_end(out, at);
	pg_session_report(s, true, out);
	at = pg_write_begin(out, 'K');
	buf_add_be32(out, c->pid);
	buf_add_be32(out, c->key);
	pg_write_end(out, at);
	pg_write_ready(out, s->status);
	c->idle = true;
	/* others may see and end it; the first one to need the engine brings the earlier ones in */
	if (c->server && c->server->engine)
		pg_engine_session(c);
	c->phase = PG_PHASE_READY;
	return DECODE_OWN;
}

/* "15.8 (Debian ...)" as text and as 150008. */
static void tell_version(struct pg_session *s, const char *version, struct arena *a)
{
	char *end;
	unsigned long major = strtoul(version, &end, 10), minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;

	pg_session_force(s, "server_version", slice_str(version), PG_SCOPE_START);
	pg_session_force(s, "server_version_num", arena_printf(a, "%lu", major * 10000 + minor), PG_SCOPE_START);
}

/* More clients than max_connections (InitProcess in proc.c). */
static bool crowded(const struct pg_conn *c)
{
	size_t open = 0;

	if (!c->server || !c->server->max_connections)
		return false;
	for (const struct pg_conn *other = c->server->first; other; other = other->next)
		open += other != c && other->phase == PG_PHASE_READY && !other->goodbye;
	return open >= c->server->max_connections;
}

/* Asks for a password, or goes on without. */
static enum decode authenticate(struct pg_conn *c, struct buf *out)
{
	struct pg_server *server = c->server;

	if (crowded(c))
		return FATAL(out, "53300", "sorry, too many clients already");
	if (!server || !server->users)
		return welcome(c, out);
	pg_auth_init(&c->auth, server->auth, (uint64_t)c->key << 32 ^ server->seed);
	pg_auth_begin(&c->auth, c->session.user, json_string_value(json_object_get(server->users, c->session.user)), out);
	c->phase = PG_PHASE_PASSWORD;
	return DECODE_OWN;
}

/* Rules on "sql.login" decide before a password is asked for. */
static enum decode ask_login(struct pg_conn *c, struct request *req)
{
	pg_request_fill(c, req, SLICE_LIT(""), sql_analyse(SLICE_LIT("")));
	req->op = SLICE_LIT("login");
	req->sum = SLICE_LIT("LOGIN");
	req->sql.login = true;
	c->ask = PG_ASK_LOGIN;
	return DECODE_REQUEST;
}

static enum decode start(struct pg_conn *c, uint32_t version, struct pg_reader *r, struct request *req, struct buf *out)
{
	struct arena *a = req->arena;
	struct pg_server *server = c->server;
	struct startup s = { 0 };
	struct sql_error *e;

	if (MAJOR(version) != 3)
		return FATAL(out, "0A000", "unsupported frontend protocol %u.%u: server supports 3.0 to 3.0", MAJOR(version),
			     MINOR(version));
	if (!read_parameters(r, &s, a))
		return FATAL(out, "08P01", "invalid startup packet layout: expected terminator as last byte");
	negotiate(version, &s, out);
	if (!s.user.len)
		return FATAL(out, "28000", "no PostgreSQL user name specified in startup packet");
	if (s.replication.len && !slice_eq_str(s.replication, "false") && !slice_eq_str(s.replication, "off") &&
	    !slice_eq_str(s.replication, "0") && !slice_eq_str(s.replication, "no"))
		return FATAL(out, "0A000", "replication connections are not supported by this fake");
	pg_session_start(&c->session, s.user, s.database.len ? s.database : s.user);
	tell_version(&c->session, server ? server->version : "15.8", a);
	pg_session_force(&c->session, "session_authorization", s.user, PG_SCOPE_START);
	if (server && server->read_only) {
		pg_session_force(&c->session, "default_transaction_read_only", SLICE_LIT("on"), PG_SCOPE_START);
		pg_session_force(&c->session, "in_hot_standby", SLICE_LIT("on"), PG_SCOPE_START);
	}
	e = apply_options(c, s.options, a);
	for (size_t i = 0; i < s.nsettings && !e; i++)
		e = pg_session_set(&c->session, s.settings[i].name, s.settings[i].value, PG_SCOPE_START, a);
	if (e) {
		e->severity = SLICE_LIT("FATAL");
		pg_error_write(out, e, 0);
		return DECODE_CLOSE;
	}
	if (c->link->asks_login)
		return ask_login(c, req);
	return authenticate(c, out);
}

static enum decode password(struct pg_conn *c, struct slice in, size_t *used, struct arena *a, struct buf *out)
{
	struct pg_message m;
	enum pg_frame frame = pg_message_read(in, &m);
	const char *what = c->auth.method == PG_AUTH_SCRAM ? "SASL" : "password";

	if (frame == PG_FRAME_MORE && (!m.type || m.type == 'p'))
		return DECODE_MORE;
	if (frame == PG_FRAME_LENGTH || (m.type != 'p' && m.type != 'X')) {
		pg_error_send(out, "FATAL", "08P01", "expected %s response, got message type %d", what, m.type);
		return DECODE_BAD;
	}
	if (frame == PG_FRAME_MORE)
		return DECODE_MORE;
	*used = m.total;
	if (m.type == 'X') {
		c->goodbye = true;
		return DECODE_CLOSE;
	}
	struct sql_error *e = NULL;
	switch (pg_auth_step(&c->auth, m.body, a, out, &e)) {
	case PG_AUTH_MORE:
		return DECODE_OWN;
	case PG_AUTH_OK:
		return welcome(c, out);
	case PG_AUTH_FAILED:
		break;
	}
	pg_error_write(out, e, 0);
	return DECODE_CLOSE;
}

bool pg_startup_login(struct pg_conn *c, const struct request *req, const struct reply *reply, struct buf *out)
{
	const struct sql_error *refused = pg_answer_error(req, reply);

	if (refused) {
		struct sql_error fatal = *refused;

		fatal.severity = SLICE_LIT("FATAL");
		pg_error_write(out, &fatal, 0);
		return false;
	}
	return authenticate(c, out) != DECODE_CLOSE;
}

enum decode pg_startup_decode(struct pg_conn *c, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct pg_reader r = { .rest = in };

	if (c->phase == PG_PHASE_PASSWORD)
		return password(c, in, used, req->arena, out);
	if (in.len < 4)
		return DECODE_MORE;
	uint32_t len = pg_read_int32(&r);
	if (len < 8 || len > PG_STARTUP_MAX) {
		pg_error_send(out, "FATAL", "08P01", "invalid length of startup packet");
		return DECODE_BAD;
	}
	if (in.len < len)
		return DECODE_MORE;
	*used = len;
	uint32_t code = pg_read_int32(&r);
	r.rest = slice_take(r.rest, len - 8);
	if (code == CODE_SSL || code == CODE_GSSENC)
		return encryption(c, code, out);
	if (code == CODE_CANCEL) {
		uint32_t pid = pg_read_int32(&r), key = pg_read_int32(&r);

		if (!pg_read_end(&r))
			pg_cancel(c->server, pid, key);
		c->goodbye = true;
		c->link->aside = true;
		return DECODE_CLOSE;
	}
	return start(c, code, &r, req, out);
}
