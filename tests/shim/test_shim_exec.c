/* Every image that a program starts inherits the seam; one that the shim may not get into is announced. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakehost.h"
#include "suites.h"

static struct fakehost *h;
/* prog_exec with a bit that may make the loader drop LD_PRELOAD: whether it does, the host judges. */
static char doubtful[300];

static void up(void)
{
	static const char *const env[] = { "SSL_CERT_FILE=/run/ca.pem", NULL };
	char command[1000];

	h = fakehost_start();
	h->extra_env = env;
	snprintf(doubtful, sizeof(doubtful), "%s/prog_exec", h->dir);
	snprintf(command, sizeof(command), "cp %s/tests/prog_exec %s && chmod 2755 %s", build_dir(), doubtful, doubtful);
	ck_assert_int_eq(system(command), 0);
}

static void down(void)
{
	unlink(doubtful);
	fakehost_stop(h);
}

static const char *inherited(const char *mine)
{
	static char line[1000];

	snprintf(line, sizeof(line), "child LD_PRELOAD=%s SEAM_RUN=%s SSL_CERT_FILE=/run/ca.pem MINE=%s\n", h->shim, h->dir,
		 mine);
	return line;
}

static void execs(const char *how, const char *mine)
{
	fakehost_forget(h);
	ck_assert_str_eq(fakehost_run(h, "prog_exec", how, NULL), inherited(mine));
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 2);
	ck_assert_int_eq(fakehost_count(h, WIRE_EXEC), 0);
	fakehost_forget(h);
	ck_assert_str_eq(fakehost_run(h, doubtful, how, NULL), inherited(mine));
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 2);
	ck_assert_int_eq(fakehost_count(h, WIRE_EXEC), 1);
	ck_assert_str_eq(fakehost_string(fakehost_frame(h, WIRE_EXEC, 0), 0), doubtful);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_EXEC, 0)->u.exec.flags, 0);
	ck_assert_int_eq(fakehost_frame(h, WIRE_EXEC, 0)->u.head.pid, fakehost_frame(h, WIRE_HELLO, 1)->u.head.pid);
}

START_TEST(every_exec_carries_the_seam)
{
	execs("execve", "(none)");
	execs("execve-null", "(none)");
	execs("execv", "(none)");
	execs("execvp", "(none)");
	execs("execvpe", "1");
	execs("execl", "(none)");
	execs("execlp", "(none)");
	execs("execle", "1");
	execs("fexecve", "(none)");
	execs("execveat", "1");
	execs("overwritten", "(none)");
}
END_TEST

START_TEST(a_vfork_child_carries_the_seam)
{
	ck_assert_str_eq(fakehost_run(h, doubtful, "vfork", NULL), inherited("(none)"));
	ck_assert_int_ne(fakehost_frame(h, WIRE_EXEC, 0)->u.head.pid, fakehost_frame(h, WIRE_HELLO, 0)->u.head.pid);
	ck_assert_int_eq(fakehost_frame(h, WIRE_EXEC, 0)->u.head.pid, fakehost_frame(h, WIRE_HELLO, 1)->u.head.pid);
}
END_TEST

static void spawns(const char *how, const char *mine)
{
	const char *out, *says = inherited(mine);
	const struct frame *exec;
	int child = 0;

	fakehost_forget(h);
	out = fakehost_run(h, doubtful, how, NULL);
	ck_assert_int_eq(strncmp(out, says, strlen(says)), 0);
	ck_assert_int_eq(sscanf(out + strlen(says), "spawned %d\n", &child), 1);
	exec = fakehost_frame(h, WIRE_EXEC, 0);
	ck_assert_uint_eq(exec->u.exec.flags, WIRE_EXEC_SPAWN);
	ck_assert_int_eq(exec->u.exec.child, child);
}

START_TEST(a_spawned_child_carries_the_seam_and_is_announced_with_its_pid)
{
	spawns("spawn", "(none)");
	spawns("spawnp", "1");
}
END_TEST

START_TEST(an_exec_that_fails_is_taken_back)
{
	ck_assert_str_eq(fakehost_run(h, "prog_exec", "missing", NULL), "execve: ENOENT\n");
	ck_assert_int_eq(fakehost_count(h, WIRE_EXEC), 2);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_EXEC, 1)->u.exec.flags, WIRE_EXEC_FAILED);
	fakehost_forget(h);
	ck_assert_str_eq(fakehost_run(h, "prog_exec", "spawn-missing", NULL), "spawn: ENOENT\n");
	ck_assert_int_eq(fakehost_count(h, WIRE_EXEC), 0);
}
END_TEST

