/* Extensions of a TLS hello, whole and cut. */
#include <stdlib.h>
#include <string.h>

#include "host/hello.h"
#include "suites.h"

static const unsigned char name[] = "\x00\x0a\x00\x00\x07" "db.prod";
static const unsigned char alpn[] = "\x00\x0c\x02h2\x08http/1.1";

START_TEST(a_hello_names_its_host)
{
	static const unsigned char second[] = "\x00\x0f\x07\x00\x02xx\x00\x00\x07" "db.prod";

	ck_assert(slice_eq_str(hello_name(name, sizeof(name) - 1), "db.prod"));
	ck_assert_msg(slice_eq_str(hello_name(second, sizeof(second) - 1), "db.prod"), "of another type first");
	ck_assert_ptr_null(hello_name((const unsigned char *)"\x00\x00", 2).ptr);
}
END_TEST

START_TEST(a_hello_offers_protocols)
{
	char out[HELLO_ALPN_BYTES];
	unsigned char many[1 + 1 + 8 * 200] = { 0 };

	ck_assert(slice_eq_str(hello_alpn(alpn, sizeof(alpn) - 1, out), "h2,http/1.1"));
	ck_assert_ptr_null(hello_alpn((const unsigned char *)"\x00\x00", 2, out).ptr);
	for (size_t i = 0; i < 8; i++)
		many[2 + i * 200] = 199;
	ck_assert_uint_eq(hello_alpn(many, sizeof(many), out).len, 199);
}
END_TEST

/* On the heap, so that a sanitizer sees a read past the end. */
START_TEST(a_hello_cut_anywhere_says_less)
{
	char out[HELLO_ALPN_BYTES];

	for (size_t len = 0; len < sizeof(name) - 1; len++) {
		unsigned char *cut = malloc(len ? len : 1);
		memcpy(cut, name, len);
		ck_assert_ptr_null(hello_name(cut, len).ptr);
		free(cut);
	}
	for (size_t len = 0; len < sizeof(alpn) - 1; len++) {
		unsigned char *cut = malloc(len ? len : 1);
		memcpy(cut, alpn, len < sizeof(alpn) - 1 ? len : 0);
		struct slice got = hello_alpn(cut, len, out);
		ck_assert(!got.ptr || slice_eq_str(got, "h2"));
		free(cut);
	}
}
END_TEST

SUITE_BEGIN(hello)
	SUITE_TEST(a_hello_names_its_host);
	SUITE_TEST(a_hello_offers_protocols);
	SUITE_TEST(a_hello_cut_anywhere_says_less);
SUITE_END
