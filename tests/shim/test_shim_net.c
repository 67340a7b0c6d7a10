/* Names, connections, datagrams and peer names through the real libseam.so. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fakehost.h"
#include "suites.h"

static struct fakehost *h;
static uint32_t db, db_tcp, db_udp;

static void up(void)
{
	h = fakehost_start();
	db = fakehost_name(h, "db.prod");
	db_tcp = fakehost_endpoint(h, db, WIRE_TCP, 5432, 0);
	db_udp = fakehost_endpoint(h, db, WIRE_UDP, 8125, 0);
}

static void down(void)
{
	fakehost_stop(h);
}

/* A line that printf makes is what the program printed. */
#define PRINTS(expected, ...) ck_assert_str_eq(fakehost_run(h, "prog_net", __VA_ARGS__, NULL), expected)

START_TEST(every_image_says_hello_and_nothing_at_its_end)
{
	const struct frame *hello;

	PRINTS("EAI_NONAME\n", "resolve", "nowhere.test");
	ck_assert_int_eq(fakehost_count(h, WIRE_HELLO), 1);
	hello = fakehost_frame(h, WIRE_HELLO, 0);
	ck_assert_str_eq(fakehost_string(hello, 0), "prog_net");
	ck_assert_ptr_nonnull(strstr(fakehost_string(hello, 1), "glibc 2."));
	/* its arguments end to end; the helper shows them up to the first NUL */
	ck_assert_str_eq(strrchr(fakehost_string(hello, 2), '/'), "/prog_net");
	ck_assert_uint_eq(hello->u.hello.flags, 0);
	ck_assert_int_eq(fakehost_count(h, WIRE_BYE), 0);
}
END_TEST

START_TEST(a_claimed_name_has_its_virtual_address)
{
	const struct frame *name;

	PRINTS("0 127.64.16.1:5432 [fd5e::1]:5432\n", "resolve", "db.prod", "5432");
	name = fakehost_frame(h, WIRE_NAME, 0);
	ck_assert_str_eq(fakehost_string(name, 0), "db.prod");
	ck_assert_uint_eq(name->u.name.name, db);
	ck_assert_int_eq(name->u.name.result, 0);
	ck_assert_uint_eq(name->u.name.ask, 0);
	/* case and the root's dot do not matter */
	PRINTS("0 127.64.16.1:0 [fd5e::1]:0\n", "resolve", "DB.Prod.");
	/* a machine without IPv6 has nobody at that one */
	h->page->endpoint[db_tcp].to_port6 = h->page->endpoint[db_udp].to_port6 = 0;
	PRINTS("0 127.64.16.1:5432\n", "resolve", "db.prod", "5432");
}
END_TEST

START_TEST(hints_are_honoured)
{
	char flags[16];

	PRINTS("0 [fd5e::1]:80\n", "resolve", "db.prod", "http", "10");
	PRINTS("0 127.64.16.1:80\n", "resolve", "db.prod", "http", "2");
	snprintf(flags, sizeof(flags), "%d", AI_CANONNAME | AI_ADDRCONFIG);
	PRINTS("0 127.64.16.1:0 canon=db.prod [fd5e::1]:0\n", "resolve", "db.prod", "", "0", flags);
	snprintf(flags, sizeof(flags), "%d", AI_NUMERICHOST);
	PRINTS("EAI_NONAME\n", "resolve", "db.prod", "", "0", flags);
	snprintf(flags, sizeof(flags), "%d", AI_V4MAPPED | AI_ALL);
	PRINTS("0 [fd5e::1]:0\n", "resolve", "db.prod", "", "10", flags);
	PRINTS("EAI_FAMILY\n", "resolve", "db.prod", "", "99");
	PRINTS("EAI_BADFLAGS\n", "resolve", "db.prod", "", "0", "0x10000000");
	PRINTS("EAI_SERVICE\n", "resolve", "db.prod", "no-such-service");
}
END_TEST

