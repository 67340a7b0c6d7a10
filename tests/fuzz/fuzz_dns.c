/*
 * Fuzz target for questions of the domain name system, and the answers to them.
 */
#include <stdlib.h>
#include <string.h>

#include "host/dns_wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char out[DNS_ANSWER_MAX], labels[DNS_NAME_BYTES], ip[16];
	struct dns_question q, again;

	if (dns_parse(&q, data, size) < 0)
		return 0;
	size_t reversed = dns_reversed(q.name, ip), n = dns_name(labels, q.name);
	if (reversed != 0 && reversed != 4 && reversed != 16)
		abort();
	size_t len = n ? dns_answer(out, &q, DNS_NOERROR, labels, n) : dns_answer(out, &q, DNS_NXDOMAIN, NULL, 0);
	if (len > sizeof(out) || len < 12 + q.raw_len)
		abort();
	/* the question comes back as it was: made a query again, it is the same one */
	out[2] &= 0x7b;
	if (dns_parse(&again, out, len) < 0 || again.type != q.type || strcmp(again.name, q.name) != 0)
		abort();
	return 0;
}
