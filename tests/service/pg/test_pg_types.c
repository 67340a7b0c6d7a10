/* Values between text and binary, against what PostgreSQL 15 prints and sends:
 * the table below is its own output (typsend of each value, in hex). */
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "service/pg/pg_types.h"
#include "suites.h"

static const struct {
	uint32_t oid;
	const char *text, *binary;
} vectors[] = {
	{ 16, "t", "01" },
	{ 16, "f", "00" },
	{ 20, "0", "0000000000000000" },
	{ 20, "-1", "ffffffffffffffff" },
	{ 20, "9223372036854775807", "7fffffffffffffff" },
	{ 20, "-9223372036854775808", "8000000000000000" },
	{ 20, "42", "000000000000002a" },
	{ 21, "0", "0000" },
	{ 21, "-1", "ffff" },
	{ 21, "32767", "7fff" },
	{ 21, "-32768", "8000" },
	{ 23, "0", "00000000" },
	{ 23, "-1", "ffffffff" },
	{ 23, "2147483647", "7fffffff" },
	{ 23, "-2147483648", "80000000" },
	{ 26, "0", "00000000" },
	{ 26, "4294967295", "ffffffff" },
	{ 700, "0", "00000000" },
	{ 700, "-0", "80000000" },
	{ 700, "1", "3f800000" },
	{ 700, "1.5", "3fc00000" },
	{ 700, "-2.25", "c0100000" },
	{ 700, "0.1", "3dcccccd" },
	{ 700, "123456", "47f12000" },
	{ 700, "1.234567e+06", "4996b438" },
	{ 700, "1e+06", "49742400" },
	{ 700, "0.0001", "38d1b717" },
	{ 700, "1e-05", "3727c5ac" },
	{ 700, "3.4028235e+38", "7f7fffff" },
	{ 700, "1e-45", "00000001" },
	{ 700, "NaN", "7fc00000" },
	{ 700, "Infinity", "7f800000" },
	{ 700, "-Infinity", "ff800000" },
	{ 700, "1.6777216e+07", "4b800000" },
	{ 701, "0", "0000000000000000" },
	{ 701, "-0", "8000000000000000" },
	{ 701, "1", "3ff0000000000000" },
	{ 701, "1.5", "3ff8000000000000" },
	{ 701, "-2.25", "c002000000000000" },
	{ 701, "0.1", "3fb999999999999a" },
	{ 701, "123456789012345", "42dc12218377de40" },
	{ 701, "1.234567890123456e+15", "43118b54f22aeb00" },
	{ 701, "1e+15", "430c6bf526340000" },
	{ 701, "100000000000000", "42d6bcc41e900000" },
	{ 701, "0.0001", "3f1a36e2eb1c432d" },
	{ 701, "1e-05", "3ee4f8b588e368f1" },
	{ 701, "0.00012345", "3f202e4b6ce5dc68" },
	{ 701, "1.7976931348623157e+308", "7fefffffffffffff" },
	{ 701, "5e-324", "0000000000000001" },
	{ 701, "NaN", "7ff8000000000000" },
	{ 701, "Infinity", "7ff0000000000000" },
	{ 701, "-Infinity", "fff0000000000000" },
	{ 701, "3.141592653589793", "400921fb54442d18" },
	{ 701, "100", "4059000000000000" },
	{ 1700, "0", "0000000000000000" },
	{ 1700, "0.00", "0000000000000002" },
	{ 1700, "1", "00010000000000000001" },
	{ 1700, "-1", "00010000400000000001" },
	{ 1700, "10000", "00010001000000000001" },
	{ 1700, "9999", "0001000000000000270f" },
	{ 1700, "12345678.9012", "000300010000000404d2162e2334" },
	{ 1700, "0.0001", "0001ffff000000040001" },
	{ 1700, "0.00001", "0001fffe0000000503e8" },
	{ 1700, "-0.5", "0001ffff400000011388" },
	{ 1700, "100000000000000000000", "00010005000000000001" },
	{ 1700, "123456789012345678901234567890.123456789", "000b000700000009000c0d801ed204d2162e23340d801ed204d2162e2328" },
	{ 1700, "NaN", "00000000c0000000" },
	{ 1700, "Infinity", "00000000d0000020" },
	{ 1700, "-Infinity", "00000000f0000020" },
	{ 1700, "1.10", "0002000000000002000103e8" },
	{ 1700, "100.00", "00010000000000020064" },
	{ 1700, "0.1000", "0001ffff0000000403e8" },
	{ 1700, "0.00010000", "0001ffff000000080001" },
	{ 1700, "0.0000000005", "0001fffd0000000a01f4" },
	{ 1082, "2000-01-01", "00000000" },
	{ 1082, "1999-12-31", "ffffffff" },
	{ 1082, "2024-02-29", "00002279" },
	{ 1082, "0001-01-01", "fff4dbf9" },
	{ 1082, "infinity", "7fffffff" },
	{ 1082, "-infinity", "80000000" },
	{ 1082, "9999-12-31", "002c95d3" },
	{ 1082, "12345-06-07", "0039a81f" },
	{ 1082, "0044-03-15 BC", "fff49d7b" },
	{ 1082, "4713-01-01 BC", "ffda97cd" },
	{ 1082, "1582-10-10", "fffdacbb" },
	{ 1083, "00:00:00", "0000000000000000" },
	{ 1083, "23:59:59.999999", "000000141dd75fff" },
	{ 1083, "24:00:00", "000000141dd76000" },
	{ 1083, "12:34:56.5", "0000000a8be1bd20" },
	{ 1266, "00:00:00+00", "000000000000000000000000" },
	{ 1266, "23:59:59.999999-08", "000000141dd75fff00007080" },
	{ 1266, "12:34:56.5+05:30", "0000000a8be1bd20ffffb2a8" },
	{ 1114, "2000-01-01 00:00:00", "0000000000000000" },
	{ 1114, "1999-12-31 23:59:59.999999", "ffffffffffffffff" },
	{ 1114, "2024-02-29 12:34:56.789", "0002b58341728608" },
	{ 1114, "infinity", "7fffffffffffffff" },
	{ 1114, "-infinity", "8000000000000000" },
	{ 1114, "0044-03-15 12:00:00 BC", "ff1af9e8fb46d000" },
	{ 1114, "294276-12-31 23:59:59.999999", "7fffff5bb3b29fff" },
	{ 1114, "0001-01-01 00:00:00", "ff1fe2ffc59c6000" },
	{ 1184, "2000-01-01 00:00:00+00", "0000000000000000" },
	{ 1184, "1999-12-31 23:59:59.999999+00", "ffffffffffffffff" },
	{ 1184, "2024-02-29 12:34:56.789+00", "0002b58341728608" },
	{ 1184, "infinity", "7fffffffffffffff" },
	{ 1186, "00:00:00", "00000000000000000000000000000000" },
	{ 1186, "1 day", "00000000000000000000000100000000" },
	{ 1186, "-1 days", "0000000000000000ffffffff00000000" },
	{ 1186, "1 year 2 mons 3 days 04:05:06.789", "000000036c97ca88000000030000000e" },
	{ 1186, "-00:00:01", "fffffffffff0bdc00000000000000000" },
	{ 1186, "1 mon -1 days", "0000000000000000ffffffff00000001" },
	{ 1186, "-1 years -2 mons +3 days -04:05:06", "fffffffc93743f8000000003fffffff2" },
	{ 1186, "100:00:00", "00000053d1ac10000000000000000000" },
	{ 1186, "2 years", "00000000000000000000000000000018" },
	{ 1186, "1 day -00:00:01", "fffffffffff0bdc00000000100000000" },
	{ 2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc999c0b4ef8bb6d6bb9bd380a11" },
	{ 17, "\\x", "" },
	{ 17, "\\xdeadbeef", "deadbeef" },
	{ 17, "\\x00ff", "00ff" },
	{ 25, "", "" },
	{ 25, "abc", "616263" },
	{ 25, "\303\244\342\202\254", "c3a4e282ac" },
	{ 3802, "{\"a\": 1}", "017b2261223a20317d" },
	{ 114, "{\"a\":1}", "7b2261223a317d" },
	{ 1007, "{}", "000000000000000000000017" },
	{ 1007, "{1,2,3}", "0000000100000000000000170000000300000001000000040000000100000004000000020000000400000003" },
	{ 1007, "{1,NULL,3}", "00000001000000010000001700000003000000010000000400000001ffffffff0000000400000003" },
	{ 1007, "{{1,2},{3,4}}", "000000020000000000000017000000020000000100000002000000010000000400000001000000040000000200000004000000030000000400000004" },
	{ 1007, "[0:1]={7,8}", "000000010000000000000017000000020000000000000004000000070000000400000008" },
	{ 1007, "{{{1},{2}}}", "00000003000000000000001700000001000000010000000200000001000000010000000100000004000000010000000400000002" },
	{ 1009, "{}", "000000000000000000000019" },
	{ 1009, "{a,\"b c\",NULL,\"null\",\"\",\"x\\\"y\"}", "0000000100000001000000190000000600000001000000016100000003622063ffffffff000000046e756c6c0000000000000003782279" },
	{ 1009, "{\"{\",\"}\",\",\",\"\\\\\"}", "0000000100000000000000190000000400000001000000017b000000017d000000012c000000015c" },
	{ 1185, "{\"2024-01-01 00:00:00+00\",NULL}", "0000000100000001000004a00000000200000001000000080002b0d5d4e94000ffffffff" },
	{ 1231, "{1.10,-2}", "0000000100000000000006a400000002000000010000000c0002000000000002000103e80000000a00010000400000000002" },
	{ 3807, "{\"{\\\"a\\\": \\\"x y\\\"}\"}", "000000010000000000000eda00000001000000010000000d017b2261223a2022782079227d" },
	{ 1000, "{t,f,NULL}", "000000010000000100000010000000030000000100000001010000000100ffffffff" },
	{ 1001, "{\"\\\\xdead\"}", "000000010000000000000011000000010000000100000002dead" },
	{ 1022, "{1.5,NaN}", "0000000100000000000002bd0000000200000001000000083ff8000000000000000000087ff8000000000000" },
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void unhex(const char *hex, struct buf *out)
{
	for (; hex[0]; hex += 2) {
		unsigned v;

		sscanf(hex, "%2x", &v);
		buf_add_char(out, (char)v);
	}
}

START_TEST(binary_becomes_the_text_that_postgres_prints)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct pg_type *t = pg_type_find(vectors[i].oid);
		struct buf binary, text;

		buf_init(&binary, 1 << 20);
		buf_init(&text, 1 << 20);
		unhex(vectors[i].binary, &binary);
		ck_assert_msg(t && t->recv(t, buf_slice(&binary), &text), "row %zu: %s", i, vectors[i].text);
		ck_assert_msg(strcmp(text.ptr, vectors[i].text) == 0, "row %zu: %s, not %s", i, text.ptr, vectors[i].text);
		buf_release(&binary);
		buf_release(&text);
	}
}
END_TEST

