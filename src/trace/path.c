/* path: parsing and matching of the places of an event. See path.h. */
#include "trace/path.h"

static const struct prefix {
	const char *text;
	enum path_kind kind;
	const char *name; /* prepended to what follows; an attribute when the prefix is whole */
} prefixes[] = {
	{ "http.header.", PATH_HEADER, "" },
	{ "http.query.", PATH_QUERY, "" },
	{ "http.json.", PATH_JSON, "" },
	{ "s3.json.", PATH_JSON, "" },
	{ "json.", PATH_JSON, "" },
	{ "sql.param.", PATH_PARAM, "" },
	{ "sql.literal.", PATH_LITERAL, "" },
	{ "sql.column.", PATH_COLUMN, "" },
	{ "s3.meta.", PATH_HEADER, "x-amz-meta-" },
	{ "s3.", PATH_ATTR, "aws.s3." },
	{ "a.", PATH_ATTR, "" },
	{ "req.", PATH_REQ, "" },
	{ "res.", PATH_RES, "" },
};

/* "a."db.query.text"" is how a shell-safe diff may write it. */
static struct slice unquoted(struct slice s)
{
	if (s.len >= 2 && s.ptr[0] == '"' && s.ptr[s.len - 1] == '"')
		return slice_of(s.ptr + 1, s.len - 2);
	return s;
}

int path_parse(struct path *p, const char *text, const char *what, struct err *err)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const struct prefix *x = &prefixes[i];
		size_t n = strlen(x->text);
		if (strncmp(text, x->text, n) != 0 || !text[n])
			continue;
		struct slice rest = unquoted(slice_str(text + n));
		struct buf name;
		*p = (struct path){ .kind = x->kind };
		if ((x->kind == PATH_PARAM || x->kind == PATH_LITERAL) && (!slice_to_u64(rest, &p->number) || !p->number))
			return err_set(err, ERR_CONTENT, "%s: \"%s\" has no number from 1", what, text);
		buf_init(&name, 64 * 1024);
		buf_add_str(&name, x->name);
		buf_add_slice(&name, rest);
		p->name = buf_detach(&name);
		return p->name ? 0 : err_set(err, ERR_LIMIT, "%s: a path over 64 KiB", what);
	}
	return err_set(err, ERR_CONTENT,
		       "%s: \"%s\" is no path; expected http.header.NAME, http.query.NAME, json.PATH, sql.param.N, "
		       "sql.literal.N, sql.column.NAME, s3.key, s3.meta.NAME, a.NAME, req.PATH or res.PATH",
		       what, text);
}

/* Formats of other boundaries (kafka.header.X, s3.csv.X) are for their services
 * to come: declared today, they match nothing here. */
bool path_foreign(const char *text)
{
	static const char *const others[] = { "kafka.", "s3.csv.", "s3.parquet.", "mail.", "metric.", "tcp.", "call.", "dns." };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(text, others[i], strlen(others[i])) == 0)
			return true;
	return false;
}

int paths_init(struct paths *p, json_t *declared, const char *what, struct err *err)
{
	size_t i;
	json_t *item;

	*p = (struct paths){ 0 };
	if (!json_array_size(declared))
		return 0;
	p->list = calloc(json_array_size(declared), sizeof(*p->list));
	if (!p->list)
		return err_set(err, ERR_IO, "out of memory");
	json_array_foreach(declared, i, item) {
		json_t *text = json_is_object(item) ? json_object_get(item, "path") : item;
		if (!json_is_string(text)) {
			paths_release(p);
			return err_set(err, ERR_CONTENT, "%s: entry %zu is neither a path nor an object with a \"path\"", what, i);
		}
		if (path_foreign(json_string_value(text)))
			continue;
		int rc = path_parse(&p->list[p->count], json_string_value(text), what, err);
		if (rc) {
			paths_release(p);
			return rc;
		}
		p->count++;
	}
	return 0;
}

void paths_release(struct paths *p)
{
	for (size_t i = 0; i < p->count; i++)
		free(p->list[i].name);
	free(p->list);
	*p = (struct paths){ 0 };
}

bool paths_have(const struct paths *p, enum path_kind kind)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == kind)
			return true;
	return false;
}

