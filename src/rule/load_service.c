/*
 * Task: services: which protocol, which addresses, which mode; and the C
 * functions a "call" service declares. What else a declaration holds is the
 * service's own business: only the names of its members are checked here.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>

#include "rule/load.h"

#define IDLE_LIMIT_NS 60000000000u /* a minute, unless declared: the shortest that firewalls and poolers are set to */

static const char *const common_keys[] = { "protocol", "at", "mode", "profiles", "memory", "correlate", "order", "idle_limit" };
static const char *const no_keys[] = { NULL };
static const char *const call_keys[] = { "functions", NULL };

/* Known whether or not a codec is registered for them: nothing is served over a socket. */
static const struct rule_protocol built_in[] = {
	{ "pass", PORT_NONE, 0, no_keys },
	{ "call", PORT_CALL, 0, call_keys },
};

static const struct rule_protocol *find_protocol(const struct rules *r, const char *name)
{
	for (size_t i = 0; i < r->options.nprotocols; i++)
		if (strcmp(r->options.protocols[i].name, name) == 0 && r->options.protocols[i].keys)
			return &r->options.protocols[i];
	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (strcmp(built_in[i].name, name) == 0)
			return &built_in[i];
	return NULL;
}

enum port rule_protocol_port(const struct rules *r, const char *name)
{
	const struct rule_protocol *p = find_protocol(r, name);

	return p ? p->port : PORT_NONE;
}

static const char *const *protocol_names(struct load *l)
{
	size_t n = 0, count = l->r->options.nprotocols + 2;
	const char **names = ARENA_ARRAY(&l->r->arena, const char *, count + 1);

	for (size_t i = 0; i < l->r->options.nprotocols; i++)
		names[n++] = l->r->options.protocols[i].name;
	for (size_t i = 0; i < 2; i++) {
		bool seen = false;
		for (size_t k = 0; k < n; k++)
			seen = seen || strcmp(names[k], built_in[i].name) == 0;
		if (!seen)
			names[n++] = built_in[i].name;
	}
	return names;
}

/* ---- at ---------------------------------------------------------------- */

static bool read_port(struct load *l, struct slice digits, const char *text, uint16_t *port)
{
	uint64_t v;

	if (!slice_to_u64(digits, &v) || v < 1 || v > 65535) {
		load_bad(l, "\"%s\": the port is \"%.*s\", expected a number from 1 to 65535", text, SLICE_ARG(digits));
		return false;
	}
	*port = (uint16_t)v;
	return true;
}

static bool is_v6(struct slice s)
{
	unsigned char address[16];
	char text[64];

	if (s.len >= sizeof(text))
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return inet_pton(AF_INET6, text, address) == 1;
}

/* Literal addresses in their one canonical spelling, so that they compare as text. */
static const char *literal(struct load *l, int family, struct slice s)
{
	unsigned char address[16];
	char text[INET6_ADDRSTRLEN];

	if (s.len >= sizeof(text))
		return NULL;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	if (inet_pton(family, text, address) != 1 || !inet_ntop(family, address, text, sizeof(text)))
		return NULL;
	return arena_str(&l->r->arena, text);
}

static bool read_host(struct load *l, struct slice host, const char *text, struct rule_at *at)
{
	char *lower;

	if ((at->host = literal(l, AF_INET, host))) {
		at->literal = true;
		return true;
	}
	if (!host.len) {
		load_bad(l, "\"%s\" names no host, expected host:port, unix:PATH or udp:host:port", text);
		return false;
	}
	lower = arena_alloc(&l->r->arena, host.len + 1);
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];
		if (!isalnum((unsigned char)c) && !strchr("-_.*?", c) && !((unsigned char)c & 0x80)) {
			load_bad(l, "\"%s\": '%c' cannot be part of a host name, expected host:port, unix:PATH or udp:host:port", text, c);
			return false;
		}
		lower[i] = (char)tolower((unsigned char)c);
	}
	lower[host.len] = '\0';
	if (host.len > 1 && lower[host.len - 1] == '.')
		lower[host.len - 1] = '\0'; /* db.prod. is db.prod */
	at->host = lower;
	at->glob = slice_is_glob(slice_str(lower));
	return true;
}

