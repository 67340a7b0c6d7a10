/*
 * Rewrites an ARE for PCRE2, compiles and matches. What functions make of the
 * matches is regex_func.c's.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include "service/pg/sql/func/regex.h"

#include <ctype.h>
#include <pcre2.h>

#include "base/utf8.h"
#include "service/pg/sql/func/library_state.h"
#include "service/pg/sql/func/string.h"

#define CACHE 64
#define MATCH_LIMIT 5000000 /* steps: about a second */

struct regex {
	char *key;               /* pattern and flags */
	size_t key_len;
	uint64_t used;
	pcre2_code *code;
	pcre2_match_data *match;
	uint32_t groups;
	bool longest;            /* alternatives without lazy quantifiers */
};

struct regex_cache {
	struct regex entries[CACHE];
	uint64_t clock;
	pcre2_match_context *limits;
	int *workspace;
};
#define WORKSPACE 4096

void regex_cache_free(struct regex_cache *c)
{
	if (!c)
		return;
	for (int i = 0; i < CACHE; i++) {
		free(c->entries[i].key);
		pcre2_code_free(c->entries[i].code);
		pcre2_match_data_free(c->entries[i].match);
	}
	pcre2_match_context_free(c->limits);
	free(c->workspace);
	free(c);
}

bool regex_flags_parse(sqlite3_context *ctx, struct sql_env *env, struct slice text, struct regex_flags *f)
{
	*f = (struct regex_flags){ 0 };
	for (size_t i = 0; i < text.len; i++) {
		switch (text.ptr[i]) {
		case 'g': f->global = true; break;
		case 'i': f->icase = true; break;
		case 'c': f->icase = false; break;
		case 'q': f->quoted = true; break;
		case 'x': f->expanded = true; break;
		case 't': f->expanded = false; break;
		case 'm':
		case 'n': f->newline_dot = f->newline_anchors = true; break;
		case 'p': f->newline_dot = true; f->newline_anchors = false; break;
		case 'w': f->newline_dot = false; f->newline_anchors = true; break;
		case 's': f->newline_dot = f->newline_anchors = false; break;
		case 'b':
		case 'e': break;
		default: {
			size_t n = utf8_char(slice_skip(text, i));
			if (ctx)
				sql_raise(ctx, "22023", "invalid regular expression option: \"%.*s\"", (int)(n ? n : 1), text.ptr + i);
			else
				sql_raise_env(env, "22023", "invalid regular expression option: \"%.*s\"", (int)(n ? n : 1), text.ptr + i);
			return false;
		}
		}
	}
	return true;
}

struct rewrite {
	struct slice s;
	size_t i;
	struct buf *b;
	struct regex_flags *f;
	bool lazy, bar, backref;
	const char *error;
};

static bool fail(struct rewrite *r, const char *why)
{
	if (!r->error)
		r->error = why;
	return false;
}

/* Hexadecimal or decimal digits, at most `most`. */
static size_t digits(struct rewrite *r, size_t most, int base, uint32_t *v)
{
	size_t n = 0;

	*v = 0;
	while (n < most && r->i < r->s.len) {
		char c = r->s.ptr[r->i];
		int d = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
		if (d >= base)
			break;
		*v = *v * (uint32_t)base + (uint32_t)d;
		n++;
		r->i++;
	}
	return n;
}

