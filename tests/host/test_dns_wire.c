/* Questions and answers of the domain name system, byte by byte. */
#include <stdlib.h>
#include <string.h>

#include "host/dns_wire.h"
#include "suites.h"

/* "WEB.example.com", class IN, type A, recursion desired, with an EDNS record behind (RFC 6891 section 6.1.2). */
static const unsigned char query[] = {
	0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1,
	3, 'W', 'E', 'B', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1,
	0, 0, 41, 4, 0xd0, 0, 0, 0, 0, 0, 0,
};
#define QUESTION_END 33

START_TEST(a_question_is_read_in_lower_case)
{
	struct dns_question q;

	ck_assert_int_eq(dns_parse(&q, query, sizeof(query)), 0);
	ck_assert_str_eq(q.name, "web.example.com");
	ck_assert_uint_eq(q.type, DNS_A);
	ck_assert_uint_eq(q.id, 0x1234);
	ck_assert_uint_eq(q.raw_len, QUESTION_END - 12);
}
END_TEST

START_TEST(a_question_cut_anywhere_is_none)
{
	struct dns_question q;

	for (size_t len = 0; len < QUESTION_END; len++) {
		unsigned char *cut = malloc(len ? len : 1); /* so that a sanitizer sees a read past the end */
		memcpy(cut, query, len);
		ck_assert_int_eq(dns_parse(&q, cut, len), -1);
		free(cut);
	}
}
END_TEST

START_TEST(what_is_no_query_is_not_answered)
{
	static const struct { size_t at; unsigned char value; } wrong[] = {
		{ 2, 0x81 }, /* an answer */
		{ 2, 0x11 }, /* another opcode */
		{ 5, 2 },    /* two questions */
		{ 5, 0 },
		{ 12, 0xc0 },/* a compressed name */
		{ 12, 64 },
		{ 14, 0 },   /* a NUL in a label */
		{ 32, 3 },   /* class CHAOS */
	};
	struct dns_question q;
	unsigned char bytes[sizeof(query)];

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		memcpy(bytes, query, sizeof(query));
		bytes[wrong[i].at] = wrong[i].value;
		ck_assert_msg(dns_parse(&q, bytes, sizeof(bytes)) == -1, "case %zu", i);
	}
}
END_TEST

START_TEST(a_name_longer_than_names_can_be_is_refused)
{
	unsigned char bytes[12 + 5 * 64 + 5] = { 0, 1, 1, 0, 0, 1 };
	struct dns_question q;

	for (int label = 0; label < 5; label++) {
		bytes[12 + label * 64] = 63;
		memset(bytes + 12 + label * 64 + 1, 'a', 63);
	}
	bytes[12 + 5 * 64 + 2] = 1;
	bytes[12 + 5 * 64 + 4] = 1;
	ck_assert_int_eq(dns_parse(&q, bytes, sizeof(bytes)), -1);
}
END_TEST

START_TEST(an_address_answers_under_the_name_that_was_asked)
{
	static const unsigned char expected[] = {
		0x12, 0x34, 0x85, 0x80, 0, 1, 0, 1, 0, 0, 0, 0,
		3, 'W', 'E', 'B', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 'm', 0, 0, 1, 0, 1,
		0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 64, 0, 1,
	};
	unsigned char out[DNS_ANSWER_MAX];
	struct dns_question q;

	ck_assert_int_eq(dns_parse(&q, query, sizeof(query)), 0);
	ck_assert_uint_eq(dns_answer(out, &q, DNS_NOERROR, "\x7f\x40\0\x01", 4), sizeof(expected));
	ck_assert_mem_eq(out, expected, sizeof(expected));
}
END_TEST

START_TEST(a_name_that_does_not_exist_has_no_answer)
{
	unsigned char out[DNS_ANSWER_MAX];
	struct dns_question q;

	ck_assert_int_eq(dns_parse(&q, query, sizeof(query)), 0);
	ck_assert_uint_eq(dns_answer(out, &q, DNS_NXDOMAIN, NULL, 0), QUESTION_END);
	ck_assert_uint_eq(out[3] & 15, 3);
	ck_assert_uint_eq(out[7], 0);
}
END_TEST

START_TEST(a_reversed_name_is_an_address)
{
	static const unsigned char four[4] = { 127, 64, 16, 1 }, six[16] = { 0xfd, 0x5e, [15] = 0x2a };
	static const char name6[] = "a.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.e.5.d.f.ip6.arpa";
	static const char *const none[] = { "", "arpa", "in-addr.arpa", "16.64.127.in-addr.arpa", "1.1.16.64.127.in-addr.arpa", "1.16.64.256.in-addr.arpa",
					    "1.16..127.in-addr.arpa", "x.16.64.127.in-addr.arpa", "1.16.64.127.ip6.arpa", "1.16.64.127.in-addr.arpa.x" };
	unsigned char ip[16];

	ck_assert_uint_eq(dns_reversed("1.16.64.127.in-addr.arpa", ip), 4);
	ck_assert_int_eq(memcmp(ip, four, 4), 0);
	ck_assert_uint_eq(dns_reversed(name6, ip), 16);
	ck_assert_int_eq(memcmp(ip, six, 16), 0);
	for (size_t at = 1; at < sizeof(name6) - 1; at++)
		ck_assert_uint_eq(dns_reversed(name6 + at, ip), 0);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		ck_assert_msg(dns_reversed(none[i], ip) == 0, "%s", none[i]);
}
END_TEST

START_TEST(a_name_becomes_labels)
{
	unsigned char out[DNS_NAME_BYTES];
	char longest[300] = "";

	ck_assert_uint_eq(dns_name(out, "db.prod"), 9);
	ck_assert_int_eq(memcmp(out, "\2db\4prod", 9), 0);
	ck_assert_uint_eq(dns_name(out, "db.prod."), 9);
	ck_assert_uint_eq(dns_name(out, ""), 0);
	ck_assert_uint_eq(dns_name(out, "a..b"), 0);
	while (strlen(longest) < 253)
		strcat(longest, strlen(longest) % 2 ? "." : "a");
	ck_assert_uint_eq(dns_name(out, longest), 255);
	strcat(longest, ".a");
	ck_assert_uint_eq(dns_name(out, longest), 0);
}
END_TEST

START_TEST(an_answer_never_grows_past_its_room)
{
	unsigned char out[DNS_ANSWER_MAX], data[DNS_ANSWER_MAX] = { 0 };
	struct dns_question q;

	ck_assert_int_eq(dns_parse(&q, query, sizeof(query)), 0);
	size_t head = dns_answer(out, &q, DNS_NOERROR, NULL, 0), most = DNS_ANSWER_MAX - head - 12;
	ck_assert_uint_eq(dns_answer(out, &q, DNS_NOERROR, data, most), DNS_ANSWER_MAX);
	ck_assert_uint_eq(dns_answer(out, &q, DNS_NOERROR, data, most + 1), head);
}
END_TEST

SUITE_BEGIN(dns_wire)
	SUITE_TEST(a_question_is_read_in_lower_case);
	SUITE_TEST(a_question_cut_anywhere_is_none);
	SUITE_TEST(what_is_no_query_is_not_answered);
	SUITE_TEST(a_name_longer_than_names_can_be_is_refused);
	SUITE_TEST(an_address_answers_under_the_name_that_was_asked);
	SUITE_TEST(a_name_that_does_not_exist_has_no_answer);
	SUITE_TEST(a_reversed_name_is_an_address);
	SUITE_TEST(a_name_becomes_labels);
	SUITE_TEST(an_answer_never_grows_past_its_room);
SUITE_END
