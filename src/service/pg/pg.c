/*
 * pg: PostgreSQL, protocol 3.0. The codec's doorway: which message goes where.
 *
 * The server that connections share is made from the declaration in the rule
 * file: its settings, log-ins, seed, and the engine (or a real server) that runs its SQL.
 */
#include <stdlib.h>

#include "service/pg/pg_admin.h"
#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_real.h"
#include "service/pg/pg_seed.h"
#include "service/pg/sql/engine.h"

#define SCRATCH_MAX (256 * 1024 * 1024) /* bytes: a bind value as text is at most twice its message, plus numbers */

static void *conn_new(struct link *link, void *fake)
{
	struct pg_conn *c = calloc(1, sizeof(*c));

	if (!c)
		abort(); /* as the arena: out of memory ends the host */
	c->link = link;
	c->server = fake;
	pg_session_init(&c->session);
	pg_portals_init(&c->portals);
	arena_init(&c->query.arena);
	buf_init(&c->scratch, SCRATCH_MAX);
	buf_init(&c->notes, SCRATCH_MAX);
	arena_init(&c->shown);
	pg_cancel_join(c);
	return c;
}

static void conn_free(void *state)
{
	struct pg_conn *c = state;

	if (!c)
		return;
	pg_cancel_leave(c);
	pg_engine_leave(c);
	arena_release(&c->shown);
	pg_backend_close(c->backend);
	pg_auth_release(&c->auth);
	pg_statement_drop(c->statement);
	pg_portals_release(&c->portals);
	pg_session_release(&c->session);
	arena_release(&c->query.arena);
	buf_release(&c->scratch);
	buf_release(&c->notes);
	free((char *)c->parse_name.ptr);
	free(c);
}

static enum decode lost(struct buf *out, enum pg_frame frame, const struct pg_message *m)
{
	if (frame == PG_FRAME_TYPE)
		pg_error_send(out, "FATAL", "08P01", "invalid frontend message type %d", (unsigned char)m->type);
	else
		pg_error_send(out, "FATAL", "08P01", "invalid message length in message type \"%c\"", m->type);
	return DECODE_BAD;
}

/* FunctionCall (manual 55.2.5): obsolete, and nothing that a rule could match. */
static enum decode function_call(struct pg_conn *c, struct buf *out)
{
	pg_error_send(out, "ERROR", "0A000", "the fast-path function call interface is not supported by this fake");
	pg_session_fail(&c->session);
	pg_ready(c, out);
	return DECODE_OWN;
}

/* What hygiene wants to know. */
static void tell(const struct pg_conn *c)
{
	c->link->user = slice_str(c->session.user);
	c->link->database = slice_str(c->session.database);
	c->link->in_transaction = c->session.status != 'I';
}

static enum decode take(struct pg_conn *c, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct pg_message m;

	*used = 0;
	if (c->phase != PG_PHASE_READY)
		return pg_startup_decode(c, in, used, req, out);
	if (c->copy.active)
		return pg_copy_decode(c, in, used, req, out);
	if (c->refuse_next)
		return pg_extended_refused(c, req);
	if (c->query.at < c->query.count)
		return pg_query_next(c, req, out);

	enum pg_frame frame = pg_message_read(in, &m);
	if (frame == PG_FRAME_MORE)
		return DECODE_MORE;
	if (frame != PG_FRAME_OK)
		return lost(out, frame, &m);
	*used = m.total;
	switch (m.type) {
	case 'X':
		c->goodbye = true;
		return DECODE_CLOSE;
	case 'Q':
		return c->skip ? DECODE_OWN : pg_query_start(c, m.body, req, out);
	case 'F':
		return c->skip ? DECODE_OWN : function_call(c, out);
	case 'd': /* what is left of a COPY that has failed already */
	case 'c':
	case 'f':
		return DECODE_OWN;
	case 'p':
		return lost(out, PG_FRAME_TYPE, &m);
	default:
		return pg_extended_decode(c, m.type, m.body, req, out);
	}
}

static enum decode decode(void *state, struct slice in, size_t *used, struct request *req, struct buf *out)
{
	struct pg_conn *c = state;

	if (in.len)
		c->idle = false;
	enum decode got = take(state, in, used, req, out);

	tell(state);
	return got;
}

static bool encode(void *state, const struct request *req, const struct reply *reply, struct buf *out, struct body **tail)
{
	struct pg_conn *c = state;

	(void)tail;
	if (c->ask == PG_ASK_LOGIN)
		return pg_startup_login(c, req, reply, out);
	if (reply->sql.error && slice_eq_str(reply->sql.error->severity, "FATAL") && slice_eq_str(reply->sql.error->sqlstate, "57P01")) {
		pg_error_write(out, reply->sql.error, 0);
		return false;
	}
	if (c->ask == PG_ASK_QUERY)
		pg_query_encode(c, req, reply, out);
	else
		pg_extended_encode(c, req, reply, out);
	c->copy.failure = NULL;
	tell(c);
	return true;
}

static bool clean_end(void *state)
{
	const struct pg_conn *c = state;

	return c->goodbye;
}