/* What follows a backslash. */
static bool rewrite_escape(struct rewrite *r, bool bracket)
{
	uint32_t v;

	if (r->i >= r->s.len)
		return fail(r, "invalid escape \\ sequence");
	char c = r->s.ptr[r->i++];
	switch (c) {
	case 'a': buf_add_str(r->b, "\\x07"); return true;
	case 'b': buf_add_str(r->b, "\\x08"); return true;
	case 'B': buf_add_str(r->b, "\\\\"); return true;
	case 'e': buf_add_str(r->b, "\\x1b"); return true;
	case 'f': buf_add_str(r->b, "\\x0c"); return true;
	case 'n': buf_add_str(r->b, "\\n"); return true;
	case 'r': buf_add_str(r->b, "\\r"); return true;
	case 't': buf_add_str(r->b, "\\t"); return true;
	case 'v': buf_add_str(r->b, "\\x0b"); return true;
	case 'c':
		if (r->i >= r->s.len)
			return fail(r, "invalid escape \\ sequence");
		buf_addf(r->b, "\\x%02x", r->s.ptr[r->i++] & 0x1f);
		return true;
	case 'u':
	case 'U':
		if (digits(r, c == 'u' ? 4 : 8, 16, &v) != (c == 'u' ? 4u : 8u))
			return fail(r, "invalid escape \\ sequence");
		buf_addf(r->b, "\\x{%x}", v);
		return true;
	case 'x':
		if (!digits(r, 255, 16, &v))
			return fail(r, "invalid escape \\ sequence");
		buf_addf(r->b, "\\x{%x}", v);
		return true;
	case 'd': case 'w': case 's':
		buf_add_char(r->b, '\\');
		buf_add_char(r->b, c);
		return true;
	case 'D': case 'W': case 'S':
		buf_add_char(r->b, '\\');
		buf_add_char(r->b, c);
		return true;
	case 'A': case 'm': case 'M': case 'y': case 'Y': case 'Z':
		if (bracket)
			return fail(r, "invalid escape \\ sequence");
		buf_add_str(r->b, c == 'A' ? "\\A" : c == 'm' ? "\\b(?=\\w)" : c == 'M' ? "\\b(?<=\\w)" : c == 'y' ? "\\b" : c == 'Y' ? "\\B" : "\\z");
		return true;
	case '0': {
		r->i--;
		digits(r, 3, 8, &v);
		buf_addf(r->b, "\\x{%x}", v);
		return true;
	}
	default: break;
	}
	if (c >= '1' && c <= '9') {
		if (bracket)
			return fail(r, "invalid escape \\ sequence");
		r->i--;
		digits(r, 2, 10, &v);
		r->backref = true;
		buf_addf(r->b, "(?:\\%u)", v);
		return true;
	}
	if (isalnum((unsigned char)c))
		return fail(r, "invalid escape \\ sequence");
	if ((unsigned char)c < 0x80)
		buf_add_char(r->b, '\\');
	buf_add_char(r->b, c);
	return true;
}

static bool rewrite_bracket(struct rewrite *r)
{
	bool first = true;

	buf_add_char(r->b, '[');
	if (r->i < r->s.len && r->s.ptr[r->i] == '^') {
		buf_add_char(r->b, '^');
		r->i++;
		if (r->f->newline_dot)
			buf_add_str(r->b, "\\n");
	}
	for (; r->i < r->s.len; first = false) {
		char c = r->s.ptr[r->i];
		if (c == ']' && !first) {
			r->i++;
			buf_add_char(r->b, ']');
			return true;
		}
		if (c == '[' && r->i + 1 < r->s.len && (r->s.ptr[r->i + 1] == ':' || r->s.ptr[r->i + 1] == '.' || r->s.ptr[r->i + 1] == '=')) {
			char kind = r->s.ptr[r->i + 1];
			char end[3] = { kind, ']', 0 };
			struct slice rest = slice_skip(r->s, r->i + 2);
			size_t n = slice_find_slice(rest, slice_str(end));
			if (n == rest.len)
				return fail(r, "brackets [] not balanced");
			/* "[[:<:]]" is the beginning of a word */
			if (kind == ':')
				buf_addf(r->b, "[:%.*s:]", (int)n, rest.ptr);
			else if (n == 1)
				buf_addf(r->b, "\\x{%x}", (unsigned char)rest.ptr[0]);
			else
				return fail(r, "invalid collating element");
			r->i += 2 + n + 2;
			continue;
		}
		r->i++;
		if (c == '\\') {
			if (!rewrite_escape(r, true))
				return false;
		} else {
			if (c == '[' || c == ']')
				buf_add_char(r->b, '\\');
			buf_add_char(r->b, c);
		}
	}
	return fail(r, "brackets [] not balanced");
}

