/*
 * Task: renders templates: the fields of a request and the functions that
 * {{...}} can name. load_template.c has checked every name, so rendering cannot
 * fail: a header that the request does not have renders as nothing.
 *
 * In a JSON body a string that is nothing but one {{json.x}} takes the value's
 * own type: {"rows": "{{json.rows}}"} gives a number back as a number. All
 * else is text and stays inside its quotes.
 */
#include <ctype.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <time.h>

#include "rule/template.h"

/* ---- fields ------------------------------------------------------------ */

static struct value find_field(const struct render *x, struct slice name)
{
	for (struct capture *c = x->hit->captures; c; c = c->next)
		if (slice_eq(c->name, name))
			return (struct value){ .kind = VALUE_TEXT, .text = c->value };

	struct slice rest = name, head = slice_split(&rest, '.');
	struct cond c = { .name = rest };
	if (slice_eq_str(head, "json")) {
		json_t *at = request_json(x->req);
		while (at && rest.ptr) {
			struct slice step = slice_split(&rest, '.');
			uint64_t index;
			if (json_is_array(at) && slice_to_u64(step, &index))
				at = json_array_get(at, index);
			else
				at = json_object_get(at, arena_slice(x->req->arena, step).ptr);
		}
		return (struct value){ .kind = at ? VALUE_JSON : VALUE_ABSENT, .json = at };
	}
	if (slice_eq_str(head, "param") || slice_eq_str(head, "arg")) {
		uint64_t index;
		c.field = head.ptr[0] == 'p' ? FIELD_PARAM : FIELD_ARG;
		c.index = slice_to_u64(rest, &index) && index ? (size_t)index - 1 : SIZE_MAX;
		return field_value(&c, x->req);
	}
	if (slice_eq_str(head, "state")) {
		const char *state = state_get(x->r, rest, x->hit->key);
		return (struct value){ .kind = state ? VALUE_TEXT : VALUE_ABSENT, .text = slice_str(state) };
	}
	static const struct {
		const char *name;
		enum field field;
	} fields[] = {
		{ "header", FIELD_HEADER }, { "query", FIELD_QUERY }, { "form", FIELD_FORM }, { "meta", FIELD_META }, { "method", FIELD_METHOD },
		{ "path", FIELD_PATH }, { "url", FIELD_URL }, { "host", FIELD_HOST }, { "body", FIELD_BODY }, { "sql", FIELD_SQL },
		{ "verb", FIELD_VERB }, { "table", FIELD_TABLE }, { "user", FIELD_USER }, { "database", FIELD_DATABASE }, { "bucket", FIELD_BUCKET },
		{ "key", FIELD_KEY }, { "prefix", FIELD_PREFIX }, { "function", FIELD_FUNCTION }, { "process", FIELD_PROCESS },
		{ "boundary", FIELD_BOUNDARY },
	};
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (slice_eq_str(head, fields[i].name)) {
			c.field = fields[i].field;
			return field_value(&c, x->req);
		}
	return (struct value){ .kind = VALUE_ABSENT };
}

/* A quoted argument stands for itself, a bare word for the field of that name. */
static struct slice argument(const struct render *x, size_t i)
{
	struct slice a = x->segment->args[i];

	if (a.len >= 2 && a.ptr[0] == '\'')
		return slice_of(a.ptr + 1, a.len - 2);
	return value_text(find_field(x, a), x->req->arena);
}

static void render_field(const struct render *x, struct buf *out)
{
	struct value v = find_field(x, x->segment->args[0]);

	if (x->segment->mode == SEG_JSON_VALUE && v.kind == VALUE_JSON) {
		char *dump = json_dumps(v.json, JSON_ENCODE_ANY | JSON_COMPACT);
		buf_add_str(out, dump ? dump : "null");
		free(dump);
	} else if (x->segment->mode == SEG_JSON_VALUE) {
		if (v.kind == VALUE_ABSENT || v.kind == VALUE_NULL)
			buf_add_str(out, "null");
		else
			buf_add_json(out, v.text);
	} else {
		buf_add_slice(out, value_text(v, x->req->arena));
	}
}

/* ---- functions --------------------------------------------------------- */

static void render_uuid(const struct render *x, struct buf *out)
{
	unsigned char b[16];

	for (int half = 0; half < 2; half++) {
		uint64_t v = random_next(&x->hit->rule->random);
		memcpy(b + 8 * half, &v, 8);
	}
	/* RFC 9562 section 5.4: version 4, variant 10. */
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			buf_add_char(out, '-');
		buf_add_hex(out, &b[i], 1);
	}
}

