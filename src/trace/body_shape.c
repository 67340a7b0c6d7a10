/*
 * body_shape: looks at a body's frame. Of Parquet the footer is read (Apache
 * Parquet, "File Format"; metadata in Thrift's compact protocol), never a page.
 */
#include "trace/body_shape.h"

#include "base/utf8.h"
#include "trace/jscan.h"

#define COLUMNS_SHOWN 12
#define NESTING_MAX 32

/* ---- Thrift's compact protocol ------------------------------------------------ */

struct thrift {
	const unsigned char *p, *end;
	bool bad;
};

static uint64_t varint(struct thrift *t)
{
	uint64_t v = 0;

	for (int shift = 0; shift < 64; shift += 7) {
		if (t->p >= t->end)
			break;
		unsigned char c = *t->p++;
		v |= (uint64_t)(c & 0x7f) << shift;
		if (!(c & 0x80))
			return v;
	}
	t->bad = true;
	return 0;
}

static int64_t zigzag(struct thrift *t)
{
	uint64_t v = varint(t);

	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static struct slice binary(struct thrift *t)
{
	uint64_t n = varint(t);

	if (t->bad || n > (uint64_t)(t->end - t->p)) {
		t->bad = true;
		return SLICE_NONE;
	}
	t->p += n;
	return slice_of((const char *)t->p - n, (size_t)n);
}

/* Types: 1 true, 2 false, 3 byte, 4 i16, 5 i32, 6 i64, 7 double, 8 binary, 9 list,
 * 10 set, 11 map, 12 struct. */
static bool field(struct thrift *t, int *id, int *type)
{
	if (t->bad || t->p >= t->end) {
		t->bad = true;
		return false;
	}
	unsigned char c = *t->p++;
	if (!c)
		return false;
	*type = c & 15;
	*id = c >> 4 ? *id + (c >> 4) : (int)zigzag(t);
	return true;
}

static uint64_t list(struct thrift *t, int *type)
{
	if (t->p >= t->end) {
		t->bad = true;
		return 0;
	}
	unsigned char c = *t->p++;
	*type = c & 15;
	return c >> 4 == 15 ? varint(t) : c >> 4;
}

static void skip(struct thrift *t, int type, int depth)
{
	int id = 0, inner;

	if (depth > NESTING_MAX)
		t->bad = true;
	switch (t->bad ? 0 : type) {
	case 1:
	case 2:
		break;
	case 3:
		t->p++;
		break;
	case 4:
	case 5:
	case 6:
		varint(t);
		break;
	case 7:
		t->p += 8;
		break;
	case 8:
		binary(t);
		break;
	case 9:
	case 10:
		for (uint64_t n = list(t, &inner); n && !t->bad; n--)
			skip(t, inner == 1 ? 3 : inner, depth + 1);
		break;
	case 12:
		while (field(t, &id, &inner))
			skip(t, inner, depth + 1);
		break;
	default:
		t->bad = true;
	}
	if (t->p > t->end)
		t->bad = true;
}

/* ---- Parquet --------------------------------------------------------------------- */

/* A leaf of the schema has no children: a column. */
static bool schema_element(struct thrift *t, struct slice *name)
{
	int id = 0, type;
	int64_t children = 0;

	while (field(t, &id, &type)) {
		if (id == 4 && type == 8)
			*name = binary(t);
		else if (id == 5 && type == 5)
			children = zigzag(t);
		else
			skip(t, type, 0);
	}
	return children == 0;
}

static bool parquet(struct slice s, struct buf *out)
{
	if (s.len < 12 || !slice_has_prefix(s, SLICE_LIT("PAR1")) || !slice_has_suffix(s, SLICE_LIT("PAR1")))
		return false;
	const unsigned char *end = (const unsigned char *)s.ptr + s.len - 8;
	uint32_t n = (uint32_t)end[0] | (uint32_t)end[1] << 8 | (uint32_t)end[2] << 16 | (uint32_t)end[3] << 24;
	if (n > s.len - 12)
		return false;
	struct thrift t = { end - n, end, false };
	struct buf columns;
	int id = 0, type, inner;
	int64_t rows = -1;
	size_t count = 0;

	buf_init(&columns, 64 * 1024);
	while (rows < 0 && field(&t, &id, &type)) {
		if (id == 3 && type == 6) {
			rows = zigzag(&t);
		} else if (id == 2 && type == 9) {
			uint64_t elements = list(&t, &inner);
			for (uint64_t i = 0; i < elements && !t.bad; i++) {
				struct slice name = SLICE_NONE;
				if (schema_element(&t, &name) && i && count++ < COLUMNS_SHOWN && slice_is_utf8(name))
					buf_addf(&columns, " %.*s", SLICE_ARG(name));
			}
		} else {
			skip(&t, type, 0);
		}
	}
	bool ok = !t.bad && rows >= 0;
	if (ok)
		buf_addf(out, "parquet, %lld rows, columns%s%s", (long long)rows, columns.ptr, count > COLUMNS_SHOWN ? " ..." : "");
	buf_release(&columns);
	return ok;
}

/* ---- the others --------------------------------------------------------------------- */

static size_t cells(struct slice line)
{
	size_t n = 1;
	bool quoted = false;

	for (size_t i = 0; i < line.len; i++) {
		quoted ^= line.ptr[i] == '"';
		n += line.ptr[i] == ',' && !quoted;
	}
	return n;
}

static bool csv(struct slice s, struct buf *out)
{
	struct slice rest = s, head = slice_trim(slice_split(&rest, '\n'));
	size_t columns = cells(head), rows = 0;

	if (columns < 2 || !rest.ptr || !slice_is_utf8(s))
		return false;
	while (rest.ptr && rest.len) {
		struct slice line = slice_trim(slice_split(&rest, '\n'));
		if (line.len && cells(line) != columns)
			return false;
		rows += line.len > 0;
	}
	buf_addf(out, "csv, %zu rows, columns", rows);
	for (size_t i = 0; i < columns && i < COLUMNS_SHOWN; i++) {
		struct slice name = slice_split(&head, ',');
		buf_addf(out, " %.*s", SLICE_ARG(name));
	}
	return true;
}

static bool json(struct slice s, struct buf *out)
{
	const char *what;
	size_t at, n = jscan_value(s, &what, &at), members = 0;
	struct slice key, item;

	if (!n || n + jscan_space(slice_skip(s, n)) != s.len)
		return false;
	struct jscan it = jscan_open(s);
	if (!it.p)
		return false;
	while (jscan_next(&it, &key, &item))
		members++;
	buf_addf(out, "json, %s of %zu", it.object ? "object" : "array", members);
	return true;
}

void body_shape(struct slice s, struct buf *out)
{
	static const struct {
		const char *magic;
		size_t len;
		const char *name;
	} kinds[] = { { "\x1f\x8b", 2, "gzip" }, { "PK\x03\x04", 4, "zip" }, { "\x28\xb5\x2f\xfd", 4, "zstd" }, { "%PDF", 4, "pdf" }, { "\x89PNG", 4, "png" },
		      { "Obj\x01", 4, "avro" }, { "ORC", 3, "orc" } };

	if (parquet(s, out) || json(s, out) || csv(s, out))
		return;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (s.len >= kinds[i].len && memcmp(s.ptr, kinds[i].magic, kinds[i].len) == 0)
			buf_addf(out, "%s, ", kinds[i].name);
	buf_addf(out, "%zu bytes", s.len);
}
