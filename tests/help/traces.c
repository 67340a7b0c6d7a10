/* traces: see traces.h. Threads are queues of steps; chance picks whose turn it is. */
#include "traces.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "trace/write.h"

#define THREADS_MAX 128
#define POOL 4

struct chance {
	uint64_t state;
};

static uint64_t next(struct chance *c)
{
	/* xorshift64* */
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return c->state * 2685821657736338717u;
}

static unsigned below(struct chance *c, unsigned n)
{
	return (unsigned)(next(c) >> 33) % n;
}

struct teller {
	const struct story *story;
	struct chance chance;
	struct trace *trace;
	struct arena arena;
	uint64_t now_ns;
	time_t start;
	int64_t pointers;
};

struct process {
	char role[64];
	int32_t pid;
	int tenant;               /* what it writes: the intent */
	int64_t db_conns, api_conns, lake_conns; /* opened so far: their ordinals */
	int64_t pool[POOL];
	bool pool_open[POOL], pool_busy[POOL];
	int left;                 /* threads that have not ended */
};

struct thread {
	struct process *p;
	int number, step, row;
	int32_t tid;
	int64_t db, api, lake;
	int slot;                 /* of the pool, -1: none */
	char id[40], other[40], pointer[32];
	bool done;
};

/* ---- events ---------------------------------------------------------------- */

static void uuid(struct teller *t, char out[40])
{
	uint64_t a = next(&t->chance), b = next(&t->chance);

	snprintf(out, 40, "%08x-%04x-4%03x-a%03x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
		 (unsigned)(b >> 52), (unsigned long long)(b & 0xffffffffffff));
}

static const char *stamp(struct teller *t)
{
	time_t now = t->start + (time_t)(t->now_ns / 1000000000u);
	struct tm tm;
	char text[64];

	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_str(&t->arena, text);
}

static struct slice json(struct teller *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	struct slice s = arena_vprintf(&t->arena, fmt, ap);
	va_end(ap);
	return s;
}

static void tell(struct teller *t, struct thread *th, struct event *e)
{
	t->now_ns += 1000 + below(&t->chance, 100000);
	e->time_ns = t->now_ns;
	e->duration_ns = 500 + below(&t->chance, 500);
	e->pid = th->p->pid;
	e->tid = th->tid;
	e->local_port = (uint16_t)(32768 + below(&t->chance, 28000));
	e->st.role = slice_str(th->p->role);
	trace_write(t->trace, e);
}

static void conn(struct teller *t, struct thread *th, const char *k, const char *service, const char *boundary, int64_t n)
{
	struct attrs a;
	struct event e = { .k = k, .st = { .service = slice_str(service), .boundary = slice_str(boundary), .n = n }, .by = BY_FAKE, .attrs = &a };

	attrs_init(&a, &t->arena);
	attrs_text(&a, "network.transport", SLICE_LIT("tcp"));
	attrs_int(&a, "network.local.port", 32768 + below(&t->chance, 28000));
	e.sum = json(t, "%s %s", strcmp(k, "conn.open") == 0 ? "connect" : "close", boundary);
	tell(t, th, &e);
}

static void sql(struct teller *t, struct thread *th, int64_t n, const char *sum, const char *text, const char *id)
{
	struct attrs a;
	struct payload res = { .present = true, .rows = -1, .tag = slice_str(sum) };
	struct event e = { .k = "sql",
			   .st = { .service = SLICE_LIT("warehouse"), .boundary = SLICE_LIT("db:5432"), .n = n },
			   .sum = slice_str(sum),
			   .by = BY_FAKE,
			   .attrs = &a,
			   .reply = &res };

	attrs_init(&a, &t->arena);
	attrs_text(&a, "db.system.name", SLICE_LIT("postgresql"));
	attrs_text(&a, "db.query.text", slice_str(text));
	if (id) {
		attrs_text(&a, "db.query.parameter.0", slice_str(id));
		attrs_text(&a, "db.query.parameter.1", json(t, "tenant-%d row %d", th->p->tenant, th->row));
		attrs_text(&a, "db.query.parameter.2", slice_str(stamp(t)));
	}
	tell(t, th, &e);
}

static bool deviates(const struct teller *t, const struct thread *th, int what)
{
	return (int)t->story->deviation == what && th->p->tenant == 0 && th->number == 0 && th->row == t->story->at;
}

