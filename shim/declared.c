/*
 * declared: which slots of which objects lead to a declared function, and the
 * bindings that are put there instead (design 8).
 *
 * Looked for anew whenever an object was loaded since the last time. Only one
 * thread does it; another one that comes along does not wait, because it may
 * hold the loader's lock that the first one needs.
 */
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "object.h"
#include "closure.h"
#include "line.h"
#include "shim.h"
#include "sys.h"

#define BINDINGS_MAX 1024 /* declared functions times objects that call them */

static struct binding *bindings; /* room for all: never moves */
static int binding_count;
static _Atomic int busy;         /* pid of the process that is at it: a fork meanwhile does not block the child */
static _Atomic unsigned long long seen;

static bool enter(void)
{
	int me = (int)sys(SYS_getpid), holder = atomic_load(&busy);

	return holder != me && atomic_compare_exchange_strong(&busy, &holder, me);
}

static void leave(void)
{
	atomic_store(&busy, 0);
}

static uint32_t row_count(void)
{
	uint32_t n;

	if (!shim.page || shim.layers_off || !(shim.page->layers & PAGE_LAYER_CALLS))
		return 0;
	n = __atomic_load_n(&shim.page->calls, __ATOMIC_ACQUIRE);
	return n < PAGE_CALLS_MAX ? n : PAGE_CALLS_MAX;
}

static const struct page_call *row_of(const char *function, uint32_t *index)
{
	uint32_t n = row_count();

	for (*index = 0; *index < n; (*index)++)
		if (strcmp(shim.page->call[*index].function, function) == 0)
			return &shim.page->call[*index];
	return NULL;
}

static void copy_name(char to[64], const char *from)
{
	size_t len = strnlen(from, 63);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* The binding of a row for the object `caller`; made when it is not there. */
static struct binding *bind(const struct page_call *row, uint32_t index, const struct object *caller, void *found,
			    const struct object *holder)
{
	struct binding *b;

	for (int i = 0; i < binding_count; i++) {
		b = &bindings[i];
		if (b->row == row && b->caller == caller->dyn) {
			__atomic_store_n(&b->real, found, __ATOMIC_RELEASE); /* the library may have been reloaded */
			return b;
		}
	}
	if (!bindings) {
		void *room = mmap(NULL, BINDINGS_MAX * sizeof(*b), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		if (room == MAP_FAILED)
			return NULL;
		bindings = room;
	}
	if (binding_count == BINDINGS_MAX)
		return NULL;
	b = &bindings[binding_count];
	*b = (struct binding){ .row = row, .index = index, .caller = caller->dyn, .real = found };
	copy_name(b->library, object_name(holder));
	copy_name(b->object, object_name(caller));
	if (!closure_bind(b))
		return NULL;
	binding_count++;
	return b;
}

static void note_slot(const struct object *object, const struct object_slot *slot, void *arg)
{
	uint32_t index;

	(void)object;
	*(bool *)arg |= row_of(slot->name, &index) != NULL;
}

static void note_object(const struct object *object, void *arg)
{
	object_each_slot(object, note_slot, arg);
}

static void count_waiting(const struct object *object, const struct object_slot *slot, void *arg)
{
	*(int *)arg += slot->by_call && object_holds(object, *slot->slot);
}

/* It leads to the function already, in an object whose slots are filled one by one: somebody has called it. */
static void tell_uncovered(const struct binding *b)
{
	struct wire_head frame;
	struct iovec pieces[7] = { { &frame, sizeof(frame) } };
	uint16_t lens[3];

	line_string(pieces + 1, &lens[0], b->row->function, sizeof(b->row->function));
	line_string(pieces + 3, &lens[1], b->library, sizeof(b->library));
	line_string(pieces + 5, &lens[2], b->object, sizeof(b->object));
	line_say(WIRE_UNCOVERED, pieces, 7);
}

static void patch_slot(const struct object *object, const struct object_slot *slot, void *arg)
{
	uint32_t index;
	const struct page_call *row = row_of(slot->name, &index);
	struct object holder;
	struct binding *b;
	void *found;

	if (!row)
		return;
	found = object_real(object, row->function, row->library, &holder);
	/* what a library calls inside itself is its own affair */
	if (!found || holder.dyn == object->dyn)
		return;
	b = bind(row, index, object, found, &holder);
	if (b && slot->by_call && *(int *)arg > 0 && *slot->slot == found)
		tell_uncovered(b);
	if (b && *slot->slot != b->code)
		object_patch(object, slot->slot, b->code);
}

static void patch_object(const struct object *object, void *arg)
{
	int waiting = 0;

	(void)arg;
	object_each_slot(object, count_waiting, &waiting);
	object_each_slot(object, patch_slot, &waiting);
}

void calls_refresh(void)
{
	unsigned long long now;
	bool any = false;

	if (!row_count())
		return;
	now = object_generation();
	if (now == atomic_load(&seen) || !enter())
		return;
	atomic_store(&seen, now);
	object_each(note_object, &any);
	/* loading libffi is not possible while the objects are walked */
	if (any && closure_load())
		object_each(patch_object, NULL);
	leave();
}

bool calls_declared(const char *name)
{
	uint32_t index;

	return row_of(name, &index) != NULL;
}

void *calls_answer(const char *name, void *found, const void *caller)
{
	uint32_t index;
	const struct page_call *row = row_of(name, &index);
	struct object from, holder;
	struct binding *b = NULL;

	if (!row || !object_at(&from, caller) || !object_at(&holder, found) || !object_is_library(&holder, row->library) ||
	    holder.dyn == from.dyn || !enter())
		return NULL;
	if (closure_load())
		b = bind(row, index, &from, found, &holder);
	leave();
	return b ? b->code : NULL;
}