/* "(?imnpqstwx)" at the very front, "***:" and "***=". */
static void rewrite_front(struct rewrite *r)
{
	if (slice_has_prefix(r->s, SLICE_LIT("***="))) {
		r->f->quoted = true;
		r->i = 4;
		return;
	}
	if (slice_has_prefix(r->s, SLICE_LIT("***:")))
		r->i = 4;
	struct slice rest = slice_skip(r->s, r->i);
	size_t n = 2;
	if (rest.len < 3 || rest.ptr[0] != '(' || rest.ptr[1] != '?')
		return;
	while (n < rest.len && islower((unsigned char)rest.ptr[n]))
		n++;
	if (n == 2 || n >= rest.len || rest.ptr[n] != ')')
		return;
	for (size_t k = 2; k < n; k++)
		switch (rest.ptr[k]) {
		case 'i': r->f->icase = true; break;
		case 'c': r->f->icase = false; break;
		case 'm': case 'n': r->f->newline_dot = r->f->newline_anchors = true; break;
		case 's': r->f->newline_dot = r->f->newline_anchors = false; break;
		case 'p': r->f->newline_dot = true; r->f->newline_anchors = false; break;
		case 'w': r->f->newline_dot = false; r->f->newline_anchors = true; break;
		case 'x': r->f->expanded = true; break;
		case 't': r->f->expanded = false; break;
		case 'q': r->f->quoted = true; break;
		case 'b': case 'e': break;
		default: fail(r, "invalid embedded option"); return;
		}
	r->i += n + 1;
}

static bool rewrite_group(struct rewrite *r)
{
	static const char *const known[] = { "(?:", "(?=", "(?!", "(?<=", "(?<!", "(?#" };

	if (r->i + 1 < r->s.len && r->s.ptr[r->i + 1] == '?') {
		for (size_t k = 0; k < sizeof(known) / sizeof(known[0]); k++)
			if (slice_has_prefix(slice_skip(r->s, r->i), slice_str(known[k]))) {
				buf_add_str(r->b, known[k]);
				r->i += strlen(known[k]);
				return true;
			}
		return fail(r, "quantifier operand invalid");
	}
	buf_add_char(r->b, '(');
	r->i++;
	return true;
}

/* A quantifier; nothing may be there that it could belong to. */
static bool rewrite_quantifier(struct rewrite *r, bool *atom)
{
	char c = r->s.ptr[r->i];

	if (!*atom)
		return fail(r, "quantifier operand invalid");
	if (c == '{') {
		struct slice rest = slice_skip(r->s, r->i);
		size_t end = slice_find(rest, '}');
		if (end == rest.len)
			return fail(r, "braces {} not balanced");
		for (size_t k = 1; k < end; k++)
			if (rest.ptr[k] != ',' && (rest.ptr[k] < '0' || rest.ptr[k] > '9'))
				return fail(r, "invalid repetition count(s)");
		int low = 0, high = -1;
		size_t k = 1;
		for (; k < end && rest.ptr[k] != ','; k++)
			low = low < 10000 ? low * 10 + (rest.ptr[k] - '0') : low;
		if (k < end && k + 1 < end) {
			high = 0;
			for (k++; k < end; k++)
				high = high < 10000 && rest.ptr[k] != ',' ? high * 10 + (rest.ptr[k] - '0') : high;
		}
		if (low > 255 || high > 255 || (high >= 0 && low > high))
			return fail(r, "invalid repetition count(s)");
		buf_add(r->b, rest.ptr, end + 1);
		r->i += end + 1;
	} else {
		buf_add_char(r->b, c);
		r->i++;
	}
	if (r->i < r->s.len && r->s.ptr[r->i] == '?') {
		buf_add_char(r->b, '?');
		r->lazy = true;
		r->i++;
	}
	*atom = false;
	return true;
}