START_TEST(an_unclaimed_name_does_not_exist)
{
	const struct frame *name;

	PRINTS("EAI_NONAME\n", "resolve", "evil.test", "80");
	name = fakehost_frame(h, WIRE_NAME, 0);
	ck_assert_str_eq(fakehost_string(name, 0), "evil.test");
	ck_assert_uint_eq(name->u.name.name, UINT32_MAX);
	ck_assert_int_eq(name->u.name.result, EAI_NONAME);
	/* wrong hints come first, as in glibc */
	PRINTS("EAI_SERVICE\n", "resolve", "evil.test", "no-such-service");
	PRINTS("EAI_FAMILY\n", "resolve", "evil.test", "", "99");
	/* inet_aton would take the beginning, a resolver would then ask for it */
	PRINTS("EAI_NONAME\n", "resolve", "1.2.3.4 evil.test");
}
END_TEST

START_TEST(a_name_that_a_glob_matches_is_asked_for)
{
	strcpy(h->page->glob[0].pattern, "*.s3.amazonaws.com");
	h->page->globs = 1;
	h->name_for_globs = "lake.s3.amazonaws.com";
	/* (of which fakehost has no listener) */
	PRINTS("0 127.64.16.2:443\n", "resolve", "lake.s3.amazonaws.com", "443");
	ck_assert_int_eq(fakehost_count(h, WIRE_NAME), 1);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_NAME, 0)->u.name.ask, 1);
	/* from now on it is in the page */
	PRINTS("0 127.64.16.2:443\n", "resolve", "lake.s3.amazonaws.com", "443");
	ck_assert_uint_eq(fakehost_frame(h, WIRE_NAME, 1)->u.name.ask, 0);
	h->name_for_globs = NULL;
	PRINTS("EAI_NONAME\n", "resolve", "other.s3.amazonaws.com", "443");
}
END_TEST

START_TEST(own_and_numeric_names_are_the_real_resolvers)
{
	PRINTS("0 127.0.0.1:80\n", "resolve", "127.0.0.1", "80");
	PRINTS("0 127.0.0.1:80\n", "resolve", "localhost", "80", "2");
	PRINTS("0 [::1]:80\n", "resolve", "::1", "80");
	PRINTS("0 203.0.113.9:80\n", "resolve", "203.0.113.9", "80");
	ck_assert_int_eq(fakehost_count(h, WIRE_NAME), 0);
}
END_TEST

START_TEST(the_older_calls_give_the_same_answers)
{
	PRINTS("gethostbyname db.prod 127.64.16.1 4\n"
	       "gethostbyname2 db.prod fd5e::1 16\n"
	       "gethostbyname_r db.prod 127.64.16.1 4\n"
	       "gethostbyname2_r db.prod fd5e::1 16\n"
	       "small room ERANGE\n"
	       "gethostbyaddr db.prod 127.64.16.1 4\n"
	       "gethostbyaddr_r db.prod 127.64.16.1 4\n"
	       "gethostbyaddr v6 db.prod fd5e::1 16\n"
	       "gethostbyaddr of a stranger h_errno 1\n",
	       "hostent", "db.prod", "127.64.16.1");
	PRINTS("gethostbyname h_errno 1\n"
	       "gethostbyname2 h_errno 1\n"
	       "gethostbyname_r h_errno 1\n"
	       "gethostbyname2_r h_errno 1\n"
	       "small room 0\n"
	       "gethostbyaddr h_errno 1\n"
	       "gethostbyaddr_r h_errno 1\n"
	       "gethostbyaddr v6 db.prod fd5e::1 16\n"
	       "gethostbyaddr of a stranger h_errno 1\n",
	       "hostent", "evil.test", "127.64.16.99");
}
END_TEST

START_TEST(virtual_addresses_have_their_names)
{
	char flags[16];

	PRINTS("0 db.prod postgresql\nsmall room EAI_OVERFLOW\n", "nameinfo", "127.64.16.1", "5432", "0");
	PRINTS("0 db.prod postgresql\nsmall room EAI_OVERFLOW\n", "nameinfo", "fd5e::1", "5432", "0");
	snprintf(flags, sizeof(flags), "%d", NI_NUMERICHOST | NI_NUMERICSERV);
	PRINTS("0 127.64.16.1 5432\nsmall room EAI_OVERFLOW\n", "nameinfo", "127.64.16.1", "5432", flags);
	PRINTS("0 203.0.113.9 postgresql\nsmall room EAI_OVERFLOW\n", "nameinfo", "203.0.113.9", "5432", "0");
	snprintf(flags, sizeof(flags), "%d", NI_NAMEREQD);
	PRINTS("EAI_NONAME  \nsmall room EAI_NONAME\n", "nameinfo", "203.0.113.9", "5432", flags);
}
END_TEST

