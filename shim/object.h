/*
 * object: the loaded ELF objects, read from their own tables.
 *
 * Answers "which object is this address in", "what does this caller mean by
 * PQexec" and "through which slots does an object call". dlsym() would answer
 * the second for the global scope only, allocate on a miss and leave a trace in
 * dlerror(); reading the tables does none of that.
 *
 * What is found belongs to the loader and stays as long as its object: good
 * for the length of a call that comes from there.
 */
#ifndef SHIM_OBJECT_H
#define SHIM_OBJECT_H

#include <link.h>
#include <stdbool.h>
#include <stdint.h>

struct object {
	const char *path; /* "" for the program itself */
	uintptr_t base;
	const ElfW(Phdr) *phdr;
	int phnum;
	const ElfW(Dyn) *dyn;
};

/* A slot that the loader fills with the address of a function. */
struct object_slot {
	void **slot;
	const char *name; /* of the function */
	bool by_call;     /* the loader may fill it at the first call, and lets it lead into the object until then */
};

/* Rises when an object is loaded. */
unsigned long long object_generation(void);

/* Differs whenever an object was loaded or unloaded in between. */
unsigned long long object_epoch(void);

/* How many objects were unloaded so far. */
unsigned long long object_unloaded(void);

/* The function as the first object after the shim, in the order in which the
 * loader searches, defines it. Takes no lock: what the program was started
 * with stays. The first call (object_self) should come early: that one does. */
void *object_next(const char *name);
/* The shim's own entry in the loader's list. */
const struct link_map *object_self(void);

/* The object that holds `addr`. */
bool object_at(struct object *object, const void *addr);
/* Some address of it. */
bool object_holds(const struct object *object, const void *addr);
/* The shim itself. */
bool object_is_self(const struct object *object);
/* File name without its folders; the program's own for "". */
const char *object_name(const struct object *object);
/* "libhiredis" is libhiredis.so, libhiredis.so.0.14, libhiredis-abc.so, but
 * not libhiredis_ssl.so. NULL and "" are any. */
bool object_is_library(const struct object *object, const char *library);
/* The function as `object` defines it, or NULL. */
void *object_symbol(const struct object *object, const char *name);
/*
 * What `caller` would have got without the shim: its own, its DT_NEEDED
 * objects' and theirs in turn, else the first one loaded. `library`, when not
 * NULL, says how the file name of the holder begins.
 */
void *object_real(const struct object *caller, const char *name, const char *library, struct object *holder);

/* Every loaded object but the shim, under the loader's lock: the callback may
 * not load anything. */
void object_each(void (*each)(const struct object *object, void *arg), void *arg);
void object_each_slot(const struct object *object, void (*each)(const struct object *object, const struct object_slot *slot, void *arg),
		   void *arg);
/* Writes a slot, also one that the loader has made read-only (RELRO). */
bool object_patch(const struct object *object, void **slot, void *value);

#endif