static void post(struct teller *t, struct thread *th)
{
	struct attrs a;
	bool none = deviates(t, th, STORY_UNANSWERED);
	struct payload req = { .present = true, .rows = -1, .type = SLICE_LIT("application/json") };
	struct why_condition c = { .path = SLICE_LIT("json.total"), .wants = SLICE_LIT("1"), .got = SLICE_LIT("2") };
	struct why why = { .closest = SLICE_LIT("orders"), .place = SLICE_LIT("r.json:3"), .conditions = &c, .nconditions = 1 };
	struct event e = { .k = "http",
			   .st = { .service = SLICE_LIT("api"), .boundary = SLICE_LIT("api:443"), .n = th->api },
			   .sum = SLICE_LIT("POST /v1/orders"),
			   .by = none ? BY_NONE : BY_RULE,
			   .failed = none,
			   .err = none ? SLICE_LIT("599") : SLICE_NONE,
			   .rule = none ? SLICE_NONE : SLICE_LIT("r.json:3#orders"),
			   .why = none ? &why : NULL,
			   .attrs = &a,
			   .request = &req };
	char wrong[40];

	uuid(t, wrong);
	attrs_init(&a, &t->arena);
	attrs_text(&a, "http.request.method", SLICE_LIT("POST"));
	attrs_text(&a, "url.full", SLICE_LIT("https://api/v1/orders"));
	attrs_list_named(&a, SLICE_LIT("http.request.header.date"), slice_str(stamp(t)));
	attrs_list_named(&a, SLICE_LIT("http.request.header.user-agent"), json(t, "py/%u", below(&t->chance, 9)));
	attrs_int(&a, "http.response.status_code", none ? 599 : 201);
	req.json = json(t, "{\"tenant\":%d,\"id\":\"%s\",\"total\":%s,\"row\":%d}", th->p->tenant, deviates(t, th, STORY_SWAPPED) ? wrong : th->id,
			deviates(t, th, STORY_CHANGED) ? "19.9" : "20", th->row);
	req.size = req.json.len;
	tell(t, th, &e);
}

static void store(struct teller *t, struct thread *th)
{
	struct attrs a;
	struct payload req = { .present = true, .rows = -1, .type = SLICE_LIT("application/json") };
	struct event e = { .k = "s3",
			   .st = { .service = SLICE_LIT("lake"), .boundary = SLICE_LIT("lake:443"), .n = th->lake },
			   .sum = SLICE_LIT("PutObject raw"),
			   .by = BY_FAKE,
			   .attrs = &a,
			   .request = &req };

	attrs_init(&a, &t->arena);
	attrs_text(&a, "aws.s3.bucket", SLICE_LIT("raw"));
	attrs_text(&a, "aws.s3.key", json(t, "orders/%s.json", th->id));
	req.json = json(t, "{\"id\":\"%s\",\"at\":\"%s\"}", th->id, stamp(t));
	req.size = req.json.len;
	tell(t, th, &e);
}

static void call(struct teller *t, struct thread *th, const char *function, bool makes)
{
	struct attrs a;
	struct event e = { .k = "call",
			   .st = { .service = SLICE_LIT("call"), .boundary = SLICE_LIT("libcurl"), .n = -1 },
			   .sum = slice_str(function),
			   .by = BY_PASS,
			   .attrs = &a };

	if (makes)
		snprintf(th->pointer, sizeof(th->pointer), "ptr:%lld", (long long)++t->pointers);
	attrs_init(&a, &t->arena);
	attrs_text(&a, "code.function.name", slice_str(function));
	attrs_text(&a, makes ? "seam.result" : "seam.arg.0", slice_str(th->pointer));
	tell(t, th, &e);
}

static void dns(struct teller *t, struct thread *th, const char *name)
{
	struct event e = { .k = "dns", .st = { .service = SLICE_LIT("dns"), .boundary = slice_str(name), .n = -1 }, .by = BY_FAKE };

	e.sum = json(t, "resolve %s", name);
	tell(t, th, &e);
}

/* ---- one thread's life --------------------------------------------------------- */

/* Which connection the transaction goes to: its own, or one of the pool's that
 * is free. False: none is. */
static bool borrow(struct teller *t, struct thread *th)
{
	struct process *p = th->p;

	if (!t->story->pool)
		return true;
	for (unsigned i = 0, from = below(&t->chance, POOL); i < POOL; i++) {
		unsigned slot = (from + i) % POOL;
		if (p->pool_busy[slot])
			continue;
		p->pool_busy[slot] = true;
		th->slot = (int)slot;
		th->db = p->pool[slot];
		return true;
	}
	return false;
}

