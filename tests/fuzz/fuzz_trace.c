/*
 * fuzz_trace: whatever bytes call themselves a trace are read, made canonical,
 * compared with themselves and with a sound trace, without a crash and with a
 * verdict that holds.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/canon.h"
#include "trace/diff.h"
#include "trace/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char sound[] =
	"{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"start\":\"2026-11-20T11:14:46Z\",\"canonical\":false}\n"
	"{\"k\":\"http\",\"st\":\"p/s/b:1#0\",\"seq\":0,\"sum\":\"GET /x\",\"ok\":true,\"by\":\"rule\",\"a\":{\"u\":\"7f0c8a52-5d0e-4b57-9d5f-0f6f2f1f9a11\"},\"t\":{\"n\":0,\"ts\":5}}\n"
	"{\"k\":\"seam.end\",\"events\":1,\"dropped\":0}\n";

static struct trace_file *open_bytes(const void *data, size_t size, bool lenient)
{
	char path[64];
	struct trace_file *f = NULL;
	struct err err = { 0 };
	int fd = memfd_create("trace", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (trace_file_open(&f, path, lenient, 0, &err) < 0 && (!err.code || !err.text[0]))
		abort(); /* a failure without a reason */
	close(fd);
	return f;
}

static uint64_t compare(const struct trace_file *a, const struct trace_file *b, const char *order)
{
	struct diff_options o = { .order = order };
	struct diff d;
	struct err err = { 0 };
	uint64_t findings = 0;

	if (diff_traces(&d, a, b, &o, &err) == 0) {
		findings = d.nfindings;
		if (d.same + d.moved + d.changed + d.missing != d.golden_events && !order)
			abort(); /* a golden line was lost or counted twice */
		if (d.same + d.moved + d.changed + d.extra != d.run_events && !order)
			abort();
		diff_release(&d);
	}
	return findings;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace_file *f = open_bytes(data, size, true), *good = open_bytes(sound, sizeof(sound) - 1, false);
	struct buf out;
	struct err err = { 0 };

	if (f) {
		json_t *e;
		buf_init(&out, 64 * 1024 * 1024);
		for (size_t i = 0; i < trace_file_count(f) && i < 4; i++) {
			e = trace_file_event(f, i);
			json_decref(e);
		}
		if (canon_write(f, NULL, NULL, &out, &err) == 0 && trace_file_trailer(f)) {
			/* What was made canonical can be read. */
			struct trace_file *golden = open_bytes(out.ptr, out.len, true);
			if (!golden)
				abort();
			trace_file_close(golden);
		}
		buf_release(&out);
		if (compare(f, f, NULL) != 0)
			abort(); /* a trace that differs from itself */
		compare(f, good, NULL);
		compare(good, f, NULL);
		compare(f, good, "bag");
		compare(f, good, "key");
		compare(f, good, "strict");
	}
	trace_file_close(f);
	trace_file_close(good);
	return 0;
}
