/* publish: writing the page. The block of virtual addresses is locked by a
 * socket bound inside it: the kernel frees it however the host ends. */
#include "host/publish.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCKS_BASE 0x7f400000u /* 127.64.0.0/10 */
#define BLOCKS 1024u            /* of /20 each */
#define LOCK_PORT 47            /* any port, the same for every host; UDP, so that no program ever meets it */

/* The row is written, now it may be seen. */
static void store_count(uint32_t *count, uint32_t value)
{
	atomic_store_explicit((_Atomic uint32_t *)count, value, memory_order_release);
}

static int lock_block(struct publish *p, struct err *err)
{
	uint32_t start = (uint32_t)getpid() % BLOCKS;

	for (uint32_t i = 0; i < BLOCKS; i++) {
		uint32_t block = BLOCKS_BASE + ((start + i) % BLOCKS << 12);
		struct sockaddr_in sin = { .sin_family = AF_INET, .sin_port = htons(LOCK_PORT + 20000) };
		sin.sin_addr.s_addr = htonl(block);
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return err_set(err, ERR_IO, "page: no socket: %s", strerror(errno));
		if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) == 0) {
			p->block_fd = fd;
			p->block = block;
			return 0;
		}
		int why = errno;
		close(fd);
		if (why != EADDRINUSE)
			return err_set(err, ERR_IO, "page: no address of 127.64.0.0/10 can be bound: %s; is lo up?", strerror(why));
	}
	return err_set(err, ERR_LIMIT, "page: all %u address blocks of 127.64.0.0/10 are taken by other runs", BLOCKS);
}

int publish_open(struct publish *p, const char *path, struct err *err)
{
	*p = (struct publish){ .block_fd = -1 };
	if (lock_block(p, err) < 0)
		return ERR_IO;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (fd < 0 || fchmod(fd, 0644) < 0 || ftruncate(fd, sizeof(struct page)) < 0) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_IO, "page: %s cannot be made: %s", path, strerror(errno));
	}
	void *map = mmap(NULL, sizeof(struct page), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_set(err, ERR_IO, "page: %s cannot be mapped: %s", path, strerror(errno));
	p->page = map;
	p->page->version = WIRE_VERSION;
	p->page->host_pid = getpid();
	p->page->block4 = htonl(p->block);
	p->page->mode = PAGE_FAKE;
	atomic_thread_fence(memory_order_release);
	p->page->magic = WIRE_MAGIC;
	return 0;
}

void publish_close(struct publish *p)
{
	if (p->page)
		munmap(p->page, sizeof(*p->page));
	if (p->block_fd >= 0)
		close(p->block_fd);
	*p = (struct publish){ .block_fd = -1 };
}

uint32_t publish_find_name(const struct publish *p, const char *name)
{
	for (uint32_t i = 0; i < p->page->names; i++)
		if (strcmp(p->page->name[i].name, name) == 0)
			return i;
	return UINT32_MAX;
}

uint32_t publish_name(struct publish *p, const char *name, uint32_t flags)
{
	uint32_t i = publish_find_name(p, name);

	if (i != UINT32_MAX)
		return i;
	i = p->page->names;
	/* .0.0 is not given out */
	if (i + 1 >= PAGE_NAMES_MAX || strlen(name) >= PAGE_NAME_BYTES)
		return UINT32_MAX;
	struct page_name *row = &p->page->name[i];
	row->ip4 = htonl(p->block + i + 1);
	row->ip6[0] = 0xfd;
	row->ip6[1] = 0x5e;
	row->ip6[14] = (uint8_t)((i + 2) >> 8); /* fd5e::1 is the interface's own */
	row->ip6[15] = (uint8_t)(i + 2);
	row->flags = flags;
	snprintf(row->name, sizeof(row->name), "%s", name);
	store_count(&p->page->names, i + 1);
	return i;
}

static bool is_name(const struct page_name *row, const struct wire_addr *a)
{
	return a->family == WIRE_INET ? memcmp(&row->ip4, a->ip, 4) == 0 : a->family == WIRE_INET6 && memcmp(row->ip6, a->ip, 16) == 0;
}

const struct page_name *publish_name_of(const struct publish *p, const struct wire_addr *asked)
{
	for (uint32_t i = 0; i < p->page->names; i++)
		if (is_name(&p->page->name[i], asked))
			return &p->page->name[i];
	return NULL;
}

