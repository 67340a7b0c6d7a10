/*
 * layer: a room of the libpq or libcurl layer, or of trust.
 *
 * The real function is found per caller: two versions of one library may be
 * loaded, and one that Python loaded RTLD_LOCAL is in nobody's global scope.
 * A layer only watches and, when a rule says so, answers: with layers off, in
 * a program that seam leaves alone, and for calls inside the library itself,
 * the room is quiet and only forwards.
 */
#ifndef SHIM_LAYER_H
#define SHIM_LAYER_H

#include "call.h"
#include "object.h"

struct layer {
	struct call call;
	struct object caller, holder;
	bool quiet;       /* forward, tell nobody */
	bool ask;         /* a rule may answer */
	struct wire_call_is answer;
};

/* The real function, or NULL: return what the library would give for failure. */
void *layer_begin(struct layer *layer, const void *caller, const char *function, uint32_t page_layer);
/* Another function of the same library. */
void *layer_also(const struct layer *layer, const char *function);

/* After the arguments are in layer->call: true when a rule has answered. Else
 * the real call comes next. */
bool layer_answered(struct layer *layer);
void *layer_answer_pointer(const struct layer *layer);
int layer_answer_int(const struct layer *layer, int otherwise);

/* After the real call. Each returns its argument. */
void *layer_end_pointer(struct layer *layer, void *result);
int layer_end_int(struct layer *layer, int result);
void layer_end_void(struct layer *layer);

#endif