START_TEST(text_becomes_the_binary_that_postgres_sends)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct pg_type *t = pg_type_find(vectors[i].oid);
		struct buf binary, hex;

		buf_init(&binary, 1 << 20);
		buf_init(&hex, 1 << 20);
		ck_assert_msg(t && t->send(t, slice_str(vectors[i].text), &binary), "row %zu: %s", i, vectors[i].text);
		buf_add_hex(&hex, binary.ptr, binary.len);
		ck_assert_msg(strcmp(hex.ptr, vectors[i].binary) == 0, "row %zu (%s): %s, not %s", i, vectors[i].text,
			      hex.ptr, vectors[i].binary);
		buf_release(&binary);
		buf_release(&hex);
	}
}
END_TEST

START_TEST(binary_cut_anywhere_is_refused_or_is_another_value)
{
	for (size_t i = 0; i < VECTORS; i++) {
		const struct pg_type *t = pg_type_find(vectors[i].oid);
		struct buf binary, text;

		buf_init(&binary, 1 << 20);
		buf_init(&text, 1 << 20);
		unhex(vectors[i].binary, &binary);
		for (size_t cut = 0; cut < binary.len; cut++) {
			char *exact = malloc(cut ? cut : 1);

			memcpy(exact, binary.ptr, cut);
			buf_reset(&text);
			bool ok = t->recv(t, slice_of(exact, cut), &text);
			free(exact);
			bool fixed = t->oid != 25 && t->oid != 17 && t->oid != 114 && t->oid != 3802;
			ck_assert_msg(!ok || !fixed, "row %zu cut at %zu: %s", i, cut, text.ptr);
		}
		buf_release(&binary);
		buf_release(&text);
	}
}
END_TEST

