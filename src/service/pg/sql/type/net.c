/*
 * Network types: inet and cidr (inet_net_pton of PostgreSQL), macaddr, macaddr8.
 */
#include "service/pg/sql/type/net.h"

#include <arpa/inet.h>

bool net_load(struct slice s, struct net *n)
{
	char text[64];
	size_t slash = slice_find(s, '/');
	unsigned bits = 0;

	*n = (struct net){ 0 };
	if (slash >= sizeof(text) || !slash)
		return false;
	memcpy(text, s.ptr, slash);
	text[slash] = 0;
	n->six = strchr(text, ':') != NULL;
	if (inet_pton(n->six ? AF_INET6 : AF_INET, text, n->bytes) != 1)
		return false;
	n->bits = n->six ? 128 : 32;
	if (slash == s.len)
		return true;
	struct slice rest = slice_skip(s, slash + 1);
	if (!rest.len || rest.len > 3)
		return false;
	for (size_t i = 0; i < rest.len; i++) {
		if (rest.ptr[i] < '0' || rest.ptr[i] > '9')
			return false;
		bits = bits * 10 + (unsigned)(rest.ptr[i] - '0');
	}
	if (bits > (unsigned)n->bits || (rest.len > 1 && rest.ptr[0] == '0'))
		return false;
	n->bits = (int)bits;
	return true;
}

/* cidr may leave out octets: "10", "192.168/16"; its width then is by class. */
static bool load_short(struct slice s, struct net *n)
{
	size_t slash = slice_find(s, '/');
	int octets = 0, value = -1;

	*n = (struct net){ .bits = -1 };
	for (size_t i = 0; i <= slash; i++) {
		char c = i < slash ? s.ptr[i] : '.';
		if (c >= '0' && c <= '9') {
			value = (value < 0 ? 0 : value) * 10 + (c - '0');
			if (value > 255)
				return false;
		} else if (c == '.' && value >= 0 && octets < 4) {
			n->bytes[octets++] = (unsigned char)value;
			value = -1;
		} else {
			return false;
		}
	}
	if (slash < s.len) {
		int64_t bits;
		if (!slice_to_i64(slice_skip(s, slash + 1), &bits) || bits < 0 || bits > 32)
			return false;
		n->bits = (int)bits;
		return true;
	}
	unsigned char first = n->bytes[0];
	n->bits = first >= 240 ? 32 : first >= 224 ? 8 : first >= 192 ? 24 : first >= 128 ? 16 : 8;
	if (n->bits < octets * 8)
		n->bits = octets * 8;
	return true;
}

bool net_host_bits(const struct net *n)
{
	int size = n->six ? 128 : 32;

	for (int i = n->bits; i < size; i++)
		if (n->bytes[i / 8] >> (7 - i % 8) & 1)
			return true;
	return false;
}

void net_print(struct buf *b, const struct net *n, bool always_bits)
{
	char text[64];
	int size = n->six ? 128 : 32;

	inet_ntop(n->six ? AF_INET6 : AF_INET, n->bytes, text, sizeof(text));
	buf_add_str(b, text);
	if (always_bits || n->bits != size)
		buf_addf(b, "/%d", n->bits);
}

int net_compare(const struct net *x, const struct net *y)
{
	if (x->six != y->six)
		return x->six ? 1 : -1;
	int common = x->bits < y->bits ? x->bits : y->bits;
	for (int i = 0; i < common; i++) {
		int a = x->bytes[i / 8] >> (7 - i % 8) & 1, c = y->bytes[i / 8] >> (7 - i % 8) & 1;
		if (a != c)
			return a - c;
	}
	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return memcmp(x->bytes, y->bytes, x->six ? 16 : 4);
}

static bool in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	struct net n;
	struct buf b;
	bool ok = net_load(text, &n);

	(void)typmod;
	if (!ok && type == T_CIDR && slice_find(text, ':') == text.len)
		ok = load_short(text, &n);
	if (!ok && type == T_INET && slice_find(text, '/') < text.len && slice_find(text, ':') == text.len)
		ok = load_short(text, &n) && n.bits >= 0;
	if (!ok)
		return type_refuse(env, type == T_CIDR ? "cidr" : "inet", text);
	if (type == T_CIDR && net_host_bits(&n)) {
		struct sql_error *e = sql_raise_env(env, "22P02", "invalid cidr value: \"%.*s\"", SLICE_ARG(text));
		sql_detail(env, e, "Value has bits set to right of mask.");
		return false;
	}
	buf_init(&b, 128);
	net_print(&b, &n, type == T_CIDR);
	*out = datum_text(arena_take(a, &b));
	return true;
}

