/*
 * page: maps what the host publishes and looks things up in it. Tables are
 * walked in order: a run has tens of names, and a walk that is not indexed is
 * one that cannot be out of step with its writer.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "page.h"
#include "shim.h"
#include "sys.h"

const struct page *page_map(const char *run)
{
	char path[WIRE_RUN_PATH_MAX + sizeof("/" WIRE_PAGE)];
	size_t len = strlen(run);
	struct stat st;
	struct page *page;
	int fd;

	memcpy(path, run, len);
	memcpy(path + len, "/" WIRE_PAGE, sizeof("/" WIRE_PAGE));
	/* to write in the end, perhaps (page_mark); another user of the run may only read */
	fd = (int)sys(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fd = (int)sys(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	/* A shorter file is of another version, and reading past it is SIGBUS. */
	if (sys(SYS_fstat, fd, &st) < 0 || (size_t)st.st_size < sizeof(*page))
		page = MAP_FAILED;
	else
		page = mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, fd, 0);
	sys(SYS_close, fd);
	if (page == MAP_FAILED)
		return NULL;
	if (page->magic != WIRE_MAGIC || page->version != WIRE_VERSION) {
		munmap(page, sizeof(*page));
		return NULL;
	}
	return page;
}

void page_mark(int error)
{
	struct page_marks *marks = page_over() ? NULL : (struct page_marks *)&shim.page->marks;

	if (!marks || sys(SYS_mprotect, marks, sizeof(*marks), PROT_READ | PROT_WRITE) < 0)
		return;
	if (__atomic_fetch_add(&marks->unsaid, 1, __ATOMIC_RELAXED) == 0) {
		size_t len = strnlen(program_invocation_short_name, sizeof(marks->program) - 1);

		memcpy(marks->program, program_invocation_short_name, len);
		marks->error = error;
	}
}

static uint32_t count_of(const uint32_t *count, uint32_t max)
{
	uint32_t n = __atomic_load_n(count, __ATOMIC_ACQUIRE);

	return n < max ? n : max;
}

bool page_over(void)
{
	return !shim.page || __atomic_load_n(&shim.page->ended, __ATOMIC_ACQUIRE);
}

bool page_guarded(void)
{
	return !page_over() && __atomic_load_n(&shim.page->guarded, __ATOMIC_ACQUIRE);
}

const struct page_name *page_name(uint32_t index)
{
	if (!shim.page || index >= count_of(&shim.page->names, PAGE_NAMES_MAX))
		return NULL;
	return &shim.page->name[index];
}

const struct page_endpoint *page_endpoint(uint32_t index)
{
	if (!shim.page || index >= count_of(&shim.page->endpoints, PAGE_ENDPOINTS_MAX))
		return NULL;
	return &shim.page->endpoint[index];
}

uint32_t page_find_name(const char *name)
{
	const struct page_name *row;

	for (uint32_t i = 0; (row = page_name(i)); i++)
		if (strcmp(row->name, name) == 0)
			return i;
	return PAGE_NONE;
}

/* `*` any run, `?` any one; one point to come back to, so linear in practice. */
static bool glob(const char *pattern, const char *s)
{
	const char *star = NULL, *resume = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star;
			s = ++resume;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool page_has_glob(const char *name)
{
	uint32_t n = shim.page ? count_of(&shim.page->globs, PAGE_GLOBS_MAX) : 0;

	for (uint32_t i = 0; i < n; i++)
		if (glob(shim.page->glob[i].pattern, name))
			return true;
	return false;
}

uint32_t page_name_of(const struct wire_addr *addr)
{
	const struct page_name *row;

	for (uint32_t i = 0; (row = page_name(i)); i++) {
		if (row->flags & PAGE_PASS_NAME)
			continue;
		if (addr->family == WIRE_INET ? memcmp(&row->ip4, addr->ip, 4) == 0 :
		    addr->family == WIRE_INET6 && memcmp(row->ip6, addr->ip, 16) == 0)
			return i;
	}
	return PAGE_NONE;
}

static bool same_place(const struct wire_addr *row, const struct wire_addr *asked)
{
	if (row->family != asked->family)
		return false;
	if (asked->family == WIRE_UNIX)
		return row->path_len == asked->path_len && memcmp(row->path, asked->path, row->path_len) == 0;
	return memcmp(row->ip, asked->ip, asked->family == WIRE_INET ? 4 : 16) == 0;
}

uint32_t page_find_endpoint(const struct wire_addr *asked)
{
	uint32_t name = page_name_of(asked), any = PAGE_NONE;
	const struct page_endpoint *row;

	for (uint32_t i = 0; (row = page_endpoint(i)); i++) {
		/* A name's row serves both of its addresses, whichever it is written with. */
		bool same = name != PAGE_NONE && row->name == name && row->asked.family != WIRE_UNIX;

		if (row->asked.transport != asked->transport || !(same || same_place(&row->asked, asked)))
			continue;
		if (row->asked.port == asked->port)
			return i;
		if (row->asked.port == 0 && any == PAGE_NONE)
			any = i;
	}
	return any;
}

uint32_t page_endpoint_behind(const struct wire_addr *listener)
{
	static const uint8_t loopback6[16] = { [15] = 1 };
	const struct page_endpoint *row;

	for (uint32_t i = 0; (row = page_endpoint(i)); i++) {
		/* a TCP row may be reached over a Unix socket too (carry.c) */
		if (row->flags & PAGE_PASS_END ||
		    (listener->family != WIRE_UNIX && row->asked.transport != listener->transport))
			continue;
		switch (listener->family) {
		case WIRE_INET:
			if (row->to_port4 && row->to_port4 == listener->port && memcmp(&row->to_ip4, listener->ip, 4) == 0)
				return i;
			break;
		case WIRE_INET6:
			if (row->to_port6 && row->to_port6 == listener->port && memcmp(loopback6, listener->ip, 16) == 0)
				return i;
			break;
		case WIRE_UNIX:
			/* the kernel counts the NUL that ends a path, or not, as it was bound */
			if (row->to_path[0] &&
			    strnlen(row->to_path, sizeof(row->to_path)) == strnlen(listener->path, listener->path_len) &&
			    strncmp(row->to_path, listener->path, listener->path_len) == 0)
				return i;
			break;
		}
	}
	return PAGE_NONE;
}

bool page_is_own(const struct wire_addr *addr)
{
	uint32_t n = shim.page ? count_of(&shim.page->own, PAGE_OWN_MAX) : 0;

	for (uint32_t i = 0; i < n; i++)
		if (shim.page->owned[i].family == addr->family &&
		    memcmp(shim.page->owned[i].ip, addr->ip, addr->family == WIRE_INET ? 4 : 16) == 0)
			return true;
	return false;
}

bool page_is_virtual(const struct wire_addr *addr)
{
	static const uint8_t prefix6[8] = { 0xfd, 0x5e }; /* fd5e::/64 */
	uint32_t first, ip;

	if (!shim.page)
		return false;
	if (addr->family == WIRE_INET6)
		return memcmp(addr->ip, prefix6, sizeof(prefix6)) == 0;
	if (addr->family != WIRE_INET || !shim.page->block4)
		return false;
	first = ntohl(shim.page->block4);
	memcpy(&ip, addr->ip, sizeof(ip));
	return (ntohl(ip) & 0xfffff000u) == (first & 0xfffff000u);
}
