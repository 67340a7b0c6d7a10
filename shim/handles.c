/*
 * handles: rows of a table in shared memory, by open addressing.
 *
 * A forked child has its parent's table mapped and may not add to it: it makes
 * one of its own when it opens something, and keeps the older ones to
 * recognise what it has inherited.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "handles.h"
#include "line.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

#define PROBES 128    /* rows looked at for one handle */
#define ANCESTORS 8   /* generations of forks that open handles */

static struct wire_handles *_Atomic table; /* of `owner` */
static _Atomic int owner;
static struct wire_handles *ancestors[ANCESTORS]; /* latest last */
static _Atomic int nancestors;

static uint64_t now_ns(void)
{
	struct timespec now = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int me(void)
{
	return (int)sys(SYS_getpid);
}

/* ---- the table ------------------------------------------------------------- */

/* The host reads it when this process has ended. */
static bool announce(int fd)
{
	struct wire_head frame;
	struct iovec piece = { &frame, sizeof(frame) };

	return line_say_fd(WIRE_HANDLES, &piece, 1, fd) == 0;
}

static struct wire_handles *make_table(int pid)
{
	int fd = (int)sys(SYS_memfd_create, "seam-handles", 3u /* MFD_CLOEXEC | MFD_ALLOW_SEALING */);
	struct wire_handles *t = MAP_FAILED;

	if (fd < 0)
		return NULL;
	if (sys(SYS_ftruncate, fd, sizeof(*t)) == 0)
		t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* the host maps it too: nobody may cut it short under its hands */
	sys(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
	if (t != MAP_FAILED) {
		t->magic = WIRE_MAGIC;
		t->version = WIRE_VERSION;
		t->pid = pid;
		if (page_over() || !announce(fd)) {
			munmap(t, sizeof(*t));
			t = MAP_FAILED;
		}
	}
	sys(SYS_close, fd);
	return t == MAP_FAILED ? NULL : t;
}

/* This process's, or NULL while it has opened nothing. */
static struct wire_handles *own(void)
{
	return atomic_load(&owner) == me() ? atomic_load(&table) : NULL;
}

/* One of several threads makes it; the others do without until it is there, or
 * what they opened would have no row for good: so they wait, some microseconds. */
static struct wire_handles *own_or_new(void)
{
	static _Atomic int maker;
	int pid = me(), busy;
	struct wire_handles *t = own();

	while (!t) {
		busy = atomic_load(&maker);
		if (busy == pid) { /* another thread of this process */
			sys(SYS_sched_yield);
			t = own();
			continue;
		}
		if (!atomic_compare_exchange_strong(&maker, &busy, pid))
			continue;
		t = own();
		if (!t) {
			struct wire_handles *old = atomic_load(&table);
			int n = atomic_load(&nancestors);

			if (old && n < ANCESTORS) {
				ancestors[n] = old;
				atomic_store(&nancestors, n + 1);
			}
			t = make_table(pid);
			atomic_store(&table, t);
			atomic_store(&owner, pid);
		}
		atomic_store(&maker, 0);
		return t;
	}
	return t;
}

static uint32_t slot_of(const void *handle, uint32_t slots)
{
	return (uint32_t)(((uintptr_t)handle >> 4) * 0x9E3779B97F4A7C15u >> 40) % slots;
}

static struct wire_handle *find_in(struct wire_handles *t, const void *handle)
{
	uint32_t at = slot_of(handle, WIRE_HANDLES_MAX);

	if ((uintptr_t)handle <= WIRE_ROW_GONE)
		return NULL;
	for (int i = 0; t && i < PROBES; i++, at = (at + 1) % WIRE_HANDLES_MAX) {
		uint64_t key = __atomic_load_n(&t->handle[at].key, __ATOMIC_ACQUIRE);

		if (key == (uintptr_t)handle)
			return &t->handle[at];
		if (key == WIRE_ROW_FREE)
			return NULL;
	}
	return NULL;
}

static struct wire_handle *claim(struct wire_handles *t, const void *handle)
{
	uint32_t at = slot_of(handle, WIRE_HANDLES_MAX);

	for (int i = 0; i < PROBES; i++, at = (at + 1) % WIRE_HANDLES_MAX) {
		uint64_t key = __atomic_load_n(&t->handle[at].key, __ATOMIC_RELAXED);

		if ((key == WIRE_ROW_FREE || key == WIRE_ROW_GONE) &&
		    __atomic_compare_exchange_n(&t->handle[at].key, &key, WIRE_ROW_CLAIMED, false, __ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return &t->handle[at];
	}
	return NULL;
}

static uint32_t site_in(struct wire_handles *t, const struct handle_site *site)
{
	uint32_t at = slot_of((void *)(site->address << 2), WIRE_SITES_MAX);

	for (int i = 0; i < WIRE_SITES_MAX; i++, at = (at + 1) % WIRE_SITES_MAX) {
		struct wire_site *row = &t->site[at];
		uint64_t address = __atomic_load_n(&row->address, __ATOMIC_ACQUIRE);

		if (!address && __atomic_compare_exchange_n(&row->address, &address, site->address, false, __ATOMIC_ACQ_REL,
							    __ATOMIC_ACQUIRE)) {
			size_t len = strnlen(site->object, sizeof(row->object) - 1);

			memcpy(row->object, site->object, len);
			row->offset = site->offset;
			__atomic_store_n(&row->ready, 1, __ATOMIC_RELEASE);
			return at;
		}
		if (address == site->address)
			return at;
	}
	return WIRE_SITES_MAX;
}

/* ---- what the layers tell --------------------------------------------------- */

struct wire_handle *handle_opened(enum wire_handle_kind kind, const void *handle, const struct handle_site *site,
				  const char *label)
{
	struct wire_handles *t = handle ? own_or_new() : NULL;
	struct wire_handle *row;

	if (!t)
		return NULL;
	__atomic_fetch_add(&t->opened[kind], 1, __ATOMIC_RELAXED);
	row = claim(t, handle);
	if (!row) {
		__atomic_fetch_add(&t->unnamed[kind], 1, __ATOMIC_RELAXED);
		return NULL;
	}
	memset((char *)row + sizeof(row->key), 0, sizeof(*row) - sizeof(row->key));
	row->kind = (uint8_t)kind;
	row->opened = row->used = site_in(t, site);
	row->found = WIRE_SITES_MAX;
	row->opened_ns = row->used_ns = now_ns();
	if (label)
		memcpy(row->label, label, strnlen(label, sizeof(row->label) - 1));
	__atomic_store_n(&row->key, (uintptr_t)handle, __ATOMIC_RELEASE);
	if (kind == WIRE_PGCONN)
		t->recent[__atomic_fetch_add(&t->connections, 1, __ATOMIC_RELAXED) % WIRE_RECENT] = (uint32_t)(row - t->handle);
	return row;
}

static void mark(struct wire_handles *t, struct wire_handle *row, uint32_t flag, int other, const struct handle_site *site)
{
	if (__atomic_fetch_or(&row->flags, flag, __ATOMIC_ACQ_REL) & flag)
		return; /* the first time says it */
	row->other = other;
	row->found = site_in(t, site);
}

/* A handle that was there before the fork: its owner's table says who used it. To
 * give back the child's copy of one is no use, unless the server hears of it. */
static bool inherited(const void *handle, const struct handle_site *site, bool closing)
{
	int pid = me(), count = atomic_load(&nancestors);

	for (int i = -1; i < count; i++) {
		struct wire_handles *t = i < 0 ? atomic_load(&table) : ancestors[i];
		struct wire_handle *row = t && t->pid != pid ? find_in(t, handle) : NULL;

		if (row) {
			if (row->kind == WIRE_PGCONN || !closing)
				mark(t, row, WIRE_AFTER_FORK, pid, site);
			return true;
		}
	}
	return false;
}

void handle_use(struct handle_use *use, const void *handle, const struct handle_site *site)
{
	struct wire_handles *t = own();
	int tid = (int)sys(SYS_gettid), busy = 0;
	uint64_t now, gap;

	*use = (struct handle_use){ .row = find_in(t, handle) };
	if (!use->row) {
		if (handle)
			inherited(handle, site, false);
		return;
	}
	use->busy = __atomic_compare_exchange_n(&use->row->busy, &busy, tid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	/* a thread that was cancelled in a call left its mark behind */
	if (!use->busy && busy != tid && sys(SYS_tgkill, me(), busy, 0) == -ESRCH)
		use->busy = __atomic_compare_exchange_n(&use->row->busy, &busy, tid, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
	else if (!use->busy && busy != tid)
		mark(t, use->row, WIRE_THREADS, tid, site);
	now = now_ns();
	gap = now - use->row->used_ns;
	if (gap > use->row->idle_ns && now > use->row->used_ns) {
		use->row->idle_ns = gap;
		if (shim.page && shim.page->idle_ms && gap > shim.page->idle_ms * 1000000ull && use->row->kind == WIRE_PGCONN)
			mark(t, use->row, WIRE_IDLE, 0, site);
	}
	use->row->used = site_in(t, site);
}

void handle_used(const struct handle_use *use)
{
	if (!use->row)
		return;
	use->row->used_ns = now_ns();
	if (use->busy)
		__atomic_store_n(&use->row->busy, 0, __ATOMIC_RELEASE);
}

struct wire_handle *handle_find(const void *handle)
{
	return find_in(own(), handle);
}

/* Something was wrong with it, and its row goes. */
static void keep_finding(struct wire_handles *t, const struct wire_handle *row, const struct handle_site *site)
{
	uint32_t n = __atomic_fetch_add(&t->findings, 1, __ATOMIC_RELAXED);
	struct wire_finding *f = &t->finding[n];

	if (n >= WIRE_FINDINGS_MAX)
		return;
	f->flags = row->flags;
	f->kind = row->kind;
	f->other = row->other;
	f->opened = row->opened;
	f->found = row->found < WIRE_SITES_MAX ? row->found : site_in(t, site);
	f->idle_ns = row->idle_ns;
	memcpy(f->label, row->label, sizeof(f->label));
	__atomic_store_n(&f->ready, 1, __ATOMIC_RELEASE);
}

void handle_closed(enum wire_handle_kind kind, const void *handle, const struct handle_site *site)
{
	struct wire_handles *t = own();
	struct wire_handle *row = find_in(t, handle);
	uint64_t unnamed;

	if (!handle)
		return;
	if (!row && inherited(handle, site, true))
		return;
	if (!t)
		return;
	unnamed = __atomic_load_n(&t->unnamed[kind], __ATOMIC_RELAXED);
	if (!row && !unnamed)
		return; /* opened where no layer looked */
	__atomic_fetch_add(&t->closed[kind], 1, __ATOMIC_RELAXED);
	if (!row) {
		__atomic_fetch_sub(&t->unnamed[kind], 1, __ATOMIC_RELAXED);
		return;
	}
	if (row->flags & WIRE_ENDED_BADLY)
		keep_finding(t, row, site);
	__atomic_store_n(&row->key, WIRE_ROW_GONE, __ATOMIC_RELEASE);
}
