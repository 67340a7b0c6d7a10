/* dns_wire: RFC 1035 section 4, the little that a responder needs. */
#include "host/dns_wire.h"

#include <string.h>

#define HEAD 12
#define QR 0x8000
#define OPCODE 0x7800
#define AA 0x0400
#define RD 0x0100
#define RA 0x0080
#define CLASS_IN 1
#define TTL_SECONDS 0 /* nothing may be remembered beyond the run */

static uint16_t get16(const unsigned char *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static unsigned char *put16(unsigned char *p, unsigned value)
{
	p[0] = (unsigned char)(value >> 8);
	p[1] = (unsigned char)value;
	return p + 2;
}

/* Labels, uncompressed: a query has nothing to point back to. The bytes read, or 0. */
static size_t parse_name(char *out, const unsigned char *p, size_t len)
{
	size_t at = 0, n = 0;

	while (at < len && p[at]) {
		size_t label = p[at++];
		if (label > 63 || label > len - at || n + label + 2 > DNS_NAME_BYTES)
			return 0;
		if (n)
			out[n++] = '.';
		for (size_t i = 0; i < label; i++, at++) {
			if (!p[at])
				return 0; /* no C string can hold it, and no service is named so */
			out[n++] = (char)(p[at] >= 'A' && p[at] <= 'Z' ? p[at] + 32 : p[at]);
		}
	}
	out[n] = '\0';
	return at < len ? at + 1 : 0;
}

int dns_parse(struct dns_question *q, const unsigned char *query, size_t len)
{
	if (len < HEAD || get16(query + 4) != 1)
		return -1;
	q->id = get16(query);
	q->flags = get16(query + 2);
	if (q->flags & (QR | OPCODE))
		return -1;
	size_t name = parse_name(q->name, query + HEAD, len - HEAD);
	if (!name || len - HEAD - name < 4 || get16(query + HEAD + name + 2) != CLASS_IN)
		return -1;
	q->type = get16(query + HEAD + name);
	q->raw = query + HEAD;
	q->raw_len = name + 4;
	return 0;
}

size_t dns_answer(unsigned char out[DNS_ANSWER_MAX], const struct dns_question *q, enum dns_code code, const void *ip, size_t ip_len)
{
	unsigned char *p = out;

	p = put16(p, q->id);
	p = put16(p, QR | AA | RA | (q->flags & RD) | (unsigned)code);
	p = put16(p, 1);
	p = put16(p, ip ? 1 : 0);
	p = put16(p, 0);
	p = put16(p, 0);
	memcpy(p, q->raw, q->raw_len); /* at most 255 + 4 */
	p += q->raw_len;
	if (ip) {
		p = put16(p, 0xc000 | HEAD); /* the name of the question, section 4.1.4 */
		p = put16(p, q->type);
		p = put16(p, CLASS_IN);
		p = put16(p, 0);
		p = put16(p, TTL_SECONDS);
		p = put16(p, (unsigned)ip_len);
		memcpy(p, ip, ip_len);
		p += ip_len;
	}
	return (size_t)(p - out);
}
