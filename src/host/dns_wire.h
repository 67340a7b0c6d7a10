/*
 * dns_wire: questions and answers of the domain name system, as bytes.
 *
 * Pure: bytes in, bytes out. One question a message (RFC 9619), class IN; what
 * else stands in a query (EDNS, RFC 6891) is not read and not answered, which
 * RFC 6891 section 7 allows.
 */
#ifndef HOST_DNS_WIRE_H
#define HOST_DNS_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define DNS_NAME_BYTES 256
#define DNS_ANSWER_MAX 512 /* RFC 1035 section 4.2.1: fits any datagram; one question and one address do */

enum dns_type { DNS_A = 1, DNS_PTR = 12, DNS_AAAA = 28 };      /* RFC 1035 section 3.2.2, RFC 3596 section 2.1 */
enum dns_code { DNS_NOERROR = 0, DNS_NXDOMAIN = 3, DNS_NOTIMP = 4 }; /* RFC 1035 section 4.1.1 */

struct dns_question {
	uint16_t id, flags;
	char name[DNS_NAME_BYTES]; /* lower case, without the root's dot */
	uint16_t type;
	const unsigned char *raw;  /* the question section, in the query */
	size_t raw_len;
};

/* 0, or -1: not a query with one question of class IN. */
int dns_parse(struct dns_question *q, const unsigned char *query, size_t len);
/* `data` of `data_len` bytes answers: an address of 4 or 16, or a name from dns_name(). NULL, or more than fits:
 * no record of that type. Returns the bytes of the answer. */
size_t dns_answer(unsigned char out[DNS_ANSWER_MAX], const struct dns_question *q, enum dns_code code, const void *data, size_t data_len);
/* A name as labels. Returns its bytes; 0: it is none. */
size_t dns_name(unsigned char out[DNS_NAME_BYTES], const char *name);
/* The address that a name of in-addr.arpa or ip6.arpa stands for (RFC 1035 section 3.5, RFC 3596
 * section 2.5). Returns its bytes, 4 or 16; 0: it stands for none. */
size_t dns_reversed(const char *name, unsigned char ip[16]);

#endif
