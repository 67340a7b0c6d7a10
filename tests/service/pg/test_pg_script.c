#include "service/pg/pg_script.h"
#include "suites.h"

static void next_is(struct pg_script *s, const char *statement, int line)
{
	ck_assert(pg_script_next(s));
	ck_assert_msg(slice_eq_str(s->statement, statement), "%.*s", SLICE_ARG(s->statement));
	ck_assert_int_eq(s->at, line);
}

START_TEST(statements_end_at_semicolons_outside_of_quotes)
{
	struct pg_script s;

	pg_script_init(&s, SLICE_LIT("-- first;\nselect ';' ;\n\nselect \"a;b\", E'it\\';s', $$;$$, $x$;$$;$x$ /* ; /* ; */ ; */;select (1;2)\n"));
	next_is(&s, "select ';'", 2);
	next_is(&s, "select \"a;b\", E'it\\';s', $$;$$, $x$;$$;$x$ /* ; /* ; */ ; */", 4);
	next_is(&s, "select (1;2)", 4);
	ck_assert(!pg_script_next(&s));
}
END_TEST

START_TEST(a_dumps_copy_brings_its_data)
{
	struct pg_script s;

	pg_script_init(&s, SLICE_LIT("\\restrict x\nCOPY public.t (a, b) FROM stdin;\n1\tone;\n2\t\\N\n\\.\n\nselect 1;\nCOPY t TO stdout;\nselect 2"));
	next_is(&s, "COPY public.t (a, b) FROM stdin", 2);
	ck_assert(slice_eq_str(s.data, "1\tone;\n2\t\\N\n"));
	next_is(&s, "select 1", 7);
	ck_assert_ptr_null(s.data.ptr);
	next_is(&s, "COPY t TO stdout", 8);
	ck_assert_ptr_null(s.data.ptr);
	next_is(&s, "select 2", 9);
}
END_TEST

START_TEST(what_never_ends_ends_with_the_text)
{
	static const char *const open[] = { "select 'a", "select \"a", "/* a", "select $$a", "copy t from stdin;\n1", "e'", "$", "$a", "-", "copy t from stdin" };

	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++) {
		struct pg_script s;
		pg_script_init(&s, slice_str(open[i]));
		while (pg_script_next(&s))
			;
		ck_assert_uint_eq(s.rest.len, 0);
	}
}
END_TEST

SUITE_BEGIN(pg_script)
	SUITE_TEST(statements_end_at_semicolons_outside_of_quotes);
	SUITE_TEST(a_dumps_copy_brings_its_data);
	SUITE_TEST(what_never_ends_ends_with_the_text);
SUITE_END
