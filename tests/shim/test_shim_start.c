/* How the shim starts and ends: without a launcher, and what it is made of. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakehost.h"
#include "suites.h"

static struct fakehost *h;
static char facts[100], facts_env[120], run_env[120], say_env[100], log_env[120];
static const char *env[] = { "SEAM_RULES=rules.json", facts_env, run_env, log_env, say_env, NULL };

/* An installed tree: lib/libseam.so and bin/seam, which is the test's. */
static void up(void)
{
	char path[200], to[600];

	h = fakehost_start();
	h->bare = true;
	snprintf(path, sizeof(path), "%s/lib", h->dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/bin", h->dir);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	snprintf(to, sizeof(to), "%s/lib/libseam.so", build_dir());
	snprintf(h->shim, sizeof(h->shim), "%s/lib/libseam.so", h->dir);
	ck_assert_int_eq(symlink(to, h->shim), 0);
	snprintf(to, sizeof(to), "%s/tests/prog_seam", build_dir());
	snprintf(path, sizeof(path), "%s/bin/seam", h->dir);
	ck_assert_int_eq(symlink(to, path), 0);
	snprintf(facts, sizeof(facts), "%s/facts", h->dir);
	snprintf(facts_env, sizeof(facts_env), "FACTS=%s", facts);
	snprintf(run_env, sizeof(run_env), "FAKE_RUN=%s", h->dir);
	snprintf(log_env, sizeof(log_env), "SEAM_LOG_FILE=%s/log", h->dir);
	snprintf(say_env, sizeof(say_env), "SAY=0");
	h->extra_env = env;
	fakehost_endpoint(h, fakehost_name(h, "db.prod"), WIRE_TCP, 5432, 0);
}

static void down(void)
{
	fakehost_stop(h);
}

static const char *content(const char *name)
{
	static char text[4096];
	char path[200];
	int fd;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", h->dir, name);
	fd = open(path, O_RDONLY);
	if (fd < 0)
		return "";
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(the_first_image_starts_the_host_and_enters_its_run)
{
	const char *out = fakehost_run(h, "prog_net", "connect4", "127.64.16.1", "5432", NULL);
	char pid[40];

	ck_assert_ptr_nonnull(strstr(out, "here is db.prod:5432\n"));
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 1);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_HELLO, 0)->u.hello.flags, WIRE_HELLO_ROOT_BARE);
	ck_assert_int_eq(fakehost_frame(h, WIRE_BYE, 0)->u.bye.wait, 1);
	ck_assert_ptr_nonnull(strstr(content("facts"), "argv: host --bare-pid --ready-fd 3\n"));
	ck_assert_ptr_nonnull(strstr(content("facts"), "env: - - rules.json\n"));
	ck_assert_ptr_nonnull(strstr(content("facts"), "leader: 1\nblocked: 0\n"));
	ck_assert_ptr_nonnull(strstr(content("facts"), "null: 1 1 1\nfds: 0 1 2 3\n"));
	snprintf(pid, sizeof(pid), "pid: %d\n", fakehost_frame(h, WIRE_HELLO, 0)->u.head.pid);
	ck_assert_ptr_nonnull(strstr(content("facts"), pid));
	ck_assert_str_eq(content("log"), "");
}
END_TEST

START_TEST(the_program_has_no_child_to_reap)
{
	ck_assert_str_eq(fakehost_run(h, "prog_exec", "children", NULL), "ECHILD ECHILD\n");
}
END_TEST

START_TEST(the_environment_names_the_run_and_is_not_doubled)
{
	const char *out = fakehost_run(h, "/bin/sh", "-c", "echo $SEAM_RUN $SSL_CERT_FILE $HOME; env | grep -c ^HOME=", NULL);
	char expected[200];

	snprintf(expected, sizeof(expected), "%s /run/ca.pem /changed\n1\n", h->dir);
	ck_assert_str_eq(out, expected);
	/* three images, one host */
	ck_assert_ptr_null(strstr(strstr(content("facts"), "argv:") + 1, "argv:"));
}
END_TEST

START_TEST(an_exec_chain_has_one_host_and_its_last_image_waits_for_the_trailer)
{
	fakehost_run(h, "/bin/sh", "-c", "exec sh -c 'exec true'", NULL);
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 3);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_HELLO, 1)->u.hello.flags, 0);
	ck_assert_int_eq(fakehost_count(h, WIRE_BYE), 1);
	ck_assert_int_eq(fakehost_frame(h, WIRE_BYE, 0)->u.bye.wait, 1);
	ck_assert_ptr_null(strstr(strstr(content("facts"), "argv:") + 1, "argv:"));
}
END_TEST

START_TEST(children_of_the_root_do_not_wait)
{
	fakehost_run(h, "prog_exec", "vfork", NULL);
	ck_assert_int_eq(fakehost_count(h, WIRE_BYE), 1);
	ck_assert_int_eq(fakehost_frame(h, WIRE_BYE, 0)->u.bye.wait, 1);
}
END_TEST

