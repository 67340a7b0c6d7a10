/*
 * net: an inet or cidr value taken apart.
 */
#ifndef SERVICE_PG_SQL_NET_H
#define SERVICE_PG_SQL_NET_H

#include "service/pg/sql/type/type.h"

struct net {
	bool six;
	int bits;               /* of the mask */
	unsigned char bytes[16];
};

/* Full addresses only; false: it is none. */
bool net_load(struct slice s, struct net *n);
void net_print(struct buf *b, const struct net *n, bool always_bits);
int net_compare(const struct net *x, const struct net *y);
bool net_host_bits(const struct net *n);

#endif
