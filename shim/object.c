/*
 * object: reads the dynamic sections of what is loaded (System V gABI chapter 5,
 * and the GNU hash table, which has no better specification than its readers).
 */
#include <dlfcn.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "object.h"
#include "shim.h"
#include "sys.h"

#define OBJECTS_MAX 256 /* looked at for one caller: 12 KiB of stack; a JVM with all its agents has about 60 */
#define HIDDEN 0x8000   /* in DT_VERSYM: not the default version */

#if defined(__x86_64__)
#define R_SLOT R_X86_64_JUMP_SLOT
#define R_GLOB R_X86_64_GLOB_DAT
#else
#define R_SLOT R_AARCH64_JUMP_SLOT
#define R_GLOB R_AARCH64_GLOB_DAT
#endif

/* What of an object's dynamic section matters here. */
struct tables {
	const char *strings, *soname;
	const ElfW(Sym) *symbols;
	const uint32_t *gnu_hash, *sysv_hash;
	const ElfW(Half) *versions;
	const ElfW(Rela) *plt, *rela;
	size_t plt_count, rela_count;
};

static void tables_read(struct tables *t, const struct object *object)
{
	ElfW(Xword) soname = 0;

	memset(t, 0, sizeof(*t));
	for (const ElfW(Dyn) *d = object->dyn; d && d->d_tag != DT_NULL; d++) {
		/* glibc has added the base already, except where the section is read-only */
		uintptr_t at = d->d_un.d_ptr < object->base ? d->d_un.d_ptr + object->base : d->d_un.d_ptr;

		switch (d->d_tag) {
		case DT_STRTAB: t->strings = (const char *)at; break;
		case DT_SYMTAB: t->symbols = (const void *)at; break;
		case DT_GNU_HASH: t->gnu_hash = (const void *)at; break;
		case DT_HASH: t->sysv_hash = (const void *)at; break;
		case DT_VERSYM: t->versions = (const void *)at; break;
		case DT_JMPREL: t->plt = (const void *)at; break;
		case DT_RELA: t->rela = (const void *)at; break;
		case DT_PLTRELSZ: t->plt_count = d->d_un.d_val / sizeof(ElfW(Rela)); break;
		case DT_RELASZ: t->rela_count = d->d_un.d_val / sizeof(ElfW(Rela)); break;
		case DT_SONAME: soname = d->d_un.d_val; break;
		}
	}
	if (soname && t->strings)
		t->soname = t->strings + soname;
}

static bool object_from(struct object *object, const struct dl_phdr_info *info)
{
	*object = (struct object){ .path = info->dlpi_name, .base = info->dlpi_addr, .phdr = info->dlpi_phdr,
			     .phnum = info->dlpi_phnum };
	for (int i = 0; i < object->phnum; i++)
		if (object->phdr[i].p_type == PT_DYNAMIC)
			object->dyn = (const void *)(object->base + object->phdr[i].p_vaddr);
	return object->dyn;
}

bool object_holds(const struct object *object, const void *addr)
{
	for (int i = 0; i < object->phnum; i++)
		if (object->phdr[i].p_type == PT_LOAD &&
		    (uintptr_t)addr - (object->base + object->phdr[i].p_vaddr) < object->phdr[i].p_memsz)
			return true;
	return false;
}

struct search {
	const void *addr;
	struct object *found;
	bool ok;
};

static int search_addr(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct search *s = arg;
	struct object object;

	(void)size;
	if (!object_from(&object, info) || !object_holds(&object, s->addr))
		return 0;
	*s->found = object;
	s->ok = true;
	return 1;
}

bool object_at(struct object *object, const void *addr)
{
	struct search s = { .addr = addr, .found = object };

	dl_iterate_phdr(search_addr, &s);
	return s.ok;
}

bool object_is_self(const struct object *object)
{
	return object_holds(object, &shim);
}

static int first_adds(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long long *)arg = info->dlpi_adds;
	return 1;
}

unsigned long long object_generation(void)
{
	unsigned long long adds = 0;

	dl_iterate_phdr(first_adds, &adds);
	return adds;
}

static int first_epoch(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long long *)arg = info->dlpi_adds + info->dlpi_subs; /* both only rise */
	return 1;
}

unsigned long long object_epoch(void)
{
	unsigned long long epoch = 0;

	dl_iterate_phdr(first_epoch, &epoch);
	return epoch;
}

static int first_subs(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long long *)arg = info->dlpi_subs;
	return 1;
}