static bool read_at(struct load *l, const char *text, const struct rule_protocol *protocol, struct rule_at *at)
{
	struct slice rest = slice_str(text), host, port = SLICE_NONE;
	const char *scheme = strstr(text, "://");

	*at = (struct rule_at){ .transport = AT_TCP, .text = text, .host = "" };
	jsondoc_where(l->doc, l->path, false, &at->line, &(int){ 0 });
	if (slice_has_prefix(rest, SLICE_LIT("unix:"))) {
		at->transport = AT_UNIX;
		at->path = text + 5;
		if (at->path[0] != '/' && at->path[0] != '@') {
			load_bad(l, "\"%s\": the path of a Unix socket starts with / (or @ for the abstract namespace)", text);
			return false;
		}
		return true;
	}
	if (scheme) {
		struct slice authority = slice_str(scheme + 3);
		authority = slice_take(authority, slice_find(authority, '/'));
		const char *guess = strncmp(text, "https", 5) == 0 ? ":443" : strncmp(text, "http", 4) == 0 ? ":80" : "";
		load_bad(l, "\"%s\" is a URL, expected host:port: write \"%.*s%s\"", text, SLICE_ARG(authority),
			 slice_find(authority, ':') < authority.len ? "" : guess);
		return false;
	}
	if (slice_has_prefix(rest, SLICE_LIT("udp:"))) {
		at->transport = AT_UDP;
		rest = slice_skip(rest, 4);
	}
	if (rest.len && rest.ptr[0] == '[') {
		size_t end = slice_find(rest, ']');
		host = slice_of(rest.ptr + 1, end ? end - 1 : 0);
		if (end >= rest.len || !(at->host = literal(l, AF_INET6, host))) {
			load_bad(l, "\"%s\": between [ and ] stands no IPv6 address", text);
			return false;
		}
		at->literal = true;
		rest = slice_skip(rest, end + 1);
		if (rest.len && rest.ptr[0] != ':') {
			load_bad(l, "\"%s\": after ] comes :port", text);
			return false;
		}
		if (rest.len)
			port = slice_skip(rest, 1);
	} else {
		if (is_v6(rest)) {
			load_bad(l, "\"%s\" is an IPv6 address without brackets: write \"[address]:port\"", text);
			return false;
		}
		size_t colon = slice_find(rest, ':');
		host = slice_take(rest, colon);
		if (colon < rest.len)
			port = slice_skip(rest, colon + 1);
		if (!read_host(l, host, text, at))
			return false;
	}
	if (port.ptr)
		return read_port(l, port, text, &at->port);
	if (!protocol->default_port) {
		load_bad(l, "\"%s\" has no port, and protocol \"%s\" has none of its own: write host:port", text, protocol->name);
		return false;
	}
	at->port = protocol->default_port;
	return true;
}

static void read_addresses(struct load *l, struct rule_service *s, json_t *at, const struct rule_protocol *protocol)
{
	const char **texts;
	size_t former = load_enter(l, "at");
	size_t count = load_names(l, at, &texts);

	s->at = ARENA_ARRAY(&l->r->arena, struct rule_at, count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t here = json_is_array(at) ? load_enter_index(l, i) : l->len;
		if (read_at(l, texts[i], protocol, &s->at[s->nat]))
			s->nat++;
		load_leave(l, here);
	}
	if (!json_array_size(at) && json_is_array(at))
		load_bad(l, "is empty: a service claims at least one address");
	load_leave(l, former);
}

/* ---- functions --------------------------------------------------------- */

#define RESULT_TYPES "void, int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer"
#define ARG_TYPES "int, uint, long, ulong, int64, uint64, size, bool, double, float, string, pointer, buffer:N, each of them after out:, and ... last"

/* The types that the shim's closures have (wire.h, enum page_type). */
static bool known_result(const char *type)
{
	static const char *const types[] = { "void", "int", "uint", "long", "ulong", "int64", "uint64", "size",
					     "bool", "double", "float", "string", "pointer", NULL };

	for (size_t i = 0; types[i]; i++)
		if (strcmp(type, types[i]) == 0)
			return true;
	return false;
}

/* Complains of what is wrong with argument `i`. A buffer's length is in another
 * argument, counted from 0; "..." is the rest of a variadic function. */
static void check_arg(struct load *l, const struct rule_function *f, size_t i)
{
	bool out = strncmp(f->args[i], "out:", 4) == 0;
	const char *type = f->args[i] + (out ? 4 : 0);
	uint64_t n;

	if (strcmp(type, "...") == 0 && !out) {
		if (i + 1 < f->nargs)
			load_bad(l, "\"...\" is the rest of a variadic function, so nothing may follow it");
	} else if (strncmp(type, "buffer:", 7) == 0 && slice_to_u64(slice_str(type + 7), &n)) {
		if (n >= f->nargs || n == i || strcmp(f->args[n], "...") == 0)
			load_bad(l, "\"%s\": there is no other argument %llu that could hold the length; the first is 0", f->args[i], (unsigned long long)n);
	} else if (strcmp(type, "void") == 0 || !known_result(type)) {
		load_bad(l, "type \"%s\" is not known (known: " ARG_TYPES ")", f->args[i]);
	}
}

