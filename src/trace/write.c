/*
 * write: the life of a trace on disk. Events gather in memory, one write(2)
 * puts whole lines into the file, so that whoever is killed leaves whole lines.
 */
#include "trace/write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"
#include "trace/format.h"
#include "trace/jscan.h"

#define TRACE_SEMCONV "1.44.0"
#define TRACE_INLINE 4096                    /* bytes of a body that stay in the event */
#define TRACE_PENDING (1024 * 1024)          /* bytes that are written without waiting for a flush */
#define TRACE_PENDING_MAX ((size_t)1 << 30)  /* an event cannot be larger: bodies go to blobs */

struct trace {
	char *path;
	int fd;
	struct format format;
	struct buf pending;       /* whole lines */
	uint64_t pending_events;
	struct map streams;       /* name -> events so far, +0 as a pointer */
	struct buf stream;        /* the name of the event at hand */
	uint64_t events, dropped; /* written or pending; lost */
	uint64_t size;            /* of the file up to its last whole line */
	bool failed;
};

/* ---- header and trailer ------------------------------------------------ */

static void add_strings(struct buf *out, const char *const *list, size_t count)
{
	buf_add_char(out, '[');
	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_add_char(out, ',');
		jscan_add_string(out, slice_str(list[i]));
	}
	buf_add_char(out, ']');
}

static void add_header(struct trace *t, const struct trace_header *h)
{
	struct buf *out = &t->pending;
	struct tm tm;
	char when[64];

	gmtime_r(&h->start.tv_sec, &tm);
	strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_add_str(out, "{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"by\":\"seam " SEAM_VERSION "\",\"run\":");
	jscan_add_string(out, slice_str(h->run));
	buf_addf(out, ",\"start\":\"%s.%09ldZ\",\"semconv\":\"" TRACE_SEMCONV "\",\"canonical\":false,\"argv\":", when,
		 (long)h->start.tv_nsec);
	redact_args(&t->format.redact, h->argv, out);
	buf_add_str(out, ",\"mode\":");
	jscan_add_string(out, slice_str(h->mode));
	if (h->mode_why) {
		buf_add_str(out, ",\"mode_why\":");
		jscan_add_string(out, slice_str(h->mode_why));
	}
	buf_add_str(out, ",\"seed\":");
	if (h->seed < (uint64_t)1 << 53)
		buf_add_u64(out, h->seed);
	else
		buf_addf(out, "\"%llu\"", (unsigned long long)h->seed);
	buf_add_str(out, ",\"rules\":");
	add_strings(out, h->rules, h->nrules);
	buf_addf(out, ",\"redact\":{\"mode\":\"hmac\"},\"inline_max\":%zu}\n", t->format.inline_max);
}

static void add_trailer(struct trace *t, const struct trace_trailer *r)
{
	struct buf *out = &t->pending;

	buf_addf(out, "{\"k\":\"seam.end\",\"events\":%llu,\"dropped\":%llu,\"streams\":%zu,\"unmatched\":%llu,\"processes\":%llu",
		 (unsigned long long)t->events, (unsigned long long)t->dropped, t->streams.live, (unsigned long long)r->unmatched,
		 (unsigned long long)r->processes);
	buf_add_str(out, ",\"unshimmed\":");
	add_strings(out, r->unshimmed, r->nunshimmed);
	if (r->nunshimmed) {
		buf_add_str(out, ",\"unshimmed_why\":");
		add_strings(out, r->unshimmed_why, r->nunshimmed);
	}
	buf_add_str(out, ",\"leaks\":");
	buf_add_slice(out, r->leaks.len ? r->leaks : SLICE_LIT("{\"connections\":0,\"results\":0}"));
	if (r->hygiene.len) {
		buf_add_str(out, ",\"hygiene\":");
		buf_add_slice(out, r->hygiene);
	}
	buf_add_str(out, ",\"unused_rules\":");
	add_strings(out, r->unused_rules, r->nunused);
	buf_addf(out, ",\"exit\":%d}\n", r->exit);
}

/* ---- life -------------------------------------------------------------- */

static void trace_free(struct trace *t)
{
	if (t->fd >= 0)
		close(t->fd); /* drops the lock */
	format_release(&t->format);
	buf_release(&t->pending);
	buf_release(&t->stream);
	map_release(&t->streams);
	free(t->path);
	free(t);
}

