/*
 * Functions of network addresses: inet, cidr, macaddr, macaddr8. What their text
 * and order are is type/net.c's.
 *
 * Source: network.c, mac.c and mac8.c of PostgreSQL 15; manual 9.12.
 */
#include "service/pg/sql/func/call.h"
#include "service/pg/sql/type/net.h"

static int size_of(const struct net *n)
{
	return n->six ? 128 : 32;
}

static struct net load(sqlite3_value *v)
{
	struct net n;

	net_load(arg_text(v), &n);
	return n;
}

static void give(sqlite3_context *ctx, const struct net *n, bool cidr)
{
	struct buf b;

	buf_init(&b, 128);
	net_print(&b, n, cidr);
	result_buf(ctx, &b);
}

static bool bit(const struct net *n, int i)
{
	return n->bytes[i / 8] >> (7 - i % 8) & 1;
}

static void set_bits(struct net *n, int from, int to, bool on)
{
	for (int i = from; i < to; i++) {
		unsigned char mask = (unsigned char)(1u << (7 - i % 8));

		n->bytes[i / 8] = (unsigned char)(on ? n->bytes[i / 8] | mask : n->bytes[i / 8] & ~mask);
	}
}

/* ---- one address ---- */

STRICT(network_host)
{
	struct net n = load(argv[0]);

	n.bits = size_of(&n);
	give(ctx, &n, false);
}

STRICT(network_show)
{
	struct net n = load(argv[0]);

	give(ctx, &n, true);
}

STRICT(network_family) { sqlite3_result_int(ctx, load(argv[0]).six ? 6 : 4); }
STRICT(network_masklen) { sqlite3_result_int(ctx, load(argv[0]).bits); }

STRICT(network_broadcast)
{
	struct net n = load(argv[0]);

	set_bits(&n, n.bits, size_of(&n), true);
	give(ctx, &n, false);
}

STRICT(network_network)
{
	struct net n = load(argv[0]);

	set_bits(&n, n.bits, size_of(&n), false);
	give(ctx, &n, true);
}

static void mask(sqlite3_context *ctx, sqlite3_value *v, bool host)
{
	struct net n = load(v);
	int bits = n.bits;

	n.bits = size_of(&n);
	set_bits(&n, 0, bits, !host);
	set_bits(&n, bits, n.bits, host);
	give(ctx, &n, false);
}

STRICT(network_netmask) { mask(ctx, argv[0], false); }
STRICT(network_hostmask) { mask(ctx, argv[0], true); }

/* "10.1/16": the octets that the mask covers. */
STRICT(cidr_abbrev)
{
	struct net n = load(argv[0]);
	struct buf b;

	if (n.six) {
		char text[64];
		size_t len;

		/* 2001:db8::/32 is 2001:db8/32; what is left out at the end is zero */
		buf_init(&b, 128);
		net_print(&b, &n, true);
		snprintf(text, sizeof(text), "%.*s", (int)slice_find(buf_slice(&b), '/'), b.ptr);
		buf_reset(&b);
		len = strlen(text);
		if (n.bits % 16 == 0 && len > 2 && strcmp(text + len - 2, "::") == 0) {
			int groups = 1;

			for (size_t i = 0; i + 2 < len; i++)
				groups += text[i] == ':';
			if (groups * 16 == n.bits)
				text[len - 2] = '\0';
		}
		buf_addf(&b, n.bits == 128 ? "%s" : "%s/%d", text, n.bits);
		if (n.bits == 128)
			buf_add_str(&b, "/128");
		result_buf(ctx, &b);
		return;
	}
	buf_init(&b, 128);
	for (int i = 0; i * 8 < n.bits || i == 0; i++)
		buf_addf(&b, "%s%u", i ? "." : "", n.bytes[i]);
	buf_addf(&b, "/%d", n.bits);
	result_buf(ctx, &b);
}

/* ---- its mask ---- */

static void set_mask(sqlite3_context *ctx, sqlite3_value **argv, bool cidr)
{
	struct net n = load(argv[0]);
	int64_t bits = arg_int(argv[1]);

	if (bits == -1)
		bits = size_of(&n);
	if (bits < 0 || bits > size_of(&n)) {
		sql_raise(ctx, "22023", "invalid mask length: %lld", (long long)bits);
		return;
	}
	n.bits = (int)bits;
	if (cidr)
		set_bits(&n, n.bits, size_of(&n), false);
	give(ctx, &n, cidr);
}

STRICT(inet_set_masklen) { set_mask(ctx, argv, false); }
STRICT(cidr_set_masklen) { set_mask(ctx, argv, true); }