static void read_function(struct load *l, const char *service, json_t *v)
{
	static const char *const known[] = { "library", "function", "args", "returns", NULL };
	static const char *const later[] = { "variadic", NULL };
	struct rule_function f = { .service = service, .returns = "void" };

	if (!load_want(l, v, JSON_OBJECT))
		return;
	load_keys(l, v, known, later);
	f.library = load_text_of(l, v, "library");
	f.function = load_text_of(l, v, "function");
	if (!json_object_get(v, "library"))
		load_bad(l, "\"library\" is missing: the library's name without version, like \"libhiredis\"");
	if (!json_object_get(v, "function"))
		load_bad(l, "\"function\" is missing: the name of a C function");
	const char *returns = load_text_of(l, v, "returns");
	if (returns)
		f.returns = returns;
	if (!known_result(f.returns)) {
		size_t at = load_enter(l, "returns");
		load_bad(l, "type \"%s\" is not known (known: " RESULT_TYPES ")", f.returns);
		load_leave(l, at);
	}
	json_t *args = json_object_get(v, "args");
	if (args) {
		size_t former = load_enter(l, "args");
		f.nargs = load_names(l, args, &f.args);
		for (size_t i = 0; i < f.nargs; i++) {
			size_t at = load_enter_index(l, i);
			check_arg(l, &f, i);
			load_leave(l, at);
		}
		load_leave(l, former);
	}
	if (f.library && f.function)
		*LOAD_PUSH(l, l->r->functions, l->r->nfunctions, l->r->functions_cap) = f;
}

static void read_functions(struct load *l, const char *service, json_t *list)
{
	json_t *one;
	size_t former = load_enter(l, "functions"), i;

	if (load_want(l, list, JSON_ARRAY)) {
		json_array_foreach(list, i, one) {
			size_t at = load_enter_index(l, i);
			read_function(l, service, one);
			load_leave(l, at);
		}
	}
	load_leave(l, former);
}

/* ---- mode, profiles, memory -------------------------------------------- */

static void read_mode(struct load *l, const char *mode, struct rule_service *s)
{
	static const char *const modes[] = { "fake", "pass", "record", "replay", NULL };

	if (strcmp(mode, "fake") == 0)
		s->mode = MODE_FAKE;
	else if (strcmp(mode, "pass") == 0)
		s->mode = MODE_PASS;
	else if (strcmp(mode, "record") == 0 || strcmp(mode, "replay") == 0)
		load_bad(l, "mode \"%s\" is not known yet to this version of seam; use \"fake\" or \"pass\"", mode);
	else
		load_bad(l, "mode \"%s\" is not known%s", mode, load_hint(l, mode, modes, true));
}

/* What the chosen profile says about the service: mode and memory. */
static json_t *override(struct load *l, const char *service, const char *member)
{
	for (size_t d = 0; l->r->profile && d < l->r->ndocs; d++) {
		json_t *profile = json_object_get(json_object_get(l->r->docs[d]->root, "profiles"), l->r->profile);
		json_t *v = json_object_get(json_object_get(json_object_get(profile, "services"), service), member);
		if (v)
			return v;
	}
	return NULL;
}

static bool profile_declared(struct load *l, const char *name)
{
	for (size_t d = 0; d < l->r->ndocs; d++)
		if (json_object_get(json_object_get(l->r->docs[d]->root, "profiles"), name))
			return true;
	return false;
}

bool load_in_profile(struct load *l, json_t *object)
{
	json_t *list = json_object_get(object, "profiles");
	const char **names;
	bool in = !list || !l->r->profile;

	if (!list)
		return true;
	size_t former = load_enter(l, "profiles");
	size_t count = load_names(l, list, &names);
	for (size_t i = 0; i < count; i++) {
		size_t at = json_is_array(list) ? load_enter_index(l, i) : l->len;
		if (!profile_declared(l, names[i]))
			load_bad(l, "profile \"%s\" is not declared under \"profiles\"", names[i]);
		in = in || strcmp(names[i], l->r->profile) == 0;
		load_leave(l, at);
	}
	load_leave(l, former);
	return in;
}

bool load_bytes(struct load *l, json_t *v, uint64_t *bytes)
{
	static const struct {
		const char *unit;
		uint64_t bytes;
	} units[] = { { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024 * 1024 * 1024 } };
	const char *text = json_string_value(v);
	struct slice s = slice_str(text);
	uint64_t n;

	(void)l;
	if (json_is_integer(v) && json_integer_value(v) > 0) {
		*bytes = (uint64_t)json_integer_value(v);
		return true;
	}
	for (size_t i = 0; text && i < 3; i++) {
		if (!slice_has_suffix(s, slice_str(units[i].unit)))
			continue;
		if (slice_to_u64(slice_trim(slice_take(s, s.len - 3)), &n) && n > 0 && n < (1ull << 40) / units[i].bytes) {
			*bytes = n * units[i].bytes;
			return true;
		}
	}
	return false;
}

