/* rundir: making and removing the folder of a run. A folder that a killed host
 * left behind is removed by the next host that finds it: a host holds a lock on
 * "lock" in its folder as long as it lives. */
#include "host/rundir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "seam-"
#define FOLDERS_MAX 4096 /* 90 KiB of names */
#define LOOKED_AT 64     /* at each start: some hundred microseconds */

static const char *parent_folder(void)
{
	const char *candidates[] = { getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp" };

	for (size_t i = 0; i < 3; i++) {
		const char *c = candidates[i];
		/* room for "/seam-" and 16 digits, and later "/sock" */
		if (c && *c == '/' && strlen(c) + 1 + sizeof(PREFIX) + 16 < WIRE_RUN_PATH_MAX && access(c, W_OK | X_OK) == 0)
			return c;
	}
	return "/tmp";
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

static void remove_tree(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* When the host of that folder is gone: its lock can be had. Only our own are touched. */
static bool remove_dead(const char *parent, const char *name)
{
	char path[600];
	struct stat st;
	bool dead;

	snprintf(path, sizeof(path), "%s/%s/lock", parent, name);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return false;
	bool ours = fstat(fd, &st) == 0 && st.st_uid == geteuid();
	snprintf(path, sizeof(path), "%s/%s/kept", parent, name);
	dead = ours && access(path, F_OK) != 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
	if (dead) {
		snprintf(path, sizeof(path), "%s/%s", parent, name);
		remove_tree(path);
	}
	close(fd);
	return dead;
}

/* Looks into `most` of the folders, others each time: those of failed runs stay, and may be hundreds. */
static size_t sweep(const char *parent, size_t most)
{
	char (*names)[sizeof(PREFIX) + 16] = malloc(FOLDERS_MAX * sizeof(*names));
	size_t count = 0, removed = 0;
	DIR *dir = names ? opendir(parent) : NULL;
	struct dirent *e;

	while (dir && count < FOLDERS_MAX && (e = readdir(dir)))
		if (strncmp(e->d_name, PREFIX, strlen(PREFIX)) == 0 && strlen(e->d_name) == strlen(PREFIX) + 16)
			memcpy(names[count++], e->d_name, sizeof(names[0]));
	if (dir)
		closedir(dir);
	unsigned first = 0;
	if (count > most && getrandom(&first, sizeof(first), GRND_NONBLOCK) < 0)
		first = (unsigned)getpid();
	for (size_t i = 0; i < count && i < most; i++)
		removed += remove_dead(parent, names[(first + i) % count]);
	free(names);
	return removed;
}

size_t rundir_sweep(void)
{
	return sweep(parent_folder(), FOLDERS_MAX);
}

static int make_folder(const char *path, mode_t mode)
{
	/* mkdir obeys the umask, which may be anything: say it again */
	return mkdir(path, mode) == 0 && chmod(path, mode) == 0 ? 0 : -1;
}

int rundir_make(struct rundir *d, struct err *err)
{
	static const struct { const char *name; mode_t mode; } below[] = { { "keys", 0700 }, { "blobs", 0700 }, { "state", 0700 } };
	const char *parent = parent_folder();
	unsigned char random[8];
	char path[600], locked[600];

	sweep(parent, LOOKED_AT);
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return err_set(err, ERR_IO, "run directory: no random bytes to name it with: %s", strerror(errno));
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(d->id + i * 2, 3, "%02x", random[i]);
	snprintf(d->path, sizeof(d->path), "%s/" PREFIX "%s", parent, d->id);
	if (make_folder(d->path, geteuid() == 0 ? 0711 : 0700) < 0)
		return err_set(err, ERR_IO, "run directory: %s cannot be made: %s; set TMPDIR to a folder that can be written", d->path,
			       strerror(errno));
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		rundir_path(d, below[i].name, path, sizeof(path));
		if (make_folder(path, below[i].mode) < 0)
			return err_set(err, ERR_IO, "run directory: %s cannot be made: %s", path, strerror(errno));
	}
	/* locked before it has its name: a sweep that saw it unlocked would remove the folder */
	rundir_path(d, "lock.new", path, sizeof(path));
	rundir_path(d, "lock", locked, sizeof(locked));
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || rename(path, locked) < 0)
		return err_set(err, ERR_IO, "run directory: %s cannot be locked: %s", path, strerror(errno));
	return 0; /* the lock lives as long as the process */
}

void rundir_remove(struct rundir *d)
{
	if (d->path[0])
		remove_tree(d->path);
	d->path[0] = '\0';
}

void rundir_path(const struct rundir *d, const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", d->path, name);
}
