/*
 * Task: rule files as files. Reads them, follows includes, merges their
 * members, and puts the rules in the order in which they are asked. A file's
 * own services and rules come before those of the files it includes, so that
 * "first declared wins" lets a file override a pack.
 *
 * An include is a glob relative to the including file, or "seam:NAME": a pack
 * shipped with seam, rules/NAME.json in share/seam beside the running binary.
 */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "rule/load.h"

#define FILES_MAX 1000 /* an include that matched a whole disk */

const char *const rule_member_names[] = { "expect", "correlate", "normalise", "mask", "redact", NULL };

static void read_doc(struct load *l, struct jsondoc *doc);

/* ---- includes ---------------------------------------------------------- */

static const char *folder_of(struct arena *a, const char *file)
{
	const char *slash = strrchr(file, '/');

	if (!slash)
		return ".";
	return slash == file ? "/" : arena_slice(a, slice_of(file, (size_t)(slash - file))).ptr;
}

static const char *packs_folder(struct load *l)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return "/usr/share/seam/rules";
	exe[n] = '\0';
	return arena_printf(&l->r->arena, "%s/../share/seam/rules", folder_of(&l->r->arena, exe)).ptr;
}

static struct jsondoc *add_doc(struct load *l, struct jsondoc doc)
{
	struct rules *r = l->r;
	size_t cap = r->docs_cap;
	struct jsondoc *kept = ARENA_NEW(&r->arena, struct jsondoc);

	r->files = load_grow(l, r->files, r->ndocs, &cap, sizeof(*r->files));
	*kept = doc;
	r->files[r->ndocs] = kept->file;
	*LOAD_PUSH(l, r->docs, r->ndocs, r->docs_cap) = kept;
	return kept;
}

/* "a/b/../c" becomes "a/c": what a person would call the file. Names that begin
 * with ".." and links are left as they are. */
static const char *short_name(struct arena *a, const char *name)
{
	char *out = arena_str(a, name), *up;

	for (char *from = out; (up = strstr(from, "/../"));) {
		char *before = up;
		while (before > out && before[-1] != '/')
			before--;
		if (before == up || strncmp(before, "../", 3) == 0) {
			from = up + 3;
			continue;
		}
		memmove(before, up + 4, strlen(up + 4) + 1);
		from = out;
	}
	return out;
}

/* Reads one file, called `shown` in messages and traces; the place of an error about the file itself is the
 * path of `l`, when it has a document. */
static void read_file(struct load *l, const char *name, const char *shown)
{
	char real[PATH_MAX];
	struct jsondoc doc;
	struct err err = { 0 };

	if (!realpath(name, real))
		snprintf(real, sizeof(real), "%s", name);
	for (size_t i = 0; i < l->nreading; i++) {
		if (strcmp(l->reading[i], real) == 0) {
			load_bad(l, "%s includes itself, through %s; remove one of the two includes", name,
				 l->nreading > 1 ? "the files it includes" : "this line");
			return;
		}
	}
	for (size_t i = 0; i < l->ndone; i++)
		if (strcmp(l->done[i], real) == 0)
			return;
	if (l->r->ndocs >= FILES_MAX) {
		load_bad(l, "more than %d rule files", FILES_MAX);
		return;
	}
	if (jsondoc_load(&doc, name, &err) < 0) {
		load_bad_file(l, &err);
		return;
	}
	free(doc.file);
	doc.file = strdup(shown);
	if (!doc.file)
		abort();
	struct load inner = *l;
	inner.len = 0;
	inner.path[0] = '\0';
	inner.doc = add_doc(l, doc);
	inner.folder = folder_of(&l->r->arena, name);
	*LOAD_PUSH(&inner, inner.reading, inner.nreading, inner.reading_cap) = arena_str(&l->r->arena, real);
	read_doc(&inner, inner.doc);
	inner.nreading--;
	l->done = inner.done;
	l->ndone = inner.ndone;
	l->done_cap = inner.done_cap;
	*LOAD_PUSH(l, l->done, l->ndone, l->done_cap) = arena_str(&l->r->arena, real);
}