static bool rewrite_pattern(struct rewrite *r)
{
	bool atom = false;
	int depth = 0;

	if (!r->f->quoted)
		rewrite_front(r);
	if (r->error)
		return false;
	if (r->f->quoted) {
		for (; r->i < r->s.len; r->i++) {
			unsigned char c = (unsigned char)r->s.ptr[r->i];
			if (c < 0x80 && !isalnum(c) && c)
				buf_add_char(r->b, '\\');
			buf_add_char(r->b, (char)c);
		}
		return true;
	}
	while (r->i < r->s.len) {
		char c = r->s.ptr[r->i];
		switch (c) {
		case '\\':
			r->i++;
			if (!rewrite_escape(r, false))
				return false;
			atom = true;
			break;
		case '[':
			if (slice_has_prefix(slice_skip(r->s, r->i), SLICE_LIT("[[:<:]]")) || slice_has_prefix(slice_skip(r->s, r->i), SLICE_LIT("[[:>:]]"))) {
				buf_add_str(r->b, r->s.ptr[r->i + 3] == '<' ? "\\b(?=\\w)" : "\\b(?<=\\w)");
				r->i += 7;
				break;
			}
			r->i++;
			if (!rewrite_bracket(r))
				return false;
			atom = true;
			break;
		case '(':
			if (!rewrite_group(r))
				return false;
			depth++;
			atom = false;
			break;
		case ')':
			if (!depth--)
				return fail(r, "parentheses () not balanced");
			buf_add_char(r->b, c);
			r->i++;
			atom = true;
			break;
		case '|':
			r->bar = true;
			buf_add_char(r->b, c);
			r->i++;
			atom = false;
			break;
		case '*': case '+': case '?':
			if (!rewrite_quantifier(r, &atom))
				return false;
			break;
		case '{':
			if (r->i + 1 < r->s.len && isdigit((unsigned char)r->s.ptr[r->i + 1])) {
				if (!rewrite_quantifier(r, &atom))
					return false;
			} else {
				buf_add_str(r->b, "\\{");
				r->i++;
				atom = true;
			}
			break;
		case '^': case '$':
			buf_add_char(r->b, c);
			r->i++;
			atom = false;
			break;
		case '.':
			buf_add_str(r->b, r->f->newline_dot ? "[^\\n]" : ".");
			r->i++;
			atom = true;
			break;
		default:
			buf_add_char(r->b, c);
			r->i++;
			atom = true;
		}
	}
	return depth ? fail(r, "parentheses () not balanced") : true;
}

static const char *why_of(int code)
{
	switch (code) {
	case 106: return "brackets [] not balanced";
	case 108: return "invalid character range";
	case 109: return "quantifier operand invalid";
	case 104: case 105: return "invalid repetition count(s)";
	case 115: return "invalid backreference number";
	case 130: return "invalid character class";
	case 120: return "regular expression is too complex";
	case 101: case 103: case 134: case 177: return "invalid escape \\ sequence";
	default: return "parentheses () not balanced";
	}
}

static const struct regex *refuse(struct sql_env *env, const char *why)
{
	sql_raise_env(env, "2201B", "invalid regular expression: %s", why);
	return NULL;
}