static void preloads(const char *given, const char *expected)
{
	char variable[300];
	const char *out;

	snprintf(variable, sizeof(variable), "LD_PRELOAD=%s", given);
	out = fakehost_run(h, "prog_exec", "preload", variable, NULL);
	/* the loader complains about libraries of the test that do not exist; that is not the shim's line */
	out = strstr(out, "child LD_PRELOAD=");
	ck_assert_ptr_nonnull(out);
	out += strlen("child LD_PRELOAD=");
	ck_assert_msg(strncmp(out, expected, strlen(expected)) == 0 && out[strlen(expected)] == ' ', "got: %s", out);
}

START_TEST(other_preloads_are_kept_and_sanitizers_stay_first)
{
	char expected[1200], given[1200];

	preloads("", h->shim);
	snprintf(expected, sizeof(expected), "%s:libfaketime.so.1", h->shim);
	preloads("libfaketime.so.1", expected);
	preloads(expected, expected);
	snprintf(expected, sizeof(expected), "libasan.so.99:%s:libfaketime.so.1", h->shim);
	preloads("libasan.so.99:libfaketime.so.1", expected);
	preloads("libasan.so.99 libfaketime.so.1", expected);
	snprintf(expected, sizeof(expected), "/x/libtsan.so.0:/x/libubsan.so.1:%s", h->shim);
	preloads("/x/libtsan.so.0:/x/libubsan.so.1", expected);
	/* the shim under a path that depends on the folder: the loader would complain after a chdir */
	snprintf(given, sizeof(given), "./libseam.so:libfaketime.so.1");
	snprintf(expected, sizeof(expected), "%s:libfaketime.so.1", h->shim);
	preloads(given, expected);
}
END_TEST

START_TEST(a_relative_preload_becomes_an_absolute_one)
{
	char folder[400], expected[500];
	const char *out;

	snprintf(folder, sizeof(folder), "%s/lib", build_dir());
	ck_assert_int_eq(chdir(folder), 0);
	strcpy(h->shim, "./libseam.so");
	out = fakehost_run(h, "/bin/sh", "-c", "cd / && echo $LD_PRELOAD", NULL);
	snprintf(expected, sizeof(expected), "%s/./libseam.so\n", folder);
	ck_assert_str_eq(out, expected);
}
END_TEST

START_TEST(scripts_and_shells_are_part_of_the_run)
{
	const char *out = fakehost_run(h, "/bin/sh", "-c", "env -i /bin/echo hi; (/bin/echo ho)", NULL);

	ck_assert_str_eq(out, "hi\nho\n");
	/* sh, env, echo, echo */
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 4);
	ck_assert_str_eq(fakehost_string(fakehost_frame(h, WIRE_HELLO, 0), 0), "sh");
}
END_TEST

/* sh forks a shell that forks: nobody but these three knows whose grandchild echo is. */
START_TEST(a_grandchild_is_announced_while_its_parent_lives)
{
	const char *out = fakehost_run(h, "/bin/sh", "-c", "(/bin/echo hi; /bin/echo ho); :", NULL);

	ck_assert_str_eq(out, "hi\nho\n");
	ck_assert_int_ge(fakehost_count(h, WIRE_EXEC), 1);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_EXEC, 0)->u.exec.flags, WIRE_EXEC_FORKED);
	ck_assert_str_eq(fakehost_string(fakehost_frame(h, WIRE_EXEC, 0), 0), "");
}
END_TEST

SUITE_BEGIN(shim_exec)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(every_exec_carries_the_seam);
	SUITE_TEST(a_vfork_child_carries_the_seam);
	SUITE_TEST(a_spawned_child_carries_the_seam_and_is_announced_with_its_pid);
	SUITE_TEST(an_exec_that_fails_is_taken_back);
	SUITE_TEST(other_preloads_are_kept_and_sanitizers_stay_first);
	SUITE_TEST(a_relative_preload_becomes_an_absolute_one);
	SUITE_TEST(scripts_and_shells_are_part_of_the_run);
	SUITE_TEST(a_grandchild_is_announced_while_its_parent_lives);
SUITE_END
