/*
 * fuzz_sql: whatever text a client sends, the SQL engine answers it with rows or
 * an error, and goes on.
 *
 * The input is a script as psql reads one, with data of COPY behind its statement,
 * against a database with some tables. The first byte says which statements go to
 * a second connection, so that they wait for each other; the second one whether
 * they go through the simple or the extended protocol, with results in text or
 * binary. A statement that waits is ended when its connection is needed again.
 *
 * Under libFuzzer the inputs change by tokens: words and literals are taken from
 * elsewhere in the script, or from the words below. Every input begins with the
 * same tables; the engine is another one after some hundred inputs, so what fails
 * only together with its predecessors is not found again from its input alone.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "service/pg/pg_conn.h"
#include "service/pg/pg_message.h"
#include "service/pg/pg_script.h"
#include "service/pg/sql/engine.h"
#include "service/pg/sql/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
extern size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max) __attribute__((weak));

extern const struct service_type service_pg;

enum { ENGINE_INPUTS = 300, STATEMENTS_MAX = 60 };

static const char tables[] =
	"create table t (id int primary key, name text, n numeric(10,2), f float8, d date, ts timestamptz default now(), j jsonb, a int[], b bool);"
	"insert into t select i, 'n' || i, i * 1.5, i / 3.0, date '2020-01-01' + i, timestamptz '2020-01-01 00:00+00' + i * interval '1 hour', "
	"jsonb_build_object('k', i, 'l', array[i, i + 1]), array[i, i * 2], i % 2 = 0 from generate_series(1, 20) i;"
	"create type mood as enum ('sad', 'ok', 'happy'); create domain pos as int check (value > 0);"
	"create table u (id serial primary key, t int references t (id) on delete cascade, m mood, p pos, c varchar(5), ch char(3), x bytea, "
	"iv interval, ip inet, r int4range, g uuid, unique (t, m));"
	"insert into u (t, m, p, c, iv, r) select i, 'ok', i, 'c' || i, i * interval '1 day', int4range(i, i + 5) from generate_series(1, 10) i;"
	"create view v as select t.id, name, m from t join u on u.t = t.id; create index on t (name); create sequence s;"
	"create table a (id int, i int); create table b (id int, k int); insert into a values (1, 1), (2, 2); insert into b values (1, 1), (3, 3);";

/* ---- a connection, as the host drives it ---- */

struct side {
	struct link link;
	void *conn;
	struct request req;
	struct reply reply;
	struct arena arena;
	struct buf in, out;
	bool open, later;
	void (*turn)(void *conn); /* its statement has stopped in the middle */
};

static void *fake;
static uint64_t mark;
static unsigned inputs;

static void resume(struct link *link)
{
	struct side *s = (struct side *)((char *)link - offsetof(struct side, link));

	s->reply.later = false;
}

static void push(struct link *link, struct slice bytes)
{
	(void)link, (void)bytes;
}

static void every_turn(struct link *link, void (*run)(void *state))
{
	struct side *s = (struct side *)((char *)link - offsetof(struct side, link));

	s->turn = run;
}

static void encode(struct side *s)
{
	struct body *tail = NULL;

	s->later = false;
	s->open &= service_pg.codec->encode(s->conn, &s->req, &s->reply, &s->out, &tail);
	body_free(tail);
	reply_release(&s->reply);
	request_release(&s->req);
	arena_reset(&s->arena);
	s->req = (struct request){ .arena = &s->arena };
	buf_reset(&s->out);
}

static void drive(struct side *s)
{
	if (s->later) {
		if (s->reply.later)
			return;
		encode(s);
	}
	while (s->open) {
		size_t used = 0;
		enum decode d = service_pg.codec->decode(s->conn, buf_slice(&s->in), &used, &s->req, &s->out);

		buf_drop(&s->in, used);
		if (d == DECODE_MORE)
			return;
		if (d == DECODE_OWN)
			continue;
		if (d != DECODE_REQUEST) {
			s->open = false;
			return;
		}
		s->reply = (struct reply){ .port = PORT_SQL };
		if (!service_pg.fake->answer(fake, s->conn, &s->req, &s->reply))
			s->reply.by = BY_NONE;
		s->later = s->reply.later;
		if (s->later)
			return;
		encode(s);
	}
}

