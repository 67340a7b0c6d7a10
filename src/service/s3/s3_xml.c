/* s3_xml: expat callbacks that gather the text of the element in hand. */
#include "service/s3/s3_xml.h"

#include <expat.h>

#define S3_NAMESPACE "http://s3.amazonaws.com/doc/2006-03-01/"
#define TEXT_MAX (8 * 1024) /* bytes in one element: a key has at most 1024, escaped more */
#define DEPTH_MAX 16

/* ---- reading ---------------------------------------------------------- */

struct reader {
	XML_Parser parser;
	struct arena *arena;
	struct buf text;
	int depth;
	bool failed;
	/* End of an element, with its text; `depth` counts from 1 for the root. */
	void (*end)(struct reader *r, struct slice name, struct slice text);
	const char *root;           /* required, NULL: any */
	struct object_request *o;
	size_t cap;
	struct object_part part;    /* in hand */
	const char *wanted;         /* s3_xml_text */
	struct slice *found;
};

static void stop(struct reader *r)
{
	r->failed = true;
	XML_StopParser(r->parser, XML_FALSE);
}

static void XMLCALL on_start(void *to, const XML_Char *name, const XML_Char **attributes)
{
	struct reader *r = to;

	(void)attributes;
	if (++r->depth > DEPTH_MAX || (r->depth == 1 && r->root && strcmp(name, r->root) != 0))
		stop(r);
	buf_reset(&r->text);
}

static void XMLCALL on_text(void *to, const XML_Char *text, int len)
{
	struct reader *r = to;

	buf_add(&r->text, text, (size_t)len);
	if (buf_failed(&r->text))
		stop(r);
}

static void XMLCALL on_end(void *to, const XML_Char *name)
{
	struct reader *r = to;

	if (!r->failed)
		r->end(r, slice_str(name), buf_slice(&r->text));
	buf_reset(&r->text);
	r->depth--;
}

static void XMLCALL on_doctype(void *to, const XML_Char *name, const XML_Char *sysid, const XML_Char *pubid, int internal)
{
	(void)name;
	(void)sysid;
	(void)pubid;
	(void)internal;
	stop(to);
}

static int read_document(struct reader *r, struct slice xml)
{
	int status = -1;

	r->parser = XML_ParserCreate(NULL);
	if (!r->parser)
		return -1;
	buf_init(&r->text, TEXT_MAX);
	XML_SetUserData(r->parser, r);
	XML_SetElementHandler(r->parser, on_start, on_end);
	XML_SetCharacterDataHandler(r->parser, on_text);
	XML_SetStartDoctypeDeclHandler(r->parser, on_doctype);
	if (xml.len < INT32_MAX && XML_Parse(r->parser, xml.ptr, (int)xml.len, XML_TRUE) == XML_STATUS_OK && !r->failed)
		status = 0;
	buf_release(&r->text);
	XML_ParserFree(r->parser);
	return status;
}

static struct slice without_quotes(struct slice s)
{
	s = slice_trim(s);
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		s = slice_of(s.ptr + 1, s.len - 2);
	return s;
}

static void part_end(struct reader *r, struct slice name, struct slice text)
{
	struct object_request *o = r->o;
	uint64_t v;

	if (r->depth == 3 && slice_eq_str(name, "PartNumber")) {
		if (!slice_to_u64(slice_trim(text), &v) || v > S3_PARTS_MAX) {
			stop(r);
			return;
		}
		r->part.number = (int)v;
	} else if (r->depth == 3 && slice_eq_str(name, "ETag")) {
		r->part.etag = arena_slice(r->arena, without_quotes(text));
	} else if (r->depth == 2 && slice_eq_str(name, "Part")) {
		if (!r->part.number || o->nparts == S3_PARTS_MAX) {
			stop(r);
			return;
		}
		if (o->nparts == r->cap) {
			r->cap = r->cap ? r->cap * 2 : 16;
			struct object_part *parts = ARENA_ARRAY(r->arena, struct object_part, r->cap);
			if (o->nparts)
				memcpy(parts, o->parts, o->nparts * sizeof(*parts));
			o->parts = parts;
		}
		o->parts[o->nparts++] = r->part;
		r->part = (struct object_part){0};
	}
}

