/*
 * A connection to the real PostgreSQL of a run: a request's statement goes out by
 * the extended protocol, in text; what comes back becomes the reply. The answer is
 * put off, so that a statement that waits for another connection's row holds up
 * nobody.
 *
 * What a real server would do differently: statements of one Query, or of one
 * pipeline up to Sync, are transactions of their own.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "service/pg/pg_conn.h"
#include "service/pg/pg_error.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_real.h"

#define IN_MAX ((size_t)1 << 30)
#define PATIENCE_MS 30000 /* for what takes no locks: logging in, planning */

struct pg_backend {
	int fd;
	uint32_t pid, key;
	struct buf in;
	size_t at;               /* of `in`: read so far */
	/* The request that is out. */
	struct pg_conn *conn;
	struct request *req;
	struct reply *reply;
	struct sql_value *cells;
	size_t ncells, cell_cap;
	struct buf copy;
	bool copied;
	bool over;               /* ReadyForQuery came */
	bool owes_sync;          /* COPY FROM STDIN: a Sync goes out behind the data, or with the error */
	bool broken;
	char status;             /* of its transaction: I, T, E */
};

/* ---- bytes ---- */

static bool send_all(struct pg_backend *b, const struct buf *out)
{
	size_t sent = 0;

	while (sent < out->len) {
		ssize_t n = send(b->fd, out->ptr + sent, out->len - sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			struct pollfd p = { .fd = b->fd, .events = POLLOUT };
			if (poll(&p, 1, PATIENCE_MS) <= 0)
				return false;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		sent += (size_t)n;
	}
	return true;
}

/* Takes what there is. False: the server is gone. */
static bool receive(struct pg_backend *b)
{
	char piece[64 * 1024];

	for (;;) {
		ssize_t n = recv(b->fd, piece, sizeof(piece), MSG_DONTWAIT);
		if (n > 0) {
			buf_add(&b->in, piece, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		return n < 0 && errno == EAGAIN;
	}
}

static bool wait_for(struct pg_backend *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLIN };

	return poll(&p, 1, PATIENCE_MS) > 0 && receive(b);
}

/* The next whole message of the server. */
static bool next(struct pg_backend *b, char *type, struct slice *body)
{
	struct slice rest = slice_skip(buf_slice(&b->in), b->at);
	struct pg_reader r = { .rest = rest };

	if (rest.len < 5)
		return false;
	*type = (char)pg_read_byte(&r);
	uint32_t len = pg_read_int32(&r);
	if (len < 4 || rest.len < (size_t)len + 1)
		return false;
	*body = slice_take(r.rest, len - 4);
	b->at += (size_t)len + 1;
	return true;
}

static void forget_read(struct pg_backend *b)
{
	if (b->at == b->in.len) {
		buf_reset(&b->in);
		b->at = 0;
	}
}

/* ---- what the server says ---- */

static struct sql_error *read_error(struct slice body, struct arena *a)
{
	struct sql_error *e = ARENA_NEW(a, struct sql_error);
	struct pg_reader r = { .rest = body };
	char code;

	*e = (struct sql_error){ 0 };
	while ((code = (char)pg_read_byte(&r)) && !r.bad) {
		struct slice text = arena_slice(a, pg_read_string(&r));
		switch (code) {
		case 'V': e->severity = text; break;
		case 'C': e->sqlstate = text; break;
		case 'M': e->message = text; break;
		case 'D': e->detail = text; break;
		case 'H': e->hint = text; break;
		case 'W': e->where = text; break;
		case 'P': e->position = (int)strtol(text.ptr, NULL, 10); break;
		case 's': e->schema = text; break;
		case 't': e->table = text; break;
		case 'c': e->column = text; break;
		case 'd': e->datatype = text; break;
		case 'n': e->constraint = text; break;
		default: break;
		}
	}
	return e;
}

static void take_columns(struct pg_backend *b, struct slice body)
{
	struct pg_reader r = { .rest = body };
	struct sql_reply *sql = &b->reply->sql;
	struct arena *a = b->req->arena;

	sql->has_rows = true;
	sql->ncolumns = pg_read_int16(&r);
	sql->columns = ARENA_ARRAY(a, struct sql_column, sql->ncolumns + 1);
	for (size_t i = 0; i < sql->ncolumns; i++) {
		struct sql_column *c = &sql->columns[i];
		c->name = arena_slice(a, pg_read_string(&r));
		c->table_oid = pg_read_int32(&r);
		c->attnum = (int16_t)pg_read_int16(&r);
		c->oid = pg_read_int32(&r);
		c->typlen = (int16_t)pg_read_int16(&r);
		c->typmod = (int32_t)pg_read_int32(&r);
		pg_read_int16(&r);
	}
}

static void take_row(struct pg_backend *b, struct slice body)
{
	struct pg_reader r = { .rest = body };
	struct sql_reply *sql = &b->reply->sql;
	uint16_t count = pg_read_int16(&r);

	if (count != sql->ncolumns)
		return;
	if (b->ncells + count > b->cell_cap) {
		size_t cap = b->cell_cap ? b->cell_cap * 2 : 256;
		while (cap < b->ncells + count)
			cap *= 2;
		struct sql_value *more = realloc(b->cells, cap * sizeof(*more));
		if (!more)
			abort(); /* as the arena: out of memory ends the host */
		b->cells = more;
		b->cell_cap = cap;
	}
	for (uint16_t i = 0; i < count; i++) {
		int32_t len = (int32_t)pg_read_int32(&r);
		struct sql_value *v = &b->cells[b->ncells++];
		*v = (struct sql_value){ .null = len < 0, .oid = sql->columns[i].oid };
		if (len >= 0)
			v->text = arena_slice(b->req->arena, pg_read_bytes(&r, (size_t)len));
	}
	sql->nrows++;
}

static void take_notice(struct pg_backend *b, struct slice body)
{
	pg_reply_notice(b->reply, b->req->arena, read_error(body, b->req->arena));
}

static void take_parameter(struct pg_backend *b, struct slice body)
{
	struct pg_reader r = { .rest = body };
	struct arena *a = b->req->arena;
	struct slice name = arena_slice(a, pg_read_string(&r)), value = pg_read_string(&r);

	pg_session_force(&b->conn->session, name.ptr, value, PG_SCOPE_SESSION);
}

static void take_notification(struct pg_conn *c, struct slice body)
{
	struct pg_reader r = { .rest = body };
	uint32_t pid = pg_read_int32(&r);
	struct slice channel = pg_read_string(&r), payload = pg_read_string(&r);

	if (!r.bad)
		pg_notify(c, pid, channel, payload);
}

/* COPY FROM STDIN: what the program sent is there already. */
static void send_copy(struct pg_backend *b)
{
	struct buf out;

	buf_init(&out, IN_MAX);
	if (b->req->sql.copy_in) {
		struct slice data = body_slice(b->req->sql.copy_in);
		while (data.len) {
			struct slice piece = slice_take(data, data.len > 1 << 20 ? 1 << 20 : data.len);
			size_t at = pg_write_begin(&out, 'd');
			buf_add(&out, piece.ptr, piece.len);
			pg_write_end(&out, at);
			data = slice_skip(data, piece.len);
		}
	}
	pg_write_empty(&out, 'c');
	pg_write_empty(&out, 'S');
	b->owes_sync = false;
	if (!send_all(b, &out))
		b->broken = true;
	buf_release(&out);
}

static void send_sync(struct pg_backend *b)
{
	struct buf out;

	buf_init(&out, 64);
	pg_write_empty(&out, 'S');
	b->owes_sync = false;
	if (!send_all(b, &out))
		b->broken = true;
	buf_release(&out);
}

/* One message of the answer. */
static void take(struct pg_backend *b, char type, struct slice body)
{
	struct sql_reply *sql = &b->reply->sql;

	if (b->owes_sync && strchr("ECIs", type))
		send_sync(b);
	switch (type) {
	case 'T': take_columns(b, body); break;
	case 'D': take_row(b, body); break;
	case 'C': sql->tag = arena_slice(b->req->arena, slice_of(body.ptr, body.len ? body.len - 1 : 0)); break;
	case 'E': pg_reply_error(b->reply, read_error(body, b->req->arena)); break;
	case 'N': take_notice(b, body); break;
	case 'S': take_parameter(b, body); break;
	case 'G': send_copy(b); break;
	case 'A': take_notification(b->conn, body); break;
	case 'H': b->copied = true; break;
	case 'd': buf_add(&b->copy, body.ptr, body.len); break;
	case 'Z':
		b->status = body.len ? body.ptr[0] : 'I';
		b->over = true;
		break;
	default: break; /* ParseComplete and its like */
	}
}

static void finish(struct pg_backend *b)
{
	struct sql_reply *sql = &b->reply->sql;

	if (b->ncells) {
		sql->cells = ARENA_ARRAY(b->req->arena, struct sql_value, b->ncells);
		memcpy(sql->cells, b->cells, b->ncells * sizeof(*sql->cells));
	}
	if (b->copied)
		sql->copy_out = body_of(buf_slice(&b->copy));
	b->ncells = 0;
	b->copied = false;
	buf_reset(&b->copy);
	b->req = NULL;
	b->reply = NULL;
}

static void lost(struct pg_backend *b)
{
	b->broken = true;
	pg_reply_error(b->reply, pg_error_new(b->req->arena, "57P01", "the real PostgreSQL of this run has closed the connection"));
	b->over = true;
}

/* False: the answer is not over yet. */
static bool go_on(struct pg_backend *b)
{
	char type;
	struct slice body;

	while (!b->over && next(b, &type, &body))
		take(b, type, body);
	forget_read(b);
	if (b->broken && !b->over)
		lost(b);
	return b->over;
}

static void ready(void *state)
{
	struct pg_conn *c = state;
	struct pg_backend *b = c->backend;
	char type;
	struct slice body;

	bool alive = receive(b);
	if (!b->req) { /* between statements: a farewell, or a notification */
		while (next(b, &type, &body))
			if (type == 'A')
				take_notification(c, body);
		forget_read(b);
		if (!alive) {
			b->broken = true;
			c->link->watch(c->link, -1, NULL);
		}
		return;
	}
	if (!alive && !go_on(b))
		lost(b);
	if (go_on(b)) {
		finish(b);
		if (b->broken)
			c->link->watch(c->link, -1, NULL);
		c->link->resume(c->link);
	}
}

/* ---- life ---- */

void pg_backend_close(struct pg_backend *b)
{
	if (!b)
		return;
	if (b->fd >= 0)
		close(b->fd);
	buf_release(&b->in);
	buf_release(&b->copy);
	free(b->cells);
	free(b);
}

/* Logs in; NULL: *e says why not. */
static struct pg_backend *log_in_once(const char *path, const char *user, const char *database, struct arena *a, struct sql_error **e)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct pg_backend *b = calloc(1, sizeof(*b));
	struct slice body;
	struct buf out;
	char type;

	if (!b)
		abort(); /* as the arena */
	buf_init(&b->in, IN_MAX);
	buf_init(&b->copy, IN_MAX);
	b->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof(to.sun_path), "%.*s", (int)sizeof(to.sun_path) - 1, path);
	buf_init(&out, 64 * 1024);
	buf_add_be32(&out, 0);
	buf_add_be32(&out, 3u << 16);
	for (const char *const *p = (const char *const[]){ "user", user, "database", database, "client_encoding", "UTF8", NULL }; *p; p++)
		pg_write_string(&out, slice_str(*p));
	buf_add_char(&out, '\0');
	for (int i = 0; i < 4; i++)
		out.ptr[i] = (char)(out.len >> (24 - 8 * i));
	bool well = b->fd >= 0 && connect(b->fd, (struct sockaddr *)&to, sizeof(to)) == 0 && send_all(b, &out), in = false;
	buf_release(&out);
	*e = NULL;
	while (well && !in && !*e) {
		while (next(b, &type, &body)) {
			struct pg_reader r = { .rest = body };
			if (type == 'E')
				*e = read_error(body, a);
			if (type == 'K') {
				b->pid = pg_read_int32(&r);
				b->key = pg_read_int32(&r);
			}
			in = in || type == 'Z';
		}
		if (!in && !*e)
			well = wait_for(b);
	}
	forget_read(b);
	if (in)
		return b;
	if (!*e)
		*e = pg_error_new(a, "57P03", "the real PostgreSQL of this run does not answer");
	pg_backend_close(b);
	return NULL;
}

