#include "service/pg/sql/copy_text.h"
#include "suites.h"

static const struct sql_copy_format text = { .delimiter = '\t', .null = { "\\N", 2 } };
static const struct sql_copy_format csv = { .csv = true, .delimiter = ',', .quote = '"', .escape = '"', .null = { "", 0 } };

static struct sql_copy_field *cut(const struct sql_copy_format *f, const char *line, struct arena *a, size_t *n)
{
	const char *complaint;

	return sql_copy_cut(f, slice_str(line), a, n, &complaint);
}

START_TEST(text_fields_are_unescaped_and_null_is_not)
{
	struct arena a;
	size_t n;

	arena_init(&a);
	struct sql_copy_field *f = cut(&text, "a\\tb\t\\N\t\\\\N\t\\x41\\102\\n\t", &a, &n);
	ck_assert_uint_eq(n, 5);
	ck_assert(slice_eq_str(f[0].text, "a\tb"));
	ck_assert(f[1].null && !f[2].null);
	ck_assert(slice_eq_str(f[2].text, "\\N"));
	ck_assert(slice_eq_str(f[3].text, "AB\n"));
	ck_assert(!f[4].null && !f[4].text.len);
	arena_release(&a);
}
END_TEST

START_TEST(csv_tells_an_empty_text_from_null)
{
	struct arena a;
	size_t n;

	arena_init(&a);
	struct sql_copy_field *f = cut(&csv, "1,,\"\",\"a\"\"b,c\",x\"y\"z", &a, &n);
	ck_assert_uint_eq(n, 5);
	ck_assert(f[1].null && !f[2].null && f[2].quoted);
	ck_assert(slice_eq_str(f[3].text, "a\"b,c"));
	ck_assert(slice_eq_str(f[4].text, "xyz"));
	arena_release(&a);
}
END_TEST

START_TEST(lines_end_anyhow_and_quoted_ones_go_on)
{
	struct slice rest = SLICE_LIT("a\r\n\"b\nc\",d\ne\rf");
	struct sql_copy_line line;
	static const char *const want[] = { "a", "\"b\nc\",d", "e", "f" };

	for (size_t i = 0; i < 4; i++) {
		ck_assert(sql_copy_line_next(&csv, &rest, &line));
		ck_assert_msg(slice_eq_str(line.text, want[i]), "%.*s", SLICE_ARG(line.text));
	}
	ck_assert(!sql_copy_line_next(&csv, &rest, &line));
	rest = SLICE_LIT("x\\\ny\n\\.\nz");
	ck_assert(sql_copy_line_next(&text, &rest, &line));
	ck_assert(slice_eq_str(line.text, "x\\\ny"));
	ck_assert(sql_copy_line_next(&text, &rest, &line));
	ck_assert(line.end_mark);
	rest = SLICE_LIT("\"never");
	ck_assert(sql_copy_line_next(&csv, &rest, &line));
	ck_assert(line.unterminated);
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
	static const char *const values[] = { "", "plain", "a\tb", "\\N", "\"q\"", "x,y", "two\nlines", "\\.", " s " };
	const struct sql_copy_format *formats[] = { &text, &csv };
	struct arena a;

	arena_init(&a);
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
			struct buf out;
			struct sql_copy_line line;
			size_t n;
			buf_init(&out, 1000);
			sql_copy_write(formats[k], slice_str(values[i]), false, false, true, &out);
			buf_add_char(&out, '\n');
			struct slice rest = buf_slice(&out);
			ck_assert(sql_copy_line_next(formats[k], &rest, &line));
			ck_assert(!line.end_mark);
			const char *complaint;
			struct sql_copy_field *f = sql_copy_cut(formats[k], line.text, &a, &n, &complaint);
			ck_assert_uint_eq(n, 1);
			ck_assert_msg(!f->null && slice_eq_str(f->text, values[i]), "%s: %s", values[i], out.ptr);
			buf_release(&out);
		}
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(sql_copy_text)
	SUITE_TEST(text_fields_are_unescaped_and_null_is_not);
	SUITE_TEST(csv_tells_an_empty_text_from_null);
	SUITE_TEST(lines_end_anyhow_and_quoted_ones_go_on);
	SUITE_TEST(what_is_written_is_read_back);
SUITE_END
