/* dns_wire: RFC 1035 section 4, the little that a responder needs. */
#include "host/dns_wire.h"

#include <stdbool.h>
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

size_t dns_answer(unsigned char out[DNS_ANSWER_MAX], const struct dns_question *q, enum dns_code code, const void *data, size_t data_len)
{
	unsigned char *p = out;

	if (data && HEAD + q->raw_len + 12 + data_len > DNS_ANSWER_MAX)
		data = NULL;
	p = put16(p, q->id);
	p = put16(p, QR | AA | RA | (q->flags & RD) | (unsigned)code);
	p = put16(p, 1);
	p = put16(p, data ? 1 : 0);
	p = put16(p, 0);
	p = put16(p, 0);
	memcpy(p, q->raw, q->raw_len); /* at most 255 + 4 */
	p += q->raw_len;
	if (data) {
		p = put16(p, 0xc000 | HEAD); /* the name of the question, section 4.1.4 */
		p = put16(p, q->type);
		p = put16(p, CLASS_IN);
		p = put16(p, 0);
		p = put16(p, TTL_SECONDS);
		p = put16(p, (unsigned)data_len);
		memcpy(p, data, data_len);
		p += data_len;
	}
	return (size_t)(p - out);
}

size_t dns_name(unsigned char out[DNS_NAME_BYTES], const char *name)
{
	size_t at = 0;

	while (*name) {
		size_t label = strcspn(name, ".");
		if (!label || label > 63 || at + label + 2 > DNS_NAME_BYTES)
			return 0;
		out[at++] = (unsigned char)label;
		memcpy(out + at, name, label);
		at += label;
		name += label + (name[label] == '.');
	}
	out[at] = 0;
	return at ? at + 1 : 0;
}

/* One label before the dot, as a number below `limit`. False: it is none. */
static bool take_number(const char **name, int base, unsigned limit, unsigned *value)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = *name, *digit;

	for (*value = 0; *at && (digit = memchr(digits, *at, (size_t)base)) && *value < limit; at++)
		*value = *value * (unsigned)base + (unsigned)(digit - digits);
	if (at == *name || *at != '.' || *value >= limit)
		return false;
	*name = at + 1;
	return true;
}

size_t dns_reversed(const char *name, unsigned char ip[16])
{
	bool six = strlen(name) > 8 && strcmp(name + strlen(name) - 8, "ip6.arpa") == 0;
	unsigned value;

	memset(ip, 0, 16);
	for (int i = six ? 31 : 3; i >= 0; i--) { /* the last part comes first */
		if (!take_number(&name, six ? 16 : 10, six ? 16 : 256, &value))
			return 0;
		if (six)
			ip[i / 2] |= (unsigned char)(value << (i % 2 ? 0 : 4));
		else
			ip[i] = (unsigned char)value;
	}
	return strcmp(name, six ? "ip6.arpa" : "in-addr.arpa") == 0 ? six ? 16 : 4 : 0;
}