static bool text_out(struct sql_env *env, const struct style *st, uint32_t type, struct sql_datum v, struct buf *b)
{
	(void)env, (void)st, (void)type;
	buf_add_slice(b, v.s);
	return true;
}

static bool net_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	struct net n = { 0 };
	struct buf b;

	(void)typmod;
	if (s.len < 4 || (s.ptr[0] != 2 && s.ptr[0] != 3))
		return type_refuse_binary(env);
	n.six = s.ptr[0] == 3;
	n.bits = (unsigned char)s.ptr[1];
	size_t size = n.six ? 16 : 4;
	if ((size_t)(unsigned char)s.ptr[3] != size || s.len != 4 + size || n.bits > (int)size * 8)
		return type_refuse_binary(env);
	memcpy(n.bytes, s.ptr + 4, size);
	buf_init(&b, 128);
	net_print(&b, &n, type == T_CIDR);
	*out = datum_text(arena_take(a, &b));
	return true;
}

static bool net_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	struct net n;

	(void)env;
	net_load(v.s, &n);
	buf_add_char(b, n.six ? 3 : 2);
	buf_add_char(b, (char)n.bits);
	buf_add_char(b, type == T_CIDR);
	buf_add_char(b, n.six ? 16 : 4);
	buf_add(b, n.bytes, n.six ? 16 : 4);
	return true;
}

static int compare(struct sql_env *env, uint32_t type, struct sql_datum x, struct sql_datum y)
{
	struct net a, b;

	(void)env, (void)type;
	net_load(x.s, &a);
	net_load(y.s, &b);
	return net_compare(&a, &b);
}

/* ---- hardware addresses ---- */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool mac_read(struct slice s, bool eight, unsigned char *bytes)
{
	size_t digits = 0;

	while (s.len && s.ptr[0] == ' ')
		s = slice_skip(s, 1);
	while (s.len && s.ptr[s.len - 1] == ' ')
		s.len--;
	memset(bytes, 0, 8);
	for (size_t i = 0; i < s.len; i++) {
		int d = hex_digit(s.ptr[i]);
		if (d < 0) {
			if ((s.ptr[i] != ':' && s.ptr[i] != '-' && s.ptr[i] != '.') || !digits || digits % 2)
				return false;
			continue;
		}
		if (digits >= 16)
			return false;
		bytes[digits / 2] = (unsigned char)(bytes[digits / 2] << 4 | d);
		digits++;
	}
	if (!eight)
		return digits == 12;
	if (digits == 12) { /* the middle is ff:fe */
		memmove(bytes + 5, bytes + 3, 3);
		bytes[3] = 0xff;
		bytes[4] = 0xfe;
		return true;
	}
	return digits == 16;
}

static struct sql_datum mac_datum(struct arena *a, const unsigned char *bytes, size_t n)
{
	char text[32];
	size_t at = 0;

	for (size_t i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%02x", i ? ":" : "", bytes[i]);
	return datum_text(arena_slice(a, slice_of(text, at)));
}

static bool mac_in(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice text, struct sql_datum *out)
{
	unsigned char bytes[8];
	bool eight = type == T_MACADDR8;

	(void)typmod;
	if (!mac_read(text, eight, bytes))
		return type_refuse(env, eight ? "macaddr8" : "macaddr", text);
	*out = mac_datum(a, bytes, eight ? 8 : 6);
	return true;
}

static bool mac_recv(struct sql_env *env, struct arena *a, uint32_t type, int32_t typmod, struct slice s, struct sql_datum *out)
{
	(void)typmod;
	if (s.len != (type == T_MACADDR8 ? 8 : 6))
		return type_refuse_binary(env);
	*out = mac_datum(a, (const unsigned char *)s.ptr, s.len);
	return true;
}

static bool mac_send(struct sql_env *env, uint32_t type, struct sql_datum v, struct buf *b)
{
	unsigned char bytes[8];

	(void)env;
	mac_read(v.s, type == T_MACADDR8, bytes);
	buf_add(b, bytes, type == T_MACADDR8 ? 8 : 6);
	return true;
}

const struct type_ops type_net_rows[] = {
	{ T_INET, "inet", in, text_out, net_recv, net_send, compare, "pg_inet" },
	{ T_CIDR, "cidr", in, text_out, net_recv, net_send, compare, "pg_inet" },
	{ T_MACADDR, "macaddr", mac_in, text_out, mac_recv, mac_send, NULL, NULL },
	{ T_MACADDR8, "macaddr8", mac_in, text_out, mac_recv, mac_send, NULL, NULL },
	{ 0 },
};
