/* Statements cut into words. */
#include "base/buf.h"
#include "service/pg/pg_words.h"
#include "suites.h"

static const struct {
	const char *text, *words; /* kind letter and text, a space between */
} rows[] = {
	{ "", "" },
	{ "SET Foo = 'x y'", "n:set n:foo s:= t:x_y" },
	{ "set \"Foo\"\"Bar\".b to 1", "n:set q:Foo\"Bar s:. n:b n:to d:1" },
	{ "-- nothing\nbegin /* a /* nested */ b */ work", "n:begin n:work" },
	{ "set x = 'it''s'", "n:set n:x s:= t:it's" },
	{ "set x = E'a\\'b\\\\c'", "n:set n:x s:= t:a'b\\c" },
	{ "set x = 'a\\'", "n:set n:x s:= t:a\\" },
	{ "set x = $$a$b$$, $t$c$t$", "n:set n:x s:= t:a$b s:, t:c" },
	{ "set x = -1.5e-3, +2, .5", "n:set n:x s:= d:-1.5e-3 s:, d:+2 s:, d:.5" },
	{ "a-b", "n:a s:- n:b" },
	{ "x$1 \xc3\xa4", "n:x$1 n:\xc3\xa4" },
	{ "'never closed", "t:never_closed" },
	{ "/* never closed", "" },
	{ "\"never closed", "q:never_closed" },
	{ "$never closed$", "s:$ n:never n:closed$" },
};

START_TEST(statements_fall_into_words)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pg_words w;
		struct arena a;
		struct buf got;

		arena_init(&a);
		buf_init(&got, 1000);
		for (pg_words_init(&w, slice_str(rows[i].text), &a); w.kind != PG_WORD_END; pg_words_next(&w)) {
			buf_addf(&got, "%s%c:", got.len ? " " : "", w.quoted ? 'q' : "-ntds"[w.kind]);
			for (size_t j = 0; j < w.text.len; j++)
				buf_add_char(&got, w.text.ptr[j] == ' ' ? '_' : w.text.ptr[j]);
		}
		ck_assert_msg(strcmp(got.ptr, rows[i].words) == 0, "%s became %s", rows[i].text, got.ptr);
		buf_release(&got);
		arena_release(&a);
	}
}
END_TEST

START_TEST(a_quoted_name_is_never_a_keyword)
{
	struct pg_words w;
	struct arena a;

	arena_init(&a);
	pg_words_init(&w, SLICE_LIT("Work \"work\" 'work'"), &a);
	ck_assert(!pg_words_take(&w, "transaction"));
	ck_assert(pg_words_take(&w, "work"));
	ck_assert(!pg_words_take(&w, "work"));
	pg_words_next(&w);
	ck_assert(!pg_words_is(&w, "work"));
	arena_release(&a);
}
END_TEST

SUITE_BEGIN(pg_words)
	SUITE_TEST(statements_fall_into_words);
	SUITE_TEST(a_quoted_name_is_never_a_keyword);
SUITE_END
