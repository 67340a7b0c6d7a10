/* Declared functions: every type, every way to reach them, answers of rules. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fakehost.h"
#include "suites.h"

static struct fakehost *h;

static void up(void)
{
	h = fakehost_start();
}

static void down(void)
{
	fakehost_stop(h);
}

#define PRINTS(expected, ...) ck_assert_str_eq(fakehost_run(h, "prog_calls", __VA_ARGS__, NULL), expected)

/* "typed_add", PAGE_T_INT, 2, PAGE_T_INT, PAGE_T_INT */
static struct page_call *declare(const char *function, int returns, int nargs, const int *args)
{
	struct page_call row = { .returns = (uint8_t)returns, .nargs = (uint8_t)nargs };

	strcpy(row.library, "lib_typed");
	strcpy(row.function, function);
	memset(row.len_arg, 255, sizeof(row.len_arg));
	for (int i = 0; i < nargs; i++)
		row.args[i] = (uint8_t)args[i];
	fakehost_call(h, &row);
	return &h->page->call[h->page->calls - 1];
}
#define DECLARE(function, returns, ...)                                                       \
	declare(function, returns, (int)(sizeof((int[]){ __VA_ARGS__ }) / sizeof(int)), (int[]){ __VA_ARGS__ })

static void declare_all(void)
{
	DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT);
	DECLARE("typed_scale", PAGE_T_DOUBLE, PAGE_T_DOUBLE, PAGE_T_FLOAT, PAGE_T_INT64);
	DECLARE("typed_greet", PAGE_T_STRING, PAGE_T_STRING);
	DECLARE("typed_is_even", PAGE_T_BOOL, PAGE_T_UINT);
	DECLARE("typed_sum", PAGE_T_INT, PAGE_T_BUFFER, PAGE_T_SIZE)->len_arg[0] = 1;
	DECLARE("typed_nothing", PAGE_T_VOID, PAGE_T_POINTER);
	DECLARE("typed_fail", PAGE_T_INT, PAGE_T_STRING);
	DECLARE("typed_many", PAGE_T_LONG, PAGE_T_LONG, PAGE_T_LONG, PAGE_T_LONG, PAGE_T_LONG, PAGE_T_LONG, PAGE_T_LONG,
		PAGE_T_LONG, PAGE_T_DOUBLE, PAGE_T_LONG);
	DECLARE("typed_format", PAGE_T_INT, PAGE_T_POINTER, PAGE_T_SIZE, PAGE_T_STRING, PAGE_T_VARIADIC);
}

static const char all_typed[] = "add 3\nscale 2\ngreet hello seam\ngreet hello nobody\neven 1 0\nsum 10\nnothing 7\n"
				"fail -1 errno 4\nmany 229\n"
				"format 59 1 two 3.5 4 5.5 6 7.5 8 9.5 10.5 11.5 12.5 13.5 14.5 15 end\n";

/* The nth call of a function. */
static const struct frame *call_of(const char *function, int nth)
{
	for (int i = 0; i < fakehost_count(h, WIRE_CALL); i++) {
		const struct frame *f = fakehost_frame(h, WIRE_CALL, i);

		if (strcmp(fakehost_string(f, 0), function) == 0 && nth-- == 0)
			return f;
	}
	ck_abort_msg("no call of %s", function);
	return NULL;
}