int s3_xml_read_parts(struct slice xml, struct arena *a, struct object_request *o)
{
	struct reader r = { .arena = a, .end = part_end, .root = "CompleteMultipartUpload", .o = o };

	return read_document(&r, xml) == 0 && o->nparts ? 0 : -1;
}

static void delete_end(struct reader *r, struct slice name, struct slice text)
{
	struct object_request *o = r->o;

	if (r->depth == 2 && slice_eq_str(name, "Quiet"))
		o->quiet = slice_eq_nocase_str(slice_trim(text), "true");
	if (r->depth != 3 || !slice_eq_str(name, "Key"))
		return;
	if (o->nkeys == S3_DELETE_MAX) {
		stop(r);
		return;
	}
	if (!o->keys)
		o->keys = ARENA_ARRAY(r->arena, struct slice, S3_DELETE_MAX);
	o->keys[o->nkeys++] = arena_slice(r->arena, text);
}

int s3_xml_read_delete(struct slice xml, struct arena *a, struct object_request *o)
{
	struct reader r = { .arena = a, .end = delete_end, .root = "Delete", .o = o };

	return read_document(&r, xml) == 0 && o->nkeys ? 0 : -1;
}

static void wanted_end(struct reader *r, struct slice name, struct slice text)
{
	if (!r->found->ptr && slice_eq_str(name, r->wanted))
		*r->found = arena_slice(r->arena, slice_trim(text));
}

bool s3_xml_text(struct slice xml, const char *element, struct arena *a, struct slice *text)
{
	struct reader r = { .arena = a, .end = wanted_end, .wanted = element, .found = text };

	*text = SLICE_NONE;
	return read_document(&r, xml) == 0;
}

/* ---- writing ---------------------------------------------------------- */

static void add_escaped(struct buf *b, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		switch (c) {
		case '&': buf_add_str(b, "&amp;"); break;
		case '<': buf_add_str(b, "&lt;"); break;
		case '>': buf_add_str(b, "&gt;"); break;
		case '"': buf_add_str(b, "&quot;"); break;
		default:
			/* Control characters are not XML 1.0; S3 writes them as
			 * references all the same and tells clients to ask for
			 * encoding-type=url. */
			if (c < 0x20 && c != '\t')
				buf_addf(b, "&#%u;", (unsigned)c);
			else
				buf_add_char(b, (char)c);
		}
	}
}

void s3_xml_begin(struct buf *b, const char *root)
{
	buf_addf(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<%s xmlns=\"" S3_NAMESPACE "\">", root);
}

void s3_xml_end(struct buf *b, const char *root)
{
	s3_xml_close(b, root);
}

void s3_xml_open(struct buf *b, const char *name)
{
	buf_addf(b, "<%s>", name);
}

void s3_xml_close(struct buf *b, const char *name)
{
	buf_addf(b, "</%s>", name);
}

void s3_xml_add(struct buf *b, const char *name, struct slice text)
{
	s3_xml_open(b, name);
	add_escaped(b, text);
	s3_xml_close(b, name);
}

void s3_xml_add_u64(struct buf *b, const char *name, uint64_t value)
{
	s3_xml_open(b, name);
	buf_add_u64(b, value);
	s3_xml_close(b, name);
}

void s3_xml_add_bool(struct buf *b, const char *name, bool value)
{
	s3_xml_add(b, name, value ? SLICE_LIT("true") : SLICE_LIT("false"));
}

void s3_xml_add_etag(struct buf *b, struct slice etag)
{
	buf_add_str(b, "<ETag>&quot;");
	add_escaped(b, etag);
	buf_add_str(b, "&quot;</ETag>");
}
