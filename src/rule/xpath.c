/*
 * Task: asks libxml2, which is opened on first use. What the answer means for a
 * rule is pattern_xml.c's.
 */
#include "rule/xpath.h"

#include <dlfcn.h>
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 1000000 /* of libxml2's own count: some ten milliseconds */
#define XML_MAX ((size_t)64 * 1024 * 1024)

#define FUNCTIONS                                                                                                  \
	F(xmlReadMemory) F(xmlFreeDoc) F(xmlXPathNewContext) F(xmlXPathFreeContext) F(xmlXPathRegisterNs)         \
	F(xmlXPathCtxtCompile) F(xmlXPathFreeCompExpr) F(xmlXPathCompiledEval) F(xmlXPathFreeObject)              \
	F(xmlXPathCastNodeToString) F(xmlXPathCastToString) F(xmlXPathCastToBoolean) F(xmlSetStructuredErrorFunc)

static struct {
#define F(name) __typeof__(&name) name;
	FUNCTIONS
#undef F
	void (**free)(void *);
} lib;

struct xpath {
	xmlXPathCompExprPtr compiled;
};

struct xml {
	xmlDocPtr document;
	xmlXPathContextPtr asked;
};

static void *library(void)
{
	static const char *const names[] = { "libxml2.so.2", "libxml2.so.16", "libxml2.so" };
	void *so = NULL;

	for (size_t i = 0; !so && i < sizeof(names) / sizeof(names[0]); i++)
		so = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
	return so;
}

static bool load(void)
{
	static int loaded; /* 1: yes, -1: there is none */
	void *so;

	if (loaded)
		return loaded > 0;
	loaded = -1;
	if (!(so = library()))
		return false;
#define F(name) if (!(*(void **)&lib.name = dlsym(so, #name))) return false;
	FUNCTIONS
#undef F
	if (!(lib.free = (void (**)(void *))dlsym(so, "xmlFree")))
		return false;
	loaded = 1;
	return true;
}

/* libxml2 would print. The last sentence is kept for who asks. */
#if LIBXML_VERSION >= 21200
static void keep_error(void *of, const xmlError *e)
#else
static void keep_error(void *of, xmlErrorPtr e)
#endif
{
	char *out = of;

	if (out && e->message)
		snprintf(out, 200, "%s", e->message);
}

struct xpath *xpath_new(const char *expression, struct arena *a, const char **why)
{
	char sentence[200] = "";
	struct xpath *x;

	if (!load()) {
		*why = "libxml2 is not there (package libxml2)";
		return NULL;
	}
	lib.xmlSetStructuredErrorFunc(sentence, keep_error);
	xmlXPathContextPtr c = lib.xmlXPathNewContext(NULL);
	if (!c || !(x = calloc(1, sizeof(*x))))
		abort();
	x->compiled = lib.xmlXPathCtxtCompile(c, (const xmlChar *)expression);
	lib.xmlXPathFreeContext(c);
	lib.xmlSetStructuredErrorFunc(NULL, NULL);
	if (x->compiled)
		return x;
	free(x);
	sentence[strcspn(sentence, "\n")] = '\0';
	*why = arena_printf(a, "%s", *sentence ? sentence : "it does not compile").ptr;
	return NULL;
}

void xpath_free(struct xpath *x)
{
	if (x)
		lib.xmlXPathFreeCompExpr(x->compiled);
	free(x);
}

struct xml *xml_new(struct slice text, const struct xml_prefix *prefixes, size_t count)
{
	struct xml *x;

	if (!load() || !text.len || text.len > XML_MAX || !(x = calloc(1, sizeof(*x))))
		return NULL;
	lib.xmlSetStructuredErrorFunc(NULL, keep_error);
	x->document = lib.xmlReadMemory(text.ptr, (int)text.len, NULL, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
	if (!x->document) {
		xml_free(x);
		return NULL;
	}
	if (!(x->asked = lib.xmlXPathNewContext(x->document)))
		abort();
	x->asked->opLimit = STEPS_MAX;
	for (size_t i = 0; i < count; i++)
		lib.xmlXPathRegisterNs(x->asked, (const xmlChar *)prefixes[i].name, (const xmlChar *)prefixes[i].uri);
	return x;
}

void xml_free(struct xml *x)
{
	if (!x)
		return;
	if (x->asked)
		lib.xmlXPathFreeContext(x->asked);
	if (x->document)
		lib.xmlFreeDoc(x->document);
	lib.xmlSetStructuredErrorFunc(NULL, NULL);
	free(x);
}

static struct slice keep_text(xmlChar *text, struct arena *a)
{
	struct slice s = arena_slice(a, slice_str(text ? (const char *)text : ""));

	if (text)
		(*lib.free)(text);
	return s;
}

bool xpath_ask(struct xpath *x, struct xml *in, struct arena *a, struct xpath_result *out)
{
	xmlXPathObjectPtr got = lib.xmlXPathCompiledEval(x->compiled, in->asked);

	*out = (struct xpath_result){ 0 };
	if (!got)
		return false;
	out->nodes = got->type == XPATH_NODESET;
	if (out->nodes) {
		int n = got->nodesetval ? got->nodesetval->nodeNr : 0;
		out->texts = ARENA_ARRAY(a, struct slice, (size_t)n + 1);
		for (int i = 0; i < n; i++)
			out->texts[out->count++] = keep_text(lib.xmlXPathCastNodeToString(got->nodesetval->nodeTab[i]), a);
		out->truth = n > 0;
	} else {
		out->truth = lib.xmlXPathCastToBoolean(got);
		out->texts = ARENA_ARRAY(a, struct slice, 1);
		out->texts[out->count++] = keep_text(lib.xmlXPathCastToString(got), a);
	}
	lib.xmlXPathFreeObject(got);
	return true;
}