START_TEST(every_type_is_forwarded_and_told)
{
	const struct wire_call *c;

	PRINTS(all_typed, "typed");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
	declare_all();
	PRINTS(all_typed, "typed");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 11);
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL_ASK), 0);

	c = &call_of("typed_add", 0)->u.call;
	ck_assert_uint_eq(c->function, 0);
	ck_assert_uint_eq(c->nargs, 2);
	ck_assert_int_eq(c->args[0].kind, WIRE_INT);
	ck_assert_int_eq(c->args[0].v.i, -2);
	ck_assert_int_eq(c->args[1].v.i, 5);
	ck_assert_int_eq(c->result.v.i, 3);
	ck_assert_uint_gt(c->duration_ns, 0);
	ck_assert_str_eq(fakehost_string(call_of("typed_add", 0), 1), "lib_typed.so");
	ck_assert_str_eq(fakehost_string(call_of("typed_add", 0), 2), "prog_calls");

	c = &call_of("typed_scale", 0)->u.call;
	ck_assert(c->args[0].kind == WIRE_DOUBLE && c->args[0].v.d == 1.5);
	ck_assert(c->args[1].kind == WIRE_DOUBLE && c->args[1].v.d == 2.0);
	ck_assert_int_eq(c->args[2].v.i, -1);
	ck_assert(c->result.kind == WIRE_DOUBLE && c->result.v.d == 2.0);

	const struct frame *f = call_of("typed_greet", 0);

	ck_assert_int_eq(f->u.call.args[0].kind, WIRE_STRING);
	ck_assert_uint_eq(f->u.call.args[0].len, 4);
	ck_assert_int_eq(f->u.call.result.kind, WIRE_STRING);
	ck_assert_mem_eq(fakehost_bytes(f, 3), "seamhello seam", 14);
	ck_assert_int_eq(call_of("typed_greet", 1)->u.call.args[0].kind, WIRE_NULL);

	f = call_of("typed_sum", 0);
	ck_assert_int_eq(f->u.call.args[0].kind, WIRE_BUFFER);
	ck_assert_uint_eq(f->u.call.args[0].len, 5);
	ck_assert_mem_eq(fakehost_bytes(f, 3), "\1\2\3\0\4", 5);

	ck_assert_int_eq(call_of("typed_nothing", 0)->u.call.result.kind, WIRE_VOID);
	ck_assert_int_eq(call_of("typed_nothing", 0)->u.call.args[0].kind, WIRE_POINTER);
	ck_assert_int_eq(call_of("typed_fail", 0)->u.call.result.v.i, -1);
	ck_assert_uint_eq(call_of("typed_many", 0)->u.call.nargs, 9);
	ck_assert_int_eq(call_of("typed_many", 0)->u.call.args[8].v.i, 9);
	/* the variadic rest is passed on and not told */
	ck_assert_uint_eq(call_of("typed_format", 0)->u.call.nargs, 3);
	ck_assert_int_eq(call_of("typed_format", 0)->u.call.result.v.i, 59);
}
END_TEST

START_TEST(a_rule_answers_instead_of_the_function)
{
	DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT)->flags = PAGE_CALL_ASK;
	h->call_is = (struct wire_call_is){ .answered = 1, .result = { .kind = WIRE_INT, .v.i = -42 } };
	PRINTS("dlsym -42\nmissing not found, dlerror\n", "dlsym");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL_ASK), 1);
	/* the host wrote the event when it answered */
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
	ck_assert_int_eq(fakehost_frame(h, WIRE_CALL_ASK, 0)->u.call.args[0].v.i, 20);
	/* no rule matched: the real one, and told */
	fakehost_forget(h);
	h->call_is.answered = 0;
	PRINTS("dlsym 23\nmissing not found, dlerror\n", "dlsym");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL_ASK), 1);
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 1);
}
END_TEST

START_TEST(a_rule_answers_with_every_type)
{
	DECLARE("typed_greet", PAGE_T_STRING, PAGE_T_STRING)->flags = PAGE_CALL_ASK;
	h->call_is = (struct wire_call_is){ .answered = 1, .result = { .kind = WIRE_STRING } };
	h->call_string = "from a rule";
	ck_assert_ptr_nonnull(strstr(fakehost_run(h, "prog_calls", "typed", NULL), "greet from a rule\ngreet from a rule\n"));
	h->page->calls = 0;
	DECLARE("typed_scale", PAGE_T_DOUBLE, PAGE_T_DOUBLE, PAGE_T_FLOAT, PAGE_T_INT64)->flags = PAGE_CALL_ASK;
	h->call_is.result = (struct wire_value){ .kind = WIRE_DOUBLE, .v.d = 0.25 };
	ck_assert_ptr_nonnull(strstr(fakehost_run(h, "prog_calls", "typed", NULL), "scale 0.25\n"));
	h->page->calls = 0;
	DECLARE("typed_is_even", PAGE_T_BOOL, PAGE_T_UINT)->flags = PAGE_CALL_ASK;
	h->call_is.result = (struct wire_value){ .kind = WIRE_INT, .v.i = 1 };
	ck_assert_ptr_nonnull(strstr(fakehost_run(h, "prog_calls", "typed", NULL), "even 1 1\n"));
	h->page->calls = 0;
	DECLARE("typed_fail", PAGE_T_INT, PAGE_T_STRING)->flags = PAGE_CALL_ASK;
	h->call_is = (struct wire_call_is){ .answered = 1, .set_errno = EAGAIN, .result = { .kind = WIRE_INT, .v.i = -5 } };
	ck_assert_ptr_nonnull(strstr(fakehost_run(h, "prog_calls", "typed", NULL), "fail -5 errno 11\n"));
}
END_TEST