/* The same, waiting for a server that is still starting (57P03). */
static struct pg_backend *log_in(const char *path, const char *user, const char *database, struct arena *a, struct sql_error **e)
{
	for (int ms = 0;; ms += 5) {
		struct pg_backend *b = log_in_once(path, user, database, a, e);
		if (b || ms > PATIENCE_MS || !slice_eq_str((*e)->sqlstate, "57P03"))
			return b;
		poll(NULL, 0, 5);
	}
}

/* Runs text to its end, for set-up. NULL, or the first error. */
static struct sql_error *run_text(struct pg_backend *b, struct slice text, struct arena *a)
{
	struct sql_error *e = NULL;
	struct buf out;
	struct slice body;
	bool over = false;
	char type;

	buf_init(&out, IN_MAX);
	size_t at = pg_write_begin(&out, 'Q');
	pg_write_string(&out, text);
	pg_write_end(&out, at);
	bool well = send_all(b, &out);
	buf_release(&out);
	while (well && !over) {
		while (next(b, &type, &body)) {
			if (type == 'E' && !e)
				e = read_error(body, a);
			if (type == 'Z')
				b->status = body.len ? body.ptr[0] : 'I';
			over = over || type == 'Z';
		}
		forget_read(b);
		if (!over)
			well = wait_for(b);
	}
	return well || e ? e : pg_error_new(a, "57P03", "the real PostgreSQL of this run does not answer");
}

