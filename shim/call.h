/*
 * call: one library call as the host hears of it.
 *
 * A value on the stack: arguments are added in order, then (after
 * call_returned) the result. Strings and buffers are not copied: they are sent
 * from where they lie, and cut when a frame has no room left.
 */
#ifndef SHIM_CALL_H
#define SHIM_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "wire/wire.h"

struct call {
	struct wire_call frame;
	const char *function, *library, *object; /* its name, who holds it, who calls it: file names */
	struct iovec bytes[WIRE_ARGS_MAX + 1];   /* of the string and buffer values */
	int with_bytes;
	size_t room;                             /* bytes that the frame still takes */
	bool returned;
	struct wire_value *late;                 /* the next value is this out-parameter's */
	uint64_t began_ns;
};

void call_init(struct call *call, const char *function, const char *library, const char *object);

/* The next argument; after call_returned() the result. Beyond WIRE_ARGS_MAX
 * arguments are counted and not sent. */
void call_int(struct call *call, int64_t value);
void call_double(struct call *call, double value);
void call_pointer(struct call *call, const void *value);
void call_string(struct call *call, const char *value); /* may be NULL */
void call_buffer(struct call *call, const void *value, size_t len);

/* An out-parameter: its value is known after the call, and then filled in with
 * call_late(i) and one of the above, in the order of arguments, before the result. */
void call_out(struct call *call);
void call_late(struct call *call, int i);

/* May a rule answer? True: it has, `reply` holds the result and, for a string,
 * its bytes behind it, then those of out-parameters. Waits as the rule says.
 * Without a host: false. */
bool call_ask(struct call *call, struct wire_call_is *reply, size_t size);

/* The real call starts, has come back, is told to the host. */
void call_began(struct call *call);
void call_returned(struct call *call);
void call_report(struct call *call);

#endif
