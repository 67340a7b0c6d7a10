/*
 * read: opens a trace, waits for its writer, and judges every line once.
 *
 * What is kept of an event is where its line begins; members are found again
 * when somebody asks. Since no line may be empty, event i stands on line i + 2.
 */
#include "trace/read.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "trace/jscan.h"

#define TRACE_VERSION 1
#define READ_MAX ((size_t)1 << 46) /* of a trace that comes through a pipe: memory ends before */
#define MAP_FROM (1024 * 1024)     /* bytes from which a file is mapped instead of read */

struct trace_file {
	char *path;
	const char *text;
	size_t len;
	bool mapped;
	struct buf bytes; /* the text, unless mapped */
	size_t *at;       /* offsets of the events' lines */
	size_t count, cap;
	json_t *header, *trailer;
	bool canonical;
};

/* ---- one line ---------------------------------------------------------- */

enum member { M_K, M_ST, M_SEQ, M_SUM, M_OK, M_ERR, M_BY, M_RULE, M_A, M_REQ, M_RES, M_COR, M_WHY, M_T, M_COUNT };

static const struct member_kind {
	const char *name;
	size_t len;     /* of the name */
	size_t offset;  /* in struct trace_line */
	char type;      /* s string, i integer, b bool, o object, a array */
	bool required;
} member_kinds[M_COUNT] = {
#define MEMBER(id, name, type, required) [id] = { #name, sizeof(#name) - 1, offsetof(struct trace_line, name), type, required }
	MEMBER(M_K, k, 's', true),	MEMBER(M_ST, st, 's', true),	 MEMBER(M_SEQ, seq, 'i', false),
	MEMBER(M_SUM, sum, 's', true),	MEMBER(M_OK, ok, 'b', true),	 MEMBER(M_ERR, err, 's', false),
	MEMBER(M_BY, by, 's', true),	MEMBER(M_RULE, rule, 's', false), MEMBER(M_A, a, 'o', false),
	MEMBER(M_REQ, req, 'o', false), MEMBER(M_RES, res, 'o', false),	 MEMBER(M_COR, cor, 'a', false),
	MEMBER(M_WHY, why, 'o', false), MEMBER(M_T, t, 'o', false),
#undef MEMBER
};

static const char *type_name(char type)
{
	switch (type) {
	case 's':
		return "a string";
	case 'i':
		return "an integer";
	case 'b':
		return "true or false";
	case 'o':
		return "an object";
	default:
		return "an array";
	}
}

static bool has_type(struct slice v, char type)
{
	switch (type) {
	case 's':
		return v.ptr[0] == '"';
	case 'i':
		for (size_t i = 0; i < v.len; i++)
			if (!((v.ptr[i] >= '0' && v.ptr[i] <= '9') || (i == 0 && v.ptr[i] == '-')))
				return false;
		return v.len > 0;
	case 'b':
		return v.ptr[0] == 't' || v.ptr[0] == 'f';
	case 'o':
		return v.ptr[0] == '{';
	default:
		return v.ptr[0] == '[';
	}
}

static struct slice *member_slot(struct trace_line *line, int m)
{
	return (struct slice *)(void *)((char *)line + member_kinds[m].offset);
}

/* Members come in order, so the next one is at or behind the last: two or three
 * comparisons of a byte. */
static int member_find(struct slice key, int last)
{
	for (int i = 1; i <= M_COUNT; i++) {
		int m = (last + i) % M_COUNT;
		const struct member_kind *k = &member_kinds[m];
		if (key.len == k->len + 2 && key.ptr[1] == k->name[0] && memcmp(key.ptr + 1, k->name, k->len) == 0)
			return m;
	}
	return -1;
}

/* Finds the members of valid JSON; the sentence names what is wrong, NULL: nothing.
 * Members this version does not know are skipped (a later minor version's). */