static void connects(const char *how, const char *ip, const char *port, const char *peer, bool v6)
{
	const char *out = fakehost_run(h, "prog_net", how, ip, port, NULL);
	char begin[300];
	const struct wire_connect *record;
	unsigned local = 0;

	snprintf(begin, sizeof(begin),
		 "connect ok, errno kept\nflags kept\npeer %s\npeer in 4 bytes: len %s\nnodelay kept\nhere is db.prod:%s\n",
		 peer, strrchr(peer, ' ') + 1, port);
	ck_assert_msg(strncmp(out, begin, strlen(begin)) == 0, "printed:\n%s", out);
	ck_assert_int_eq(sscanf(out + strlen(begin), "local port %u", &local), 1);
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 1);
	record = &fakehost_frame(h, WIRE_CONNECT, 0)->u.connect;
	ck_assert_uint_eq(record->outcome, WIRE_REDIRECTED);
	ck_assert_uint_eq(record->endpoint, db_tcp);
	ck_assert_uint_eq(record->local_port, local);
	ck_assert_uint_eq(record->v6, v6);
	ck_assert_uint_eq(record->asked.port, 5432);
	ck_assert_uint_eq(record->asked.transport, WIRE_TCP);
	ck_assert_uint_eq(fakehost_last_port(h, db_tcp, v6), local);
}

START_TEST(an_ipv4_connect_reaches_the_fake)
{
	connects("connect4", "127.64.16.1", "5432", "127.64.16.1:5432 len 16", false);
}
END_TEST

START_TEST(an_ipv6_connect_reaches_the_fake)
{
	connects("connect6", "fd5e::1", "5432", "[fd5e::1]:5432 len 28", true);
}
END_TEST

START_TEST(a_v4_mapped_connect_reaches_the_fake)
{
	connects("connect6", "::ffff:127.64.16.1", "5432", "[::ffff:127.64.16.1]:5432 len 28", false);
	/* the host hears of the IPv4 address */
	ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 0)->u.connect.asked.family, WIRE_INET);
}
END_TEST

START_TEST(ipv6_falls_back_to_v4_mapped_without_an_ipv6_loopback)
{
	const char *out;

	h->page->endpoint[db_tcp].to_port6 = 0;
	out = fakehost_run(h, "prog_net", "connect6", "fd5e::1", "5432", NULL);
	ck_assert_ptr_nonnull(strstr(out, "here is db.prod:5432"));
	ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 0)->u.connect.v6, 0);
}
END_TEST

START_TEST(a_claimed_unix_path_reaches_the_fake)
{
	const char *path = "/var/run/postgresql/.s.PGSQL.5432";
	const char *out;

	fakehost_unix(h, path);
	out = fakehost_run(h, "prog_net", "unix", path, NULL);
	ck_assert_ptr_nonnull(strstr(out, "connect ok, errno kept\nflags kept\npeer /var/run/postgresql/.s.PGSQL.5432 len 36\n"));
	ck_assert_ptr_nonnull(strstr(out, "here is /var/run/postgresql/.s.PGSQL.5432\n"));
	ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 0)->u.connect.outcome, WIRE_REDIRECTED);
}
END_TEST

START_TEST(a_non_blocking_connect_is_recorded_once)
{
	PRINTS("first ok\nso_error 0\nsecond connected\nthird connected\nhere is db.prod:5432\n", "nonblock", "127.64.16.1",
	       "5432");
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 1);
}
END_TEST

START_TEST(datagrams_reach_the_fake_with_and_without_connect)
{
	const struct wire_connect *record;
	const char *out = fakehost_run(h, "prog_net", "udp", "127.64.16.1", "8125", NULL);

	ck_assert_ptr_nonnull(strstr(out, "connect ok, errno kept\nflags kept\npeer 127.64.16.1:8125 len 16\n"));
	ck_assert_ptr_nonnull(strstr(out, "here is db.prod:8125\n"));
	record = &fakehost_frame(h, WIRE_CONNECT, 0)->u.connect;
	ck_assert_uint_eq(record->endpoint, db_udp);
	ck_assert_uint_eq(record->asked.transport, WIRE_UDP);
	PRINTS("sendto 1 \nhere is db.prod:8125\nsendmsg 1, address untouched\nhere is db.prod:8125\n"
	       "sendmmsg 2 of 1 and 1\nhere is db.prod:8125\nhere is db.prod:8125\n",
	       "datagrams", "127.64.16.1", "8125");
	ck_assert_int_eq(fakehost_count(h, WIRE_SEND), 4);
	record = &fakehost_frame(h, WIRE_SEND, 0)->u.connect;
	ck_assert_uint_eq(record->local_port, fakehost_last_port(h, db_udp, false));
	ck_assert_uint_eq(record->outcome, WIRE_REDIRECTED);
}
END_TEST