/* One step: one event. */
static void step(struct teller *t, struct thread *th)
{
	int steps = 0;
#define STEP if (th->step == steps++)
	STEP { dns(t, th, "db"); th->step++; return; }
	STEP { dns(t, th, "api"); th->step++; return; }
	STEP { call(t, th, "curl_easy_init", true); th->step++; return; }
	STEP {
		th->step++;
		if (!t->story->pool) {
			th->db = th->p->db_conns++;
			conn(t, th, "conn.open", "warehouse", "db:5432", th->db);
			return;
		}
	}
	STEP { th->api = th->p->api_conns++; conn(t, th, "conn.open", "api", "api:443", th->api); th->step++; return; }
	STEP { th->lake = th->p->lake_conns++; conn(t, th, "conn.open", "lake", "lake:443", th->lake); th->step++; return; }
	int loop = steps;
	STEP {
		if (!borrow(t, th))
			return;
		uuid(t, th->id);
		th->step++;
		if (!deviates(t, th, STORY_MOVED)) {
			sql(t, th, th->db, "SELECT tenants", "select name from tenants", NULL);
			return;
		}
	}
	STEP { sql(t, th, th->db, "BEGIN", "BEGIN", NULL); th->step++; return; }
	STEP { sql(t, th, th->db, "INSERT orders", "insert into orders values ($1,$2,$3)", th->id); th->step++; return; }
	STEP {
		th->step++;
		if (deviates(t, th, STORY_INSERTED)) {
			sql(t, th, th->db, "SELECT orders", "select count(*) from orders", NULL);
			return;
		}
		if (deviates(t, th, STORY_TWIN)) {
			uuid(t, th->other);
			sql(t, th, th->db, "INSERT orders", "insert into orders values ($1,$2,$3)", th->other);
			return;
		}
	}
	STEP { sql(t, th, th->db, "COMMIT", "COMMIT", NULL); th->step++; return; }
	STEP {
		th->step++;
		if (deviates(t, th, STORY_MOVED)) {
			sql(t, th, th->db, "SELECT tenants", "select name from tenants", NULL);
			return;
		}
	}
	STEP {
		th->step++;
		if (t->story->pool) {
			th->p->pool_busy[th->slot] = false;
			th->slot = -1;
		}
		if (!deviates(t, th, STORY_LOST)) {
			post(t, th);
			return;
		}
	}
	STEP {
		store(t, th);
		th->row++;
		th->step = th->row < t->story->rows ? loop : th->step + 1;
		return;
	}
	STEP { call(t, th, "curl_easy_cleanup", false); th->step++; return; }
	STEP {
		th->step++;
		if (!t->story->pool) {
			conn(t, th, "conn.close", "warehouse", "db:5432", th->db);
			return;
		}
	}
	STEP { conn(t, th, "conn.close", "api", "api:443", th->api); th->step++; return; }
	STEP { conn(t, th, "conn.close", "lake", "lake:443", th->lake); th->step++; th->done = true; th->p->left--; return; }
#undef STEP
}

/* ---- the whole ------------------------------------------------------------------- */

static void proc(struct teller *t, struct process *p, const char *k, const char *parent, int32_t ppid)
{
	struct attrs a;
	struct event e = { .k = k, .st = { .role = slice_str(p->role), .n = -1 }, .by = BY_FAKE, .attrs = &a, .pid = p->pid, .ppid = ppid };

	attrs_init(&a, &t->arena);
	e.sum = slice_take(e.st.role, slice_find(e.st.role, '['));
	attrs_text(&a, "process.executable.name", e.sum);
	if (parent)
		attrs_text(&a, "seam.parent", slice_str(parent));
	t->now_ns += 1000;
	e.time_ns = t->now_ns;
	trace_write(t->trace, &e);
}