static struct slice quoted(struct arena *a, const char *name)
{
	char *to = arena_alloc(a, 2 * strlen(name) + 3), *p = to;

	*p++ = '"';
	for (; *name; name++) {
		if (*name == '"')
			*p++ = '"';
		*p++ = *name;
	}
	*p++ = '"';
	*p = '\0';
	return slice_of(to, (size_t)(p - to));
}

/* A user and a database that the server has not got are made: any name is welcome, as with the fake. */
static struct pg_backend *connect_as(const char *path, const char *user, const char *database, struct arena *a, struct sql_error **e)
{
	struct pg_backend *b = log_in(path, user, database, a, e), *maker;
	struct sql_error *ignored;

	if (b || !*e)
		return b;
	if (!slice_eq_str((*e)->sqlstate, "28000") && !slice_eq_str((*e)->sqlstate, "3D000"))
		return NULL;
	maker = log_in(path, "postgres", "postgres", a, &ignored);
	if (!maker)
		return NULL;
	run_text(maker, arena_printf(a, "create role %.*s superuser login", SLICE_ARG(quoted(a, user))), a);
	run_text(maker, arena_printf(a, "create database %.*s", SLICE_ARG(quoted(a, database))), a);
	pg_backend_close(maker);
	return log_in(path, user, database, a, e);
}