static void read_memory(struct load *l, json_t *v)
{
	size_t former = load_enter(l, "memory");
	uint64_t n;

	if (!json_is_string(v) || !load_bytes(l, v, &n))
		load_bad(l, "expected a size like \"512MiB\" (KiB, MiB, GiB; below 1 TiB)");
	load_leave(l, former);
}

/* "0s": none. */
static void read_idle_limit(struct load *l, json_t *v, struct rule_service *s)
{
	size_t former = load_enter(l, "idle_limit");

	s->idle_limit_ns = IDLE_LIMIT_NS;
	if (v)
		load_duration(l, v, &s->idle_limit_ns);
	load_leave(l, former);
}

/* ---- the declaration --------------------------------------------------- */

static void check_keys(struct load *l, json_t *declaration, const struct rule_protocol *protocol)
{
	size_t ncommon = sizeof(common_keys) / sizeof(common_keys[0]), n = 0, count = 0;

	while (protocol->keys[count])
		count++;
	const char **all = ARENA_ARRAY(&l->r->arena, const char *, ncommon + count + 1);
	for (size_t i = 0; i < ncommon; i++)
		all[n++] = common_keys[i];
	for (size_t i = 0; i < count; i++)
		all[n++] = protocol->keys[i];
	load_keys(l, declaration, all, NULL);
}

void load_service(struct load *l, const char *name, json_t *declaration)
{
	struct rules *r = l->r;
	struct rule_service s = { .name = name, .json = declaration, .doc = l->doc, .folder = l->folder };
	const struct rule_protocol *protocol;
	int line, column;

	if (!load_want(l, declaration, JSON_OBJECT))
		return;
	for (size_t i = 0; i < r->nservices; i++)
		if (strcmp(r->services[i].name, name) == 0) {
			load_bad(l, "is declared twice; the first is at %s", r->services[i].place);
			return;
		}
	if (!json_object_get(declaration, "protocol"))
		load_bad(l, "\"protocol\" is missing%s", load_hint(l, "", protocol_names(l), true));
	s.protocol = load_text_of(l, declaration, "protocol");
	if (!s.protocol)
		return;
	if (!(protocol = find_protocol(r, s.protocol))) {
		size_t at = load_enter(l, "protocol");
		load_bad(l, "protocol \"%s\" is not known%s", s.protocol, load_hint(l, s.protocol, protocol_names(l), true));
		load_leave(l, at);
		return;
	}
	check_keys(l, declaration, protocol);
	jsondoc_where(l->doc, l->path, true, &line, &column);
	s.place = arena_printf(&r->arena, "%s:%d", l->doc->file, line).ptr;
	s.path = arena_str(&r->arena, l->path);

	json_t *at = json_object_get(declaration, "at");
	if (at)
		read_addresses(l, &s, at, protocol);
	else if (protocol->port != PORT_CALL)
		load_bad(l, "\"at\" is missing: the addresses of the service as the program names them, like [\"db.prod:5432\"]");
	if (strcmp(s.protocol, "pass") == 0)
		s.mode = MODE_PASS;
	const char *mode = load_text_of(l, declaration, "mode");
	if (mode) {
		size_t former = load_enter(l, "mode");
		if (protocol->port == PORT_CALL || (strcmp(s.protocol, "pass") == 0 && strcmp(mode, "pass") != 0))
			load_bad(l, "protocol \"%s\" has no modes", s.protocol);
		else
			read_mode(l, mode, &s);
		load_leave(l, former);
	}
	json_t *over = override(l, name, "mode");
	if (json_is_string(over))
		read_mode(l, json_string_value(over), &s);
	json_t *memory = json_object_get(declaration, "memory");
	if (memory)
		read_memory(l, memory);
	read_idle_limit(l, json_object_get(declaration, "idle_limit"), &s);
	json_t *functions = json_object_get(declaration, "functions");
	size_t declared = r->nfunctions;
	if (functions && protocol->port == PORT_CALL)
		read_functions(l, name, functions);
	if (!load_in_profile(l, declaration)) {
		r->nfunctions = declared;
		/* Kept out of the run; its name stays known, so that rules may still mention it. */
		*LOAD_PUSH(l, r->absent, r->nabsent, r->absent_cap) = s;
		return;
	}
	*LOAD_PUSH(l, r->services, r->nservices, r->services_cap) = s;
}