static void read_pack(struct load *l, const char *name)
{
	const char *folder = packs_folder(l);
	const char *file = arena_printf(&l->r->arena, "%s/%s%s", folder, name,
					slice_has_suffix(slice_str(name), SLICE_LIT(".json")) ? "" : ".json").ptr;
	glob_t found;

	if (access(file, R_OK) == 0) {
		read_file(l, file, arena_printf(&l->r->arena, "seam:%s", name).ptr);
		return;
	}
	const char *names[65] = { NULL };
	if (glob(arena_printf(&l->r->arena, "%s/*.json", folder).ptr, 0, NULL, &found) == 0) {
		for (size_t i = 0; i < found.gl_pathc && i < 64; i++) {
			struct slice base = slice_str(strrchr(found.gl_pathv[i], '/') + 1);
			names[i] = arena_slice(&l->r->arena, slice_take(base, base.len - 5)).ptr;
		}
		globfree(&found);
	}
	load_bad(l, "no rule pack is named \"%s\"%s", name, load_hint(l, name, names, true));
}

static void read_includes(struct load *l, json_t *list)
{
	const char **names;
	size_t former = load_enter(l, "include");
	size_t count = load_names(l, list, &names);

	for (size_t i = 0; i < count; i++) {
		size_t here = json_is_array(list) ? load_enter_index(l, i) : l->len;
		glob_t found;
		if (strncmp(names[i], "seam:", 5) == 0) {
			read_pack(l, names[i] + 5);
			load_leave(l, here);
			continue;
		}
		const char *pattern = names[i][0] == '/' ? names[i]
						   : strcmp(l->folder, ".") == 0 ? names[i]
										 : arena_printf(&l->r->arena, "%s/%s", l->folder, names[i]).ptr;
		if (glob(pattern, 0, NULL, &found) != 0) {
			load_bad(l, "no file matches \"%s\"", pattern);
			load_leave(l, here);
			continue;
		}
		for (size_t k = 0; k < found.gl_pathc; k++)
			read_file(l, arena_str(&l->r->arena, found.gl_pathv[k]), short_name(&l->r->arena, found.gl_pathv[k]));
		globfree(&found);
		load_leave(l, here);
	}
	load_leave(l, former);
}

/* ---- one file's members ------------------------------------------------ */

static void read_profiles(struct load *l, json_t *profiles)
{
	static const char *const known[] = { "services", NULL };
	static const char *const overrides[] = { "mode", "memory", NULL };
	const char *name, *service;
	json_t *profile, *change, *services;
	size_t former = load_enter(l, "profiles");

	if (!load_want(l, profiles, JSON_OBJECT)) {
		load_leave(l, former);
		return;
	}
	json_object_foreach(profiles, name, profile) {
		if (load_comment(name))
			continue;
		size_t at = load_enter(l, name);
		if (load_want(l, profile, JSON_OBJECT)) {
			load_keys(l, profile, known, NULL);
			services = json_object_get(profile, "services");
			size_t deeper = load_enter(l, "services");
			if (services && load_want(l, services, JSON_OBJECT)) {
				json_object_foreach(services, service, change) {
					size_t deepest = load_enter(l, service);
					if (!load_comment(service) && load_want(l, change, JSON_OBJECT))
						load_keys(l, change, overrides, NULL);
					load_leave(l, deepest);
				}
			}
			load_leave(l, deeper);
		}
		load_leave(l, at);
	}
	load_leave(l, former);
}

/* The profile is chosen by the first file that declares any. */
static void choose_profile(struct load *l, json_t *profiles)
{
	const char *name;
	json_t *v;

	if (l->r->profile || !json_is_object(profiles))
		return;
	json_object_foreach(profiles, name, v) {
		if (load_comment(name))
			continue;
		if (!l->r->options.profile || strcmp(l->r->options.profile, name) == 0) {
			l->r->profile = name;
			return;
		}
	}
}

static void merge_member(struct load *l, size_t which, json_t *v)
{
	json_t *one;
	size_t former = load_enter(l, rule_member_names[which]), i;

	if (load_want(l, v, JSON_ARRAY)) {
		json_array_foreach(v, i, one) {
			size_t at = load_enter_index(l, i);
			bool expect = which == 0;
			if (expect ? !json_is_object(one) : !json_is_object(one) && !json_is_string(one))
				load_bad(l, "is %s, expected %s", load_type(one), expect ? "an object" : "a string or an object");
			load_leave(l, at);
		}
		json_array_extend(l->r->members[which], v);
	}
	load_leave(l, former);
}