/* ---- requests ---- */

/* Parse, Bind, Describe, Execute; without Bind when only the columns are asked for. */
static void write_request(const struct request *req, struct buf *out)
{
	const struct sql_request *sql = &req->sql;
	bool describe = sql->describe;
	size_t at = pg_write_begin(out, 'P');

	pg_write_string(out, SLICE_LIT(""));
	pg_write_string(out, sql->text);
	buf_add_be16(out, (uint16_t)sql->nparams);
	for (size_t i = 0; i < sql->nparams; i++)
		buf_add_be32(out, sql->params[i].oid);
	pg_write_end(out, at);
	if (describe) {
		at = pg_write_begin(out, 'D');
		buf_add(out, "S\0", 2);
		pg_write_end(out, at);
		pg_write_empty(out, 'S');
		return;
	}
	at = pg_write_begin(out, 'B');
	buf_add(out, "\0\0\0\0", 4); /* unnamed portal and statement; formats: text */
	buf_add_be16(out, (uint16_t)sql->nparams);
	for (size_t i = 0; i < sql->nparams; i++) {
		const struct sql_value *v = &sql->params[i];
		buf_add_be32(out, v->null ? UINT32_MAX : (uint32_t)v->text.len);
		if (!v->null)
			buf_add(out, v->text.ptr, v->text.len);
	}
	buf_add_be16(out, 0);
	pg_write_end(out, at);
	at = pg_write_begin(out, 'D');
	buf_add(out, "P\0", 2);
	pg_write_end(out, at);
	at = pg_write_begin(out, 'E');
	buf_add(out, "\0\0\0\0\0", 5);
	pg_write_end(out, at);
	/* a Sync is not read while the server waits for COPY's data */
	pg_write_empty(out, sql->copy_in || sql->analysis->copy_from_stdin ? 'H' : 'S'); /* Flush, Sync */
}