const struct regex *regex_compile(struct sql_env *env, struct slice pattern, const struct regex_flags *flags)
{
	struct sql_library *l = env->library;
	struct regex_cache *c = l->regex;
	struct regex_flags f = *flags;
	struct regex *oldest;
	char marks = (char)(1 | f.icase << 1 | f.quoted << 2 | f.expanded << 3 | f.newline_dot << 4 | f.newline_anchors << 5);

	if (!c) {
		c = l->regex = calloc(1, sizeof(*c));
		if (!c)
			return refuse(env, "out of memory");
		c->limits = pcre2_match_context_create(NULL);
		pcre2_set_match_limit(c->limits, MATCH_LIMIT);
		pcre2_set_depth_limit(c->limits, MATCH_LIMIT);
		c->workspace = malloc(WORKSPACE * sizeof(int));
	}
	oldest = &c->entries[0];
	for (int i = 0; i < CACHE; i++) {
		struct regex *r = &c->entries[i];
		if (r->code && r->key_len == pattern.len + 1 && r->key[0] == marks && memcmp(r->key + 1, pattern.ptr, pattern.len) == 0) {
			r->used = ++c->clock;
			return r;
		}
		if (r->used < oldest->used)
			oldest = r;
	}

	struct buf b;
	buf_init(&b, 16 * 1024 * 1024);
	struct rewrite w = { .s = pattern, .b = &b, .f = &f };
	if (!rewrite_pattern(&w)) {
		buf_release(&b);
		return refuse(env, w.error);
	}
	uint32_t options = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
	if (!text_ctype_is_c(env))
		options |= PCRE2_UCP;
	if (f.icase)
		options |= PCRE2_CASELESS;
	if (f.expanded)
		options |= PCRE2_EXTENDED;
	if (f.newline_anchors)
		options |= PCRE2_MULTILINE;
	int code;
	PCRE2_SIZE offset;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)b.ptr, b.len, options, &code, &offset, NULL);
	buf_release(&b);
	if (!compiled)
		return refuse(env, why_of(code));
	free(oldest->key);
	pcre2_code_free(oldest->code);
	pcre2_match_data_free(oldest->match);
	*oldest = (struct regex){ .code = compiled, .key = malloc(pattern.len + 1), .key_len = pattern.len + 1, .used = ++c->clock };
	oldest->match = pcre2_match_data_create(REGEX_GROUPS, NULL);
	if (oldest->key) {
		oldest->key[0] = marks;
		memcpy(oldest->key + 1, pattern.ptr, pattern.len);
	}
	pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &oldest->groups);
	oldest->longest = w.bar && !w.lazy && !w.backref;
	return oldest;
}

size_t regex_groups(const struct regex *r)
{
	return r->groups;
}

static int failed(struct sql_env *env, int rc)
{
	sql_raise_env(env, rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ? "54001" : "XX000", "regular expression failed: %s",
		      rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_DEPTHLIMIT ? "it takes too many steps" : "internal error");
	return -1;
}

int regex_find(struct sql_env *env, const struct regex *r, struct slice s, size_t start, struct regex_match *m)
{
	struct regex_cache *c = env->library->regex;
	PCRE2_SPTR subject = (PCRE2_SPTR)(s.ptr ? s.ptr : "");
	PCRE2_SIZE *v = pcre2_get_ovector_pointer(r->match);
	int rc;

	if (r->longest) {
		/* the longest match at the first place there is one, then its groups */
		rc = pcre2_dfa_match(r->code, subject, s.len, start, PCRE2_NO_UTF_CHECK, r->match, c->limits, c->workspace, WORKSPACE);
		if (rc == PCRE2_ERROR_NOMATCH)
			return 0;
		if (rc >= 0) {
			size_t from = v[0], to = v[1];
			if (!r->groups) {
				m->count = 1;
				m->at[0].from = from;
				m->at[0].to = to;
				return 1;
			}
			/* groups: try from there; take it when it ends at the same place */
			rc = pcre2_match(r->code, subject, to, from, PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED | PCRE2_ENDANCHORED, r->match, c->limits);
			if (rc < 0)
				rc = pcre2_match(r->code, subject, s.len, from, PCRE2_NO_UTF_CHECK | PCRE2_ANCHORED, r->match, c->limits);
		} else {
			rc = pcre2_match(r->code, subject, s.len, start, PCRE2_NO_UTF_CHECK, r->match, c->limits);
		}
	} else {
		rc = pcre2_match(r->code, subject, s.len, start, PCRE2_NO_UTF_CHECK, r->match, c->limits);
	}
	if (rc == PCRE2_ERROR_NOMATCH)
		return 0;
	if (rc < 0)
		return failed(env, rc);
	v = pcre2_get_ovector_pointer(r->match);
	m->count = r->groups + 1 < REGEX_GROUPS ? r->groups + 1 : REGEX_GROUPS;
	for (size_t i = 0; i < m->count; i++) {
		bool set = (int)i < rc && v[2 * i] != PCRE2_UNSET;
		m->at[i].from = set ? v[2 * i] : SIZE_MAX;
		m->at[i].to = set ? v[2 * i + 1] : SIZE_MAX;
	}
	return 1;
}
