/*
 * The throwaway PostgreSQL of a run: found, made from a template, started, stopped.
 *
 * PostgreSQL refuses to run as root; root's cluster belongs to "postgres" or
 * "nobody". The server is our child and dies with us, also when we are killed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "service/pg/pg_real.h"

#define PATH_BYTES 512
#define START_MS 20000 /* a cold disk and a busy machine */

struct pg_cluster {
	char bin[PATH_BYTES], top[PATH_BYTES], socket[PATH_BYTES + 16];
	uid_t uid;
	gid_t gid;
	bool drop;             /* run it as uid and gid */
	bool mine;             /* the folder: there is no run's to take it along */
	pid_t pid;
};

/* ---- finding it ---- */

static bool has_programs(const char *folder, char *out)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s/postgres", folder);
	if (access(path, X_OK) != 0)
		return false;
	snprintf(path, sizeof(path), "%s/initdb", folder);
	if (access(path, X_OK) != 0)
		return false;
	char *real = realpath(path, NULL); /* /usr/local/bin may have links only */
	if (!real)
		return false;
	char *slash = strrchr(real, '/');
	if (slash)
		*slash = '\0';
	snprintf(out, PATH_BYTES, "%s", real);
	free(real);
	return true;
}

/* 15 of Debian's places first, since that is what the fake is; then any, then PATH. */
static bool find_programs(char *out)
{
	static const char *const places[] = { "/usr/lib/postgresql/15/bin", "/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin",
					      "/usr/lib/postgresql/14/bin", "/usr/lib/postgresql/13/bin", "/usr/pgsql-15/bin", "/usr/pgsql-16/bin" };
	char *path = getenv("PATH"), *copy, *at, *one;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (has_programs(places[i], out))
			return true;
	copy = strdup(path ? path : "");
	bool found = false;
	for (at = copy; !found && copy && (one = strsep(&at, ":"));)
		found = *one && has_programs(one, out);
	free(copy);
	return found;
}

/* ---- programs of its own ---- */

static void become(const struct pg_cluster *c)
{
	if (c->drop && (setgid(c->gid) != 0 || setuid(c->uid) != 0))
		_exit(126);
	if (chdir("/") != 0)
		_exit(126);
}

static void say_to(const char *log)
{
	int in = open("/dev/null", O_RDONLY), out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	dup2(in, 0);
	dup2(out >= 0 ? out : in, 1);
	dup2(out >= 0 ? out : in, 2);
}

/* The last line of the log: the folder goes with the run. */
static const char *last_words(const struct pg_cluster *c, char *out, size_t size)
{
	char path[PATH_BYTES + 8], line[300];

	snprintf(path, sizeof(path), "%s/log", c->top);
	snprintf(out, size, "it said nothing");
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			snprintf(out, size, "it said: %s", line);
	}
	if (f)
		fclose(f);
	return out;
}

/* Runs a program to its end as the cluster's owner. 0: it went well. */
static int run(const struct pg_cluster *c, const char *const argv[])
{
	char log[PATH_BYTES + 8];
	int status;

	snprintf(log, sizeof(log), "%s/log", c->top);
	pid_t pid = fork();
	if (pid == 0) {
		become(c);
		say_to(log);
		setenv("LC_ALL", "C", 1);
		unsetenv("LD_PRELOAD");
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* ---- the template ---- */

static void cache_path(char *out, size_t size, const char *bin)
{
	const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	unsigned long long hash = slice_hash(slice_str(bin));

	if (cache && *cache == '/')
		snprintf(out, size, "%s/seam/postgres-%08llx.tar", cache, hash & 0xffffffff);
	else
		snprintf(out, size, "%s/.cache/seam/postgres-%08llx.tar", home && *home ? home : "/tmp", hash & 0xffffffff);
}

static void make_folders(char *path)
{
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0700);
			*p = '/';
		}
}

static int as_self(const struct pg_cluster *c, const char *const argv[])
{
	struct pg_cluster self = *c;

	self.drop = false;
	return run(&self, argv);
}

static int make_cluster(struct pg_cluster *c, struct err *err)
{
	char said[320], kept[PATH_BYTES], fresh[PATH_BYTES + 32], initdb[PATH_BYTES + 8], data[PATH_BYTES + 8];

	cache_path(kept, sizeof(kept), c->bin);
	snprintf(initdb, sizeof(initdb), "%s/initdb", c->bin);
	snprintf(data, sizeof(data), "%s/data", c->top);
	if (access(kept, R_OK) == 0) {
		if (as_self(c, (const char *const[]){ "tar", "--no-same-owner", "-xf", kept, "-C", c->top, NULL }) == 0) {
			char owner[64];
			snprintf(owner, sizeof(owner), "%u:%u", (unsigned)c->uid, (unsigned)c->gid);
			return !c->drop || as_self(c, (const char *const[]){ "chown", "-R", owner, c->top, NULL }) == 0 ?
				       0 : err_set(err, ERR_IO, "the cluster of the run cannot be given to its owner; %s", last_words(c, said, sizeof(said)));
		}
		unlink(kept); /* what cannot be read is made anew */
	}
	if (run(c, (const char *const[]){ initdb, "-D", data, "-U", "postgres", "--locale=C", "-E", "UTF8", "-A", "trust", "-N", NULL }) != 0)
		return err_set(err, ERR_IO, "%s failed; %s", initdb, last_words(c, said, sizeof(said)));
	make_folders(kept);
	snprintf(fresh, sizeof(fresh), "%s.%d", kept, (int)getpid());
	if (as_self(c, (const char *const[]){ "tar", "-cf", fresh, "-C", c->top, "data", NULL }) == 0)
		rename(fresh, kept);
	else
		unlink(fresh); /* the next run makes one, too */
	return 0;
}