/* This program's connection, made when it is first needed. NULL: *e says why not. */
static struct pg_backend *backend_of(struct pg_conn *c, struct arena *a, struct sql_error **e)
{
	bool served = c->link->watch; /* else it is the host that asks: it waits where it does */

	*e = NULL;
	if (c->backend && c->backend->broken) {
		if (served)
			c->link->watch(c->link, -1, NULL);
		pg_backend_close(c->backend);
		c->backend = NULL;
	}
	if (!c->backend) {
		c->backend = connect_as(pg_cluster_socket(c->server->cluster), c->session.user, c->session.database, a, e);
		if (!c->backend)
			return NULL;
		c->backend->conn = c;
		if (served)
			c->link->watch(c->link, c->backend->fd, ready);
	}
	return c->backend;
}

/* Parse and Describe; the types that the server found. False: it refused the statement. */
static bool ask_types(struct pg_backend *b, struct slice text, const uint32_t *given, size_t ngiven, uint32_t *types, size_t ntypes)
{
	bool over = false, found = false;
	struct slice body;
	struct buf out;
	char type;

	buf_init(&out, IN_MAX);
	size_t at = pg_write_begin(&out, 'P');
	pg_write_string(&out, SLICE_LIT(""));
	pg_write_string(&out, text);
	buf_add_be16(&out, (uint16_t)ngiven);
	for (size_t i = 0; i < ngiven; i++)
		buf_add_be32(&out, given[i]);
	pg_write_end(&out, at);
	at = pg_write_begin(&out, 'D');
	buf_add(&out, "S\0", 2);
	pg_write_end(&out, at);
	pg_write_empty(&out, 'S');
	bool well = send_all(b, &out);
	buf_release(&out);
	while (well && !over) {
		while (next(b, &type, &body)) {
			struct pg_reader r = { .rest = body };

			if (type == 't') {
				size_t n = pg_read_int16(&r);

				found = true;
				for (size_t i = 0; i < n && i < ntypes; i++)
					types[i] = pg_read_int32(&r);
			} else if (type == 'A') {
				take_notification(b->conn, body);
			} else if (type == 'Z') {
				b->status = body.len ? body.ptr[0] : 'I';
				over = true;
			}
		}
		forget_read(b);
		if (!over)
			well = wait_for(b);
	}
	if (!well)
		b->broken = true;
	return well && found;
}