void story_write(const struct story *s, const char *path)
{
	static const char *const argv[] = { "sh", "load.sh", NULL };
	struct teller t = { .story = s, .chance = { s->seed * 0x9e3779b97f4a7c15u | 1 } };
	struct process shell = { .role = "sh" }, *p = calloc((size_t)s->workers, sizeof(*p));
	struct thread *threads = calloc((size_t)(s->workers * s->threads), sizeof(*threads));
	struct err err = { 0 };
	int n = s->workers * s->threads, alive;

	for (int i = 0; i < 8; i++)
		next(&t.chance);
	arena_init(&t.arena);
	t.start = 1763637286 + below(&t.chance, 100000000);
	struct trace_header header = { .path = path, .run = "r", .start = { t.start, below(&t.chance, 1000000000) }, .argv = argv, .mode = "fake", .seed = 42 };
	if (trace_open(&t.trace, &header, &err) < 0)
		ck_abort_msg("%s", err.text);
	shell.pid = 1000 + (int32_t)below(&t.chance, 30000);
	proc(&t, &shell, "proc.start", NULL, 0);
	/* Tenants in any order: who starts first is chance. */
	for (int i = 0; i < s->workers; i++)
		p[i].tenant = i;
	for (int i = s->workers - 1; i > 0; i--) {
		int k = (int)below(&t.chance, (unsigned)i + 1), tenant = p[i].tenant;
		p[i].tenant = p[k].tenant;
		p[k].tenant = tenant;
	}
	for (int i = 0; i < s->workers; i++) {
		snprintf(p[i].role, sizeof(p[i].role), i ? "load.py[%d]" : "load.py", i + 1);
		p[i].pid = shell.pid + 1 + 13 * i + (int32_t)below(&t.chance, 10);
		p[i].left = s->threads;
		proc(&t, &p[i], "proc.start", "sh", shell.pid);
		for (int k = 0; k < s->threads; k++) {
			threads[i * s->threads + k] = (struct thread){ .p = &p[i], .number = k, .tid = p[i].pid + k, .slot = -1 };
		}
		for (int k = 0; k < POOL && s->pool; k++) {
			struct thread main = { .p = &p[i], .tid = p[i].pid };
			p[i].pool[k] = p[i].db_conns++;
			conn(&t, &main, "conn.open", "warehouse", "db:5432", p[i].pool[k]);
		}
	}
	for (alive = n; alive;) {
		struct thread *th = &threads[below(&t.chance, (unsigned)n)];
		if (th->done)
			continue;
		step(&t, th);
		arena_reset(&t.arena);
		if (!th->done)
			continue;
		alive--;
		if (th->p->left)
			continue;
		for (int k = 0; k < POOL && s->pool; k++)
			conn(&t, th, "conn.close", "warehouse", "db:5432", th->p->pool[k]);
		proc(&t, th->p, "proc.exit", NULL, shell.pid);
	}
	proc(&t, &shell, "proc.exit", NULL, 0);
	struct trace_trailer trailer = { .processes = (uint64_t)s->workers + 1 };
	ck_assert_int_eq(trace_close(t.trace, &trailer), 0);
	arena_release(&t.arena);
	free(threads);
	free(p);
}

/* ---- files ------------------------------------------------------------------------- */

static char folder[64];

const char *story_path(const char *name)
{
	static char path[8][256];
	static unsigned turn;
	char *out = path[turn++ % 8];

	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "/tmp/seam-traces-XXXXXX");
		if (!mkdtemp(folder))
			ck_abort_msg("no folder for traces");
	}
	snprintf(out, sizeof(path[0]), "%s/%s", folder, name);
	return out;
}

static int drop(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void story_clean(void)
{
	if (folder[0])
		nftw(folder, drop, 16, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

void story_put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

struct trace_file *story_open(const char *path)
{
	struct trace_file *f;
	struct err err = { 0 };

	if (trace_file_open(&f, path, false, 0, &err) < 0)
		ck_abort_msg("%s:%d: %s", err.file, err.line, err.text);
	return f;
}

char *story_canon(const char *path)
{
	struct trace_file *f = story_open(path);
	struct err err = { 0 };
	struct buf out;

	buf_init(&out, (size_t)1 << 30);
	if (canon_write(f, NULL, NULL, &out, &err) < 0)
		ck_abort_msg("%s", err.text);
	trace_file_close(f);
	return buf_detach(&out);
}

void story_diff(const char *golden, const char *run, const char *order, struct diff *out)
{
	struct trace_file *a = story_open(golden), *b = story_open(run);
	struct diff_options o = { .order = order };
	struct err err = { 0 };

	if (diff_traces(out, a, b, &o, &err) < 0)
		ck_abort_msg("%s", err.text);
	trace_file_close(a);
	trace_file_close(b);
}

const char *story_counts(const struct diff *d)
{
	static char text[512];

	snprintf(text, sizeof(text), "findings=%zu same=%llu changed=%llu missing=%llu extra=%llu unmatched=%llu moved=%llu identity=%llu%s%s%s%s",
		 d->nfindings, (unsigned long long)d->same, (unsigned long long)d->changed, (unsigned long long)d->missing,
		 (unsigned long long)d->extra, (unsigned long long)d->unmatched, (unsigned long long)d->moved, (unsigned long long)d->identity,
		 d->nfindings ? ": " : "", d->nfindings ? d->findings[0].sum : "", d->nfindings && d->findings[0].npaths ? " " : "",
		 d->nfindings && d->findings[0].npaths ? d->findings[0].paths[0].path : "");
	return text;
}