static bool take_unit(struct slice *s, int64_t *n, struct slice *unit)
{
	size_t i = 0;
	bool minus = false;

	*s = slice_trim(*s);
	if (!s->len)
		return false;
	if (s->ptr[0] == '-' || s->ptr[0] == '+') {
		minus = s->ptr[0] == '-';
		*s = slice_trim(slice_skip(*s, 1));
	}
	for (*n = 0; i < s->len && isdigit((unsigned char)s->ptr[i]) && *n < 100000000; i++)
		*n = *n * 10 + (s->ptr[i] - '0');
	if (!i)
		return false;
	if (minus)
		*n = -*n;
	*s = slice_trim(slice_skip(*s, i));
	for (i = 0; i < s->len && isalpha((unsigned char)s->ptr[i]);)
		i++;
	*unit = slice_take(*s, i);
	*s = slice_skip(*s, i);
	return true;
}


bool template_shift_time(struct slice s, struct tm *tm)
{
	static const struct {
		const char *name;
		int seconds, days, months;
	} units[] = { { "second", 1, 0, 0 }, { "minute", 60, 0, 0 }, { "hour", 3600, 0, 0 }, { "day", 0, 1, 0 },
		      { "week", 0, 7, 0 },   { "month", 0, 0, 1 },   { "year", 0, 0, 12 } };
	struct slice unit;
	int64_t n;

	while (slice_trim(s).len) {
		bool known = false;
		if (!take_unit(&s, &n, &unit))
			return false;
		if (unit.len && unit.ptr[unit.len - 1] == 's')
			unit.len--;
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
			if (!slice_eq_nocase_str(unit, units[i].name))
				continue;
			known = true;
			int months = tm->tm_mon + (int)(n * units[i].months), day = tm->tm_mday;
			tm->tm_year += months / 12 - (months % 12 < 0);
			tm->tm_mon = (months % 12 + 12) % 12;
			if (units[i].months) { /* the 31st of a shorter month is its last day */
				static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
				int y = tm->tm_year + 1900, last = lengths[tm->tm_mon];
				if (tm->tm_mon == 1 && ((y % 4 == 0 && y % 100 != 0) || y % 400 == 0))
					last = 29;
				tm->tm_mday = day > last ? last : day;
			}
			time_t t = timegm(tm) + (time_t)(n * units[i].days) * 86400 + (time_t)n * units[i].seconds;
			gmtime_r(&t, tm);
		}
		if (!known)
			return false;
	}
	return true;
}

static const char *const now_formats[] = { "iso", "date", "time", "unix", "unix_ms", "http", "sql", NULL };

bool template_now_format(struct slice s)
{
	for (size_t i = 0; now_formats[i]; i++)
		if (slice_eq_str(s, now_formats[i]))
			return true;
	return slice_find(s, '%') < s.len;
}

static void render_now(const struct render *x, struct buf *out)
{
	uint64_t now = x->r->options.now_ns ? x->r->options.now_ns() : 0;
	time_t seconds = (time_t)(now / 1000000000);
	unsigned ms = (unsigned)(now / 1000000 % 1000);
	struct slice format = SLICE_LIT("iso");
	struct tm tm;
	char text[128];

	gmtime_r(&seconds, &tm);
	for (size_t i = 0; i < x->segment->nargs; i++) {
		struct slice a = argument(x, i);
		if (template_now_format(a))
			format = a;
		else
			template_shift_time(a, &tm);
	}
	seconds = timegm(&tm);
	if (slice_eq_str(format, "unix")) {
		buf_add_i64(out, seconds);
		return;
	}
	if (slice_eq_str(format, "unix_ms")) {
		buf_add_i64(out, (int64_t)seconds * 1000 + ms);
		return;
	}
	const char *pattern = slice_eq_str(format, "date")   ? "%Y-%m-%d"
			      : slice_eq_str(format, "time") ? "%H:%M:%S"
			      : slice_eq_str(format, "http") ? "%a, %d %b %Y %H:%M:%S GMT"
			      : slice_eq_str(format, "iso")  ? "%Y-%m-%dT%H:%M:%S"
			      : slice_eq_str(format, "sql")  ? "%Y-%m-%d %H:%M:%S"
							     : arena_slice(x->req->arena, format).ptr;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	buf_add(out, text, strftime(text, sizeof(text), pattern, &tm));
#pragma GCC diagnostic pop
	if (slice_eq_str(format, "iso"))
		buf_addf(out, ".%03uZ", ms);
	else if (slice_eq_str(format, "sql"))
		buf_addf(out, ".%03u+00", ms);
}