bool path_covers(const char *pattern, struct slice path)
{
	size_t i = 0;

	while (*pattern) {
		if (strncmp(pattern, "[*]", 3) == 0) {
			if (i >= path.len || path.ptr[i] != '[')
				return false;
			while (i < path.len && path.ptr[i] != ']')
				i++;
			i++;
			pattern += 3;
			continue;
		}
		if (i >= path.len || path.ptr[i] != *pattern)
			return false;
		i++;
		pattern++;
	}
	return i >= path.len || path.ptr[i] == '.' || path.ptr[i] == '[';
}

static bool header_attr(struct slice name, const char *header)
{
	if (slice_has_prefix(name, SLICE_LIT("http.request.header.")))
		return slice_eq_nocase_str(slice_skip(name, 20), header);
	if (slice_has_prefix(name, SLICE_LIT("http.response.header.")))
		return slice_eq_nocase_str(slice_skip(name, 21), header);
	return false;
}

bool paths_attr(const struct paths *p, struct slice name)
{
	uint64_t n;

	for (size_t i = 0; i < p->count; i++) {
		const struct path *x = &p->list[i];
		switch (x->kind) {
		case PATH_ATTR:
			if (slice_eq_str(name, x->name))
				return true;
			break;
		case PATH_HEADER:
			if (header_attr(name, x->name))
				return true;
			break;
		case PATH_PARAM: /* attributes count from 0 */
			if (slice_has_prefix(name, SLICE_LIT("db.query.parameter.")) && slice_to_u64(slice_skip(name, 19), &n) &&
			    n + 1 == x->number)
				return true;
			break;
		default:
			break;
		}
	}
	return false;
}

bool paths_body(const struct paths *p, bool request, struct slice path)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct path *x = &p->list[i];
		if (x->kind == PATH_JSON && path_covers(x->name, path))
			return true;
		if (x->kind != (request ? PATH_REQ : PATH_RES) || x->name[0] != 'b')
			continue;
		/* "req.b" is the whole body, "req.b.x" and "req.b[0]" a part of it. */
		const char *rest = x->name + 1;
		if (!*rest || path_covers(*rest == '.' ? rest + 1 : rest, path))
			return true;
	}
	return false;
}

/* `below` the prefix, the rest without its dot; false: not below. */
static bool below(struct slice path, const char *prefix, struct slice *rest)
{
	struct slice p = slice_str(prefix);

	if (!slice_has_prefix(path, p))
		return false;
	*rest = slice_skip(path, p.len);
	if (rest->len && rest->ptr[0] == '.')
		*rest = slice_skip(*rest, 1);
	else if (rest->len && rest->ptr[0] != '[')
		return false;
	return true;
}

bool path_matches(const struct path *p, struct slice path)
{
	struct slice rest;
	uint64_t n;

	switch (p->kind) {
	case PATH_ATTR:
		return below(path, "a", &rest) && (slice_eq_str(rest, p->name) || path_covers(p->name, rest));
	case PATH_HEADER:
		return below(path, "a", &rest) && header_attr(slice_take(rest, slice_find(rest, '[')), p->name);
	case PATH_PARAM: /* attributes count from 0 */
		return below(path, "a", &rest) && slice_has_prefix(rest, SLICE_LIT("db.query.parameter.")) &&
		       slice_to_u64(slice_skip(rest, 19), &n) && n + 1 == p->number;
	case PATH_JSON:
		return (below(path, "req.b", &rest) || below(path, "res.b", &rest)) && rest.len && path_covers(p->name, rest);
	case PATH_REQ:
	case PATH_RES:
		return below(path, p->kind == PATH_REQ ? "req" : "res", &rest) && path_covers(p->name, rest);
	default:
		return false;
	}
}

bool paths_literal(const struct paths *p, uint64_t number)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == PATH_LITERAL && p->list[i].number == number)
			return true;
	return false;
}

bool paths_column(const struct paths *p, struct slice column)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == PATH_COLUMN && slice_eq_nocase_str(column, p->list[i].name))
			return true;
	return false;
}

bool paths_query(const struct paths *p, struct slice field)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->list[i].kind == PATH_QUERY && slice_eq_str(field, p->list[i].name))
			return true;
	return false;
}