static void read_version(struct load *l, json_t *root)
{
	json_t *version = json_object_get(root, "seam");

	if (!version) {
		load_bad(l, "\"seam\": 1 is missing; it says which version of the format the file is in");
	} else if (!json_is_integer(version) || json_integer_value(version) != 1) {
		size_t former = load_enter(l, "seam");
		char *found = json_dumps(version, JSON_ENCODE_ANY | JSON_COMPACT);
		load_bad(l, "is %s; this version of seam reads format 1", found ? found : "?");
		free(found);
		load_leave(l, former);
	}
}

static void read_doc(struct load *l, struct jsondoc *doc)
{
	static const char *const known[] = { "seam", "services", "rules", "include", "profiles", "unmatched", "expect", "correlate",
					     "normalise", "mask", "redact", "$schema", NULL };
	json_t *root = doc->root, *v;
	const char *name;
	size_t i;

	if (l->r->options.expectations && json_is_array(root))
		return; /* expectations alone */
	if (l->r->options.expectations && json_is_object(root) && !json_object_get(root, "seam") && json_object_get(root, "expect")) {
		merge_member(l, 0, json_object_get(root, "expect")); /* of a test's case.json, whose other members are not ours */
		return;
	}
	if (!load_want(l, root, JSON_OBJECT))
		return;
	read_version(l, root);
	load_keys(l, root, known, NULL);
	if ((v = json_object_get(root, "profiles"))) {
		read_profiles(l, v);
		choose_profile(l, v);
	}
	if ((v = json_object_get(root, "unmatched"))) {
		size_t former = load_enter(l, "unmatched");
		if (!json_is_string(v) || strcmp(json_string_value(v), "refuse") != 0)
			load_bad(l, "only \"refuse\" is known: declare a service with protocol \"pass\" for what may reach the real system");
		load_leave(l, former);
	}
	if ((v = json_object_get(root, "services"))) {
		size_t former = load_enter(l, "services");
		json_t *declaration;
		if (load_want(l, v, JSON_OBJECT)) {
			json_object_foreach(v, name, declaration) {
				if (load_comment(name))
					continue;
				size_t at = load_enter(l, name);
				load_service(l, name, declaration);
				load_leave(l, at);
			}
		}
		load_leave(l, former);
	}
	for (i = 0; rule_member_names[i]; i++)
		if ((v = json_object_get(root, rule_member_names[i])))
			merge_member(l, i, v);
	if ((v = json_object_get(root, "include")))
		read_includes(l, v);
}

/* Rules come after the services of every file, so that they may name any of them. */
static void read_rules(struct load *l)
{
	for (size_t d = 0; d < l->r->ndocs; d++) {
		json_t *rules = json_object_get(l->r->docs[d]->root, "rules"), *rule;
		size_t i;
		if (!rules)
			continue;
		l->doc = l->r->docs[d];
		l->folder = folder_of(&l->r->arena, l->doc->file);
		size_t former = load_enter(l, "rules");
		if (load_want(l, rules, JSON_ARRAY)) {
			json_array_foreach(rules, i, rule) {
				size_t at = load_enter_index(l, i);
				load_rule(l, i, rule);
				load_leave(l, at);
			}
		}
		load_leave(l, former);
	}
}

static void read_expects(struct load *l)
{
	for (size_t d = 0; d < l->r->ndocs; d++) {
		json_t *root = l->r->docs[d]->root, *list = json_object_get(root, "expect");
		l->doc = l->r->docs[d];
		l->folder = folder_of(&l->r->arena, l->doc->file);
		if (json_is_array(root)) {
			load_expects(l, root);
		} else if (json_is_array(list)) {
			size_t former = load_enter(l, "expect");
			load_expects(l, list);
			load_leave(l, former);
		}
	}
	load_expect_times(l);
}

/* ---- all of it --------------------------------------------------------- */