STRICT(inet_to_cidr)
{
	struct net n = load(argv[0]);

	set_bits(&n, n.bits, size_of(&n), false);
	give(ctx, &n, true);
}

/* ---- two addresses ---- */

static bool common(const struct net *x, const struct net *y, int bits)
{
	if (x->six != y->six)
		return false;
	for (int i = 0; i < bits; i++)
		if (bit(x, i) != bit(y, i))
			return false;
	return true;
}

#define TWO(name, expr)                                                                            \
	STRICT(name)                                                                               \
	{                                                                                          \
		struct net x = load(argv[0]), y = load(argv[1]);                                   \
		result_bool(ctx, expr);                                                            \
	}
TWO(network_sub, x.bits > y.bits && common(&x, &y, y.bits))
TWO(network_subeq, x.bits >= y.bits && common(&x, &y, y.bits))
TWO(network_sup, x.bits < y.bits && common(&x, &y, x.bits))
TWO(network_supeq, x.bits <= y.bits && common(&x, &y, x.bits))
TWO(network_overlap, common(&x, &y, x.bits < y.bits ? x.bits : y.bits))
TWO(inet_same_family, x.six == y.six)

STRICT(inet_merge)
{
	struct net x = load(argv[0]), y = load(argv[1]);
	int bits = x.bits < y.bits ? x.bits : y.bits;

	if (x.six != y.six) {
		sql_raise(ctx, "22023", "cannot merge addresses from different families");
		return;
	}
	while (bits && !common(&x, &y, bits))
		bits--;
	x.bits = bits;
	set_bits(&x, bits, size_of(&x), false);
	give(ctx, &x, true);
}

static void combine(sqlite3_context *ctx, sqlite3_value **argv, const char *word, bool both)
{
	struct net x = load(argv[0]), y = load(argv[1]);

	if (x.six != y.six) {
		sql_raise(ctx, "22023", "cannot %s inet values of different sizes", word);
		return;
	}
	for (int i = 0; i < 16; i++)
		x.bytes[i] = (unsigned char)(both ? x.bytes[i] & y.bytes[i] : x.bytes[i] | y.bytes[i]);
	if (y.bits > x.bits)
		x.bits = y.bits;
	give(ctx, &x, false);
}

STRICT(inetand) { combine(ctx, argv, "AND", true); }
STRICT(inetor) { combine(ctx, argv, "OR", false); }

STRICT(inetnot)
{
	struct net n = load(argv[0]);

	for (int i = 0; i < size_of(&n) / 8; i++)
		n.bytes[i] = (unsigned char)~n.bytes[i];
	give(ctx, &n, false);
}

static void add(sqlite3_context *ctx, struct net n, int64_t number)
{
	int carry = 0;

	/* two's complement: what is left over at the end is the sign's */
	for (int i = size_of(&n) / 8 - 1; i >= 0; i--) {
		carry += n.bytes[i] + (int)(number & 0xff);
		n.bytes[i] = (unsigned char)carry;
		carry >>= 8;
		number = (number & ~(int64_t)0xff) / 0x100;
	}
	if ((number == 0 && carry == 0) || (number == -1 && carry == 1))
		give(ctx, &n, false);
	else
		sql_raise(ctx, "22003", "result is out of range");
}

STRICT(inetpl) { add(ctx, load(argv[0]), arg_int(argv[1])); }
STRICT(inetmi_int8) { add(ctx, load(argv[0]), (int64_t)(0 - (uint64_t)arg_int(argv[1]))); }

STRICT(inetmi)
{
	struct net x = load(argv[0]), y = load(argv[1]);
	int bytes = size_of(&x) / 8, carry = 1;
	uint64_t v = 0, high = 0;

	if (x.six != y.six) {
		sql_raise(ctx, "22023", "cannot subtract inet values of different sizes");
		return;
	}
	for (int i = 0; i < bytes; i++) {
		carry += x.bytes[bytes - 1 - i] + (unsigned char)~y.bytes[bytes - 1 - i];
		if (i < 8)
			v |= (uint64_t)(carry & 0xff) << (8 * i);
		else
			high |= (uint64_t)(carry & 0xff) << (8 * (i - 8));
		carry >>= 8;
	}
	if (bytes == 4 && !carry)
		v |= 0xffffffff00000000ull;
	if (bytes == 16 && !(high == 0 && (int64_t)v >= 0) && !(high == UINT64_MAX && (int64_t)v < 0))
		sql_raise(ctx, "22003", "result is out of range");
	else
		sqlite3_result_int64(ctx, (int64_t)v);
}

/* ---- hardware addresses: text of the form 08:00:2b:01:02:03 ---- */