/* ---- life ---- */

const char *pg_cluster_socket(const struct pg_cluster *c)
{
	return c->socket;
}

static bool answers(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%.*s", (int)sizeof(at.sun_path) - 1, path);
	bool yes = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

static int start_server(struct pg_cluster *c, struct err *err)
{
	char said[320], program[PATH_BYTES + 16], data[PATH_BYTES + 8], log[PATH_BYTES + 8];
	pid_t parent = getpid();

	snprintf(program, sizeof(program), "%s/postgres", c->bin);
	snprintf(data, sizeof(data), "%s/data", c->top);
	snprintf(log, sizeof(log), "%s/log", c->top);
	c->pid = fork();
	if (c->pid == 0) {
		become(c);
		say_to(log);
		prctl(PR_SET_PDEATHSIG, SIGQUIT);
		if (getppid() != parent)
			_exit(1);
		setenv("LC_ALL", "C", 1);
		setenv("TZ", "UTC", 1);
		unsetenv("LD_PRELOAD");
		execl(program, program, "-D", data, "-k", c->top, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "synchronous_commit=off",
		      "-c", "full_page_writes=off", "-c", "autovacuum=off", "-c", "timezone=UTC", "-c", "log_timezone=UTC", "-c", "max_connections=100",
		      "-c", "shared_buffers=32MB", "-c", "max_wal_senders=0", "-c", "wal_level=minimal", (char *)NULL);
		_exit(127);
	}
	for (int ms = 0; c->pid > 0 && ms < START_MS; ms += 5) {
		if (answers(c->socket))
			return 0;
		if (waitpid(c->pid, NULL, WNOHANG) == c->pid)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 5 * 1000 * 1000 }, NULL);
	}
	return err_set(err, ERR_IO, "%s does not start; %s", program, last_words(c, said, sizeof(said)));
}

int pg_cluster_start(struct pg_cluster **cluster, const struct service_config *config, struct err *err)
{
	struct pg_cluster *c = calloc(1, sizeof(*c));
	char name[64];
	int rc;

	if (!c)
		return err_set(err, ERR_IO, "out of memory");
	if (!find_programs(c->bin)) {
		free(c);
		return service_bad(config, err, "engine", "\"postgres\" needs a PostgreSQL on this machine (Debian's package is postgresql); none was found");
	}
	if (getuid() == 0) {
		struct passwd *pw = getpwnam("postgres");
		if (!pw)
			pw = getpwnam("nobody");
		if (pw) {
			c->drop = true;
			c->uid = pw->pw_uid;
			c->gid = pw->pw_gid;
		}
	}
	snprintf(name, sizeof(name), "pg-%.*s", (int)(config->name.len > 40 ? 40 : config->name.len), config->name.ptr);
	c->mine = !config->rundir;
	if (c->mine)
		snprintf(c->top, sizeof(c->top), "/tmp/seam-pg-XXXXXX");
	else
		snprintf(c->top, sizeof(c->top), "%s/%s", config->rundir, name);
	bool made = c->mine ? mkdtemp(c->top) != NULL : mkdir(c->top, 0700) == 0;
	snprintf(c->socket, sizeof(c->socket), "%s/.s.PGSQL.5432", c->top);
	if (!made || (c->drop && chown(c->top, c->uid, c->gid) != 0))
		rc = err_set(err, ERR_IO, "%s: %s", c->top, strerror(errno));
	else if ((rc = make_cluster(c, err)) == 0)
		rc = start_server(c, err);
	if (rc) {
		pg_cluster_stop(c);
		return rc;
	}
	*cluster = c;
	return 0;
}

static int take_away(const char *path, const struct stat *about, int kind, struct FTW *where)
{
	(void)about, (void)kind, (void)where;
	return remove(path);
}

void pg_cluster_stop(struct pg_cluster *c)
{
	if (!c)
		return;
	if (c->pid > 0) {
		kill(c->pid, SIGQUIT); /* immediate shutdown: nothing of it is kept */
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (c->mine)
		nftw(c->top, take_away, 16, FTW_DEPTH | FTW_PHYS);
	free(c);
}