int pg_backend_params(struct pg_conn *c, struct slice text, const uint32_t *given, size_t ngiven, uint32_t *types, size_t ntypes,
		      struct arena *a)
{
	struct sql_error *e;
	struct pg_backend *b = ntypes ? backend_of(c, a, &e) : NULL;

	if (!b || b->status == 'E' || c->session.status == 'E')
		return 0;
	/* a statement that cannot be planned must not fail the transaction yet: that is what running it does */
	bool inside = b->status == 'T';
	if (inside && run_text(b, SLICE_LIT("savepoint seam_parse"), a))
		return 0;
	bool found = ask_types(b, text, given, ngiven, types, ntypes);
	if (inside && !b->broken)
		run_text(b, found ? SLICE_LIT("release savepoint seam_parse") : SLICE_LIT("rollback to savepoint seam_parse; release savepoint seam_parse"), a);
	return found;
}

bool pg_backend_answer(struct pg_conn *c, struct request *req, struct reply *reply)
{
	struct sql_error *e;
	struct buf out;
	bool served = c->link->watch;

	reply->by = BY_PASS;
	reply->port = PORT_SQL;
	struct pg_backend *b = backend_of(c, req->arena, &e);
	if (!b)
		return pg_reply_error(reply, e);
	if (b->status != 'I' && b->status && c->session.status == 'I' && run_text(b, SLICE_LIT("rollback"), req->arena)) /* a rule ended it */
		b->broken = true;
	b->req = req;
	b->reply = reply;
	b->over = false;
	b->owes_sync = !req->sql.describe && (req->sql.copy_in || req->sql.analysis->copy_from_stdin);
	buf_init(&out, IN_MAX);
	write_request(req, &out);
	if (!send_all(b, &out))
		lost(b);
	buf_release(&out);
	if (req->sql.describe || !served) /* planning waits for nobody */
		while (!go_on(b))
			if (!wait_for(b))
				lost(b);
	if (b->over) {
		finish(b);
		return true;
	}
	reply->later = true;
	return true;
}

void pg_backend_cancel(struct pg_conn *c)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	struct buf out;

	if (!c->backend || !c->backend->req)
		return;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", pg_cluster_socket(c->server->cluster));
	buf_init(&out, 64);
	buf_add_be32(&out, 16);
	buf_add_be32(&out, 80877102); /* CancelRequest */
	buf_add_be32(&out, c->backend->pid);
	buf_add_be32(&out, c->backend->key);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0 && send(fd, out.ptr, out.len, MSG_NOSIGNAL) < 0)
		c->backend->broken = true;
	if (fd >= 0)
		close(fd);
	buf_release(&out);
}

/* ---- seeds ---- */

static struct slice file_text(const char *folder, const char *name, struct arena *a)
{
	char path[4096];
	struct buf b;
	size_t n;

	snprintf(path, sizeof(path), "%s%s%s", *name == '/' ? "" : folder ? folder : ".", *name == '/' ? "" : "/", name);
	FILE *f = fopen(path, "re");
	if (!f)
		return (struct slice){ 0 };
	buf_init(&b, IN_MAX);
	do {
		char piece[16 * 1024];
		n = fread(piece, 1, sizeof(piece), f);
		buf_add(&b, piece, n);
	} while (n);
	fclose(f);
	struct slice text = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

static void add_literal(struct buf *b, const json_t *v)
{
	char *other;

	if (json_is_null(v)) {
		buf_add_str(b, "NULL");
		return;
	}
	const char *text = json_string_value(v);
	other = text ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);
	buf_add_char(b, '\'');
	for (const char *p = text ? text : other ? other : ""; *p; p++) {
		if (*p == '\'')
			buf_add_char(b, '\'');
		buf_add_char(b, *p);
	}
	buf_add_char(b, '\'');
	free(other);
}

