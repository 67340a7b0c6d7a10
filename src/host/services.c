/* services: from the declarations of the rule files to fakes, names, endpoints
 * and listeners. Everything the page says of addresses is decided here. */
#include "host/inside.h"
#include "host/truststore.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t wall_now(void)
{
	return host_wall_ns();
}

const struct rule_protocol *host_protocols(size_t *count)
{
	static struct rule_protocol list[64];
	size_t n = 0;

	for (; service_types[n] && n < 64; n++)
		list[n] = (struct rule_protocol){ .name = service_types[n]->protocol,
						  .port = service_types[n]->port,
						  .default_port = service_types[n]->default_port,
						  .keys = service_types[n]->keys };
	*count = n;
	return list;
}

static int start_fake(struct host *h, struct served *s, struct err *err)
{
	struct service_config config = { .name = slice_str(s->declared->name),
					 .doc = s->declared->doc,
					 .path = s->declared->path,
					 .json = s->declared->json,
					 .folder = s->declared->folder,
					 .rundir = h->dir.path,
					 .seed = h->options->seed,
					 .now_ns = wall_now };

	return s->type && s->type->fake ? s->type->fake->new(&s->fake, &config, err) : 0;
}

static bool is_pass(const struct served *s)
{
	return s->declared->mode == MODE_PASS || strcmp(s->declared->protocol, "pass") == 0;
}

/* Appends one endpoint, with its listeners unless the service passes. */
static int add_endpoint(struct host *h, struct served *s, struct page_endpoint *row, const char *name, uint16_t port, const char *boundary,
			struct err *err)
{
	uint32_t i = h->page.page->endpoints;

