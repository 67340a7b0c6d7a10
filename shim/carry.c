/*
 * carry: when a connection of libpq may go over a Unix socket, and how.
 *
 * Source: libpq's parameters, PostgreSQL manual 34.1.2 and 34.15; the order of
 * calls in PQconnectPoll (fe-connect.c): socket, its options, connect.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "carry.h"
#include "env.h"
#include "page.h"
#include "sys.h"

extern char **environ;

static _Thread_local bool carrying;

void carry_begin(const struct layer *layer, bool may)
{
	if (!layer->quiet)
		carrying = may;
}

void carry_end(const struct layer *layer)
{
	if (!layer->quiet)
		carrying = false;
}

/* ---- may it? ------------------------------------------------------------------ */

/* False: with this value the program wants more of the transport than a Unix socket
 * gives, or what it wants stands elsewhere (in a service file). */
static bool allows(const char *keyword, const char *value)
{
	static const char *const lenient[] = { "disable", "allow", "prefer" };

	if (!value || !*value)
		return true;
	if (strcmp(keyword, "sslmode") == 0) {
		for (size_t i = 0; i < sizeof(lenient) / sizeof(lenient[0]); i++)
			if (strcmp(value, lenient[i]) == 0)
				return true;
		return false;
	}
	if (strcmp(keyword, "service") == 0)
		return false;
	if (strcmp(keyword, "requiressl") == 0)
		return strcmp(value, "1") != 0;
	if (strcmp(keyword, "sslrootcert") == 0) /* "system" implies verify-full */
		return strcmp(value, "system") != 0;
	if (strcmp(keyword, "channel_binding") == 0 || strcmp(keyword, "gssencmode") == 0)
		return strcmp(value, "require") != 0;
	if (strcmp(keyword, "sslnegotiation") == 0)
		return strcmp(value, "direct") != 0;
	return true;
}

static bool environment_allows(void)
{
	static const struct {
		const char *name, *keyword;
	} vars[] = {
		{ "PGSSLMODE", "sslmode" },         { "PGSERVICE", "service" },       { "PGREQUIRESSL", "requiressl" },
		{ "PGSSLROOTCERT", "sslrootcert" }, { "PGCHANNELBINDING", "channel_binding" },
		{ "PGGSSENCMODE", "gssencmode" },   { "PGSSLNEGOTIATION", "sslnegotiation" },
	};

	for (size_t i = 0; i < sizeof(vars) / sizeof(vars[0]); i++)
		if (!allows(vars[i].keyword, env_get(environ, vars[i].name)))
			return false;
	return true;
}

/* libpq-fe.h */
struct pq_option {
	char *keyword, *envvar, *compiled, *val, *label, *dispchar;
	int dispsize;
};

static bool string_allows(const struct layer *layer, const char *conninfo)
{
	struct pq_option *(*parse)(const char *, char **) = layer_also(layer, "PQconninfoParse");
	void (*done)(struct pq_option *) = layer_also(layer, "PQconninfoFree");
	struct pq_option *all;
	bool yes = true;

	if (!parse || !done || !conninfo)
		return conninfo == NULL;
	all = parse(conninfo, NULL);
	if (!all)
		return false; /* it is not one: libpq will say so */
	for (const struct pq_option *o = all; o->keyword; o++)
		yes = yes && allows(o->keyword, o->val);
	done(all);
	return yes;
}

bool carry_may(const struct layer *layer, const char *conninfo)
{
	return !layer->quiet && environment_allows() && string_allows(layer, conninfo);
}

bool carry_may_params(const struct layer *layer, const char *const *keywords, const char *const *values,
		      int expand_dbname)
{
	if (layer->quiet || !environment_allows() || !keywords || !values)
		return false;
	for (size_t i = 0; keywords[i]; i++) {
		if (!allows(keywords[i], values[i]))
			return false;
		/* recognized_connection_string() of libpq */
		if (expand_dbname && values[i] && strcmp(keywords[i], "dbname") == 0 &&
		    (strchr(values[i], '=') || strstr(values[i], "://")) && !string_allows(layer, values[i]))
			return false;
	}
	return true;
}

/* ---- it does -------------------------------------------------------------------- */

/* Connected and ready: a Unix socket needs no time for that. -1: not to be had. Its
 * own end gets a name (autobind, unix(7)), by which the host knows it again. */
static int open_local(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = (int)sys(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	sys(SYS_bind, fd, &un, sizeof(un.sun_family));
	memcpy(un.sun_path, path, len < sizeof(un.sun_path) ? len : sizeof(un.sun_path) - 1);
	if (sys(SYS_connect, fd, &un, sizeof(un)) == 0)
		return fd;
	sys(SYS_close, fd);
	return -1;
}

bool carry_over(int fd, const struct route *route)
{
	const struct page_endpoint *row = page_endpoint(route->endpoint);
	long flags, fd_flags;
	int local;

	/* a connection that a rule makes slow is so at the host's end of TCP */
	if (!carrying || route->delay_ms || !row || !row->to_path[0] || route->asked.transport != WIRE_TCP ||
	    route->asked.family != row->asked.family || route->mapped)
		return false;
	flags = sys(SYS_fcntl, fd, F_GETFL);
	fd_flags = sys(SYS_fcntl, fd, F_GETFD);
	if (flags < 0 || fd_flags < 0)
		return false;
	local = open_local(row->to_path);
	if (local < 0)
		return false;
	if (!(flags & O_NONBLOCK))
		sys(SYS_fcntl, local, F_SETFL, 0);
	if (sys(SYS_dup3, local, fd, fd_flags & FD_CLOEXEC ? O_CLOEXEC : 0) < 0) {
		sys(SYS_close, local);
		return false;
	}
	sys(SYS_close, local);
	return true;
}