static const char *line_members(struct slice text, struct trace_line *line, char *sentence, size_t room)
{
	struct jscan it = jscan_open(text);
	struct slice key, item;
	int last = -1;

	*line = (struct trace_line){ .text = text };
	while (jscan_next(&it, &key, &item)) {
		int m = member_find(key, last < 0 ? M_COUNT - 1 : last);
		if (m < 0)
			continue;
		struct slice *slot = member_slot(line, m);
		if (slot->ptr) {
			snprintf(sentence, room, "member \"%s\" twice", member_kinds[m].name);
			return sentence;
		}
		if (m < last) {
			snprintf(sentence, room, "member \"%s\" after \"%s\"; the order is k st seq sum ok err by rule a req res cor why t",
				 member_kinds[m].name, member_kinds[last].name);
			return sentence;
		}
		if (!has_type(item, member_kinds[m].type)) {
			snprintf(sentence, room, "member \"%s\" is %.*s, expected %s", member_kinds[m].name,
				 (int)(item.len > 40 ? 40 : item.len), item.ptr, type_name(member_kinds[m].type));
			return sentence;
		}
		*slot = item;
		last = m;
	}
	if (line->k.len >= 2)
		line->k = slice_of(line->k.ptr + 1, line->k.len - 2);
	return NULL;
}

/* ---- the whole file ---------------------------------------------------- */

static int bad(const struct trace_file *f, struct err *err, enum err_code code, size_t line, size_t column, const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));
static int bad(const struct trace_file *f, struct err *err, enum err_code code, size_t line, size_t column, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return err_at(err, code, f->path, line > INT_MAX ? INT_MAX : (int)line, column > INT_MAX ? INT_MAX : (int)column, "%s",
		      text);
}

static bool conflict_marker(struct slice line)
{
	static const char *const marks[] = { "<<<<<<<", "|||||||", "=======", ">>>>>>>" };

	for (size_t i = 0; i < 4; i++)
		if (slice_has_prefix(line, slice_of(marks[i], 7)) && (line.len == 7 || line.ptr[7] == ' ' || line.ptr[7] == '\r'))
			return true;
	return false;
}

/* Line form: what is common to header, events and trailer. */
static int check_line(const struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	size_t at;
	const char *what;

	if (conflict_marker(line))
		return bad(f, err, ERR_SYNTAX, number, 0,
			   "a merge conflict marker; take one side, or record again and 'seam accept'");
	if (line.len && line.ptr[line.len - 1] == '\r')
		return bad(f, err, ERR_SYNTAX, number, 0,
			   "the line ends in CR LF, expected LF; mark traces as '-text' in .gitattributes");
	if (!line.len)
		return bad(f, err, ERR_SYNTAX, number, 0, "an empty line, expected an event");
	if (number == 1 && slice_has_prefix(line, SLICE_LIT("\xef\xbb\xbf")))
		return bad(f, err, ERR_SYNTAX, number, 0, "a byte order mark before the header; save the file without it");
	if (!slice_has_prefix(line, SLICE_LIT("{\"k\":\"")))
		return bad(f, err, ERR_SYNTAX, number, 0,
			   number == 1 ? "not a trace: the first line does not begin with {\"k\":\"seam.trace\""
				       : "the line does not begin with {\"k\":\"");
	size_t n = jscan_value(line, &what, &at);
	if (!n)
		return bad(f, err, ERR_SYNTAX, number, at + 1, "%s", what);
	if (n != line.len)
		return bad(f, err, ERR_SYNTAX, number, n + 1, "something after the event's closing brace");
	return 0;
}

static json_t *line_tree(struct slice line, json_error_t *jerr)
{
	json_t *j = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, jerr);

	/* An integer of the program's own data may be beyond 64 bits. */
	if (!j)
		j = json_loadb(line.ptr, line.len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, jerr);
	return j;
}

static int read_header(struct trace_file *f, struct slice line, struct err *err)
{
	json_error_t jerr;

	if (!slice_has_prefix(line, SLICE_LIT("{\"k\":\"seam.trace\"")))
		return bad(f, err, ERR_SYNTAX, 1, 0, "not a trace: the first line is no header, expected {\"k\":\"seam.trace\"");
	f->header = line_tree(line, &jerr);
	if (!f->header)
		return bad(f, err, ERR_SYNTAX, 1, (size_t)(jerr.column > 0 ? jerr.column : 0), "header: %s", jerr.text);
	json_t *v = json_object_get(f->header, "v"), *min = json_object_get(f->header, "min");
	if (!json_is_integer(v))
		return bad(f, err, ERR_CONTENT, 1, 0, "the header has no version \"v\"");
	/* `min` is the oldest version that may read it. */
	json_int_t need = json_is_integer(min) ? json_integer_value(min) : json_integer_value(v);
	if (need > TRACE_VERSION || json_integer_value(v) < 1)
		return bad(f, err, ERR_CONTENT, 1, 0,
			   "trace version %lld, this seam reads version 1; use the seam that wrote it", (long long)need);
	json_t *canonical = json_object_get(f->header, "canonical");
	if (canonical && !json_is_boolean(canonical))
		return bad(f, err, ERR_CONTENT, 1, 0, "\"canonical\" of the header is neither true nor false");
	f->canonical = json_is_true(canonical);
	return 0;
}

