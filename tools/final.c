/*
 * final: finds the rows beside a trace and takes them over into a golden. Writing
 * them at the end of a run is the host's (src/host/final.c), comparing them is
 * the diff's.
 */
#include "final.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd.h"
#include "trace/canon.h"

static bool path_of(const char *trace, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%s.blobs/final.trace", trace) < size;
}

static bool same_run(const struct trace_file *a, const struct trace_file *b)
{
	json_t *x = json_object_get(trace_file_header(a), "run"), *y = json_object_get(trace_file_header(b), "run");

	return trace_file_canonical(a) == trace_file_canonical(b) && (!x || (y && json_equal(x, y)));
}

bool final_open(const struct trace_file *f, struct trace_file **out)
{
	struct err err = { 0 };
	char path[4200];

	*out = NULL;
	if (!path_of(trace_file_path(f), path, sizeof(path)) || access(path, F_OK) < 0 || trace_file_open(out, path, false, 0, &err) < 0)
		return false;
	if (same_run(f, *out))
		return true;
	trace_file_close(*out);
	*out = NULL;
	return false;
}

static int by_line(const void *a, const void *b)
{
	return slice_cmp(*(const struct slice *)a, *(const struct slice *)b);
}

/* Rows with a new id in each run came in another order: by what is left of them. */
static void sort_lines(struct slice text, struct buf *out)
{
	size_t n = 0, cap = 1024;
	struct slice *lines = malloc(cap * sizeof(*lines)), line;

	for (struct slice rest = text; lines && rest.len;) {
		line = slice_split(&rest, '\n');
		if (n == cap)
			lines = realloc(lines, (cap *= 2) * sizeof(*lines));
		if (lines && line.len)
			lines[n++] = line;
	}
	if (!lines)
		abort();
	if (n > 2)
		qsort(lines + 1, n - 2, sizeof(*lines), by_line); /* header and trailer stay */
	for (size_t i = 0; i < n; i++) {
		buf_add_slice(out, lines[i]);
		buf_add_char(out, '\n');
	}
	free(lines);
}

void final_forget(const char *golden)
{
	char path[4200];

	if (path_of(golden, path, sizeof(path)))
		unlink(path);
}

static int write_to(const char *golden, struct slice text, struct err *err)
{
	char path[4200], folder[4200];
	FILE *f;

	if (!path_of(golden, path, sizeof(path)))
		return err_at(err, ERR_IO, golden, 0, 0, "the path is too long for what lies beside it");
	snprintf(folder, sizeof(folder), "%s.blobs", golden);
	mkdir(folder, 0777);
	f = fopen(path, "w");
	bool good = f && fwrite(text.ptr, 1, text.len, f) == text.len;
	if (f && fclose(f) != 0)
		good = false;
	return good ? 0 : err_at(err, ERR_IO, path, 0, 0, "cannot be written");
}

int final_accept(const char *golden, const struct trace_file *run, json_t *mask, json_t *normalise, struct err *err)
{
	struct trace_file *f;
	struct buf text, sorted;
	int rc;

	if (!final_open(run, &f)) {
		final_forget(golden);
		return 0;
	}
	buf_init(&text, (size_t)1 << 40);
	buf_init(&sorted, (size_t)1 << 40);
	rc = canon_write(f, mask, normalise, &text, err);
	if (!rc) {
		sort_lines(buf_slice(&text), &sorted);
		rc = write_to(golden, buf_slice(&sorted), err);
	}
	buf_release(&text);
	buf_release(&sorted);
	trace_file_close(f);
	return rc;
}