static void declare_split(void)
{
	DECLARE("typed_split", PAGE_T_INT, PAGE_T_STRING, PAGE_T_INT | PAGE_T_OUT, PAGE_T_DOUBLE | PAGE_T_OUT, PAGE_T_STRING | PAGE_T_OUT,
		PAGE_T_BUFFER | PAGE_T_OUT, PAGE_T_SIZE | PAGE_T_OUT, PAGE_T_BOOL | PAGE_T_OUT)
		->len_arg[4] = 5;
}

START_TEST(out_parameters_are_told_as_they_are_after_the_call)
{
	const struct frame *f;

	declare_split();
	PRINTS("split 6 -7 0.5 seam 3 - 1 ######\n", "outs");
	f = call_of("typed_split", 0);
	ck_assert_uint_eq(f->u.call.nargs, 7);
	ck_assert_int_eq(f->u.call.args[1].v.i, -7);
	ck_assert(f->u.call.args[2].kind == WIRE_DOUBLE && f->u.call.args[2].v.d == 0.5);
	ck_assert_int_eq(f->u.call.args[3].kind, WIRE_STRING);
	ck_assert_int_eq(f->u.call.args[4].kind, WIRE_BUFFER);
	ck_assert_uint_eq(f->u.call.args[4].len, 3);
	ck_assert_int_eq(f->u.call.args[5].v.i, 3);
	ck_assert_int_eq(f->u.call.args[6].v.i, 1);
	/* what went in as it was before, then what came out */
	ck_assert_mem_eq(fakehost_bytes(f, 3), "a textseama\0b", 13);
	fakehost_forget(h);
	PRINTS("split 6 0 0.5 seam 3 - 1 ######\n", "outs", "without");
	ck_assert_int_eq(call_of("typed_split", 0)->u.call.args[1].kind, WIRE_NULL);
}
END_TEST

START_TEST(a_rule_writes_to_out_parameters)
{
	declare_split();
	h->page->call[0].flags = PAGE_CALL_ASK;
	h->call_string = "namebytes that do not fit";
	h->call_is = (struct wire_call_is){
		.answered = 1,
		.result = { .kind = WIRE_INT, .v.i = 1 },
		.out = { [1] = { .kind = WIRE_INT, .v.i = 42 }, [2] = { .kind = WIRE_INT, .v.i = 2 }, [3] = { .kind = WIRE_STRING, .len = 4 },
			 [4] = { .kind = WIRE_STRING, .len = 21 }, [6] = { .kind = WIRE_INT, .v.i = 1 } },
	};
	PRINTS("split 1 42 2 name 8 bytes th 1 a text\n", "outs");
	PRINTS("split 1 0 2 name 8 bytes th 1 a text\n", "outs", "without");
}
END_TEST

START_TEST(a_rule_makes_a_call_wait)
{
	DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT)->flags = PAGE_CALL_ASK;
	h->call_is = (struct wire_call_is){ .answered = 0, .delay_ms = 120 };
	PRINTS("dlsym 23\nmissing not found, dlerror\n", "dlsym");
	ck_assert_uint_ge(fakehost_frame(h, WIRE_CALL, 0)->u.head.time_ns - fakehost_frame(h, WIRE_CALL_ASK, 0)->u.head.time_ns, 120000000u);
	ck_assert_uint_lt(fakehost_frame(h, WIRE_CALL, 0)->u.call.duration_ns, 120000000u);
}
END_TEST

