/*
 * names: getaddrinfo and getnameinfo, and the decision about one name.
 *
 * A claimed name is resolved by the real getaddrinfo with the numeric virtual
 * address in its place: so libc owns the memory, checks the caller's hints and
 * knows the services, and freeaddrinfo stays the real one.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/utsname.h>

#include "addr.h"
#include "addrlist.h"
#include "doors.h"
#include "line.h"
#include "names.h"
#include "page.h"
#include "shim.h"
#include "sys.h"

static bool is_numeric(const char *s)
{
	struct in_addr in;
	size_t hexish = strspn(s, "0123456789abcdefxABCDEFX.");

	if (strchr(s, ':'))
		return true; /* no name holds a colon */
	/* inet_aton would let text follow after a space, and a resolver would then look it up */
	return !s[hexish] && inet_aton(s, &in);
}

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcasecmp(s + n - m, end) == 0;
}

static bool is_own(const char *s)
{
	static const char *const local[] = { "localhost", "localhost.localdomain", "localhost4", "localhost6",
					     "localhost6.localdomain6", "ip6-localhost", "ip6-loopback" };
	struct utsname machine;

	for (size_t i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if (strcasecmp(s, local[i]) == 0)
			return true;
	return ends_in(s, ".localhost") || (uname(&machine) == 0 && strcasecmp(s, machine.nodename) == 0);
}

/* Lower case, without the dot of the root. False: longer than a name can be. */
static bool normalise(char to[PAGE_NAME_BYTES], const char *from)
{
	size_t n = strnlen(from, PAGE_NAME_BYTES);

	if (n == PAGE_NAME_BYTES)
		return false;
	if (n > 1 && from[n - 1] == '.')
		n--;
	for (size_t i = 0; i < n; i++)
		to[i] = from[i] >= 'A' && from[i] <= 'Z' ? (char)(from[i] + 'a' - 'A') : from[i];
	to[n] = '\0';
	return true;
}

static int name_pieces(struct iovec pieces[5], struct wire_name *frame, uint16_t lens[2], const char *name)
{
	int n = 1;

	pieces[0] = (struct iovec){ frame, sizeof(*frame) };
	n += line_string(pieces + n, &lens[0], name, 1024);
	n += line_string(pieces + n, &lens[1], NULL, 0); /* the service: only the host knows */
	return n;
}

static struct name name_ask(const char *name, int family)
{
	struct wire_name frame = { .name = PAGE_NONE, .family = family, .ask = 1 };
	struct wire_name_is reply;
	struct name found = { .kind = NAME_NONE, .row = PAGE_NONE, .result = EAI_NONAME };
	struct iovec pieces[5];
	uint16_t lens[2];
	int n = name_pieces(pieces, &frame, lens, name);

	if (line_ask(WIRE_NAME, pieces, n, WIRE_NAME_IS, &reply, sizeof(reply), -1) < (int)sizeof(reply))
		return found;
	found.asked = true;
	found.result = reply.result;
	if (page_name(reply.name)) {
		found.kind = page_name(reply.name)->flags & PAGE_PASS_NAME ? NAME_REAL : NAME_CLAIMED;
		found.row = reply.name;
		found.result = 0;
	} else if (!found.result) {
		found.result = EAI_NONAME;
	}
	return found;
}

struct name name_find(const char *name, int family)
{
	struct name found = { .kind = NAME_NONE, .row = PAGE_NONE, .result = EAI_NONAME };
	char plain[PAGE_NAME_BYTES];

	if (is_numeric(name)) {
		found.kind = NAME_REAL;
		return found;
	}
	if (!normalise(plain, name))
		return found;
	found.row = page_find_name(plain);
	if (found.row != PAGE_NONE && page_name(found.row)->flags & PAGE_ASK_NAME && !page_over())
		return name_ask(name, family);
	if (found.row != PAGE_NONE) {
		found.kind = page_name(found.row)->flags & PAGE_PASS_NAME ? NAME_REAL : NAME_CLAIMED;
		found.result = 0;
		return found;
	}
	if (is_own(plain)) {
		found.kind = NAME_REAL;
		return found;
	}
	return !page_over() && page_has_glob(plain) ? name_ask(name, family) : found;
}

void name_report(const char *name, const struct name *found, int family, int result)
{
	struct wire_name frame = { .name = found->row, .family = family, .result = result };
	struct iovec pieces[5];
	uint16_t lens[2];

	/* an answer that the host gave itself is known to it */
	if (!found->asked && !page_over())
		line_say(WIRE_NAME, pieces, name_pieces(pieces, &frame, lens, name));
}

enum name_kind name_of_addr(const struct wire_addr *addr, char name[PAGE_NAME_BYTES])
{
	const struct page_name *row = page_name(page_name_of(addr));

	if (row) {
		memcpy(name, row->name, PAGE_NAME_BYTES);
		return NAME_CLAIMED;
	}
	return addr_is_loopback(addr) && !page_is_virtual(addr) ? NAME_REAL : NAME_NONE;
}

int hook_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	/* what a NULL stands for (RFC 3493 section 6.1, with glibc's flags) */
	struct addrinfo plain = { .ai_flags = AI_V4MAPPED | AI_ADDRCONFIG };
	struct name found;
	int error;

	if (!node || (hints && hints->ai_flags & AI_NUMERICHOST))
		return real.getaddrinfo(node, service, hints, result);
	if (hints)
		plain = *hints;
	found = name_find(node, plain.ai_family);
	if (found.kind == NAME_REAL)
		return real.getaddrinfo(node, service, hints, result);
	if (found.kind == NAME_NONE) {
		/* wrong hints and unknown services are found before the name is looked up */
		error = addrlist_check(service, &plain);
		if (!error)
			error = found.result;
		name_report(node, &found, plain.ai_family, error);
		return error;
	}
	error = addrlist_make(page_name(found.row), node, service, &plain, result);
	name_report(node, &found, plain.ai_family, error);
	return error;
}

int hook_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len, char *service,
		     socklen_t service_len, int flags)
{
	char name[PAGE_NAME_BYTES];
	struct wire_addr asked;
	enum name_kind kind;
	bool mapped;
	size_t n;
	int error;

	if (flags & NI_NUMERICHOST || !host || !host_len || !addr_read(&asked, &mapped, addr, len) ||
	    asked.family == WIRE_UNIX)
		return real.getnameinfo(addr, len, host, host_len, service, service_len, flags);
	kind = name_of_addr(&asked, name);
	if (kind == NAME_REAL)
		return real.getnameinfo(addr, len, host, host_len, service, service_len, flags);
	if (kind == NAME_NONE) /* as for an address without a name */
		return flags & NI_NAMEREQD ? EAI_NONAME :
					     real.getnameinfo(addr, len, host, host_len, service, service_len,
							      flags | NI_NUMERICHOST);
	if (service && service_len) {
		error = real.getnameinfo(addr, len, NULL, 0, service, service_len, flags & ~NI_NAMEREQD);
		if (error)
			return error;
	}
	n = strlen(name);
	if (n >= host_len)
		return EAI_OVERFLOW;
	memcpy(host, name, n + 1);
	return 0;
}