START_TEST(a_fast_open_is_a_connect)
{
	PRINTS("fastopen 1 \nhere is db.prod:5432\n", "fastopen", "127.64.16.1", "5432");
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 1);
	PRINTS("fastopen -1 ECONNREFUSED\n", "fastopen", "203.0.113.9", "5432");
}
END_TEST

static void refused(const char *how, const char *ip, const char *port, const char *expected, int error)
{
	const struct wire_connect *record;

	fakehost_forget(h);
	PRINTS(expected, how, ip, port);
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT) + fakehost_count(h, WIRE_SEND), 1);
	record = &fakehost_frame(h, fakehost_count(h, WIRE_SEND) ? WIRE_SEND : WIRE_CONNECT, 0)->u.connect;
	ck_assert_uint_eq(record->outcome, WIRE_REFUSED);
	ck_assert_uint_eq(record->endpoint, UINT32_MAX);
	ck_assert_int_eq(record->error, error);
}

START_TEST(what_nobody_claims_is_refused_and_told)
{
	refused("connect4", "203.0.113.9", "80", "connect ECONNREFUSED\n", 111);
	refused("connect6", "2001:db8::1", "80", "connect ECONNREFUSED\n", 111);
	refused("connect6", "::ffff:203.0.113.9", "80", "connect ECONNREFUSED\n", 111);
	refused("connect4", "127.64.16.1", "80", "connect ECONNREFUSED\n", 111);
	refused("connect4", "127.64.17.7", "5432", "connect ECONNREFUSED\n", 111);
	refused("connect6", "fd5e::77", "5432", "connect ECONNREFUSED\n", 111);
	refused("udp", "203.0.113.9", "53", "connect ECONNREFUSED\n", 111);
	refused("datagrams", "203.0.113.9", "53", "sendto -1 ECONNREFUSED\n", 111);
	ck_assert_int_eq(fakehost_count(h, WIRE_ASK), 0);
}
END_TEST

START_TEST(addresses_of_this_machine_are_asked_about)
{
	h->page->owned[0] = (struct page_own){ .family = WIRE_INET, .ip = { 203, 0, 113, 9 } };
	h->page->owned[1] = (struct page_own){ .family = WIRE_INET6, .ip = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 } };
	h->page->own = 2;
	h->verdict = (struct wire_verdict){ .outcome = WIRE_REFUSED, .error = 13 };
	PRINTS("connect EACCES\n", "connect4", "203.0.113.9", "80");
	PRINTS("connect EACCES\n", "connect6", "::ffff:203.0.113.9", "80");
	PRINTS("connect EACCES\n", "connect6", "2001:db8::1", "80");
	ck_assert_int_eq(fakehost_count(h, WIRE_ASK), 3);
	PRINTS("connect ECONNREFUSED\n", "connect4", "203.0.113.10", "80");
	ck_assert_int_eq(fakehost_count(h, WIRE_ASK), 3);
}
END_TEST

START_TEST(loopback_and_unix_paths_are_asked_about)
{
	char port[8];
	const char *out;

	snprintf(port, sizeof(port), "%u", fakehost_stranger(h));
	out = fakehost_run(h, "prog_net", "connect4", "127.0.0.1", port, NULL);
	ck_assert_ptr_nonnull(strstr(out, "connect ok, errno kept"));
	ck_assert_ptr_nonnull(strstr(out, "here is a stranger"));
	ck_assert_int_eq(fakehost_count(h, WIRE_ASK), 1);
	ck_assert_uint_eq(fakehost_frame(h, WIRE_ASK, 0)->u.ask.endpoint, UINT32_MAX);
	/* the host said it: no record */
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 0);

	h->verdict = (struct wire_verdict){ .outcome = WIRE_REFUSED, .error = 13 };
	PRINTS("connect EACCES\n", "connect4", "127.0.0.1", port);
	PRINTS("connect EACCES\n", "unix", "/nowhere/at/all");
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 0);

	h->verdict = (struct wire_verdict){ .outcome = WIRE_REDIRECTED, .endpoint = db_tcp };
	out = fakehost_run(h, "prog_net", "connect4", "127.0.0.1", port, NULL);
	ck_assert_ptr_nonnull(strstr(out, "here is db.prod:5432"));
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 1);
}
END_TEST

