/*
 * layer: a room of the libpq or libcurl layer, or of trust.
 *
 * The real function is found per caller: two versions of one library may be
 * loaded, and one that Python loaded RTLD_LOCAL is in nobody's global scope.
 * Found once for each call site, and again when objects have come or gone.
 *
 * A layer only watches and, when a rule says so, answers: with layers off, in
 * a program that seam leaves alone, and for calls inside the library itself,
 * the room is quiet and only forwards. Most calls are watched without a word
 * to the host: what they did to which handle is kept in the process's table
 * (handles.h).
 */
#ifndef SHIM_LAYER_H
#define SHIM_LAYER_H

#include "call.h"
#include "handles.h"
#include "object.h"

struct layer {
	struct call call;
	struct object caller, holder;
	struct handle_site site; /* of the call */
	bool quiet;       /* forward, keep nothing, tell nobody */
	bool ask;         /* a rule may answer */
	bool told;        /* an event of its own; else layer->call is not used */
	struct wire_call_is answer;
};

/* The real function, or NULL: return what the library would give for failure. */
void *layer_enter(struct layer *layer, const void *caller, enum layer_function function);
/* The same for a function that is in no layer: always quiet. */
void *layer_begin(struct layer *layer, const void *caller, const char *function);
/* Another function of the same library. */
void *layer_also(const struct layer *layer, const char *function);

/* Arguments of a call that is told. */
void layer_pointer(struct layer *layer, const void *value);
void layer_string(struct layer *layer, const char *value);

/* After the arguments: true when a rule has answered. Else the real call comes next. */
bool layer_answered(struct layer *layer);
void *layer_answer_pointer(const struct layer *layer);
int layer_answer_int(const struct layer *layer, int otherwise);

/* After the real call. Each returns its argument. */
void *layer_end_pointer(struct layer *layer, void *result);
int layer_end_int(struct layer *layer, int result);
void layer_end_void(struct layer *layer);

#endif