static int read_trailer(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	json_error_t jerr;

	f->trailer = line_tree(line, &jerr);
	if (!f->trailer)
		return bad(f, err, ERR_SYNTAX, number, (size_t)(jerr.column > 0 ? jerr.column : 0), "trailer: %s", jerr.text);
	json_t *events = json_object_get(f->trailer, "events");
	if (!json_is_integer(events))
		return bad(f, err, ERR_CONTENT, number, 0, "the trailer has no count \"events\"");
	if ((uint64_t)json_integer_value(events) != f->count)
		return bad(f, err, ERR_CONTENT, number, 0, "the trailer counts %lld events, the file has %zu; lines were lost or added",
			   (long long)json_integer_value(events), f->count);
	return 0;
}

static int read_event(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	struct trace_line l;
	char sentence[256];
	const char *what = line_members(line, &l, sentence, sizeof(sentence));

	if (what)
		return bad(f, err, ERR_CONTENT, number, 0, "%s", what);
	for (int m = 0; m < M_COUNT; m++) {
		bool required = member_kinds[m].required || (m == M_SEQ && !f->canonical);
		if (required && !member_slot(&l, m)->ptr)
			return bad(f, err, ERR_CONTENT, number, 0, "the event has no \"%s\"", member_kinds[m].name);
	}
	if (l.ok.ptr[0] == 'f' && !l.err.ptr)
		return bad(f, err, ERR_CONTENT, number, 0, "\"ok\" is false without \"err\"");
	if (!memchr(l.st.ptr, '/', l.st.len))
		return bad(f, err, ERR_CONTENT, number, 0, "stream %.*s is not role/service/boundary#n",
			   (int)(l.st.len > 80 ? 80 : l.st.len), l.st.ptr);
	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 1024;
		size_t *at = realloc(f->at, cap * sizeof(*at));
		if (!at)
			return bad(f, err, ERR_IO, number, 0, "out of memory");
		f->at = at;
		f->cap = cap;
	}
	f->at[f->count++] = (size_t)(line.ptr - f->text);
	return 0;
}

/* Judges the line at `number`; the trailer must be the last. */
static int read_line(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	int rc = check_line(f, line, number, err);

	if (rc)
		return rc;
	if (number == 1)
		return read_header(f, line, err);
	if (f->trailer)
		return bad(f, err, ERR_CONTENT, number, 0, "a line after the trailer; are these two traces in one file?");
	if (slice_has_prefix(line, SLICE_LIT("{\"k\":\"seam.end\"")))
		return read_trailer(f, line, number, err);
	if (slice_has_prefix(line, SLICE_LIT("{\"k\":\"seam.trace\"")))
		return bad(f, err, ERR_CONTENT, number, 0, "a second header; are these two traces in one file?");
	return read_event(f, line, number, err);
}

static int read_all(struct trace_file *f, bool lenient, struct err *err)
{
	size_t pos = 0, number = 0;
	bool torn = false;

	if (!f->len)
		return bad(f, err, ERR_UNUSABLE, 0, 0, "the file is empty, expected a trace; was the run killed before it began?");
	while (pos < f->len) {
		const char *from = f->text + pos;
		const char *nl = memchr(from, '\n', f->len - pos);
		number++;
		if (!nl) {
			/* A torn line can be anything: it says only that the writer was killed. */
			torn = true;
			break;
		}
		int rc = read_line(f, slice_of(from, (size_t)(nl - from)), number, err);
		if (rc)
			return rc;
		pos = (size_t)(nl - f->text) + 1;
	}
	if (!f->header)
		return bad(f, err, ERR_UNUSABLE, 1, 0, "the header line is torn; was the run killed before it began?");
	if (torn && f->trailer)
		return bad(f, err, ERR_CONTENT, number, 0, "a line after the trailer; are these two traces in one file?");
	if (lenient)
		return 0;
	if (torn)
		return bad(f, err, ERR_UNUSABLE, number, 0,
			   "the last line is torn: the host was killed while it wrote; 'seam show' still reads what is there");
	if (!f->trailer)
		return bad(f, err, ERR_UNUSABLE, number, 0,
			   "no trailer: the trace is truncated, the run's host did not end it; 'seam show' still reads what is there");
	json_t *dropped = json_object_get(f->trailer, "dropped");
	if (json_integer_value(dropped))
		return bad(f, err, ERR_UNUSABLE, number, 0, "the writer lost %lld events (disk full?); record the run again",
			   (long long)json_integer_value(dropped));
	return 0;
}

