/*
 * body: bytes of a request or reply, in memory up to BODY_INLINE, in an
 * unlinked file beyond. The file is made when the ceiling is first passed and
 * is mapped when somebody first asks for the whole.
 */
#include "port/body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BODY_MAX ((size_t)1 << 40) /* of the buf: never reached, memory ends at BODY_INLINE */

struct body {
	unsigned refs;
	struct buf mem; /* everything, or nothing once fd is there */
	int fd;         /* -1: in memory */
	uint64_t size;
	char *map;      /* the file, mapped on first use */
	size_t map_len;
};

static char body_folder[256]; /* a run directory is below 90 bytes; "": the system's temporary folder */

void body_store(const char *folder)
{
	snprintf(body_folder, sizeof(body_folder), "%s", folder ? folder : "");
}

struct body *body_new(void)
{
	struct body *b = calloc(1, sizeof(*b));
	if (!b) {
		fputs("seam: body: out of memory\n", stderr);
		abort();
	}
	b->refs = 1;
	b->fd = -1;
	buf_init(&b->mem, BODY_MAX);
	return b;
}

struct body *body_of(struct slice bytes)
{
	struct body *b = body_new();
	body_append(b, bytes);
	return b;
}

struct body *body_ref(struct body *b)
{
	if (b)
		b->refs++;
	return b;
}

static void body_unmap(struct body *b)
{
	if (b->map)
		munmap(b->map, b->map_len);
	b->map = NULL;
	b->map_len = 0;
}

void body_free(struct body *b)
{
	if (!b || --b->refs)
		return;
	body_unmap(b);
	if (b->fd >= 0)
		close(b->fd);
	buf_release(&b->mem);
	free(b);
}

/* O_TMPFILE where the file system has it, else a name that is removed at once. */
static int body_file(void)
{
	const char *folder = *body_folder ? body_folder : NULL;
	char path[512];

	if (!folder)
		folder = getenv("TMPDIR");
	if (!folder || !*folder)
		folder = "/tmp";
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	if ((size_t)snprintf(path, sizeof(path), "%s/body-XXXXXX", folder) >= sizeof(path))
		return -1;
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static int write_all(int fd, const char *ptr, size_t len)
{
	while (len) {
		ssize_t n = write(fd, ptr, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		ptr += n;
		len -= (size_t)n;
	}
	return 0;
}

int body_append(struct body *b, struct slice bytes)
{
	if (!bytes.len)
		return 0;
	if (b->fd < 0 && b->size + bytes.len <= BODY_INLINE) {
		buf_add_slice(&b->mem, bytes);
		if (buf_failed(&b->mem))
			return -1;
		b->size += bytes.len;
		return 0;
	}
	if (b->fd < 0) {
		b->fd = body_file();
		if (b->fd < 0)
			return -1;
		if (write_all(b->fd, b->mem.ptr, b->mem.len) < 0)
			return -1;
		buf_release(&b->mem);
		buf_init(&b->mem, BODY_MAX);
	}
	body_unmap(b);
	if (write_all(b->fd, bytes.ptr, bytes.len) < 0)
		return -1;
	b->size += bytes.len;
	return 0;
}

uint64_t body_size(const struct body *b)
{
	return b ? b->size : 0;
}

struct slice body_slice(struct body *b)
{
	if (!b)
		return SLICE_NONE;
	if (b->fd < 0)
		return buf_slice(&b->mem);
	if (!b->map) {
		void *map = mmap(NULL, b->size, PROT_READ, MAP_PRIVATE, b->fd, 0);
		if (map == MAP_FAILED)
			return SLICE_NONE;
		b->map = map;
		b->map_len = b->size;
	}
	return slice_of(b->map, b->map_len);
}

size_t body_read(struct body *b, uint64_t offset, char *out, size_t len)
{
	if (!b || offset >= b->size)
		return 0;
	if (len > b->size - offset)
		len = (size_t)(b->size - offset);
	if (b->fd < 0) {
		memcpy(out, b->mem.ptr + offset, len);
		return len;
	}
	size_t done = 0;
	while (done < len) {
		ssize_t n = pread(b->fd, out + done, len - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	return done;
}
