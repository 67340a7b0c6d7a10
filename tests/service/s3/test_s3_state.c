/* The object store goes back: whatever was done since a mark is undone. */
#include "service/s3/s3_fake.h"
#include "suites.h"

static uint64_t now(void)
{
	return 1795173286000000000;
}

static struct s3_fake *made(const char *seed)
{
	json_t *json = json_loads(seed, 0, NULL);
	struct service_config config = { .name = SLICE_LIT("lake"), .path = "services.lake", .json = json, .folder = ".", .seed = 42, .now_ns = now };
	struct err err = { 0 };
	void *fake = NULL;

	ck_assert_msg(s3_fake.new(&fake, &config, &err) == 0, "%s", err.text);
	json_decref(json);
	return fake;
}

static char *all(struct s3_fake *f)
{
	json_t *question = json_object(), *v = s3_state.look(f, question);
	char *text = json_dumps(v, JSON_SORT_KEYS), *out = NULL;

	if (asprintf(&out, "%s used %llu", text, (unsigned long long)f->store.used) < 0)
		abort();
	free(text);
	json_decref(v);
	json_decref(question);
	return out;
}

static uint64_t random_state = 7;
static unsigned dice(unsigned n)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(random_state >> 33) % n;
}

/* One change of any kind. */
static void change(struct s3_store *s)
{
	char name[16], key[16];
	struct s3_object o = { .etag = "e", .modified_ns = 5 };

	snprintf(name, sizeof(name), "bucket%u", dice(3));
	snprintf(key, sizeof(key), "k%u", dice(6));
	struct s3_bucket *b = s3_bucket_find(s, slice_str(name));
	if (!b)
		b = s3_bucket_add(s, slice_str(name), SLICE_NONE, 1);
	o.key = slice_str(key);
	o.size = dice(100);
	struct map_entry *e;
	size_t i = 0;
	switch (dice(7)) {
	case 0: case 1: case 2:
		ck_assert_int_eq(s3_object_put(s, b, &o), 0);
		break;
	case 3:
		s3_object_drop(s, b, o.key);
		break;
	case 4:
		s3_upload_add(s, b, &o);
		break;
	case 5:
		if ((e = map_next(&b->uploads, &i))) {
			struct s3_part part = { .number = 1 + (int)dice(3), .size = dice(50), .body = body_of(SLICE_LIT("x")) };
			s3_part_put(s, e->value, &part);
			body_free(part.body);
			if (dice(2))
				s3_upload_finish(s, b, e->value, &o);
			else if (dice(2))
				s3_upload_drop(s, b, e->value);
		}
		break;
	default:
		if (!b->objects.count)
			s3_bucket_drop(s, b);
	}
}

START_TEST(going_back_undoes_whatever_was_done)
{
	struct s3_fake *f = made("{\"seed\": [{\"bucket\": \"bucket0\", \"key\": \"k1\", \"text\": \"seed\"}, {\"bucket\": \"empty\"}]}");
	uint64_t seed = s3_state.snapshot(f);
	char *at_seed = all(f);
	struct err err = { 0 };

	for (int round = 0; round < 50; round++) {
		for (unsigned n = dice(40); n; n--)
			change(&f->store);
		uint64_t mark = s3_state.snapshot(f);
		char *then = all(f);
		for (unsigned n = dice(40); n; n--)
			change(&f->store);
		ck_assert_int_eq(s3_state.restore(f, mark, &err), 0);
		char *back = all(f);
		ck_assert_str_eq(then, back);
		free(then);
		free(back);
		if (dice(3))
			continue;
		ck_assert_int_eq(s3_state.restore(f, seed, &err), 0);
		back = all(f);
		ck_assert_str_eq(at_seed, back);
		free(back);
		if (mark > seed)
			ck_assert_int_lt(s3_state.restore(f, mark, &err), 0);
		err = (struct err){ 0 };
	}
	free(at_seed);
	s3_fake.free(f);
}
END_TEST