/* ---- life -------------------------------------------------------------- */

static int lock_shared(int fd, int wait_ms)
{
	struct timespec nap = { 0, 5 * 1000 * 1000 };
	int waited_ms = 0;

	if (wait_ms < 0) {
		while (flock(fd, LOCK_SH) < 0)
			if (errno != EINTR)
				return 0; /* a file system without locks: read what is there */
		return 0;
	}
	while (flock(fd, LOCK_SH | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (waited_ms >= wait_ms)
			return -1;
		nanosleep(&nap, NULL);
		waited_ms += 5;
	}
	return 0;
}

static int load(struct trace_file *f, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_at(err, ERR_IO, f->path, 0, 0, "cannot read: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return err_at(err, ERR_IO, f->path, 0, 0, "is a folder, expected a trace");
	if (S_ISREG(st.st_mode) && st.st_size >= MAP_FROM) {
		void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			f->text = map;
			f->len = (size_t)st.st_size;
			f->mapped = true;
			return 0;
		}
	}
	for (;;) {
		char *room = buf_reserve(&f->bytes, 64 * 1024);
		if (!room)
			return err_at(err, ERR_IO, f->path, 0, 0, "out of memory");
		ssize_t n = read(fd, room, 64 * 1024);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_at(err, ERR_IO, f->path, 0, 0, "cannot read: %s", strerror(errno));
		if (n == 0)
			break;
		buf_commit(&f->bytes, (size_t)n);
	}
	f->text = f->bytes.ptr;
	f->len = f->bytes.len;
	return 0;
}

int trace_file_open(struct trace_file **out, const char *path, bool lenient, int wait_ms, struct err *err)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	*out = NULL;
	if (fd < 0)
		return err_at(err, ERR_IO, path, 0, 0, "cannot open: %s", strerror(errno));
	struct trace_file *f = calloc(1, sizeof(*f));
	if (!f || !(f->path = strdup(path))) {
		free(f);
		close(fd);
		return err_at(err, ERR_IO, path, 0, 0, "out of memory");
	}
	buf_init(&f->bytes, READ_MAX);
	if (lock_shared(fd, wait_ms) < 0)
		rc = err_at(err, ERR_UNUSABLE, path, 0, 0, "still being written after %d ms; wait for its run to end", wait_ms);
	else
		rc = load(f, fd, err);
	if (!rc)
		rc = read_all(f, lenient, err);
	close(fd); /* drops the lock; a mapping stays */
	if (rc) {
		trace_file_close(f);
		return rc;
	}
	*out = f;
	return 0;
}

void trace_file_close(struct trace_file *f)
{
	if (!f)
		return;
	if (f->mapped)
		munmap((void *)(uintptr_t)f->text, f->len);
	buf_release(&f->bytes);
	json_decref(f->header);
	json_decref(f->trailer);
	free(f->at);
	free(f->path);
	free(f);
}

/* ---- asking ------------------------------------------------------------ */

const char *trace_file_path(const struct trace_file *f)
{
	return f->path;
}

json_t *trace_file_header(const struct trace_file *f)
{
	return f->header;
}

json_t *trace_file_trailer(const struct trace_file *f)
{
	return f->trailer;
}

bool trace_file_canonical(const struct trace_file *f)
{
	return f->canonical;
}

size_t trace_file_count(const struct trace_file *f)
{
	return f->count;
}

struct slice trace_file_text(const struct trace_file *f)
{
	return slice_of(f->text, f->len);
}

static struct slice event_text(const struct trace_file *f, size_t event)
{
	const char *from = f->text + f->at[event];
	const char *nl = memchr(from, '\n', f->len - f->at[event]);

	return slice_of(from, (size_t)(nl - from)); /* every kept line ends in a newline */
}

void trace_file_line(const struct trace_file *f, size_t event, struct trace_line *out)
{
	char sentence[256];

	line_members(event_text(f, event), out, sentence, sizeof(sentence)); /* judged when opened */
	out->number = (int)event + 2;
}

json_t *trace_file_event(const struct trace_file *f, size_t event)
{
	json_error_t jerr;

	return line_tree(event_text(f, event), &jerr);
}
