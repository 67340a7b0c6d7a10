/*
 * read: opens a trace, waits for its writer, and judges every line once.
 *
 * A line with the structure of one that was judged before is not parsed again.
 * What is kept is where every eighth line begins; the others and their members
 * are found again when somebody asks. Since no line may be empty, event i
 * stands on line i + 2.
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
#include "trace/line.h"
#include "trace/skeleton.h"

#define TRACE_VERSION 1
#define READ_MAX ((size_t)1 << 46) /* of a trace that comes through a pipe: memory ends before */
#define BLOCK 8                    /* events between two offsets that are kept */
#define MAP_FROM (1024 * 1024)     /* bytes from which a file is mapped instead of read */

struct trace_file {
	char *path;
	const char *text;
	size_t len;
	bool mapped;
	struct buf bytes; /* the text, unless mapped */
	size_t *at;       /* offset of every BLOCKth event's line */
	size_t count, cap;
	json_t *header, *trailer;
	bool canonical;
	struct skeleton_set *skeletons;
	struct cursor { size_t event, at; } *cursor; /* what was asked for last */
};

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

static int event_bad(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	struct trace_line l;
	char sentence[256];
	const char *what = line_members(line, &l, sentence, sizeof(sentence));

	if (!what)
		what = line_judge(&l, f->canonical, sentence, sizeof(sentence));
	return what ? bad(f, err, ERR_CONTENT, number, 0, "%s", what) : 0;
}

/* What two lines of one structure may still differ in. */
static bool leaves_ok(const struct skeleton *s, const struct slice *leaves)
{
	int seq = s->member[SK_SEQ];
	const struct slice *st = &leaves[s->member[SK_ST]], *ok = &leaves[s->member[SK_OK]];

	if (seq >= 0)
		for (size_t i = 0; i < leaves[seq].len; i++)
			if ((leaves[seq].ptr[i] < '0' || leaves[seq].ptr[i] > '9') && (i || leaves[seq].ptr[i] != '-'))
				return false;
	return ok->ptr[0] != 'n' && (ok->ptr[0] == 't' || s->member[SK_ERR] >= 0) && memchr(st->ptr, '/', st->len);
}

static int keep_event(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	if (f->count % BLOCK == 0) {
		size_t n = f->count / BLOCK;
		if (n == f->cap) {
			size_t cap = f->cap ? f->cap * 2 : 1024;
			size_t *at = realloc(f->at, cap * sizeof(*at));
			if (!at)
				return bad(f, err, ERR_IO, number, 0, "out of memory");
			f->at = at;
			f->cap = cap;
		}
		f->at[n] = (size_t)(line.ptr - f->text);
	}
	f->count++;
	return 0;
}

/* A line like one that was judged before. */
static bool known_event(struct trace_file *f, struct slice line)
{
	struct slice leaves[SKELETON_LEAVES];
	struct skeleton *s = skeleton_match(f->skeletons, line, leaves);

	return s && s->judged && leaves_ok(s, leaves);
}

static int new_event(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	struct slice leaves[SKELETON_LEAVES];
	int rc = event_bad(f, line, number, err);

	if (!rc)
		skeleton_learn(f->skeletons, line, leaves)->judged = true;
	return rc;
}

/* Judges the line at `number`; the trailer must be the last. */
static int read_line(struct trace_file *f, struct slice line, size_t number, struct err *err)
{
	bool known = number > 1 && !f->trailer && known_event(f, line);
	int rc = known ? 0 : check_line(f, line, number, err);

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
	if (!known && (rc = new_event(f, line, number, err)))
		return rc;
	return keep_event(f, line, number, err);
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
	f->skeletons = skeleton_set_new();
	f->cursor = malloc(sizeof(*f->cursor));
	if (!f->cursor)
		abort();
	*f->cursor = (struct cursor){ SIZE_MAX, 0 };
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
	skeleton_set_free(f->skeletons);
	free(f->cursor);
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
	struct cursor *c = f->cursor;
	size_t at = c->at, from = c->event;

	/* Most ask for the next one. */
	if (from == SIZE_MAX || event < from || event / BLOCK > from / BLOCK + 1) {
		from = event / BLOCK * BLOCK;
		at = f->at[event / BLOCK];
	}
	for (;; from++) {
		const char *p = f->text + at, *nl = memchr(p, '\n', f->len - at); /* every kept line ends in a newline */
		if (from == event) {
			*c = (struct cursor){ event, at };
			return slice_of(p, (size_t)(nl - p));
		}
		at = (size_t)(nl - f->text) + 1;
	}
}

void trace_file_line(const struct trace_file *f, size_t event, struct trace_line *out)
{
	char sentence[256];

	line_members(event_text(f, event), out, sentence, sizeof(sentence)); /* judged when opened */
	out->number = (int)event + 2;
}

struct skeleton *trace_file_skeleton(const struct trace_file *f, size_t event, struct slice *leaves)
{
	struct slice line = event_text(f, event);
	struct skeleton *s = skeleton_match(f->skeletons, line, leaves);

	return s ? s : skeleton_learn(f->skeletons, line, leaves);
}

struct skeleton_set *trace_file_skeletons(const struct trace_file *f)
{
	return f->skeletons;
}

json_t *trace_file_event(const struct trace_file *f, size_t event)
{
	json_error_t jerr;

	return line_tree(event_text(f, event), &jerr);
}