	if (i >= PAGE_ENDPOINTS_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d addresses", s->declared->name, PAGE_ENDPOINTS_MAX);
	/* All rows at once: sessions point at theirs, and names that a glob
	 * claims go on adding rows while the program runs. */
	if (!h->endpoints)
		h->endpoints = calloc(PAGE_ENDPOINTS_MAX, sizeof(*h->endpoints));
	if (!h->endpoints)
		return err_set(err, ERR_IO, "out of memory");
	h->endpoints[i] = (struct endpoint){ .service = s, .boundary = strdup(boundary), .name = strdup(name), .port = port };
	h->nendpoints = i + 1;
	/* a name that passes is relayed like any other, or its real addresses would be nobody's;
	 * an isolated run reaches addresses too only through the host; a path leads there anyway */
	if (is_pass(s) && (row->asked.family == WIRE_UNIX || (!h->isolate && row->name == UINT32_MAX)))
		row->flags |= PAGE_PASS_END;
	else if (listen_endpoint(h, i, row, err) < 0)
		return ERR_IO;
	if (rules_on(h->rules, PORT_CONNECT, slice_str(s->declared->name), SLICE_NONE))
		row->flags |= PAGE_ASK;
	publish_endpoint(&h->page, row);
	return 0;
}

/* The two virtual addresses of a name lead to the same listeners. */
static int add_named(struct host *h, struct served *s, const char *name, uint16_t port, struct err *err)
{
	uint32_t at = publish_name(&h->page, name, rules_on(h->rules, PORT_DNS, SLICE_NONE, SLICE_NONE) ? PAGE_ASK_NAME : 0);
	char boundary[300];

	if (at == UINT32_MAX)
		return err_set(err, ERR_LIMIT, "%s: more than %d names", s->declared->name, PAGE_NAMES_MAX);
	snprintf(boundary, sizeof(boundary), "%s:%u", name, port);
	for (int v6 = 0; v6 < 2; v6++) {
		struct page_endpoint row = { .asked = publish_virtual(&h->page, at, port, v6), .name = at };
		if (add_endpoint(h, s, &row, name, port, boundary, err) < 0)
			return ERR_IO;
	}
	return 0;
}

static int add_literal(struct host *h, struct served *s, const struct rule_at *at, struct err *err)
{
	struct page_endpoint row = { .asked = { .transport = WIRE_TCP, .port = at->port }, .name = UINT32_MAX };
	char boundary[300];

	if (inet_pton(AF_INET, at->host, row.asked.ip) == 1)
		row.asked.family = WIRE_INET;
	else if (inet_pton(AF_INET6, at->host, row.asked.ip) == 1)
		row.asked.family = WIRE_INET6;
	else
		return err_set(err, ERR_CONTENT, "%s: %s is no address", s->declared->name, at->text);
	snprintf(boundary, sizeof(boundary), strchr(at->host, ':') ? "[%s]:%u" : "%s:%u", at->host, at->port);
	return add_endpoint(h, s, &row, at->host, at->port, boundary, err);
}

static int add_unix(struct host *h, struct served *s, const struct rule_at *at, struct err *err)
{
	struct page_endpoint row = { .asked = { .family = WIRE_UNIX, .transport = WIRE_STREAM }, .name = UINT32_MAX };
	char boundary[300];

	size_t len = strlen(at->path);
	if (len >= sizeof(row.asked.path))
		return err_set(err, ERR_CONTENT, "%s: the path %s is longer than a Unix socket's may be (107 bytes)", s->declared->name, at->path);
	memcpy(row.asked.path, at->path, len + 1);
	if (at->path[0] == '@')
		row.asked.path[0] = '\0'; /* an abstract name, as ss and systemd write it */
	row.asked.path_len = (uint16_t)len;
	snprintf(boundary, sizeof(boundary), "unix:%s", at->path);
	return add_endpoint(h, s, &row, "", 0, boundary, err);
}

static int add_at(struct host *h, struct served *s, const struct rule_at *at, struct err *err)
{
	if (at->transport == AT_UDP)
		return err_set(err, ERR_CONTENT, "%s: %s: no service of this version speaks over datagrams", s->declared->name, at->text);
	if (at->transport == AT_UNIX)
		return add_unix(h, s, at, err);
	if (at->glob) {
		if (!publish_glob(&h->page, at->host))
			return err_set(err, ERR_LIMIT, "%s: more than %d name patterns", s->declared->name, PAGE_GLOBS_MAX);
		return 0;
	}
	return at->literal ? add_literal(h, s, at, err) : add_named(h, s, at->host, at->port, err);
}

uint32_t services_claim_name(struct host *h, const char *name)
{
	uint32_t found = publish_find_name(&h->page, name);
	struct err err = { 0 };

	if (found != UINT32_MAX)
		return found;
	/* every port that a pattern claims for this name; the first declared wins a port */
	for (size_t i = 0; i < h->nservices; i++) {
		struct served *s = &h->services[i];
		for (size_t k = 0; k < s->declared->nat; k++) {
			const struct rule_at *at = &s->declared->at[k], *first;
			if (at->transport != AT_TCP || !at->glob || !slice_glob(slice_str(at->host), slice_str(name), true))
				continue;
			if (rules_claim(h->rules, AT_TCP, slice_str(name), at->port, &first) != s->declared || first != at)
				continue;
			if (add_named(h, s, name, at->port, &err) < 0)
				return UINT32_MAX;
		}
	}
	return publish_find_name(&h->page, name);
}

static int start_calls(struct host *h, struct err *err)
{
	size_t n;
	const struct rule_function *functions = rules_functions(h->rules, &n);

	for (size_t i = 0; i < n; i++) {
		bool ask = rules_on(h->rules, PORT_CALL, slice_str(functions[i].service), slice_str(functions[i].function));
		if (!publish_call(&h->page, &functions[i], ask, err))
			return ERR_CONTENT;
	}
	if (n)
		h->page.page->layers |= PAGE_LAYER_CALLS;
	return 0;
}

/* The shortest limit of a service with log-ins: for libpq's layer, which does not know services. */
static uint32_t shortest_idle_ms(const struct host *h)
{
	uint64_t shortest = 0;

	for (size_t i = 0; i < h->nservices; i++) {
		const struct served *s = &h->services[i];
		uint64_t limit = s->declared->idle_limit_ns;
		if (s->type && s->type->codec && s->type->codec->farewell && limit && (!shortest || limit < shortest))
			shortest = limit;
	}
	return (uint32_t)(shortest / 1000000);
}

static void start_layers(struct host *h)
{
	static const char *const functions[] = {
#define LAYER_FUNCTION(name, layer, told) #name,
#include "wire/layers.def"
	};

	const char *layers = getenv("SEAM_LAYERS");

	if (layers && strcmp(layers, "socket") == 0)
		return;
	h->page.page->layers |= PAGE_LAYER_LIBPQ | PAGE_LAYER_LIBCURL;
	h->page.page->idle_ms = shortest_idle_ms(h);
	for (size_t i = 0; i < LAYER_FUNCTIONS; i++)
		h->page.page->ask[i] = rules_on(h->rules, PORT_CALL, SLICE_LIT("call"), slice_str(functions[i]));
}

/* What JDKs find in place of their own roots: with nobody of the run to trust, the machine's. */
static int write_java(struct host *h, bool roots, struct err *err)
{
	char *path = h->page.page->java_trust;

	rundir_path(&h->dir, h->isolate ? ISOLATE_CACERTS : "ca.jks", path, sizeof(h->page.page->java_trust));
	return truststore_write_jks(path, h->authority ? authority_certificate(h->authority) : NULL, roots, err);
}

static int start_authority(struct host *h, struct err *err)
{
	struct page *page = h->page.page;
	bool sockets = false, pass = false;

	for (size_t i = 0; i < h->nservices; i++) {
		sockets |= h->services[i].type && h->services[i].type->codec;
		pass |= is_pass(&h->services[i]);
	}
	if (!sockets)
		return h->isolate ? write_java(h, true, err) : 0;
	if (authority_new(&h->authority, err) < 0)
		return ERR_IO;
	const X509 *ca = authority_certificate(h->authority);
	rundir_path(&h->dir, "ca.pem", page->authority, sizeof(page->authority));
	rundir_path(&h->dir, pass ? "roots.pem" : "ca.pem", page->trust, sizeof(page->trust));
	if (truststore_write_pem(page->authority, ca, false, err) < 0 || (pass && truststore_write_pem(page->trust, ca, true, err) < 0))
		return ERR_IO;
	return write_java(h, pass, err);
}

/* By these the machine's own name is resolved, and the run's network has two of its own. */
static void publish_own_addresses(struct host *h)
{
	struct ifaddrs *list = NULL;

	if (h->isolate) {
		publish_own(&h->page, WIRE_INET, isolate_own4);
		publish_own(&h->page, WIRE_INET6, isolate_own6);
	}
	if (getifaddrs(&list) < 0)
		return;
	for (const struct ifaddrs *i = list; i; i = i->ifa_next) {
		const struct sockaddr_in *in = (const void *)i->ifa_addr;
		const struct sockaddr_in6 *in6 = (const void *)i->ifa_addr;
		if (!in)
			continue;
		if (in->sin_family == AF_INET && ntohl(in->sin_addr.s_addr) >> 24 != IN_LOOPBACKNET)
			publish_own(&h->page, WIRE_INET, &in->sin_addr);
		else if (in->sin_family == AF_INET6 && !IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr))
			publish_own(&h->page, WIRE_INET6, &in6->sin6_addr);
	}
	freeifaddrs(list);
}

