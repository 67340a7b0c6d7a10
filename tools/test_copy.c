/* test_copy: a case's folder, copied for one run and removed after it. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test_case.h"

static int copy_file(const char *from, const char *to, const struct stat *st)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, st->st_mode & 0777);
	off_t left = st->st_size;
	ssize_t n = 1;

	while (out >= 0 && left > 0 && (n = sendfile(out, in, NULL, (size_t)left)) > 0)
		left -= n;
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return out >= 0 && left <= 0 ? 0 : -1;
}

static int copy_link(const char *from, const char *to)
{
	char target[PATH_MAX];
	ssize_t n = readlink(from, target, sizeof(target) - 1);

	if (n < 0)
		return -1;
	target[n] = '\0';
	return symlink(target, to);
}

int test_copy(const char *from, const char *to, struct err *err)
{
	char source[PATH_MAX], target[PATH_MAX];
	struct dirent *e;
	struct stat st;
	int code = 0;

	if (mkdir(to, 0777) < 0 && errno != EEXIST)
		return err_set(err, ERR_IO, "%s: %s", to, strerror(errno));
	DIR *dir = opendir(from);
	if (!dir)
		return err_set(err, ERR_IO, "%s: %s", from, strerror(errno));
	while (!code && (e = readdir(dir))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if ((size_t)snprintf(source, sizeof(source), "%s/%s", from, e->d_name) >= sizeof(source) ||
		    (size_t)snprintf(target, sizeof(target), "%s/%s", to, e->d_name) >= sizeof(target) || lstat(source, &st) < 0) {
			code = err_set(err, ERR_IO, "%s/%s: %s", from, e->d_name, strerror(errno));
		} else if (S_ISDIR(st.st_mode)) {
			code = test_copy(source, target, err);
		} else if ((S_ISLNK(st.st_mode) && copy_link(source, target) < 0) || (S_ISREG(st.st_mode) && copy_file(source, target, &st) < 0)) {
			code = err_set(err, ERR_IO, "%s: cannot be copied to %s: %s", source, target, strerror(errno));
		}
	}
	closedir(dir);
	return code;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (kind == FTW_DP)
		rmdir(path);
	else
		unlink(path);
	return 0;
}

void test_remove(const char *folder)
{
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}