uint32_t publish_find_endpoint(const struct publish *p, const struct wire_addr *asked)
{
	for (uint32_t i = 0; i < p->page->endpoints; i++) {
		const struct page_endpoint *row = &p->page->endpoint[i];
		if (row->asked.transport != asked->transport || row->asked.port != asked->port)
			continue;
		if (row->name != UINT32_MAX ? is_name(&p->page->name[row->name], asked) :
					      row->asked.family == asked->family &&
						      memcmp(row->asked.ip, asked->ip, asked->family == WIRE_INET ? 4 : 16) == 0)
			return i;
	}
	return UINT32_MAX;
}

uint32_t publish_endpoint(struct publish *p, const struct page_endpoint *e)
{
	uint32_t i = p->page->endpoints;

	if (i >= PAGE_ENDPOINTS_MAX)
		return UINT32_MAX;
	p->page->endpoint[i] = *e;
	store_count(&p->page->endpoints, i + 1);
	return i;
}

bool publish_glob(struct publish *p, const char *pattern)
{
	uint32_t i = p->page->globs;

	if (i >= PAGE_GLOBS_MAX || strlen(pattern) >= PAGE_NAME_BYTES)
		return false;
	snprintf(p->page->glob[i].pattern, PAGE_NAME_BYTES, "%s", pattern);
	store_count(&p->page->globs, i + 1);
	return true;
}

void publish_own(struct publish *p, enum wire_family family, const void *ip)
{
	uint32_t i = p->page->own;

	if (i >= PAGE_OWN_MAX)
		return;
	p->page->owned[i].family = (uint16_t)family;
	memcpy(p->page->owned[i].ip, ip, family == WIRE_INET ? 4 : 16);
	store_count(&p->page->own, i + 1);
}

struct wire_addr publish_virtual(const struct publish *p, uint32_t name, uint16_t port, bool v6)
{
	const struct page_name *row = &p->page->name[name];
	struct wire_addr a = { .family = v6 ? WIRE_INET6 : WIRE_INET, .transport = WIRE_TCP, .port = port };

	if (v6)
		memcpy(a.ip, row->ip6, 16);
	else
		memcpy(a.ip, &row->ip4, 4);
	return a;
}

static const struct { const char *name; enum page_type type; } type_names[] = {
	{ "void", PAGE_T_VOID },     { "int", PAGE_T_INT },       { "uint", PAGE_T_UINT },     { "long", PAGE_T_LONG },
	{ "ulong", PAGE_T_ULONG },   { "int64", PAGE_T_INT64 },   { "uint64", PAGE_T_UINT64 }, { "size", PAGE_T_SIZE },
	{ "bool", PAGE_T_BOOL },     { "double", PAGE_T_DOUBLE }, { "float", PAGE_T_FLOAT },   { "string", PAGE_T_STRING },
	{ "pointer", PAGE_T_POINTER }, { "buffer", PAGE_T_BUFFER }, { "...", PAGE_T_VARIADIC },
};

static bool type_of(struct slice name, uint8_t *type)
{
	for (size_t i = 0; i < sizeof(type_names) / sizeof(type_names[0]); i++)
		if (slice_eq_str(name, type_names[i].name)) {
			*type = (uint8_t)type_names[i].type;
			return true;
		}
	return false;
}

bool publish_call(struct publish *p, const struct rule_function *f, bool ask, struct err *err)
{
	uint32_t i = p->page->calls;

	if (i >= PAGE_CALLS_MAX || f->nargs > WIRE_ARGS_MAX) {
		err_set(err, ERR_LIMIT, "%s: at most %d functions with %d arguments each can be declared", f->function, PAGE_CALLS_MAX,
			WIRE_ARGS_MAX);
		return false;
	}
	struct page_call *row = &p->page->call[i];
	snprintf(row->library, sizeof(row->library), "%s", f->library);
	snprintf(row->function, sizeof(row->function), "%s", f->function);
	row->nargs = (uint8_t)f->nargs;
	row->flags = ask ? PAGE_CALL_ASK : 0;
	bool known = type_of(slice_str(f->returns), &row->returns);
	for (size_t a = 0; a < f->nargs && known; a++) {
		struct slice rest = slice_str(f->args[a]);
		uint64_t len_arg = 255;
		bool out = slice_has_prefix(rest, SLICE_LIT("out:"));
		if (out)
			rest = slice_skip(rest, 4);
		known = type_of(slice_split(&rest, ':'), &row->args[a]);
		if (out)
			row->args[a] |= PAGE_T_OUT;
		if (known && rest.ptr)
			known = slice_to_u64(rest, &len_arg) && len_arg < f->nargs;
		row->len_arg[a] = (uint8_t)len_arg;
	}
	if (!known) {
		err_set(err, ERR_CONTENT, "%s: a type is not known; known are void int uint long ulong int64 uint64 size bool double float string pointer buffer:N ...", f->function);
		return false;
	}
	store_count(&p->page->calls, i + 1);
	return true;
}