static bool may_replace(const struct trace *t)
{
	struct stat st;

	return lstat(t->path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1 && st.st_size > 0;
}

/* The lock comes before the file is cut, so that a run never empties the trace
 * of another that is still going. An old trace makes room for a new file where
 * that is possible: ext4 writes a file that was cut to nothing through to the
 * disk when it is closed, which costs more than a short run. */
static int open_file(struct trace *t, struct err *err)
{
	t->fd = open(t->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	if (t->fd < 0)
		return err_at(err, ERR_IO, t->path, 0, 0, "cannot write the trace: %s", strerror(errno));
	if (flock(t->fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK)
		return err_at(err, ERR_IO, t->path, 0, 0,
			      "the trace is in use: another run writes it, or a command reads it; give this run a name of its own");
	if (may_replace(t) && unlink(t->path) == 0) {
		close(t->fd);
		t->fd = open(t->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (t->fd < 0 || flock(t->fd, LOCK_EX | LOCK_NB) < 0)
			return err_at(err, ERR_IO, t->path, 0, 0, "cannot write the trace: %s", strerror(errno));
	}
	/* A pipe or a terminal cannot be cut and need not be. */
	if (ftruncate(t->fd, 0) < 0 && errno != EINVAL)
		return err_at(err, ERR_IO, t->path, 0, 0, "cannot write the trace: %s", strerror(errno));
	return 0;
}

int trace_open(struct trace **out, const struct trace_header *h, struct err *err)
{
	struct trace *t = calloc(1, sizeof(*t));
	int rc;

	*out = NULL;
	if (!t || !(t->path = strdup(h->path))) {
		free(t);
		return err_set(err, ERR_IO, "out of memory");
	}
	t->fd = -1;
	buf_init(&t->pending, TRACE_PENDING_MAX);
	buf_init(&t->stream, 64 * 1024);
	map_init(&t->streams);
	rc = format_init(&t->format, t->path, h->inline_max ? h->inline_max : TRACE_INLINE, h->redact, h->correlate, err);
	if (!rc)
		rc = open_file(t, err);
	if (!rc) {
		add_header(t, h);
		if (trace_flush(t) < 0)
			rc = err_at(err, ERR_IO, t->path, 0, 0, "cannot write the trace: %s", strerror(errno));
	}
	if (rc)
		trace_free(t);
	else
		*out = t;
	return rc;
}

int trace_close(struct trace *t, const struct trace_trailer *trailer)
{
	trace_flush(t);
	add_trailer(t, trailer);
	int rc = trace_flush(t);
	if (t->dropped)
		rc = -1;
	trace_free(t);
	return rc;
}

void trace_abandon(struct trace *t)
{
	if (!t)
		return;
	trace_flush(t);
	trace_free(t);
}

/* ---- events ------------------------------------------------------------ */

void trace_write(struct trace *t, const struct event *e)
{
	size_t from = t->pending.len;
	uint64_t lost = t->format.lost_blobs;

	buf_reset(&t->stream);
	stream_name_add(&t->stream, &e->st);
	struct slice stream = buf_slice(&t->stream);
	uintptr_t seq = (uintptr_t)map_get(&t->streams, stream);
	format_event(&t->format, e, stream, seq, t->events, &t->pending);
	if (buf_failed(&t->pending)) {
		/* Keep what was whole. */
		t->pending.failed = false;
		buf_cut(&t->pending, from);
		t->dropped++;
		return;
	}
	/* seq counts what is in the file, hence after the event is sure. */
	map_set(&t->streams, stream, (void *)(seq + 1));
	t->events++;
	t->pending_events++;
	if (t->format.lost_blobs != lost)
		t->dropped++;
	if (t->pending.len >= TRACE_PENDING)
		trace_flush(t);
}

int trace_flush(struct trace *t)
{
	size_t done = 0;

	if (!t->pending.len)
		return t->failed ? -1 : 0;
	while (done < t->pending.len) {
		ssize_t n = write(t->fd, t->pending.ptr + done, t->pending.len - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	if (done == t->pending.len) {
		t->size += done;
	} else {
		/* Half a line would make the whole file unreadable. */
		if (ftruncate(t->fd, (off_t)t->size) == 0)
			lseek(t->fd, (off_t)t->size, SEEK_SET);
		t->failed = true;
		t->dropped += t->pending_events;
		t->events -= t->pending_events;
	}
	buf_reset(&t->pending);
	t->pending_events = 0;
	return t->failed ? -1 : 0;
}

bool trace_hides(const struct trace *t, struct slice text)
{
	return redact_knows(&t->format.redact, text);
}

uint64_t trace_events(const struct trace *t)
{
	return t->events;
}

uint64_t trace_dropped(const struct trace *t)
{
	return t->dropped;
}
