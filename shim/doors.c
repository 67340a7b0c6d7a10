/*
 * doors: the doorways of calls.def, stamped.
 *
 * A doorway decides one thing: whether seam is awake. It keeps errno, and in a
 * program that seam leaves alone it ends in a jump to the real function. What
 * happens inside is the room's affair (hook_NAME in the group's file).
 */
#include <errno.h>
#include <string.h>

#include "doors.h"
#include "object.h"
#include "shim.h"

static inline bool awake(enum mode_moment moment)
{
	int kept = errno;
	bool yes = shim_awake_at(moment);

	real_need();
	if (yes) {
		if (moment == MODE_AT_CALL && __builtin_expect(atomic_load_explicit(&shim.unsettled, memory_order_relaxed), 0))
			shim_settle();
		calls_refresh();
	}
	errno = kept;
	return yes;
}

/* A row of the group exec starts an image; every other asks for something. */
#define MOMENT(group) (strcmp(#group, "exec") == 0 ? MODE_AT_EXEC : MODE_AT_CALL)

#define CALL(ret, name, group, params, args)   \
	ret entry_##name params DOOR(name);    \
	ret entry_##name params                \
	{                                      \
		if (!awake(MOMENT(group)))     \
			return real.name args; \
		return hook_##name args;       \
	}
#define LAYER(ret, name, group, params, args)      \
	ret entry_##name params DOOR(name);        \
	ret entry_##name params                    \
	{                                          \
		return hook_##name FROM_HERE args; \
	}
#define LAYER_VOID(ret, name, group)                            \
	ret entry_##name(void) DOOR(name);                      \
	ret entry_##name(void)                                  \
	{                                                       \
		return hook_##name(__builtin_return_address(0)); \
	}
#include "calls.def"

static const struct {
	const char *name;
	void *door;
	const void *const *next; /* into `real`; NULL for a layer */
} doors[] = {
#define CALL(ret, name, group, params, args) {#name, (void *)entry_##name, (const void *const *)&real.name},
#define LAYER(ret, name, group, params, args) {#name, (void *)entry_##name, NULL},
#define LAYER_VOID(ret, name, group) {#name, (void *)entry_##name, NULL},
#include "calls.def"
};

static int door_index(const char *name)
{
	for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (strcmp(doors[i].name, name) == 0)
			return (int)i;
	return -1;
}

bool door_exists(const char *name)
{
	return door_index(name) >= 0;
}

void *door_for(const char *name, const void *found, const void *caller)
{
	int i = door_index(name);
	struct object from, holder;

	if (i < 0)
		return NULL;
	if (doors[i].next)
		return *doors[i].next == found ? doors[i].door : NULL;
	/* a layer's room looks for itself, and must come to the same function */
	return object_at(&from, caller) && object_real(&from, name, NULL, &holder) == found ? doors[i].door : NULL;
}