static void side_open(struct side *s, uint64_t id)
{
	static const char startup[] = "\0\0\0\x10\0\3\0\0user\0a\0"; /* ends in the literal's own NUL */

	*s = (struct side){ .link = { .id = id, .now_ns = 1763637286000000000u, .resume = resume, .push = push, .every_turn = every_turn }, .open = true };
	arena_init(&s->arena);
	s->req.arena = &s->arena;
	buf_init(&s->in, 1 << 24);
	buf_init(&s->out, 1 << 28);
	s->conn = service_pg.codec->new(&s->link, fake);
	buf_add(&s->in, startup, sizeof(startup));
	drive(s);
}

/* A wait ends as by a timeout. */
static void free_up(struct side *s, struct side *other)
{
	while (s->turn) {
		s->turn(s->conn);
		if (s->turn && other && other->turn)
			other->turn(other->conn);
	}
	if (s->later && s->reply.later)
		service_pg.fake->overdue(fake, s->conn);
	if (s->later && s->reply.later)
		abort(); /* it waits for ever */
	drive(s);
}

static void side_close(struct side *s, struct side *other)
{
	free_up(s, other);
	service_pg.codec->clean_end(s->conn);
	service_pg.codec->free(s->conn);
	request_release(&s->req);
	arena_release(&s->arena);
	buf_release(&s->in);
	buf_release(&s->out);
}

/* ---- messages ---- */

static void query(struct side *s, struct slice text)
{
	size_t at = pg_write_begin(&s->in, 'Q');

	pg_write_string(&s->in, text);
	pg_write_end(&s->in, at);
}

static unsigned highest_param(struct slice text)
{
	unsigned most = 0;

	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.ptr[i] == '$' && text.ptr[i + 1] > '0' && text.ptr[i + 1] <= '9' && (unsigned)(text.ptr[i + 1] - '0') > most)
			most = (unsigned)(text.ptr[i + 1] - '0');
	return most;
}

static void message(struct side *s, char type, const char *bytes, size_t len)
{
	size_t at = pg_write_begin(&s->in, type);

	buf_add(&s->in, bytes, len);
	pg_write_end(&s->in, at);
}

static void extended(struct side *s, struct slice text, bool binary, unsigned rows)
{
	unsigned n = highest_param(text);
	size_t at = pg_write_begin(&s->in, 'P');

	pg_write_string(&s->in, SLICE_LIT(""));
	pg_write_string(&s->in, text);
	buf_add(&s->in, "\0", 2);
	pg_write_end(&s->in, at);
	at = pg_write_begin(&s->in, 'B');
	buf_add(&s->in, "\0\0\0", 4); /* unnamed, unnamed, parameters in text */
	buf_add_char(&s->in, 0);
	buf_add_char(&s->in, (char)n);
	for (unsigned i = 0; i < n; i++)
		buf_add(&s->in, "\0\0\0\1" "1", 5);
	buf_add(&s->in, binary ? "\0\1\0\1" : "\0\1\0\0", 4);
	pg_write_end(&s->in, at);
	message(s, 'D', "P", 2);
	at = pg_write_begin(&s->in, 'E');
	buf_add_char(&s->in, 0);
	buf_add_be32(&s->in, rows);
	pg_write_end(&s->in, at);
}

static void send_statement(struct side *s, const struct pg_script *script, unsigned way)
{
	bool sync = way & 1;

	if (sync)
		extended(s, script->statement, way & 2, way & 4 ? 3 : 0);
	else
		query(s, script->statement);
	if (script->data.ptr) {
		message(s, 'd', script->data.ptr, script->data.len);
		message(s, 'c', "", 0);
	}
	if (sync)
		message(s, 'S', "", 0);
	drive(s);
}

/* ---- the engine ---- */

static uint64_t now_ns(void)
{
	return 1763637286000000000u;
}

