#include "base/jsondoc.h"
#include "suites.h"

static const char text[] = "{ \"seam\": 1,\n"
			   "  \"services\": {\n"
			   "    \"a.b\": { \"at\": [\"x:1\",\n"
			   "                 \"y:2\"] }, \"c\\u0064\": {\"k\" : [1, {\"z\":\"}\"}, 3]} } }\n";

START_TEST(every_value_has_its_place)
{
	static const struct { const char *path; bool key; int line, column; } rows[] = {
		{ "", false, 1, 1 },
		{ "seam", false, 1, 11 },
		{ "seam", true, 1, 3 },
		{ "services[\"a.b\"].at[1]", false, 4, 18 },
		{ "services[\"a.b\"].nothing", false, 3, 12 },
		{ "services.cd.k[2]", false, 4, 61 },
		{ "services.cd.k[1].z", true, 4, 51 },
	};
	struct jsondoc doc;
	struct err err = { 0 };

	ck_assert_int_eq(jsondoc_parse(&doc, "t.json", text, sizeof(text) - 1, &err), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int line, column;
		jsondoc_where(&doc, rows[i].path, rows[i].key, &line, &column);
		ck_assert_msg(line == rows[i].line && column == rows[i].column, "%s: %d:%d", rows[i].path, line, column);
	}
	jsondoc_release(&doc);
}
END_TEST

START_TEST(a_syntax_error_names_file_line_and_column)
{
	struct jsondoc doc;
	struct err err = { 0 };

	ck_assert_int_eq(jsondoc_parse(&doc, "t.json", "{\n \"a\": 1,\n \"a\": 2}", 19, &err), ERR_SYNTAX);
	ck_assert_str_eq(err.file, "t.json");
	ck_assert_int_eq(err.line, 3);
	ck_assert_msg(strstr(err.text, "duplicate object key") != NULL, "%s", err.text);
}
END_TEST

START_TEST(the_nearest_word_is_found_and_nonsense_is_not)
{
	static const char *const words[] = { "protocol", "seed", "at", "memory", NULL };

	ck_assert_str_eq(err_nearest("protocoll", words), "protocol");
	ck_assert_str_eq(err_nearest("sede", words), "seed");
	ck_assert_ptr_null(err_nearest("banana", words));
}
END_TEST

SUITE_BEGIN(jsondoc)
	SUITE_TEST(every_value_has_its_place);
	SUITE_TEST(a_syntax_error_names_file_line_and_column);
	SUITE_TEST(the_nearest_word_is_found_and_nonsense_is_not);
SUITE_END