unsigned long long object_unloaded(void)
{
	unsigned long long subs = 0;

	dl_iterate_phdr(first_subs, &subs);
	return subs;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

const char *object_name(const struct object *object)
{
	return object->path[0] ? last_part(object->path) : program_invocation_short_name;
}

/* No strcmp(): a sanitizer's runtime looks its functions up by dlsym() while it sets
 * itself up, and its own strcmp() would be called before it has found libc's. */
static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static bool usable(const struct tables *t, uint32_t i, const char *name)
{
	const ElfW(Sym) *sym = &t->symbols[i];
	unsigned char type = sym->st_info & 0xf;

	return sym->st_shndx != SHN_UNDEF && sym->st_value && (type == STT_FUNC || type == STT_NOTYPE) &&
	       !(t->versions && t->versions[i] & HIDDEN) && same(t->strings + sym->st_name, name);
}

static uint32_t gnu_find(const struct tables *t, const char *name)
{
	uint32_t buckets = t->gnu_hash[0], first = t->gnu_hash[1], bloom_words = t->gnu_hash[2], h = 5381;
	const uint32_t *bucket = (const void *)((const ElfW(Addr) *)(t->gnu_hash + 4) + bloom_words);
	const uint32_t *chain = bucket + buckets;

	for (const unsigned char *s = (const void *)name; *s; s++)
		h = h * 33 + *s;
	if (!buckets || bucket[h % buckets] < first)
		return 0;
	for (uint32_t i = bucket[h % buckets];; i++) {
		uint32_t entry = chain[i - first]; /* its lowest bit ends the chain */

		if ((entry | 1) == (h | 1) && usable(t, i, name))
			return i;
		if (entry & 1)
			return 0;
	}
}

static void *symbol_in(const struct object *object, const struct tables *t, const char *name)
{
	uint32_t found = 0;

	if (!t->symbols || !t->strings)
		return NULL;
	if (t->gnu_hash)
		found = gnu_find(t, name);
	else if (t->sysv_hash)
		for (uint32_t i = 1; i < t->sysv_hash[1] && !found; i++) /* [1]: as many as there are symbols */
			if (usable(t, i, name))
				found = i;
	return found ? (void *)(object->base + t->symbols[found].st_value) : NULL;
}

void *object_symbol(const struct object *object, const char *name)
{
	struct tables t;

	tables_read(&t, object);
	return symbol_in(object, &t, name);
}

/* Of the program, which comes first: the loader leaves the head of its list in DT_DEBUG. */
static int first_debug(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct object object;

	(void)size;
	if (!object_from(&object, info))
		return 1;
	for (const ElfW(Dyn) *d = object.dyn; d->d_tag != DT_NULL; d++)
		if (d->d_tag == DT_DEBUG)
			*(const struct r_debug **)arg = (const struct r_debug *)d->d_un.d_ptr;
	return 1;
}

/* Where glibc's loader keeps the same, for whoever debugs; musl's has it under another name. */
extern struct r_debug _r_debug __attribute__((weak));

/* Not by dladdr1(): musl has none, and glibc's is younger than the oldest that the shim runs on. */
const struct link_map *object_self(void)
{
	extern ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));
	static const struct link_map *_Atomic self;
	const struct r_debug *debug = NULL;
	const struct link_map *map;

	if (atomic_load(&self))
		return atomic_load(&self);
	/* a sanitizer's runtime stands in front of dl_iterate_phdr(), and comes here before it has found it */
	if (&_r_debug && _r_debug.r_map)
		debug = &_r_debug;
	else
		dl_iterate_phdr(first_debug, &debug);
	for (map = debug ? debug->r_map : NULL; map && map->l_ld != _DYNAMIC; map = map->l_next)
		;
	atomic_store(&self, map);
	return map;
}

static void *symbol_of(const struct link_map *map, const char *name)
{
	struct object object = { .path = map->l_name, .base = map->l_addr, .dyn = map->l_ld };

	return object_symbol(&object, name);
}

void *object_next(const char *name)
{
	const struct link_map *self = object_self();
	void *found = NULL;

	for (const struct link_map *map = self; map && !found; map = map->l_next)
		if (map != self)
			found = symbol_of(map, name);
	/* loaded by hand instead of preloaded: then libc came before */
	for (const struct link_map *map = self; map && !found; map = map->l_prev)
		if (map != self)
			found = symbol_of(map, name);
	return found;
}

struct objects {
	struct object object[OBJECTS_MAX];
	int count;
};

static int collect(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct objects *all = arg;
	struct object object;

	(void)size;
	if (all->count == OBJECTS_MAX)
		return 1;
	if (object_from(&object, info) && !object_holds(&object, &shim))
		all->object[all->count++] = object;
	return 0;
}