static void begin(void)
{
	static json_t *declaration;

	if (fake && inputs++ % ENGINE_INPUTS) {
		if (service_pg.state->restore(fake, mark, &(struct err){ 0 }) != 0)
			abort();
		return;
	}
	if (fake)
		service_pg.fake->free(fake);
	if (!declaration)
		declaration = json_object();
	const struct service_config config = { .name = SLICE_LIT("db"), .json = declaration, .seed = 1, .now_ns = now_ns };
	struct err err;
	struct side s;
	if (service_pg.fake->new(&fake, &config, &err) != 0)
		abort();
	side_open(&s, 9);
	query(&s, slice_str(tables));
	drive(&s);
	/* a statement without an end ends soon */
	struct sql_engine *engine = pg_server_engine(fake);
	engine->config.steps_max = 2 * 1000 * 1000;
	engine->config.memory_max = 64 * 1024 * 1024;
	engine->config.check_plans = true;
	side_close(&s, NULL);
	mark = service_pg.state->snapshot(fake);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pg_script script;
	struct side sides[2];
	unsigned statements = 0;

	if (size < 3)
		return 0;
	begin();
	for (int i = 0; i < 2; i++)
		side_open(&sides[i], (uint64_t)i + 1);
	pg_script_init(&script, slice_of((const char *)data + 2, size - 2));
	while (statements < STATEMENTS_MAX && pg_script_next(&script)) {
		struct side *s = &sides[data[0] >> statements % 8 & 1], *other = s == sides ? sides + 1 : sides;

		if (memchr(script.statement.ptr, 0, script.statement.len))
			break;
		free_up(s, other);
		send_statement(s, &script, data[1] >> statements % 3);
		drive(other);
		statements++;
	}
	for (int i = 0; i < 2; i++)
		side_close(&sides[i], i ? NULL : &sides[1]);
	return 0;
}

/* ---- changes by tokens ---- */

static const char *const words[] = {
	"select", "from", "where", "group by", "order by", "having", "limit", "offset", "distinct", "union all", "except", "intersect", "join",
	"left join", "full join", "lateral", "with x as (select 1 as a)", "recursive", "values", "(", ")", ",", ";", "*", "+", "-", "/", "%", "=",
	"<>", "<", ">=", "||", "->", "->>", "@>", "&&", "::", "::int", "::text", "::numeric", "::jsonb", "::int[]", "::date", "::timestamptz",
	"::interval", "::bytea", "::mood", "::pos", "::int4range", "::bool", "::float8", "::varchar(2)", "::regclass", "null", "true", "false",
	"default", "0", "1", "-1", "2147483647", "2147483648", "9223372036854775807", "-9223372036854775808", "1e300", "0.1", "1e-400",
	"''", "'a'", "'1'", "'{1,2}'", "'[1,2]'", "'{\"k\":[1,{\"l\":null}]}'", "'2020-02-30'", "'infinity'", "'-infinity'", "'NaN'", "'294276-12-31'",
	"'4713-01-01 BC'", "'1 year -3 mons'", "'empty'", "'\\x00ff'", "array[1,2]", "array[]::text[]", "row(1,'a')", "t", "u", "v", "a", "b", "s",
	"id", "name", "n", "f", "d", "ts", "j", "t.*", "u.m", "m", "p", "count(*)", "sum(n)", "max(id)", "array_agg(id order by id desc)",
	"string_agg(name, ',')", "row_number() over (order by id)", "lag(id) over w", "window w as (partition by b order by id)",
	"filter (where b)", "within group (order by n)", "generate_series(1,5)", "unnest(a)", "jsonb_each(j)", "jsonb_array_elements(j->'l')",
	"with ordinality", "exists (select 1 from u)", "any (array[1,2])", "all (select id from t)", "in (1,2)", "between 1 and 3", "is null",
	"is not distinct from", "like '%a%'", "~ 'a.*b'", "case when b then 1 else 2 end", "coalesce(n, 1)", "insert into t (id) values (100)",
	"insert into u (t) values (3) returning *", "on conflict do nothing", "on conflict (id) do update set name = excluded.name",
	"update t set name = 'x' where id = 3", "delete from t where id = 2", "returning *", "merge into a using b on a.id = b.id when matched then delete",
	"begin", "commit", "rollback", "savepoint sp", "rollback to sp", "release sp", "prepare pp as", "execute pp", "declare c cursor for",
	"fetch all from c", "move 2 in c", "close c", "truncate", "create table", "create table z as", "drop table", "alter table t", "add column",
	"drop column", "alter column", "type", "cascade", "create index on", "create view", "create temp table", "for update", "skip locked", "nowait",
	"explain", "copy t to stdout", "listen ch", "notify ch, 'x'", "set", "show", "reset all", "using", "grouping sets ((id), ())", "rollup (id, b)",
	"cube (id)", "tablesample system (10)", "fetch first 2 rows with ties", "at time zone 'Europe/Berlin'", "interval '1 day'", "extract(epoch from ts)",
	"to_char(ts, 'YYYY-MM-DD HH24:MI:SS')", "date_trunc('month', ts)", "repeat('x', 1000)", "lpad('x', 50)", "substring(name from 2 for 3)",
	"regexp_replace(name, '(n)', '\\1\\1')", "format('%s %I %L', 1, 'a', null)", "pg_sleep(1)", "nextval('s')", "currval('s')", "now()", "random()",
	"pg_advisory_lock(1)", "md5(name)", "encode(x, 'hex')", "numeric '1' / 3", "power(10, 300::numeric)", "information_schema.columns", "pg_class",
	"$1", "$2", "with", "as", "on", "and", "or", "not", "into", "set name =", "collate \"C\"",
};
#define WORDS (sizeof(words) / sizeof(words[0]))