START_TEST(objects_that_come_later_are_covered)
{
	DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT);
	PRINTS("plugin 105\n", "plugin");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 1);
	ck_assert_str_eq(fakehost_string(fakehost_frame(h, WIRE_CALL, 0), 2), "lib_plugin.so");
}
END_TEST

START_TEST(calls_from_many_threads_are_all_told)
{
	DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT);
	PRINTS("threads done\n", "threads");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 8 * 200);
}
END_TEST

START_TEST(layers_off_leaves_the_slots_alone)
{
	static const char *const env[] = { "SEAM_LAYERS=socket", NULL };

	declare_all();
	h->extra_env = env;
	PRINTS(all_typed, "typed");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
}
END_TEST

START_TEST(another_library_of_that_function_is_not_meant)
{
	strcpy(DECLARE("typed_add", PAGE_T_INT, PAGE_T_INT, PAGE_T_INT)->library, "libother");
	PRINTS(all_typed, "typed");
	PRINTS("dlsym 23\nmissing not found, dlerror\n", "dlsym");
	ck_assert_int_eq(fakehost_count(h, WIRE_CALL), 0);
}
END_TEST

START_TEST(hiredis_connects_to_its_fake_and_a_rule_can_say_no)
{
	uint32_t cache = fakehost_name(h, "cache.prod");
	struct page_call *row;

	fakehost_endpoint(h, cache, WIRE_TCP, 6379, 0);
	row = DECLARE("redisConnect", PAGE_T_POINTER, PAGE_T_STRING, PAGE_T_INT);
	strcpy(row->library, "libhiredis");
	row = DECLARE("redisCommand", PAGE_T_POINTER, PAGE_T_POINTER, PAGE_T_STRING, PAGE_T_VARIADIC);
	strcpy(row->library, "libhiredis");
	/* the fake greets with a line that is no Redis reply */
	PRINTS("redisConnect ok\nredisCommand Protocol error, got \"h\" as reply type byte\n", "redis", "cache.prod", "6379");
	ck_assert_int_eq(call_of("redisConnect", 0)->u.call.result.kind, WIRE_POINTER);
	ck_assert_mem_eq(fakehost_bytes(call_of("redisConnect", 0), 3), "cache.prod", 10);
	ck_assert_int_eq(call_of("redisConnect", 0)->u.call.args[1].v.i, 6379);
	ck_assert_ptr_nonnull(strstr(fakehost_string(call_of("redisConnect", 0), 1), "libhiredis.so"));
	ck_assert_uint_eq(call_of("redisCommand", 0)->u.call.nargs, 2);

	h->page->call[0].flags = PAGE_CALL_ASK;
	h->call_is = (struct wire_call_is){ .answered = 1, .result = { .kind = WIRE_NULL } };
	PRINTS("redisConnect gave NULL\n", "redis", "cache.prod", "6379");
}
END_TEST

SUITE_BEGIN(shim_calls)
	tcase_add_checked_fixture(tc, up, down);
	SUITE_TEST(every_type_is_forwarded_and_told);
	SUITE_TEST(a_rule_answers_instead_of_the_function);
	SUITE_TEST(a_rule_answers_with_every_type);
	SUITE_TEST(out_parameters_are_told_as_they_are_after_the_call);
	SUITE_TEST(a_rule_writes_to_out_parameters);
	SUITE_TEST(a_rule_makes_a_call_wait);
	SUITE_TEST(objects_that_come_later_are_covered);
	SUITE_TEST(calls_from_many_threads_are_all_told);
	SUITE_TEST(layers_off_leaves_the_slots_alone);
	SUITE_TEST(another_library_of_that_function_is_not_meant);
	SUITE_TEST(hiredis_connects_to_its_fake_and_a_rule_can_say_no);
SUITE_END