START_TEST(a_rule_on_connect_decides)
{
	uint32_t asking = fakehost_endpoint(h, db, WIRE_TCP, 6000, PAGE_ASK);
	const char *out;

	h->verdict = (struct wire_verdict){ .outcome = WIRE_REFUSED, .error = 110 };
	PRINTS("connect ETIMEDOUT\n", "connect4", "127.64.16.1", "6000");
	ck_assert_uint_eq(fakehost_frame(h, WIRE_ASK, 0)->u.ask.endpoint, asking);
	h->verdict = (struct wire_verdict){ .outcome = WIRE_REDIRECTED, .endpoint = asking, .delay_ms = 30 };
	out = fakehost_run(h, "prog_net", "connect4", "127.64.16.1", "6000", NULL);
	ck_assert_ptr_nonnull(strstr(out, "connect ok, errno kept"));
	ck_assert_ptr_nonnull(strstr(out, "here is db.prod:6000"));
	/* a non-blocking one is asked about once, however often it is called */
	fakehost_forget(h);
	out = fakehost_run(h, "prog_net", "nonblock", "127.64.16.1", "6000", NULL);
	ck_assert_ptr_nonnull(strstr(out, "third connected"));
	ck_assert_int_eq(fakehost_count(h, WIRE_ASK), 1);
}
END_TEST

START_TEST(a_socket_tied_to_a_device_is_refused)
{
	const char *out = fakehost_run(h, "prog_net", "tied", "127.64.16.1", "5432", "lo", NULL);

	if (strstr(out, "cannot tie")) /* needs CAP_NET_RAW */
		return;
	ck_assert_str_eq(out, "connected\n");
	out = fakehost_run(h, "prog_net", "tied", "127.64.16.1", "5432", "eth0", NULL);
	if (!strstr(out, "cannot tie")) {
		ck_assert_str_eq(out, "ENETUNREACH\n");
		ck_assert_uint_eq(fakehost_frame(h, WIRE_CONNECT, 1)->u.connect.outcome, WIRE_REFUSED);
	}
}
END_TEST

START_TEST(nothing_is_served_after_the_end_of_the_run)
{
	h->page->ended = 1;
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.64.16.1", "5432");
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.0.0.1", "22");
	PRINTS("connect ECONNREFUSED\n", "unix", "/run/docker.sock");
	PRINTS("sendto -1 ECONNREFUSED\n", "datagrams", "127.64.16.1", "8125");
	PRINTS("EAI_NONAME\n", "resolve", "evil.test");
}
END_TEST

START_TEST(a_dead_host_is_a_refused_connection)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	socklen_t len = sizeof(any);
	int stranger = socket(AF_INET, SOCK_STREAM, 0);
	char port[8];

	fakehost_kill(h);
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.64.16.1", "5432");
	/* also when somebody else has taken the port that the page still names */
	any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(stranger, (struct sockaddr *)&any, len), 0);
	ck_assert_int_eq(listen(stranger, 8), 0);
	ck_assert_int_eq(getsockname(stranger, (struct sockaddr *)&any, &len), 0);
	h->page->endpoint[db_tcp].to_port4 = ntohs(any.sin_port);
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.64.16.1", "5432");
	PRINTS("connect ECONNREFUSED\n", "connect4", "203.0.113.9", "80");
	snprintf(port, sizeof(port), "%d", 22);
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.0.0.1", port);
	PRINTS("connect ECONNREFUSED\n", "udp", "127.64.16.1", "8125");
	PRINTS("EAI_NONAME\n", "resolve", "evil.test");
	close(stranger);
}
END_TEST

START_TEST(without_a_page_everything_is_refused)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" WIRE_PAGE, h->dir);
	ck_assert_int_eq(remove(path), 0);
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.64.16.1", "5432");
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.0.0.1", "22");
	PRINTS("EAI_NONAME\n", "resolve", "db.prod");
	PRINTS("0 127.0.0.1:0\n", "resolve", "localhost", "", "2");
}
END_TEST

