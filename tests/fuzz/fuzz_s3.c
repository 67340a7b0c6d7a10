/*
 * Fuzz target for the object store, codec and fake together. Each input gets a store of its own with one
 * object in it; the lowest bit of the first byte says whether signatures are
 * checked.
 */
#include "fuzz_drive.h"

extern const struct service_type service_s3;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t now(void)
{
	return 1763637286000000000u;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char open[] = "{\"at\":[\"*.lake.test\"],\"seed\":[{\"bucket\":\"raw\",\"key\":\"a/b\",\"text\":\"hello\"}]}";
	static const char keyed[] = "{\"keys\":{\"AK\":\"sk\"},\"memory\":\"64KiB\"}";
	const char *text = size && data[0] & 1 ? keyed : open;
	struct err err = {0};
	struct jsondoc doc;
	void *fake = NULL;

	if (jsondoc_parse(&doc, "fuzz.json", text, strlen(text), &err) < 0)
		abort();
	const struct service_config config = { .name = SLICE_LIT("lake"), .doc = &doc, .path = "", .json = doc.root, .folder = "",
					       .seed = 42, .now_ns = now };
	if (service_s3.fake->new(&fake, &config, &err) < 0)
		abort();
	fuzz_drive(&service_s3, fake, NULL, data, size);
	service_s3.fake->free(fake);
	jsondoc_release(&doc);
	return 0;
}