static void render_random(const struct render *x, struct buf *out)
{
	int64_t low = 0, high = 0;

	slice_to_i64(x->segment->args[0], &low);
	slice_to_i64(x->segment->args[1], &high);
	uint64_t span = (uint64_t)(high - low) + 1;
	uint64_t v = random_next(&x->hit->rule->random);
	buf_add_i64(out, low + (int64_t)(span ? v % span : v));
}

static void render_counter(const struct render *x, struct buf *out)
{
	struct slice name = argument(x, 0);
	uint64_t *n = map_get(&x->r->counters, name);

	if (!n) {
		n = calloc(1, sizeof(*n));
		if (!n)
			abort();
		map_set(&x->r->counters, name, n);
	}
	buf_add_u64(out, ++*n);
}

static void render_base64(const struct render *x, struct buf *out)
{
	struct slice s = argument(x, 0);

	buf_add_base64(out, s.ptr ? s.ptr : "", s.len);
}

static void render_sha256(const struct render *x, struct buf *out)
{
	unsigned char digest[SHA256_DIGEST_LENGTH];
	struct slice s = argument(x, 0);

	SHA256((const unsigned char *)(s.ptr ? s.ptr : ""), s.len, digest);
	buf_add_hex(out, digest, sizeof(digest));
}

/* Counted per rule and key: jobs that are polled side by side do not push each other on. */
static void render_progress(const struct render *x, struct buf *out)
{
	const struct action *a = x->hit->action;
	struct buf name;

	if (!a || !a->nprogress)
		return;
	buf_init(&name, 1024 * 1024);
	buf_addf(&name, "progress %s", x->hit->rule->id);
	buf_add_char(&name, '\0');
	buf_add_slice(&name, x->hit->key);
	uint64_t *since = map_get(&x->r->counters, buf_slice(&name)), now = x->r->options.now_ns ? x->r->options.now_ns() : 0;
	if (!since) {
		since = malloc(sizeof(*since));
		if (!since)
			abort();
		*since = a->progress_by_time ? now : 0;
		map_set(&x->r->counters, buf_slice(&name), since);
	}
	uint64_t at = (a->progress_by_time ? now - *since : *since) / a->progress_every;
	if (!a->progress_by_time)
		++*since;
	buf_add_str(out, a->progress[at < a->nprogress ? at : a->nprogress - 1]);
	buf_release(&name);
}

const struct template_function template_field = { "", 1, 1, FUNCTION_FIELD, render_field };
const struct template_function template_functions[] = {
	{ "uuid", 0, 0, FUNCTION_PLAIN, render_uuid },
	{ "now", 0, 2, FUNCTION_NOW, render_now },
	{ "random", 2, 2, FUNCTION_RANDOM, render_random },
	{ "counter", 1, 1, FUNCTION_PLAIN, render_counter },
	{ "progress", 0, 0, FUNCTION_PLAIN, render_progress },
	{ "base64", 1, 1, FUNCTION_PLAIN, render_base64 },
	{ "sha256", 1, 1, FUNCTION_PLAIN, render_sha256 },
	{ NULL, 0, 0, FUNCTION_PLAIN, NULL },
};

/* ---- rendering --------------------------------------------------------- */

void template_add_json(struct buf *out, struct slice s)
{
	struct buf quoted;

	buf_init(&quoted, 6 * TEMPLATE_MAX);
	buf_add_json(&quoted, s);
	buf_add(out, quoted.ptr + 1, quoted.len - 2);
	buf_release(&quoted);
}

void template_render(const struct template *t, struct rules *r, struct rule_hit *hit, struct request *req, struct buf *out)
{
	for (size_t i = 0; i < t->count; i++) {
		const struct segment *seg = &t->segments[i];
		struct render x = { r, hit, req, seg };
		if (seg->literal.ptr) {
			buf_add_slice(out, seg->literal);
		} else if (seg->mode == SEG_JSON_STRING) {
			struct buf value;
			buf_init(&value, TEMPLATE_MAX);
			seg->function->render(&x, &value);
			template_add_json(out, buf_slice(&value));
			buf_release(&value);
		} else {
			seg->function->render(&x, out);
		}
	}
}

struct slice template_text(const struct template *t, struct rules *r, struct rule_hit *hit, struct request *req)
{
	struct buf out;

	if (t->fixed)
		return t->text;
	buf_init(&out, TEMPLATE_MAX);
	template_render(t, r, hit, req, &out);
	struct slice text = arena_slice(req->arena, buf_slice(&out));
	buf_release(&out);
	return text;
}