START_TEST(a_page_of_another_version_is_no_page)
{
	h->page->version++;
	PRINTS("connect ECONNREFUSED\n", "connect4", "127.64.16.1", "5432");
	/* the hello carries the shim's own version, and the host will tell */
	ck_assert_int_eq(fakehost_frame(h, WIRE_HELLO, 0)->u.head.version, WIRE_VERSION);
}
END_TEST

START_TEST(in_pass_mode_the_shim_is_inert)
{
	char port[8];
	const char *out;

	h->page->mode = PAGE_PASS;
	snprintf(port, sizeof(port), "%u", fakehost_stranger(h));
	out = fakehost_run(h, "prog_net", "connect4", "127.0.0.1", port, NULL);
	ck_assert_ptr_nonnull(strstr(out, "here is a stranger"));
	ck_assert_int_eq(h->nframes, 0);
}
END_TEST

START_TEST(errors_of_the_caller_are_the_kernels)
{
	PRINTS("EBADF\n", "badfd", "127.64.16.1", "5432");
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 0);
}
END_TEST

START_TEST(no_descriptor_is_kept)
{
	const char *out = fakehost_run(h, "prog_net", "closeall", "127.64.16.1", "5432", NULL);

	ck_assert_ptr_nonnull(strstr(out, "connect ok, errno kept"));
	ck_assert_ptr_nonnull(strstr(out, "lowest fd 3\n"));
}
END_TEST

START_TEST(threads_and_forks_do_not_hang)
{
	PRINTS("0 failures in threads, 0 in children\n", "busy", "127.64.16.1", "5432");
	ck_assert_int_eq(fakehost_count(h, WIRE_CONNECT), 8 * 50 + 100);
}
END_TEST

START_TEST(a_signal_handler_may_connect_inside_a_hook)
{
	PRINTS("0 failures\n", "alarms", "127.64.16.1", "5432");
}
END_TEST

SUITE_BEGIN(shim_net)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(every_image_says_hello_and_nothing_at_its_end);
	SUITE_TEST(a_claimed_name_has_its_virtual_address);
	SUITE_TEST(hints_are_honoured);
	SUITE_TEST(an_unclaimed_name_does_not_exist);
	SUITE_TEST(a_name_that_a_glob_matches_is_asked_for);
	SUITE_TEST(own_and_numeric_names_are_the_real_resolvers);
	SUITE_TEST(the_older_calls_give_the_same_answers);
	SUITE_TEST(virtual_addresses_have_their_names);
	SUITE_TEST(an_ipv4_connect_reaches_the_fake);
	SUITE_TEST(an_ipv6_connect_reaches_the_fake);
	SUITE_TEST(a_v4_mapped_connect_reaches_the_fake);
	SUITE_TEST(ipv6_falls_back_to_v4_mapped_without_an_ipv6_loopback);
	SUITE_TEST(a_claimed_unix_path_reaches_the_fake);
	SUITE_TEST(a_non_blocking_connect_is_recorded_once);
	SUITE_TEST(datagrams_reach_the_fake_with_and_without_connect);
	SUITE_TEST(a_fast_open_is_a_connect);
	SUITE_TEST(what_nobody_claims_is_refused_and_told);
	SUITE_TEST(addresses_of_this_machine_are_asked_about);
	SUITE_TEST(loopback_and_unix_paths_are_asked_about);
	SUITE_TEST(a_rule_on_connect_decides);
	SUITE_TEST(a_socket_tied_to_a_device_is_refused);
	SUITE_TEST(nothing_is_served_after_the_end_of_the_run);
	SUITE_TEST(a_dead_host_is_a_refused_connection);
	SUITE_TEST(without_a_page_everything_is_refused);
	SUITE_TEST(a_page_of_another_version_is_no_page);
	SUITE_TEST(in_pass_mode_the_shim_is_inert);
	SUITE_TEST(errors_of_the_caller_are_the_kernels);
	SUITE_TEST(no_descriptor_is_kept);
	SUITE_TEST(threads_and_forks_do_not_hang);
	SUITE_TEST(a_signal_handler_may_connect_inside_a_hook);
SUITE_END
