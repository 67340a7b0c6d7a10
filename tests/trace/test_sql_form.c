#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "trace/sql_form.h"

static char *form_of(const char *text, bool bare, size_t *literals)
{
	struct buf b;
	size_t n;

	buf_init(&b, 1024 * 1024);
	n = sql_form(slice_str(text), bare, &b);
	buf_add_char(&b, '\0');
	if (literals)
		*literals = n;
	return buf_detach(&b);
}

static void forms(const char *text, const char *wanted)
{
	char *got = form_of(text, false, NULL);

	ck_assert_msg(strcmp(got, wanted) == 0, "%s\n  got    [%s]\n  wanted [%s]", text, got, wanted);
	free(got);
}

static bool same(const char *a, const char *b, bool bare)
{
	char *x = form_of(a, bare, NULL), *y = form_of(b, bare, NULL);
	bool equal = strcmp(x, y) == 0;

	free(x);
	free(y);
	return equal;
}

START_TEST(what_does_not_count_is_not_in_it)
{
	forms("SELECT  A.b,\n\tcount(*) from \"T\" -- why\n where x=1 /* a /* nested */ one */ ;", " select a . b , count ( * ) from \"T\" where x = 1");
	forms("", "");
	forms(" ; ", "");
	forms("select 1; select 2", " select 1 ; select 2");
	ck_assert(same("INSERT INTO t(a) VALUES($1)", "insert into t ( a ) values ( $1 ) ;", false));
}
END_TEST

START_TEST(what_counts_stays_as_it_is)
{
	ck_assert(!same("select 'A'", "select 'a'", false));
	ck_assert(!same("select \"A\"", "select \"a\"", false));
	ck_assert(!same("select a, b from t", "select b, a from t", false));
	ck_assert(!same("select a <- 1", "select a < - 1", false) || same("select a <-1", "select a < -1", false));
	ck_assert(!same("select 1 as a", "select 1 as b", false));
	ck_assert(!same("insert into t (a,b) values (1,2)", "insert into t (b,a) values (1,2)", true));
}
END_TEST

START_TEST(constants_are_whole)
{
	size_t n;

	forms("select 'it''s', E'a\\'b', $$x;y$$, $tag$ ' $tag$, 1.5e-3, .5, 0x1F, b'01'", " select 'it''s' , E'a\\'b' , $$x;y$$ , $tag$ ' $tag$ , 1.5e-3 , .5 , 0x1F , b'01'");
	free(form_of("select 'it''s', E'a\\'b', $$x;y$$, $tag$ ' $tag$, 1.5e-3, .5, $1, a1", true, &n));
	ck_assert_uint_eq(n, 6);
	ck_assert(same("select * from t where a = 5 and b = 'x'", "SELECT * FROM t WHERE a = 17 AND b = 'y''z'", true));
	ck_assert(!same("select a -> 'b'", "select a - > 'b'", true));
}
END_TEST

START_TEST(text_that_is_cut_off_ends)
{
	static const char whole[] = "select 'it''s', \"T\", $$x$$, /* c */ $t$ a $t$, E'\\\\', 1e5, -- d\n $1";
	struct sql_token t;

	for (size_t n = 0; n <= sizeof(whole) - 1; n++) {
		char *cut = malloc(n ? n : 1); /* of this very size, for who watches memory */
		memcpy(cut, whole, n);
		size_t tokens = 0;
		for (struct slice rest = slice_of(cut, n); sql_token_next(&rest, &t); tokens++)
			ck_assert(t.text.len > 0);
		ck_assert_uint_le(tokens, n);
		free(cut);
	}
}
END_TEST

SUITE_BEGIN(sql_form)
	SUITE_TEST(what_does_not_count_is_not_in_it);
	SUITE_TEST(what_counts_stays_as_it_is);
	SUITE_TEST(constants_are_whole);
	SUITE_TEST(text_that_is_cut_off_ends);
SUITE_END