struct mac {
	unsigned char bytes[8];
	int count;
};

static struct mac load_mac(sqlite3_value *v)
{
	struct slice s = arg_text(v);
	struct mac m = { .count = (int)((s.len + 1) / 3) };

	for (int i = 0; i < m.count && i < 8; i++) {
		unsigned byte = 0;

		for (int k = 0; k < 2; k++) {
			char c = s.ptr[3 * i + k];
			byte = byte << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
		}
		m.bytes[i] = (unsigned char)byte;
	}
	return m;
}

static void give_mac(sqlite3_context *ctx, const struct mac *m)
{
	struct buf b;

	buf_init(&b, 64);
	for (int i = 0; i < m->count; i++)
		buf_addf(&b, "%s%02x", i ? ":" : "", m->bytes[i]);
	result_buf(ctx, &b);
}

#define MAC(name, code)                                                                            \
	STRICT(name)                                                                               \
	{                                                                                          \
		struct mac m = load_mac(argv[0]);                                                  \
		code;                                                                              \
		give_mac(ctx, &m);                                                                 \
	}
#define EACH(expr) for (int i = 0; i < m.count; i++) m.bytes[i] = (unsigned char)(expr)
MAC(mac_not, EACH(~m.bytes[i]))
MAC(mac_and, struct mac o = load_mac(argv[1]); EACH(m.bytes[i] & o.bytes[i]))
MAC(mac_or, struct mac o = load_mac(argv[1]); EACH(m.bytes[i] | o.bytes[i]))
MAC(mac_trunc, memset(m.bytes + 3, 0, 5))
MAC(mac_set7bit, m.bytes[0] |= 2)
MAC(mac_to_eight, memmove(m.bytes + 5, m.bytes + 3, 3); m.bytes[3] = 0xff; m.bytes[4] = 0xfe; m.count = 8)

STRICT(mac_to_six)
{
	struct mac m = load_mac(argv[0]);

	if (m.bytes[3] != 0xff || m.bytes[4] != 0xfe) {
		struct sql_error *e = sql_raise(ctx, "22003", "macaddr8 data out of range to convert to macaddr");
		sql_hint(sql_env_of(ctx), e, "Only addresses that have FF and FE as values in the 4th and 5th bytes from the left, for example xx:xx:xx:ff:fe:xx:xx:xx, are eligible to be converted from macaddr8 to macaddr.");
		return;
	}
	memmove(m.bytes + 3, m.bytes + 5, 3);
	m.count = 6;
	give_mac(ctx, &m);
}

const struct func_row func_net_rows[] = {
	CALL("network_host", network_host, 1), CALL("network_show", network_show, 1), CALL("network_family", network_family, 1),
	CALL("network_masklen", network_masklen, 1), CALL("network_broadcast", network_broadcast, 1), CALL("network_network", network_network, 1),
	CALL("network_netmask", network_netmask, 1), CALL("network_hostmask", network_hostmask, 1), CALL("cidr_abbrev", cidr_abbrev, 1),
	INLINE("inet_abbrev", "$1"), CALL("inet_set_masklen", inet_set_masklen, 2), CALL("cidr_set_masklen", cidr_set_masklen, 2),
	CALL("inet_to_cidr", inet_to_cidr, 1), CALL("network_sub", network_sub, 2), CALL("network_subeq", network_subeq, 2),
	CALL("network_sup", network_sup, 2), CALL("network_supeq", network_supeq, 2), CALL("network_overlap", network_overlap, 2),
	CALL("inet_same_family", inet_same_family, 2), CALL("inet_merge", inet_merge, 2), CALL("inetand", inetand, 2), CALL("inetor", inetor, 2),
	CALL("inetnot", inetnot, 1), CALL("inetpl", inetpl, 2), INLINE("int8pl_inet", "p_inetpl($2, $1)"), INLINE("int8pl_inet(int8,inet)", "p_inetpl($2, $1)"),
	CALL("inetmi_int8", inetmi_int8, 2), CALL("inetmi", inetmi, 2),
	CALL("macaddr_not", mac_not, 1), CALL("macaddr8_not", mac_not, 1), CALL("macaddr_and", mac_and, 2), CALL("macaddr8_and", mac_and, 2),
	CALL("macaddr_or", mac_or, 2), CALL("macaddr8_or", mac_or, 2), CALL("macaddr_trunc", mac_trunc, 1), CALL("macaddr8_trunc", mac_trunc, 1),
	CALL("macaddr8_set7bit", mac_set7bit, 1), CALL("macaddrtomacaddr8", mac_to_eight, 1), CALL("macaddr8tomacaddr", mac_to_six, 1),
	END_OF_ROWS
};