bool object_is_library(const struct object *object, const char *library)
{
	size_t len = library ? strlen(library) : 0;
	const char *name = object_name(object);

	return !len || (strncmp(name, library, len) == 0 && (!name[len] || name[len] == '.' || name[len] == '-'));
}

static int find_needed(const struct objects *all, const char *needed)
{
	for (int i = 0; i < all->count; i++) {
		struct tables t;

		if (strcmp(last_part(all->object[i].path), needed) == 0)
			return i;
		tables_read(&t, &all->object[i]);
		if (t.soname && strcmp(t.soname, needed) == 0)
			return i;
	}
	return -1;
}

void *object_real(const struct object *caller, const char *name, const char *library, struct object *holder)
{
	struct objects all = { .count = 0 };
	short queue[OBJECTS_MAX];
	bool seen[OBJECTS_MAX] = { false };
	int head = 0, tail = 0;
	void *found;

	dl_iterate_phdr(collect, &all);
	for (int i = 0; i < all.count && !tail; i++)
		if (all.object[i].base == caller->base && all.object[i].dyn == caller->dyn) {
			queue[tail++] = (short)i;
			seen[i] = true;
		}
	while (head < tail) {
		const struct object *object = &all.object[queue[head++]];
		struct tables t;

		tables_read(&t, object);
		if (object_is_library(object, library) && (found = symbol_in(object, &t, name))) {
			*holder = *object;
			return found;
		}
		for (const ElfW(Dyn) *d = object->dyn; d->d_tag != DT_NULL; d++) {
			int i = d->d_tag == DT_NEEDED && t.strings ? find_needed(&all, t.strings + d->d_un.d_val) : -1;

			if (i >= 0 && !seen[i]) {
				seen[i] = true;
				queue[tail++] = (short)i;
			}
		}
	}
	for (int i = 0; i < all.count; i++)
		if (!seen[i] && object_is_library(&all.object[i], library) && (found = object_symbol(&all.object[i], name))) {
			*holder = all.object[i];
			return found;
		}
	return NULL;
}

struct visit {
	void (*each)(const struct object *object, void *arg);
	void *arg;
};

static int visit_one(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct visit *v = arg;
	struct object object;

	(void)size;
	if (object_from(&object, info) && !object_holds(&object, &shim))
		v->each(&object, v->arg);
	return 0;
}

void object_each(void (*each)(const struct object *object, void *arg), void *arg)
{
	struct visit v = { each, arg };

	dl_iterate_phdr(visit_one, &v);
}

void object_each_slot(const struct object *object, void (*each)(const struct object *object, const struct object_slot *slot, void *arg),
		   void *arg)
{
	struct tables t;

	tables_read(&t, object);
	if (!t.symbols || !t.strings)
		return;
	for (int table = 0; table < 2; table++) {
		const ElfW(Rela) *rela = table ? t.rela : t.plt;
		size_t count = table ? t.rela_count : t.plt_count;

		for (size_t i = 0; rela && i < count; i++) {
			unsigned long type = ELF64_R_TYPE(rela[i].r_info);
			struct object_slot slot = { .slot = (void **)(object->base + rela[i].r_offset) };

			if (type != R_SLOT && type != R_GLOB)
				continue;
			slot.by_call = type == R_SLOT;
			slot.name = t.strings + t.symbols[ELF64_R_SYM(rela[i].r_info)].st_name;
			each(object, &slot, arg);
		}
	}
}

/* The pages that the loader made read-only, when the slot is among them. */
static bool relro_of(const struct object *object, const void *slot)
{
	for (int i = 0; i < object->phnum; i++)
		if (object->phdr[i].p_type == PT_GNU_RELRO &&
		    (uintptr_t)slot - (object->base + object->phdr[i].p_vaddr) < object->phdr[i].p_memsz)
			return true;
	return false;
}

bool object_patch(const struct object *object, void **slot, void *value)
{
	uintptr_t page_size = (uintptr_t)getpagesize(), page = (uintptr_t)slot & ~(page_size - 1);
	bool relro = relro_of(object, slot);

	if (relro && mprotect((void *)page, page_size, PROT_READ | PROT_WRITE) < 0)
		return false;
	__atomic_store_n(slot, value, __ATOMIC_RELEASE);
	/* the last page of RELRO is shared with data that stays writable, unless it ends on a page */
	if (relro)
		for (int i = 0; i < object->phnum; i++)
			if (object->phdr[i].p_type == PT_GNU_RELRO &&
			    page + page_size <= ((object->base + object->phdr[i].p_vaddr + object->phdr[i].p_memsz) & ~(page_size - 1)))
				mprotect((void *)page, page_size, PROT_READ);
	return true;
}