/* As a rule file may write it: the text that it is the same as. */
START_TEST(text_is_read_generously)
{
	static const struct {
		uint32_t oid;
		const char *written, *same;
	} rows[] = {
		{ 16, "true", "t" }, { 16, "YES", "t" }, { 16, "of", "f" }, { 16, "0", "f" },
		{ 23, " 7 ", "7" }, { 23, "+7", "7" }, { 20, "-0", "0" }, { 26, "-1", "4294967295" },
		{ 701, "1e3", "1000" }, { 701, "infinity", "Infinity" }, { 700, "nan", "NaN" },
		{ 1700, "1.50e1", "15.0" }, { 1700, "+.5", "0.5" }, { 1700, "1e-3", "0.001" }, { 1700, "00012", "12" },
		{ 1082, "20240229", "2024-02-29" }, { 1082, "2024-02-29T10:00:00Z", "2024-02-29" },
		{ 1114, "2024-02-29T12:34:56.7", "2024-02-29 12:34:56.7" }, { 1114, "2024-02-29", "2024-02-29 00:00:00" },
		{ 1114, "2024-02-29 12:00:00+05", "2024-02-29 12:00:00" },
		{ 1184, "2024-02-29T12:34:56Z", "2024-02-29 12:34:56+00" },
		{ 1184, "2024-02-29 12:34:56-03:30", "2024-02-29 16:04:56+00" },
		{ 1184, "2024-02-29 00:30+0100", "2024-02-28 23:30:00+00" },
		{ 1083, "12:34", "12:34:00" },
		{ 1186, "1 week 2 hours 1 minute", "7 days 02:01:00" }, { 1186, "3 days ago", "-3 days" },
		{ 2950, "{A0EEBC999C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11" },
		{ 17, "a\\\\b\\001", "\\x615c6201" }, { 17, "\\xDE ad", "\\xdead" },
		{ 1007, " { 1 , 2 } ", "{1,2}" }, { 1009, "{a b, c}", "{\"a b\",c}" }, { 1009, "{n\\ull}", "{\"null\"}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pg_type *t = pg_type_find(rows[i].oid);
		struct buf binary, text;

		buf_init(&binary, 1 << 20);
		buf_init(&text, 1 << 20);
		ck_assert_msg(t->send(t, slice_str(rows[i].written), &binary), "%s", rows[i].written);
		ck_assert(t->recv(t, buf_slice(&binary), &text));
		ck_assert_msg(strcmp(text.ptr, rows[i].same) == 0, "%s became %s, not %s", rows[i].written, text.ptr,
			      rows[i].same);
		buf_release(&binary);
		buf_release(&text);
	}
}
END_TEST

START_TEST(text_that_is_not_of_the_type_is_refused)
{
	static const struct {
		uint32_t oid;
		const char *text;
	} rows[] = {
		{ 16, "" }, { 16, "o" }, { 16, "truely" }, { 16, "2" },
		{ 21, "32768" }, { 23, "2147483648" }, { 23, "1.5" }, { 23, "" }, { 23, "0x10" }, { 23, "+-1" },
		{ 20, "9223372036854775808" }, { 26, "4294967296" },
		{ 701, "" }, { 701, "abc" }, { 701, "1e400" }, { 701, "0x1p3" }, { 701, "1 2" }, { 700, "1e39" }, { 701, "nan(1)" },
		{ 1700, "" }, { 1700, "." }, { 1700, "1.2.3" }, { 1700, "e5" }, { 1700, "1e" }, { 1700, "1e999999999" }, { 1700, "--1" },
		{ 1082, "2023-02-29" }, { 1082, "2024-13-01" }, { 1082, "24-1-1" }, { 1082, "0000-01-01" }, { 1082, "today" },
		{ 1083, "25:00:00" }, { 1083, "12" }, { 1083, "12:60" }, { 1083, "24:00:01" },
		{ 1114, "2024-01-01 12" }, { 1114, "2024-01-01X12:00:00" }, { 1184, "2024-01-01 12:00:00+99" },
		{ 1186, "" }, { 1186, "1" }, { 1186, "1 fortnight" }, { 1186, "x" },
		{ 2950, "a0eebc99" }, { 2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g" }, { 2950, "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1122" },
		{ 17, "\\xabc" }, { 17, "\\9" },
		{ 1007, "" }, { 1007, "1,2" }, { 1007, "{1,2" }, { 1007, "{1,}" }, { 1007, "{1,2}x" }, { 1007, "{a}" },
		{ 1007, "{{1,2},{3}}" }, { 1007, "{{1},2}" }, { 1007, "[1:2]={1,2,3" }, { 1007, "{1 {2}}" },
		{ 1007, "{{{{{{{1}}}}}}}" }, { 1009, "{\"a" }, { 1009, "{a\"b\"}" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct pg_type *t = pg_type_find(rows[i].oid);
		struct buf binary;

		buf_init(&binary, 1 << 20);
		ck_assert_msg(!t->send(t, slice_str(rows[i].text), &binary), "type %u took \"%s\"", rows[i].oid, rows[i].text);
		buf_release(&binary);
	}
}
END_TEST

START_TEST(arrays_that_lie_about_their_size_are_refused)
{
	static const char *const rows[] = {
		"0000000700000000000000170000000100000001", /* seven dimensions */
		"0000000100000000000000177fffffff00000001", /* two billion elements */
		"00000001000000000000001700000002000000010000000400000001", /* one of two */
		"0000000100000000000000190000000100000001000000040000000100", /* of text */
		"00000001000000000000001700000001000000010000000400000001ff", /* a byte too many */
		"000000010000000000000017ffffffff00000001", /* minus one */
	};
	const struct pg_type *t = pg_type_find(1007);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct buf binary, text;

		buf_init(&binary, 1 << 20);
		buf_init(&text, 1 << 20);
		unhex(rows[i], &binary);
		ck_assert_msg(!t->recv(t, buf_slice(&binary), &text), "row %zu", i);
		buf_release(&binary);
		buf_release(&text);
	}
}
END_TEST

START_TEST(every_array_type_has_its_element_type)
{
	for (uint32_t oid = 0; oid < 5000; oid++) {
		const struct pg_type *t = pg_type_find(oid);

		if (!t)
			continue;
		ck_assert_uint_eq(t->oid, oid);
		ck_assert_msg(!t->element || pg_type_find(t->element), "%s", t->name);
	}
	ck_assert(pg_type_find(23) && !pg_type_find(24) && !pg_type_find(UINT32_MAX));
}
END_TEST

SUITE_BEGIN(pg_types)
	SUITE_TEST(binary_becomes_the_text_that_postgres_prints);
	SUITE_TEST(text_becomes_the_binary_that_postgres_sends);
	SUITE_TEST(binary_cut_anywhere_is_refused_or_is_another_value);
	SUITE_TEST(text_is_read_generously);
	SUITE_TEST(text_that_is_not_of_the_type_is_refused);
	SUITE_TEST(arrays_that_lie_about_their_size_are_refused);
	SUITE_TEST(every_array_type_has_its_element_type);
SUITE_END