/* A table with its columns and rows, or rows of one that is there. */
static struct slice rows_text(json_t *item, struct arena *a)
{
	const char *table = json_string_value(json_object_get(item, "table")), *column;
	json_t *columns = json_object_get(item, "columns"), *type, *row, *cell;
	const char *between = "";
	size_t i, k;
	struct buf b;

	buf_init(&b, IN_MAX);
	if (columns) {
		buf_addf(&b, "create table %s (", table);
		json_object_foreach(columns, column, type) {
			buf_addf(&b, "%s%.*s %s", between, SLICE_ARG(quoted(a, column)), json_string_value(type));
			between = ", ";
		}
		buf_add_str(&b, ");");
	}
	json_array_foreach(json_object_get(item, "rows"), i, row) {
		buf_addf(&b, "insert into %s values (", table);
		json_array_foreach(row, k, cell) {
			if (k)
				buf_add_str(&b, ", ");
			add_literal(&b, cell);
		}
		buf_add_str(&b, ");");
	}
	struct slice text = arena_slice(a, buf_slice(&b));
	buf_release(&b);
	return text;
}

/* The lines of a file with a header, as COPY takes them from a file that the server cannot read: by psql's way. */
static struct sql_error *copy_csv(struct pg_backend *b, const char *table, struct slice text, struct arena *a)
{
	struct slice rest = text, header = slice_split(&rest, '\n');
	struct sql_request sql = { .text = arena_printf(a, "copy %s (%.*s) from stdin (format csv)", table, SLICE_ARG(header)) };
	struct request req = { .port = PORT_SQL, .arena = a };
	struct reply reply = { .port = PORT_SQL };

	sql.analysis = sql_analyse(sql.text);
	sql.copy_in = body_of(rest.ptr ? rest : SLICE_LIT(""));
	req.sql = sql;
	b->req = &req;
	b->reply = &reply;
	b->over = false;
	b->owes_sync = true;
	struct buf out;
	buf_init(&out, IN_MAX);
	write_request(&req, &out);
	bool well = send_all(b, &out);
	buf_release(&out);
	while (well && !go_on(b))
		well = wait_for(b);
	if (!well && !b->over)
		lost(b);
	finish(b);
	body_free(sql.copy_in);
	return reply.sql.error;
}

int pg_backend_seed(const char *socket_path, const struct service_config *config, struct err *err)
{
	json_t *databases = json_object_get(config->json, "databases"), *item;
	struct arena a;
	struct sql_error *e;
	char place[64];
	size_t i;
	int rc = 0;

	arena_init(&a);
	const char *first = json_string_value(json_array_get(databases, 0));
	struct pg_backend *b = connect_as(socket_path, "postgres", first ? first : "postgres", &a, &e);
	struct pg_conn nobody = { 0 };
	if (b)
		b->conn = &nobody;
	pg_session_init(&nobody.session);
	json_array_foreach(json_object_get(config->json, "seed"), i, item) {
		const char *file = json_string_value(json_object_get(item, "sql")), *csv = json_string_value(json_object_get(item, "csv")),
			   *table = json_string_value(json_object_get(item, "table"));
		struct slice text = { 0 };

		snprintf(place, sizeof(place), "seed[%zu]", i);
		if (file || csv) {
			text = file_text(config->folder, file ? file : csv, &a);
			if (!text.ptr) {
				rc = service_bad(config, err, place, "cannot read %s: %s", file ? file : csv, strerror(errno));
				break;
			}
		} else {
			text = table ? rows_text(item, &a) : SLICE_LIT("");
		}
		if (b)
			e = csv && table ? copy_csv(b, table, text, &a) : run_text(b, text, &a);
		if (e) {
			rc = service_bad(config, err, place, "%.*s: %.*s", SLICE_ARG(e->sqlstate), SLICE_ARG(e->message));
			break;
		}
	}
	pg_session_release(&nobody.session);
	pg_backend_close(b);
	arena_release(&a);
	return rc;
}