START_TEST(a_part_goes_back_and_the_rest_stays)
{
	struct s3_fake *f = made("{\"seed\": [{\"bucket\": \"b\", \"key\": \"raw/1\", \"text\": \"one\"}, {\"bucket\": \"b\", \"key\": \"out/1\", \"text\": \"x\"}]}");
	uint64_t seed = s3_state.snapshot(f);
	struct s3_bucket *b = s3_bucket_find(&f->store, SLICE_LIT("b"));
	struct s3_object o = { .key = SLICE_LIT("raw/2"), .etag = "new", .size = 1 };
	json_t *part = json_pack("{s:s}", "prefix", "raw/");
	struct err err = { 0 };

	s3_object_put(&f->store, b, &o);
	o.key = SLICE_LIT("out/2");
	s3_object_put(&f->store, b, &o);
	s3_object_drop(&f->store, b, SLICE_LIT("raw/1"));
	ck_assert_int_eq(s3_state.restore_part(f, seed, part, &err), 0);
	ck_assert_ptr_nonnull(s3_object_find(b, SLICE_LIT("raw/1")));
	ck_assert_ptr_null(s3_object_find(b, SLICE_LIT("raw/2")));
	ck_assert_ptr_nonnull(s3_object_find(b, SLICE_LIT("out/2")));
	ck_assert_int_eq(s3_state.restore(f, seed, &err), 0);
	ck_assert_ptr_null(s3_object_find(b, SLICE_LIT("out/2")));
	json_decref(part);
	s3_fake.free(f);
}
END_TEST

START_TEST(what_is_saved_is_what_is_loaded)
{
	struct s3_fake *f = made("{\"seed\": [{\"bucket\": \"b\", \"key\": \"a\", \"json\": {\"x\": 1}, \"type\": \"application/json\", \"meta\": {\"m\": \"v\"}},"
				 "{\"bucket\": \"b\", \"key\": \"c\", \"base64\": \"AP/+\"}]}"), *g = made("{}");
	struct err err = { 0 };
	struct buf saved;

	buf_init(&saved, 1024 * 1024);
	ck_assert_int_eq(s3_state.save(f, &saved, &err), 0);
	ck_assert_int_eq(s3_state.load(g, buf_slice(&saved), &err), 0);
	char *one = all(f), *other = all(g);
	ck_assert_str_eq(one, other);
	ck_assert_int_lt(s3_state.load(g, SLICE_LIT("nonsense"), &err), 0);
	free(one);
	free(other);
	buf_release(&saved);
	s3_fake.free(f);
	s3_fake.free(g);
}
END_TEST

START_TEST(more_seed_is_all_of_it_or_nothing)
{
	struct s3_fake *f = made("{}");
	json_t *json = json_loads("{\"seed\": [{\"bucket\": \"b\", \"key\": \"a\", \"text\": \"1\"}, {\"bucket\": \"b\", \"key\": \"c\", \"file\": \"/no/such\"}]}", 0, NULL);
	struct jsondoc doc = { .text = (char *)"{}", .file = (char *)"more.json" };
	struct service_config config = { .name = SLICE_LIT("lake"), .doc = &doc, .path = "lake", .json = json, .folder = ".", .now_ns = now };
	struct err err = { 0 };
	char *before = all(f);

	ck_assert_int_lt(s3_state.seed(f, &config, &err), 0);
	char *after = all(f);
	ck_assert_str_eq(before, after);
	json_array_remove(json_object_get(json, "seed"), 1);
	ck_assert_int_eq(s3_state.seed(f, &config, &(struct err){ 0 }), 0);
	ck_assert_ptr_nonnull(s3_object_find(s3_bucket_find(&f->store, SLICE_LIT("b")), SLICE_LIT("a")));
	json_decref(json);
	free(before);
	free(after);
	s3_fake.free(f);
}
END_TEST

SUITE_BEGIN(s3_state)
	SUITE_TEST(going_back_undoes_whatever_was_done);
	SUITE_TEST(a_part_goes_back_and_the_rest_stays);
	SUITE_TEST(what_is_saved_is_what_is_loaded);
	SUITE_TEST(more_seed_is_all_of_it_or_nothing);
SUITE_END
