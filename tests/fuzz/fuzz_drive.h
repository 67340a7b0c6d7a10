/*
 * fuzz_drive: bytes of a fuzzer through a service whose requests come over
 * HTTP, as the host would drive it. The first byte says in pieces of how many
 * bytes the rest arrives (0: all at once).
 */
#ifndef TESTS_FUZZ_DRIVE_H
#define TESTS_FUZZ_DRIVE_H

#include <stdlib.h>

#include "service/service.h"

/* Answers by the fake, or with `answer` for a service without one. */
static void fuzz_drive(const struct service_type *type, void *fake, void (*answer)(struct request *req, struct reply *reply),
		       const uint8_t *bytes, size_t size)
{
	struct link link = { .id = 1, .boundary = SLICE_LIT("a.test:80"), .now_ns = 1763637286000000000u };
	struct slice rest = size ? slice_of((const char *)bytes + 1, size - 1) : SLICE_NONE;
	size_t piece = size && bytes[0] ? bytes[0] : rest.len;
	void *state = type->codec->new(&link, fake);
	struct request req = {0};
	struct arena arena;
	struct buf in, out;
	bool open = true;

	arena_init(&arena);
	req.arena = &arena;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 26);
	while (open && rest.len) {
		enum decode d;
		buf_add_slice(&in, slice_take(rest, piece));
		rest = slice_skip(rest, piece);
		do {
			size_t used = 0;
			char *exact = malloc(in.len ? in.len : 1); /* so that a read past the slice is seen */
			memcpy(exact, in.ptr, in.len);
			d = type->codec->decode(state, slice_of(exact, in.len), &used, &req, &out);
			free(exact);
			if (used > in.len || (d == DECODE_MORE && used) || (d == DECODE_OWN && !used))
				abort();
			buf_drop(&in, used);
			if (d == DECODE_REQUEST) {
				struct reply reply = { .port = req.port };
				struct body *tail = NULL;
				if (answer)
					answer(&req, &reply);
				else if (!type->fake->answer(fake, state, &req, &reply))
					abort();
				open = type->codec->encode(state, &req, &reply, &out, &tail);
				body_free(tail);
				reply_release(&reply);
				request_release(&req);
				arena_reset(&arena);
				req = (struct request){ .arena = &arena };
			} else if (d == DECODE_BAD || d == DECODE_CLOSE) {
				open = false;
			}
			buf_reset(&out);
		} while (open && d != DECODE_MORE);
	}
	type->codec->clean_end(state);
	type->codec->free(state);
	request_release(&req);
	arena_release(&arena);
	buf_release(&in);
	buf_release(&out);
}

#endif