int services_start(struct host *h, struct err *err)
{
	const struct rule_service *declared = rules_services(h->rules, &h->nservices);

	h->services = calloc(h->nservices + 1, sizeof(*h->services));
	if (!h->services)
		return err_set(err, ERR_IO, "out of memory");
	for (size_t i = 0; i < h->nservices; i++) {
		struct served *s = &h->services[i];
		map_init(&s->written);
		s->declared = &declared[i];
		s->type = service_type_find(slice_str(declared[i].protocol));
		if (start_fake(h, s, err) < 0)
			return ERR_CONTENT;
	}
	if (start_authority(h, err) < 0 || start_calls(h, err) < 0)
		return ERR_IO;
	start_layers(h);
	if (isolate_settle(h, err) < 0)
		return ERR_IO;
	publish_own_addresses(h);
	for (size_t i = 0; i < h->nservices; i++)
		for (size_t k = 0; k < declared[i].nat; k++)
			if (add_at(h, &h->services[i], &declared[i].at[k], err) < 0)
				return ERR_CONTENT;
	return 0;
}

void services_stop(struct host *h)
{
	for (size_t i = 0; i < h->nservices && h->services; i++) {
		if (h->services[i].fake)
			h->services[i].type->fake->free(h->services[i].fake);
		map_release(&h->services[i].written);
	}
	free(h->services);
	h->services = NULL;
	for (size_t i = 0; i < h->nendpoints; i++) {
		free(h->endpoints[i].boundary);
		free(h->endpoints[i].name);
	}
	free(h->endpoints);
	h->endpoints = NULL;
	authority_free(h->authority);
	h->authority = NULL;
}
