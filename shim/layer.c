/*
 * layer: what the rooms of libpq.c, libcurl.c and trust.c have in common.
 */
#include "layer.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

void *layer_begin(struct layer *layer, const void *caller, const char *function, uint32_t page_layer)
{
	int kept = errno;
	bool awake = shim_awake();
	void *found = NULL;

	if (awake)
		calls_refresh();
	layer->quiet = !awake || shim.layers_off || !shim.page || !(shim.page->layers & page_layer);
	layer->ask = !layer->quiet && shim.page->ask_layers & page_layer;
	if (object_at(&layer->caller, caller))
		found = object_real(&layer->caller, function, NULL, &layer->holder);
	if (!found) {
		shim_log("no real function for this caller", function);
	} else {
		layer->quiet |= layer->holder.dyn == layer->caller.dyn;
		call_init(&layer->call, function, object_name(&layer->holder), object_name(&layer->caller));
		layer->call.frame.caller_offset = (uintptr_t)caller - layer->caller.base;
	}
	errno = kept;
	return found;
}

void *layer_also(const struct layer *layer, const char *function)
{
	return object_symbol(&layer->holder, function);
}

bool layer_answered(struct layer *layer)
{
	if (layer->quiet)
		return false;
	if (layer->ask && call_ask(&layer->call, &layer->answer, sizeof(layer->answer))) {
		if (layer->answer.set_errno)
			errno = layer->answer.set_errno;
		return true;
	}
	call_began(&layer->call);
	return false;
}

void *layer_answer_pointer(const struct layer *layer)
{
	return layer->answer.result.kind == WIRE_POINTER || layer->answer.result.kind == WIRE_INT ?
		       (void *)(intptr_t)layer->answer.result.v.i :
		       NULL;
}

int layer_answer_int(const struct layer *layer, int otherwise)
{
	return layer->answer.result.kind == WIRE_INT ? (int)layer->answer.result.v.i : otherwise;
}

void *layer_end_pointer(struct layer *layer, void *result)
{
	if (layer->quiet)
		return result;
	call_returned(&layer->call);
	call_pointer(&layer->call, result);
	call_report(&layer->call);
	return result;
}

int layer_end_int(struct layer *layer, int result)
{
	if (layer->quiet)
		return result;
	call_returned(&layer->call);
	call_int(&layer->call, result);
	call_report(&layer->call);
	return result;
}

void layer_end_void(struct layer *layer)
{
	if (layer->quiet)
		return;
	call_returned(&layer->call);
	call_report(&layer->call);
}
