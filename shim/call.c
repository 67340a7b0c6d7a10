/*
 * call: builds the frames WIRE_CALL and WIRE_CALL_ASK.
 */
#include <string.h>
#include <time.h>

#include "call.h"
#include "line.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

#define NAME_MAX_BYTES 255
/* What values may take of a frame, next to its fixed part and three names. */
#define VALUES_MAX (WIRE_FRAME_MAX - (int)sizeof(struct wire_call) - 3 * (NAME_MAX_BYTES + 2))

static void wait_ms(uint32_t ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000L };

	while (sys(SYS_nanosleep, &left, &left) == -EINTR)
		;
}

static uint64_t now_ns(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void call_init(struct call *call, const char *function, const char *library, const char *object)
{
	memset(call, 0, sizeof(*call));
	call->frame.function = PAGE_NONE;
	call->function = function;
	call->library = library;
	call->object = object;
	call->room = VALUES_MAX;
}

static struct wire_value *next(struct call *call)
{
	uint32_t n = call->frame.nargs;
	struct wire_value *late = call->late;

	call->late = NULL;
	if (late)
		return late;
	if (call->returned)
		return &call->frame.result;
	call->frame.nargs++;
	return n < WIRE_ARGS_MAX ? &call->frame.args[n] : NULL;
}

static void put(struct call *call, struct wire_value value, const void *bytes, size_t len)
{
	struct wire_value *at = next(call);

	if (!at)
		return;
	if (bytes) {
		value.cut = len > call->room;
		value.len = (uint32_t)(value.cut ? call->room : len);
		call->room -= value.len;
		call->bytes[call->with_bytes++] = (struct iovec){ (void *)bytes, value.len };
	}
	value.late = at->late;
	*at = value;
}

void call_out(struct call *call)
{
	uint32_t n = call->frame.nargs;

	if (n < WIRE_ARGS_MAX)
		call->frame.args[n].late = 1;
	put(call, (struct wire_value){ .kind = WIRE_VOID }, NULL, 0);
}

void call_late(struct call *call, int i)
{
	call->late = &call->frame.args[i];
}

void call_int(struct call *call, int64_t value)
{
	put(call, (struct wire_value){ .kind = WIRE_INT, .v.i = value }, NULL, 0);
}

void call_double(struct call *call, double value)
{
	put(call, (struct wire_value){ .kind = WIRE_DOUBLE, .v.d = value }, NULL, 0);
}

void call_pointer(struct call *call, const void *value)
{
	put(call, (struct wire_value){ .kind = value ? WIRE_POINTER : WIRE_NULL, .v.i = (int64_t)(intptr_t)value }, NULL,
	    0);
}

void call_string(struct call *call, const char *value)
{
	put(call, (struct wire_value){ .kind = value ? WIRE_STRING : WIRE_NULL }, value, value ? strlen(value) : 0);
}

void call_buffer(struct call *call, const void *value, size_t len)
{
	put(call, (struct wire_value){ .kind = value ? WIRE_BUFFER : WIRE_NULL, .v.i = (int64_t)len }, value, len);
}

static int call_pieces(struct call *call, struct iovec pieces[7 + WIRE_ARGS_MAX + 1], uint16_t lens[3])
{
	int n = 1;

	pieces[0] = (struct iovec){ &call->frame, sizeof(call->frame) };
	n += line_string(pieces + n, &lens[0], call->function, NAME_MAX_BYTES);
	n += line_string(pieces + n, &lens[1], call->library, NAME_MAX_BYTES);
	n += line_string(pieces + n, &lens[2], call->object, NAME_MAX_BYTES);
	memcpy(pieces + n, call->bytes, (size_t)call->with_bytes * sizeof(struct iovec));
	return n + call->with_bytes;
}

bool call_ask(struct call *call, struct wire_call_is *reply, size_t size)
{
	struct iovec pieces[7 + WIRE_ARGS_MAX + 1];
	uint16_t lens[3];
	int n = call_pieces(call, pieces, lens);

	if (page_over())
		return false;
	n = line_ask(WIRE_CALL_ASK, pieces, n, WIRE_CALL_IS, reply, size, -1);
	if (n < (int)sizeof(*reply))
		return false;
	if (reply->delay_ms)
		wait_ms(reply->delay_ms);
	return reply->answered;
}

void call_began(struct call *call)
{
	call->began_ns = now_ns();
}

void call_returned(struct call *call)
{
	call->frame.duration_ns = now_ns() - call->began_ns;
	call->returned = true;
}

void call_report(struct call *call)
{
	struct iovec pieces[7 + WIRE_ARGS_MAX + 1];
	uint16_t lens[3];
	int n = call_pieces(call, pieces, lens);

	if (!page_over())
		line_say(WIRE_CALL, pieces, n);
}
