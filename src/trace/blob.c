/* blob: content-addressed files beside a trace; written aside and renamed, so
 * that a blob is whole or not there. */
#include "trace/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOB_PATH_MAX 4096

void blob_hash(struct slice bytes, char hex[BLOB_HEX + 1])
{
	static const char digit[] = "0123456789abcdef";
	unsigned char sum[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	EVP_Digest(bytes.ptr ? bytes.ptr : "", bytes.len, sum, &n, EVP_sha256(), NULL);
	for (unsigned i = 0; i < 32; i++) {
		hex[2 * i] = digit[sum[i] >> 4];
		hex[2 * i + 1] = digit[sum[i] & 15];
	}
	hex[BLOB_HEX] = '\0';
}

static int make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0777) < 0 && errno != EEXIST)
		return err_at(err, ERR_IO, path, 0, 0, "cannot make the folder for bodies: %s", strerror(errno));
	return 0;
}

static int write_blob(const char *tmp, const char *path, struct slice bytes, struct err *err)
{
	int fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_at(err, ERR_IO, tmp, 0, 0, "cannot write a body: %s", strerror(errno));
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		bytes = slice_skip(bytes, (size_t)n);
	}
	int failed = bytes.len ? errno : 0;
	if (close(fd) < 0 && !failed)
		failed = errno;
	if (!failed && rename(tmp, path) < 0)
		failed = errno;
	if (!failed)
		return 0;
	unlink(tmp);
	return err_at(err, ERR_IO, path, 0, 0, "cannot write a body: %s", strerror(failed));
}

int blob_put(const char *trace, struct slice bytes, char hex[BLOB_HEX + 1], struct err *err)
{
	char path[BLOB_PATH_MAX], tmp[BLOB_PATH_MAX];
	int rc;

	blob_hash(bytes, hex);
	if ((size_t)snprintf(path, sizeof(path), "%s.blobs/%.2s/%s", trace, hex, hex) >= sizeof(path) - 32)
		return err_at(err, ERR_IO, trace, 0, 0, "the path is too long for its bodies");
	if (access(path, F_OK) == 0)
		return 0;
	snprintf(tmp, sizeof(tmp), "%s.blobs", trace);
	if ((rc = make_folder(tmp, err)))
		return rc;
	snprintf(tmp, sizeof(tmp), "%s.blobs/%.2s", trace, hex);
	if ((rc = make_folder(tmp, err)))
		return rc;
	snprintf(tmp, sizeof(tmp), "%s.blobs/%.2s/.%.16s.%d", trace, hex, hex, (int)getpid());
	return write_blob(tmp, path, bytes, err);
}

int blob_get(const char *trace, struct slice hex, struct buf *out, struct err *err)
{
	char path[BLOB_PATH_MAX];
	int rc = 0;

	if (hex.len != BLOB_HEX)
		return err_at(err, ERR_CONTENT, trace, 0, 0, "blob \"%.*s\" is no SHA-256", (int)(hex.len > 80 ? 80 : hex.len),
			      hex.ptr ? hex.ptr : "");
	for (size_t i = 0; i < hex.len; i++)
		if (!((hex.ptr[i] >= '0' && hex.ptr[i] <= '9') || (hex.ptr[i] >= 'a' && hex.ptr[i] <= 'f')))
			return err_at(err, ERR_CONTENT, trace, 0, 0, "blob \"%.*s\" is no SHA-256", SLICE_ARG(hex));
	if ((size_t)snprintf(path, sizeof(path), "%s.blobs/%.2s/%.*s", trace, hex.ptr, SLICE_ARG(hex)) >= sizeof(path))
		return err_at(err, ERR_IO, trace, 0, 0, "the path is too long for its bodies");
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_at(err, ERR_IO, path, 0, 0, "cannot read the body: %s", strerror(errno));
	for (;;) {
		char *room = buf_reserve(out, 64 * 1024);
		ssize_t n = room ? read(fd, room, 64 * 1024) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !room)
			rc = err_at(err, ERR_IO, path, 0, 0, "cannot read the body: %s", room ? strerror(errno) : "too large");
		if (n <= 0)
			break;
		buf_commit(out, (size_t)n);
	}
	close(fd);
	return rc;
}