static int by_priority(const void *a, const void *b)
{
	const struct rule *x = *(struct rule *const *)a, *y = *(struct rule *const *)b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void index_ports(struct rules *r)
{
	for (size_t i = 0; i < r->nrules; i++)
		r->ports[r->rules[i].port].count++;
	for (int p = 0; p < PORT_COUNT; p++) {
		r->ports[p].list = ARENA_ARRAY(&r->arena, struct rule *, r->ports[p].count + 1);
		r->ports[p].count = 0;
	}
	for (size_t i = 0; i < r->nrules; i++) {
		struct port_index *index = &r->ports[r->rules[i].port];
		index->list[index->count++] = &r->rules[i];
	}
	for (int p = 0; p < PORT_COUNT; p++)
		if (r->ports[p].count)
			qsort(r->ports[p].list, r->ports[p].count, sizeof(struct rule *), by_priority);
}

static struct rules *new_rules(const struct rule_options *options)
{
	struct rules *r = calloc(1, sizeof(*r));

	if (!r)
		abort();
	arena_init(&r->arena);
	r->options = *options;
	for (size_t i = 0; rule_member_names[i]; i++)
		r->members[i] = json_array();
	r->owned = json_array();
	map_init(&r->states);
	map_init(&r->counters);
	r->match_limits = pcre2_match_context_create(NULL);
	/* Room for the groups of wildcards and captures in one text. */
	r->match_data = pcre2_match_data_create(32, NULL);
	if (!r->match_limits || !r->match_data)
		abort();
	/* A pattern that backtracks without end gives up and does not match. */
	pcre2_set_match_limit(r->match_limits, 100000);
	pcre2_set_depth_limit(r->match_limits, 10000);
	pcre2_set_heap_limit(r->match_limits, 16 * 1024);
	return r;
}

static int finish(struct load *l, struct rules **out)
{
	read_rules(l);
	read_expects(l);
	if (!l->errs->count && l->r->options.profile && !l->r->profile) {
		struct err e = { 0 };
		const char *names[65] = { NULL }, *name;
		json_t *v;
		size_t count = 0;
		for (size_t d = 0; d < l->r->ndocs; d++)
			json_object_foreach(json_object_get(l->r->docs[d]->root, "profiles"), name, v)
				if (count < 64 && !load_comment(name))
					names[count++] = name;
		err_at(&e, ERR_CONTENT, l->r->ndocs ? l->r->docs[0]->file : NULL, 0, 0, "no profile is named \"%s\"%s",
		       l->r->options.profile, load_hint(l, l->r->options.profile, names, true));
		load_bad_file(l, &e);
	}
	if (l->errs->count) {
		int code = l->errs->list[0].code;
		rules_free(l->r);
		*out = NULL;
		return code;
	}
	index_ports(l->r);
	*out = l->r;
	return 0;
}

int rules_load(struct rules **out, const char *const *files, size_t nfiles, const struct rule_options *options,
	       struct rule_errors *errs)
{
	*errs = (struct rule_errors){ 0 };
	struct load l = { .r = new_rules(options), .errs = errs, .folder = "." };

	for (size_t i = 0; i < nfiles; i++)
		read_file(&l, files[i], files[i]);
	return finish(&l, out);
}

int rules_parse(struct rules **out, const char *file, const char *text, size_t len, const struct rule_options *options,
		struct rule_errors *errs)
{
	struct jsondoc doc;
	struct err err = { 0 };

	*errs = (struct rule_errors){ 0 };
	struct load l = { .r = new_rules(options), .errs = errs };
	l.folder = folder_of(&l.r->arena, file);
	if (jsondoc_parse(&doc, file, text, len, &err) < 0) {
		load_bad_file(&l, &err);
	} else {
		l.doc = add_doc(&l, doc);
		read_doc(&l, l.doc);
	}
	return finish(&l, out);
}

void rule_errors_release(struct rule_errors *errs)
{
	free(errs->list);
	*errs = (struct rule_errors){ 0 };
}

static void free_values(struct map *m)
{
	struct map_entry *e;

	for (size_t i = 0; (e = map_next(m, &i));)
		free(e->value);
	map_release(m);
}

void rules_free(struct rules *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->ndocs; i++)
		jsondoc_release(r->docs[i]);
	for (size_t i = 0; rule_member_names[i]; i++)
		json_decref(r->members[i]);
	json_decref(r->owned);
	for (size_t i = 0; i < r->nres; i++)
		pcre2_code_free(r->res[i]);
	pattern_query_free(r->queries);
	pcre2_match_context_free(r->match_limits);
	pcre2_match_data_free(r->match_data);
	free_values(&r->states);
	free_values(&r->counters);
	arena_release(&r->arena);
	free(r);
}
