/*
 * fuzz_trace: whatever bytes call themselves a trace are read, made canonical,
 * compared with themselves and with a sound trace, without a crash and with a
 * verdict that holds.
 *
 *	clang -fsanitize=fuzzer,address,undefined -DFUZZ ...   libFuzzer
 *	gcc ...; ./fuzz_trace FILE...                          replay
 *	gcc ...; ./fuzz_trace --mutate SEED COUNT FILE...      a plain mutator, for compilers without libFuzzer
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

#ifndef FUZZ
static size_t load(const char *path, uint8_t *room, size_t max)
{
	FILE *f = fopen(path, "rb");
	size_t n = f ? fread(room, 1, max, f) : 0;

	if (f)
		fclose(f);
	return n;
}

static uint64_t next(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 2685821657736338717u;
}

/* Bytes changed, pieces cut, doubled, and words of the format put in. */
static size_t mutate(uint8_t *p, size_t n, size_t max, uint64_t *s)
{
	static const char *const words[] = { "\"", "\\", "{", "}", "[", "]", ",", ":", "null", "\n", "\"t\":{}", "<uuid:ab>", "<time>", "<", "#1", "/",
					     "%2F", "\\u0001", "\"seam.parent\":\"p\"", "proc.start", "conn.open", "\"by\":\"none\"", "1795173286", "sha256:", "blob",
					     "2026-11-20T11:14:46Z", "boundary=xxxxxxxx", "-/127.0.0.1:40000", "9999999999999999999", "1e400", "\xff", "[2]" };

	for (unsigned rounds = 1 + (unsigned)(next(s) % 4); rounds && n; rounds--) {
		size_t at = next(s) % n, len = next(s) % 64;
		len = len > n - at ? n - at : len;
		const char *w = words[next(s) % (sizeof(words) / sizeof(words[0]))];
		size_t wl = strlen(w);
		switch (next(s) % 5) {
		case 0:
			p[at] = (uint8_t)next(s);
			break;
		case 1:
			memmove(p + at, p + at + len, n - at - len);
			n -= len;
			break;
		case 2:
			if (n + len > max)
				break;
			memmove(p + at + len, p + at, n - at);
			n += len;
			break;
		case 3:
			if (n + wl > max)
				break;
			memmove(p + at + wl, p + at, n - at);
			memcpy(p + at, w, wl);
			n += wl;
			break;
		default:
			memcpy(p + at, w, wl > n - at ? n - at : wl);
			break;
		}
	}
	return n;
}

int main(int argc, char **argv)
{
	enum { MAX = 1 << 20 };
	uint8_t *seed = malloc(MAX), *work = malloc(2 * MAX);
	int first = 1;
	uint64_t state = 1, count = 0;

	if (argc > 3 && strcmp(argv[1], "--mutate") == 0) {
		state = strtoull(argv[2], NULL, 10) * 2 + 1;
		count = strtoull(argv[3], NULL, 10);
		first = 4;
	}
	if (first >= argc) {
		fputs("usage: fuzz_trace [--mutate SEED COUNT] FILE...\n", stderr);
		return 2;
	}
	for (int i = first; i < argc; i++) {
		size_t n = load(argv[i], seed, MAX);
		LLVMFuzzerTestOneInput(seed, n);
		for (uint64_t k = 0; k < count; k++) {
			memcpy(work, seed, n);
			size_t m = mutate(work, n, 2 * MAX, &state);
			/* Kept, so that a crash leaves its input behind. */
			const char *keep = getenv("FUZZ_KEEP");
			if (keep) {
				FILE *f = fopen(keep, "wb");
				fwrite(work, 1, m, f);
				fclose(f);
			}
			LLVMFuzzerTestOneInput(work, m);
		}
	}
	printf("fuzz_trace: %d files, %llu mutations each, no finding\n", argc - first, (unsigned long long)count);
	free(seed);
	free(work);
	return 0;
}
#endif