/* ---- the server ---- */

static void server_free(void *fake)
{
	struct pg_server *s = fake;

	if (!s)
		return;
	sql_engine_free(s->engine);
	pg_cluster_stop(s->cluster);
	free(s->version);
	free(s);
}

/* The member as an array of names, or an object of texts. */
static int check_names(const struct service_config *config, const char *key, json_t *value, struct err *err)
{
	const char *name;
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item) {
		char path[64];

		snprintf(path, sizeof(path), "%s[%zu]", key, i);
		if (!json_is_string(item))
			return service_bad(config, err, path, "expected the name of a database as a string");
	}
	json_object_foreach(value, name, item)
		if (!json_is_string(item))
			return service_bad(config, err, key, "the password of \"%s\" must be a string", name);
	return 0;
}

static int server_new(void **fake, const struct service_config *config, struct err *err)
{
	json_t *version = json_object_get(config->json, "version"), *databases = json_object_get(config->json, "databases"),
	       *users = json_object_get(config->json, "users"), *auth = json_object_get(config->json, "auth"),
	       *most = json_object_get(config->json, "max_connections"), *read_only = json_object_get(config->json, "read_only"),
	       *engine = json_object_get(config->json, "engine");
	enum pg_auth_method method = PG_AUTH_SCRAM;
	struct pg_server *s = NULL;
	int rc;

	if (version && !json_is_string(version))
		return service_bad(config, err, "version", "expected a string like \"15.8\"");
	if (databases && !json_is_array(databases))
		return service_bad(config, err, "databases", "expected an array of names, like [\"shop\"]");
	if (users && !json_is_object(users))
		return service_bad(config, err, "users", "expected an object of passwords, like {\"app\": \"secret\"}");
	if (auth && (!json_is_string(auth) || !pg_auth_method_find(json_string_value(auth), &method)))
		return service_bad(config, err, "auth", "expected \"scram-sha-256\", \"md5\" or \"password\"");
	if (auth && !users)
		return service_bad(config, err, "auth", "needs \"users\", like {\"app\": \"secret\"}");
	if (most && (!json_is_integer(most) || json_integer_value(most) < 1 || json_integer_value(most) > 262143))
		return service_bad(config, err, "max_connections", "expected a number from 1 to 262143");
	if (engine && (!json_is_string(engine) || (strcmp(json_string_value(engine), "fake") != 0 && strcmp(json_string_value(engine), "postgres") != 0)))
		return service_bad(config, err, "engine", "expected \"fake\", or \"postgres\" for a real one of the run's own");
	if (read_only && !json_is_boolean(read_only))
		return service_bad(config, err, "read_only", "expected true or false");
	rc = check_names(config, "databases", databases, err);
	if (!rc)
		rc = check_names(config, "users", users, err);
	if (rc)
		return rc;
	s = calloc(1, sizeof(*s));
	if (s)
		s->version = strdup(version ? json_string_value(version) : "15.8");
	if (!s || !s->version) {
		server_free(s);
		return err_set(err, ERR_IO, "out of memory");
	}
	s->databases = databases;
	s->users = users;
	s->auth = method;
	s->max_connections = (size_t)json_integer_value(most);
	s->read_only = json_is_true(read_only);
	s->seed = config->seed;
	s->now_ns = config->now_ns;
	if (engine && !strcmp(json_string_value(engine), "postgres")) {
		rc = pg_cluster_start(&s->cluster, config, err);
		if (!rc)
			rc = pg_backend_seed(pg_cluster_socket(s->cluster), config, err);
		if (rc) {
			server_free(s);
			return rc;
		}
	} else {
		rc = pg_seed(s, config, false, err);
		if (rc) {
			server_free(s);
			return rc;
		}
	}
	*fake = s;
	return 0;
}

static bool answer(void *fake, void *conn, struct request *req, struct reply *reply)
{
	const struct pg_server *s = fake;

	if (req->sql.login) {
		reply->by = BY_FAKE;
		return true;
	}
	if (s && s->cluster)
		return pg_backend_answer(conn, req, reply);
	if (!pg_command_answer(conn, req, reply) && !pg_engine_answer(conn, req, reply))
		return false;
	reply->by = BY_FAKE;
	reply->port = PORT_SQL;
	return true;
}

static void overdue(void *fake, void *conn)
{
	(void)fake;
	pg_engine_overdue(conn);
}

static const char *const keys[] = { "auth", "databases", "engine", "max_connections", "read_only", "seed", "users", "version", NULL };

static const struct codec codec = {
	.new = conn_new,
	.free = conn_free,
	.decode = decode,
	.encode = encode,
	.clean_end = clean_end,
	.farewell = true,
	.local = true,
};

static const struct fake fake_pg = {
	.new = server_new,
	.free = server_free,
	.answer = answer,
	.again = pg_ask_again,
	.overdue = overdue,
};

extern const struct service_type service_pg;
const struct service_type service_pg = {
	.protocol = "postgres",
	.port = PORT_SQL,
	.default_port = 5432,
	.keys = keys,
	.codec = &codec,
	.fake = &fake_pg,
	.state = &pg_state,
};