static void refuses_all(const char *log)
{
	ck_assert_str_eq(fakehost_run(h, "prog_net", "connect4", "127.64.16.1", "5432", NULL), "connect ECONNREFUSED\n");
	ck_assert_str_eq(fakehost_run(h, "prog_net", "connect4", "127.0.0.1", "22", NULL), "connect ECONNREFUSED\n");
	ck_assert_str_eq(fakehost_run(h, "prog_net", "resolve", "evil.test", NULL), "EAI_NONAME\n");
	ck_assert_msg(strstr(content("log"), log) != NULL, "log: %s", content("log"));
	ck_assert_int_eq(h->nframes, 0);
}

START_TEST(a_host_that_complains_leaves_everything_refused)
{
	strcpy(say_env, "SAY=Erules.json:3:1: unknown member");
	refuses_all("seam: shim: no host: everything is refused: rules.json:3:1: unknown member\n");
}
END_TEST

START_TEST(a_host_that_dies_leaves_everything_refused)
{
	strcpy(say_env, "NOTHING=1");
	refuses_all("seam: shim: no host: everything is refused: it did not get ready\n");
}
END_TEST

START_TEST(without_a_host_program_everything_is_refused)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/bin/seam", h->dir);
	ck_assert_int_eq(unlink(path), 0);
	refuses_all("no host: expected the program seam in ../bin or beside the shim");
}
END_TEST

START_TEST(mode_pass_starts_nothing)
{
	char port[8];

	env[4] = "SEAM_MODE=pass";
	snprintf(port, sizeof(port), "%u", fakehost_stranger(h));
	ck_assert_ptr_nonnull(
		strstr(fakehost_run(h, "prog_net", "connect4", "127.0.0.1", port, NULL), "here is a stranger"));
	ck_assert_str_eq(content("facts"), "");
	env[4] = say_env;
}
END_TEST

/* Of a command, in which %s is the build's folder. Runs where make does. */
static const char *output_of(const char *format)
{
	static char text[64 * 1024];
	char command[900];
	FILE *pipe;

	snprintf(command, sizeof(command), format, build_dir());
	pipe = popen(command, "r");
	ck_assert_ptr_nonnull(pipe);
	text[fread(text, 1, sizeof(text) - 1, pipe)] = '\0';
	ck_assert_int_eq(pclose(pipe), 0);
	return text;
}

START_TEST(the_library_needs_libc_alone_and_no_dynamic_tls)
{
	ck_assert_str_eq(output_of("readelf -d %s/lib/libseam.so | grep -c NEEDED; true"), "1\n");
	ck_assert_ptr_nonnull(strstr(output_of("readelf -d %s/lib/libseam.so"), "Shared library: [libc.so.6]"));
	/* hazard 19: initial-exec only */
	ck_assert_str_eq(output_of("readelf -rW %s/lib/libseam.so | grep -cE 'tls_get_addr|DTPMOD|TLSDESC'; true"), "0\n");
	ck_assert_str_eq(output_of("readelf -lW %s/lib/libseam.so | grep -c 'GNU_STACK.*RWE'; true"), "0\n");
	/* what a guest must not call */
	ck_assert_str_eq(output_of("nm -D -u %s/lib/libseam.so | grep -wcE "
				   "'(malloc|calloc|realloc|printf|puts|fopen|exit|_exit|abort|pthread_create)(@.*)?'; true"),
			 "0\n");
}
END_TEST

START_TEST(nothing_but_the_rows_of_calls_def_is_exported)
{
	const char *rows = output_of("grep -ohE '^(CALL|LAYER|LAYER_VOID|VARIADIC|STUB)\\(.*' shim/calls.def | "
				     "sed -E 's/^(VARIADIC|STUB)\\(([a-z0-9_]+),.*/\\2/; "
				     "s/^[A-Z_]+\\([^,]+, ([A-Za-z0-9_]+),.*/\\1/; s/^[A-Z_]+\\([^,]+, ([A-Za-z0-9_]+),?$/\\1/' | "
				     "LC_ALL=C sort");
	char expected[8192];

	snprintf(expected, sizeof(expected), "%s", rows);
	ck_assert_str_eq(output_of("nm -D --defined-only %s/lib/libseam.so | awk '{print $3}' | LC_ALL=C sort"), expected);
}
END_TEST

SUITE_BEGIN(shim_start)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(the_first_image_starts_the_host_and_enters_its_run);
	SUITE_TEST(the_program_has_no_child_to_reap);
	SUITE_TEST(the_environment_names_the_run_and_is_not_doubled);
	SUITE_TEST(an_exec_chain_has_one_host_and_its_last_image_waits_for_the_trailer);
	SUITE_TEST(children_of_the_root_do_not_wait);
	SUITE_TEST(a_host_that_complains_leaves_everything_refused);
	SUITE_TEST(a_host_that_dies_leaves_everything_refused);
	SUITE_TEST(without_a_host_program_everything_is_refused);
	SUITE_TEST(mode_pass_starts_nothing);
	SUITE_TEST(the_library_needs_libc_alone_and_no_dynamic_tls);
	SUITE_TEST(nothing_but_the_rows_of_calls_def_is_exported);
SUITE_END
