/* body_shape: the frame of a body in a few words, and no trust in what it says. */
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "trace/body_shape.h"

static void shape_is(const char *bytes, size_t len, const char *expected)
{
	struct buf out;

	buf_init(&out, 4096);
	body_shape(slice_of(bytes, len), &out);
	ck_assert_str_eq(out.ptr, expected);
	buf_release(&out);
}

/* Two columns, three rows: version 1, schema of a root and two leaves, num_rows. */
static const char footer[] = "PAR1"
			     "\x15\x02"                             /* 1: i32 1 */
			     "\x19\x3c"                             /* 2: list of 3 structs */
			     "\x48\x06schema\x15\x04\x00"           /* 4: name, 5: num_children 2 */
			     "\x15\x02\x38\x02id\x00"               /* 1: type, 4: name */
			     "\x15\x0a\x38\x05total\x00"
			     "\x16\x06"                             /* 3: i64 3 */
			     "\x00";

static size_t parquet(char *out)
{
	size_t n = sizeof(footer) - 1, meta = n - 4;

	memcpy(out, footer, n);
	out[n] = (char)meta;
	out[n + 1] = out[n + 2] = out[n + 3] = 0;
	memcpy(out + n + 4, "PAR1", 4);
	return n + 8;
}

START_TEST(parquet_says_rows_and_columns)
{
	char file[256];

	shape_is(file, parquet(file), "parquet, 3 rows, columns id total");
}
END_TEST

START_TEST(a_parquet_footer_that_is_damaged_is_bytes)
{
	char file[256];
	size_t n = parquet(file);
	struct buf out;

	/* Every byte replaced by every value: an answer, and nothing read beyond. */
	for (size_t i = 4; i < n - 4; i++)
		for (int v = 0; v < 256; v++) {
			char *copy = malloc(n);
			memcpy(copy, file, n);
			copy[i] = (char)v;
			buf_init(&out, 64 * 1024);
			body_shape(slice_of(copy, n), &out);
			ck_assert_uint_gt(out.len, 0);
			buf_release(&out);
			free(copy);
		}
	for (size_t cut = 0; cut < n; cut++) {
		char *copy = malloc(cut + 1);
		memcpy(copy, file, cut);
		buf_init(&out, 64 * 1024);
		body_shape(slice_of(copy, cut), &out);
		buf_release(&out);
		free(copy);
	}
}
END_TEST

START_TEST(text_and_the_rest)
{
	shape_is("id,day\n1,x\n2,\"a,b\"\n", 18, "csv, 2 rows, columns id day");
	shape_is(" [1, 2, 3]\n", 11, "json, array of 3");
	shape_is("{\"a\":1}", 7, "json, object of 1");
	shape_is("\x1f\x8b\x08\x00", 4, "gzip, 4 bytes");
	shape_is("", 0, "0 bytes");
	shape_is("hello", 5, "5 bytes");
}
END_TEST

SUITE_BEGIN(body_shape)
	SUITE_TEST(parquet_says_rows_and_columns);
	SUITE_TEST(a_parquet_footer_that_is_damaged_is_bytes);
	SUITE_TEST(text_and_the_rest);
SUITE_END