struct token {
	size_t at, len;
};

/* Words, numbers, quoted things; everything else byte by byte. */
static size_t cut(const uint8_t *data, size_t size, struct token *tokens, size_t max)
{
	size_t n = 0, i = 2;

	while (i < size && n < max) {
		size_t at = i;

		if (isspace(data[i])) {
			i++;
			continue;
		}
		if (data[i] == '\'' || data[i] == '"') {
			for (i++; i < size && data[i] != data[at]; i++)
				;
			i += i < size;
		} else if (isalnum(data[i]) || data[i] == '_') {
			while (i < size && (isalnum(data[i]) || data[i] == '_' || data[i] == '.'))
				i++;
		} else {
			i++;
		}
		tokens[n++] = (struct token){ at, i - at };
	}
	return n;
}

/* Puts `len` bytes in the place of [at, at + old). */
static size_t put(uint8_t *data, size_t size, size_t max, size_t at, size_t old, const char *bytes, size_t len)
{
	if (size - old + len + 2 > max)
		return size;
	memmove(data + at + len + 2, data + at + old, size - at - old);
	data[at] = data[at + len + 1] = ' ';
	memcpy(data + at + 1, bytes, len);
	return size - old + len + 2;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
	static struct token tokens[4096];
	static char held[4096];
	uint64_t random = seed * 0x9e3779b97f4a7c15u + 1;
#define DRAW(n) ((random = random * 6364136223846793005u + 1442695040888963407u) >> 33) % (n)

	if (size < 4 || DRAW(8) == 0)
		return LLVMFuzzerMutate ? LLVMFuzzerMutate(data, size, max) : size;
	for (unsigned steps = 1 + (unsigned)DRAW(4); steps; steps--) {
		size_t n = cut(data, size, tokens, 4096);

		if (!n)
			return size;
		struct token one = tokens[DRAW(n)], other = tokens[DRAW(n)];
		size_t span = 1 + DRAW(6), from = DRAW(n), to = from + span < n ? from + span : n - 1;
		struct token run = { tokens[from].at, tokens[to].at + tokens[to].len - tokens[from].at };
		const char *word = words[DRAW(WORDS)];

		switch (DRAW(9)) {
		case 0:
			size = put(data, size, max, one.at, one.len, word, strlen(word));
			break;
		case 1:
		case 2:
			size = put(data, size, max, one.at, 0, word, strlen(word));
			break;
		case 3:
			memmove(data + one.at, data + one.at + one.len, size - one.at - one.len);
			size -= one.len;
			break;
		case 4:
		case 5:
			if (other.len < sizeof(held)) {
				memcpy(held, data + other.at, other.len);
				size = put(data, size, max, one.at, one.len, held, other.len);
			}
			break;
		case 6:
		case 7:
			if (run.len < sizeof(held)) {
				memcpy(held, data + run.at, run.len);
				size = put(data, size, max, one.at, DRAW(2) ? one.len : 0, held, run.len);
			}
			break;
		default:
			data[from % 2] = (uint8_t)DRAW(256);
		}
	}
#undef DRAW
	return size;
}
