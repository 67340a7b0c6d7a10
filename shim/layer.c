/*
 * layer: what the rooms of libpq.c, libpq_use.c, libcurl.c and trust.c have in
 * common.
 */
#include "layer.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

#define KNOWN_MAX 1024 /* call sites remembered; the others are looked for each time */
#define PROBES 16

static const struct {
	const char *name;
	uint32_t layer;
	bool told;
} functions[LAYER_FUNCTIONS] = {
#define LAYER_FUNCTION(name, layer, told) [LAYER_##name] = { #name, PAGE_LAYER_##layer, told },
#include "wire/layers.def"
};

/* What a call site, or any site of an object, means by a function. `epoch` says
 * when that was true; a row of another epoch is void, and may be written anew. */
struct known {
	_Atomic uintptr_t key; /* return address, or the object's dynamic section; or one of these */
	_Atomic unsigned long long epoch;
	const char *function;
	void *real;
	struct object from, holder;
};
static struct known known[KNOWN_MAX];
enum { KNOWN_FREE = 0, KNOWN_BUSY = 1, KNOWN_VOID = 2 };

static uint32_t place_of(uintptr_t key, const char *function)
{
	return (uint32_t)((key * 0x9E3779B97F4A7C15u ^ (uintptr_t)function) >> 16) % KNOWN_MAX;
}

/* True when it was found and still holds. */
static bool recall(struct layer *layer, uintptr_t key, const char *function, unsigned long long epoch, void **real)
{
	uint32_t at = place_of(key, function);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct known *row = &known[(at + i) % KNOWN_MAX];
		uintptr_t found = atomic_load(&row->key);

		if (found == KNOWN_FREE)
			return false;
		if (found != key || row->function != function)
			continue;
		if (atomic_load(&row->epoch) != epoch) {
			atomic_compare_exchange_strong(&row->key, &found, KNOWN_VOID);
			return false;
		}
		layer->caller = row->from;
		layer->holder = row->holder;
		*real = row->real;
		atomic_thread_fence(memory_order_acquire);
		return atomic_load(&row->key) == key && atomic_load(&row->epoch) == epoch; /* nobody has changed it meanwhile */
	}
	return false;
}

static void remember(const struct layer *layer, uintptr_t key, const char *function, void *real, unsigned long long epoch)
{
	uint32_t at = place_of(key, function);

	for (uint32_t i = 0; i < PROBES; i++) {
		struct known *row = &known[(at + i) % KNOWN_MAX];
		uintptr_t found = atomic_load(&row->key);

		if ((found != KNOWN_FREE && found != KNOWN_VOID) || !atomic_compare_exchange_strong(&row->key, &found, KNOWN_BUSY))
			continue;
		row->function = function;
		row->real = real;
		row->from = layer->caller;
		row->holder = layer->holder;
		atomic_store(&row->epoch, epoch);
		atomic_store(&row->key, key);
		return;
	}
}

/* A library's function that ends in a jump to another one of it (SSL_CTX_new to SSL_CTX_new_ex) returns
 * into the room that called it: then it is the library that calls, the one that this thread entered last. */
static __thread struct object entered;

static void *find(struct layer *layer, const void *caller, const char *function)
{
	unsigned long long epoch = object_epoch();
	void *real;

	if (recall(layer, (uintptr_t)caller, function, epoch, &real))
		return real;
	if (!object_at(&layer->caller, caller))
		return NULL;
	bool jumped = object_is_self(&layer->caller);
	if (jumped && !entered.dyn)
		return NULL;
	if (jumped)
		layer->caller = entered;
	uintptr_t object = (uintptr_t)layer->caller.dyn;
	if (!recall(layer, object, function, epoch, &real)) {
		real = object_real(&layer->caller, function, NULL, &layer->holder);
		if (real)
			remember(layer, object, function, real, epoch);
	}
	if (real && !jumped)
		remember(layer, (uintptr_t)caller, function, real, epoch);
	return real;
}

static void *begin(struct layer *layer, const void *caller, const char *function)
{
	void *real = find(layer, caller, function);

	if (!real) {
		shim_log("no real function for this caller", function);
		return NULL;
	}
	entered = layer->holder;
	layer->site = (struct handle_site){ .address = (uintptr_t)caller,
					    .offset = (uintptr_t)caller - layer->caller.base,
					    .object = object_name(&layer->caller) };
	return real;
}

void *layer_begin(struct layer *layer, const void *caller, const char *function)
{
	int kept = errno;
	void *real;

	shim_awake();
	layer->quiet = true;
	layer->ask = layer->told = false;
	real = begin(layer, caller, function);
	errno = kept;
	return real;
}

void *layer_enter(struct layer *layer, const void *caller, enum layer_function function)
{
	int kept = errno;
	bool awake = shim_awake();
	void *real;

	if (awake)
		calls_refresh();
	real = begin(layer, caller, functions[function].name);
	layer->quiet = !real || !awake || shim.layers_off || !shim.page ||
		       !(shim.page->layers & functions[function].layer) || layer->holder.dyn == layer->caller.dyn;
	layer->ask = !layer->quiet && __atomic_load_n(&shim.page->ask[function], __ATOMIC_RELAXED);
	layer->told = !layer->quiet && (functions[function].told || layer->ask);
	if (layer->told) {
		call_init(&layer->call, functions[function].name, object_name(&layer->holder), object_name(&layer->caller));
		layer->call.frame.caller_offset = layer->site.offset;
	}
	errno = kept;
	return real;
}

void *layer_also(const struct layer *layer, const char *function)
{
	return object_symbol(&layer->holder, function);
}

void layer_pointer(struct layer *layer, const void *value)
{
	if (layer->told)
		call_pointer(&layer->call, value);
}

void layer_string(struct layer *layer, const char *value)
{
	if (layer->told)
		call_string(&layer->call, value);
}

bool layer_answered(struct layer *layer)
{
	if (!layer->told)
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
	if (!layer->told)
		return result;
	call_returned(&layer->call);
	call_pointer(&layer->call, result);
	call_report(&layer->call);
	return result;
}

int layer_end_int(struct layer *layer, int result)
{
	if (!layer->told)
		return result;
	call_returned(&layer->call);
	call_int(&layer->call, result);
	call_report(&layer->call);
	return result;
}

void layer_end_void(struct layer *layer)
{
	if (!layer->told)
		return;
	call_returned(&layer->call);
	call_report(&layer->call);
}
