/*
 * Fuzz target for the Postgres codec.
 *
 * The first byte says how the rest is cut (0: not at all) and whether a startup
 * packet is put in front. Every request is answered, by turns with rows, an
 * error, COPY data or nothing, so that what follows an answer is reached too.
 */
#include <stdlib.h>

#include "service/service.h"

extern const struct service_type service_pg;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char startup[] = "\0\0\0\x10\0\3\0\0user\0a\0"; /* ends in the literal's own NUL */

static void answer(struct request *req, struct reply *reply, unsigned turn, void *state)
{
	static struct sql_column columns[] = { { .name = { "n", 1 }, .oid = 23 }, { .name = { "a", 1 }, .oid = 1009 } };
	static struct sql_value cells[] = { { .text = { "1", 1 } }, { .text = { "{x,NULL}", 8 } }, { .null = true }, { .null = true } };

	*reply = (struct reply){ .port = PORT_SQL, .by = BY_RULE };
	if (req->settled || turn % 5 == 4) {
		if (!service_pg.fake->answer(NULL, state, req, reply))
			reply->by = BY_NONE;
		return;
	}
	switch (turn % 5) {
	case 0:
	case 1:
		reply->sql = (struct sql_reply){ .has_rows = true, .columns = columns, .ncolumns = 2, .cells = cells, .nrows = 2 };
		break;
	case 2:
		reply->sql.error = ARENA_NEW(req->arena, struct sql_error);
		reply->failed = true;
		break;
	default:
		reply->sql.copy_out = body_of(SLICE_LIT("1\t2\n3"));
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct link link = { .id = 1 };
	struct request req = { 0 };
	struct buf in, out;
	struct arena arena;
	bool open = true;

	if (!size)
		return 0;
	size_t piece = data[0] & 0x7f, at = 1;
	void *state = service_pg.codec->new(&link, NULL);
	arena_init(&arena);
	req.arena = &arena;
	buf_init(&in, 1 << 20);
	buf_init(&out, 1 << 26);
	if (data[0] & 0x80)
		buf_add(&in, startup, sizeof(startup));
	for (unsigned turn = 0; open && !buf_failed(&out);) {
		size_t used = 0;
		char *exact = malloc(in.len ? in.len : 1); /* so that a read past the slice is seen */

		memcpy(exact, in.ptr, in.len);
		enum decode d = service_pg.codec->decode(state, slice_of(exact, in.len), &used, &req, &out);
		free(exact);
		if (used > in.len || (d == DECODE_MORE && used))
			abort();
		buf_drop(&in, used);
		if (d == DECODE_REQUEST) {
			struct body *tail = NULL;
			struct reply reply;

			answer(&req, &reply, turn++, state);
			open = service_pg.codec->encode(state, &req, &reply, &out, &tail);
			body_free(tail);
			reply_release(&reply);
			request_release(&req);
			arena_reset(&arena);
			req = (struct request){ .arena = &arena };
		} else if (d == DECODE_MORE) {
			size_t left = size - at, take = piece && piece < left ? piece : left;

			if (!left)
				break;
			buf_add(&in, data + at, take);
			at += take;
		} else if (d == DECODE_TLS) {
			link.tls = true;
		} else if (d != DECODE_OWN) {
			open = false;
		}
	}
	service_pg.codec->clean_end(state);
	service_pg.codec->free(state);
	request_release(&req);
	arena_release(&arena);
	buf_release(&in);
	buf_release(&out);
	return 0;
}
