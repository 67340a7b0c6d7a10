/* keep_mark: marks of all fakes and rules together, and their copy in a file. */
#include "host/keep.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/utf8.h"

#define SAVED_MAX ((size_t)8 << 30)

static const struct fake_state *state_of(const struct served *s)
{
	return s->type && s->fake ? s->type->state : NULL;
}

static void take(struct keep *k, struct named_mark *m)
{
	struct host *h = k->host;

	m->rules = rules_mark(h->rules);
	m->fakes = calloc(h->nservices + 1, sizeof(*m->fakes));
	if (!m->fakes)
		abort();
	for (size_t i = 0; i < h->nservices; i++)
		if (state_of(&h->services[i]))
			m->fakes[i] = state_of(&h->services[i])->snapshot(h->services[i].fake);
}

static void drop(struct named_mark *m)
{
	rules_mark_free(m->rules);
	free(m->fakes);
	free(m->name);
	*m = (struct named_mark){ 0 };
}

static void cut(struct keep *k, size_t n)
{
	while (k->nmarks > n)
		drop(&k->marks[--k->nmarks]);
}

static size_t find(const struct keep *k, const char *name)
{
	for (size_t i = k->nmarks; name && i-- > 1;)
		if (strcmp(k->marks[i].name, name) == 0)
			return i;
	return 0;
}

int keep_mark(struct keep *k, const char *name, struct err *err)
{
	if (name && find(k, name))
		return err_set(err, ERR_CONTENT, "a snapshot is named \"%s\" already; restore it, or choose another name", name);
	if (k->nmarks == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 8;
		k->marks = realloc(k->marks, k->cap * sizeof(*k->marks));
		if (!k->marks)
			abort();
	}
	struct named_mark *m = &k->marks[k->nmarks++];
	*m = (struct named_mark){ .name = strdup(name ? name : "") };
	take(k, m);
	return 0;
}

int keep_restore(struct keep *k, const char *name, struct err *err)
{
	struct host *h = k->host;
	size_t at = find(k, name);
	int code = 0;

	if (name && !at)
		return err_set(err, ERR_CONTENT, "no snapshot is named \"%s\": none was taken, or an older one was restored since", name);
	for (size_t i = 0; i < h->nservices; i++) {
		const struct fake_state *state = state_of(&h->services[i]);
		struct err one = { 0 };
		if (state && state->restore(h->services[i].fake, k->marks[at].fakes[i], &one) < 0)
			code = err_set(err, ERR_CONTENT, "%s: %s", h->services[i].declared->name, one.text);
	}
	rules_restore(h->rules, k->marks[at].rules);
	cut(k, at + 1); /* what came later is forgotten by the fakes too */
	return code;
}

void keep_mark_seed(struct keep *k)
{
	struct err err = { 0 };

	cut(k, 0);
	keep_mark(k, NULL, &err);
}

void keep_marks_free(struct keep *k)
{
	cut(k, 0);
	free(k->marks);
}

/* ---- in a file ------------------------------------------------------------------ */

static json_t *bytes_json(const struct buf *b)
{
	struct buf text;

	if (slice_is_utf8(buf_slice(b)))
		return json_pack("{s:s%}", "text", b->ptr, b->len);
	buf_init(&text, SAVED_MAX);
	buf_add_base64(&text, b->ptr, b->len);
	json_t *v = json_pack("{s:s%}", "b64", text.ptr, text.len);
	buf_release(&text);
	return v;
}

int keep_save(struct keep *k, const char *file, struct err *err)
{
	struct host *h = k->host;
	json_t *services = json_object(), *whole = json_pack("{s:i, s:o, s:o}", "seam.session", 1, "states", rules_states_save(h->rules), "services", services);
	char *temporary = NULL;
	int code = 0;

	for (size_t i = 0; i < h->nservices && !code; i++) {
		const struct fake_state *state = state_of(&h->services[i]);
		struct buf out;
		if (!state)
			continue;
		buf_init(&out, SAVED_MAX);
		code = state->save(h->services[i].fake, &out, err);
		json_t *v = bytes_json(&out);
		json_object_set_new(v, "protocol", json_string(h->services[i].type->protocol));
		json_object_set_new(services, h->services[i].declared->name, v);
		buf_release(&out);
	}
	/* whole or not at all: a checkpoint that was half written is none */
	if (!code && (asprintf(&temporary, "%s.%d", file, (int)getpid()) < 0 || json_dump_file(whole, temporary, JSON_COMPACT) != 0 ||
		      rename(temporary, file) < 0))
		code = err_set(err, ERR_IO, "%s cannot be written: %s", file, strerror(errno));
	if (code && temporary)
		unlink(temporary);
	free(temporary);
	json_decref(whole);
	return code;
}

static int load_one(struct host *h, struct served *s, json_t *saved, struct err *err)
{
	json_t *text = json_object_get(saved, "text"), *b64 = json_object_get(saved, "b64");
	const char *protocol = json_string_value(json_object_get(saved, "protocol"));
	struct slice bytes = slice_of(json_string_value(text), json_string_length(text));
	struct arena arena;
	struct err one = { 0 };

	(void)h;
	if (!protocol || strcmp(protocol, s->type->protocol) != 0)
		return err_set(err, ERR_CONTENT, "%s was saved as %s, and is %s here", s->declared->name, protocol ? protocol : "nothing", s->type->protocol);
	arena_init(&arena);
	if (b64)
		base64_decode(slice_str(json_string_value(b64)), &arena, &bytes);
	int code = state_of(s)->load(s->fake, bytes, &one);
	arena_release(&arena);
	return code < 0 ? err_set(err, ERR_CONTENT, "%s: %s", s->declared->name, one.text) : 0;
}

int keep_load(struct host *h, const char *file, struct err *err)
{
	json_error_t at;
	json_t *whole = json_load_file(file, 0, &at), *services = json_object_get(whole, "services"), *saved;
	int code = 0;

	if (!whole)
		return err_set(err, ERR_SYNTAX, "%s: %s", file, at.text);
	if (json_integer_value(json_object_get(whole, "seam.session")) != 1)
		code = err_set(err, ERR_CONTENT, "%s is not what seam session save writes", file);
	for (size_t i = 0; i < h->nservices && !code; i++)
		if (state_of(&h->services[i]) && (saved = json_object_get(services, h->services[i].declared->name)))
			code = load_one(h, &h->services[i], saved, err);
	if (!code)
		rules_states_load(h->rules, json_object_get(whole, "states"));
	json_decref(whole);
	return code;
}
