/* render: colours, counts, and text that cannot command the terminal. */
#include "render.h"

const char *render_tint(const struct render *r, enum tint t)
{
	static const char *const codes[] = { "", "\033[31m", "\033[32m", "\033[33m", "\033[35m", "\033[1m", "\033[2m" };

	return r->color ? codes[t] : "";
}

const char *render_plain(const struct render *r)
{
	return r->color ? "\033[0m" : "";
}

const char *render_count(uint64_t n, char text[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n), at = 0;

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			text[at++] = ',';
		text[at++] = digits[i];
	}
	text[at] = '\0';
	return text;
}

/* A trace holds what programs sent: escape sequences among it must not reach
 * the terminal as such. */
void render_text(FILE *out, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < s.len && (unsigned char)s.ptr[i + 1] < 0xa0))
			fprintf(out, "\\x%02x", c);
		else
			putc(c, out);
	}
}

const char *finding_name(enum finding_kind kind)
{
	static const char *const names[] = {
		[FIND_CHANGED] = "changed",     [FIND_MISSING] = "missing", [FIND_EXTRA] = "extra",
		[FIND_UNMATCHED] = "unmatched", [FIND_MOVED] = "moved",     [FIND_IDENTITY] = "identity",
	};

	return names[kind];
}
