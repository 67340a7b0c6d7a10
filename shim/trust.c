/*
 * trust: how the run's CA reaches clients that read no variable (design 7).
 *
 * OpenSSL and GnuTLS: every new context, every new set of credentials trusts
 * it, next to what the program loads itself.
 * Java: the launcher is run once more with the run's trust store on its
 * command line; JAVA_TOOL_OPTIONS would do it too, but prints a line on stderr.
 */
#include <alloca.h>
#include <fcntl.h>
#include <string.h>

#include "doors.h"
#include "env.h"
#include "layer.h"
#include "shim.h"
#include "sys.h"

#define STORE_OPTION "-Djavax.net.ssl.trustStore="

#define GNUTLS_X509_FMT_PEM 1 /* gnutls/gnutls.h */
#define GNUTLS_E_INTERNAL_ERROR (-59)

/* Is there a bundle to load? One that cannot be read would leave an entry in
 * the program's error queue. */
static bool has_bundle(const struct layer *layer)
{
	return layer->holder.dyn != layer->caller.dyn && shim.page && shim.page->trust[0] &&
	       sys(SYS_faccessat, AT_FDCWD, shim.page->trust, R_OK) == 0;
}

static void *trusting(const struct layer *layer, void *ctx)
{
	int (*load)(void *, const char *, const char *) = layer_also(layer, "SSL_CTX_load_verify_locations");
	int kept = errno;

	if (ctx && load && has_bundle(layer))
		load(ctx, shim.page->trust, NULL);
	errno = kept;
	return ctx;
}

void *hook_SSL_CTX_new(const void *caller, const void *method)
{
	struct layer layer;
	void *(*ssl_ctx_new)(const void *) = layer_begin(&layer, caller, "SSL_CTX_new", 0);

	return ssl_ctx_new ? trusting(&layer, ssl_ctx_new(method)) : NULL;
}

void *hook_SSL_CTX_new_ex(const void *caller, void *libctx, const char *propq, const void *method)
{
	struct layer layer;
	void *(*ssl_ctx_new_ex)(void *, const char *, const void *) = layer_begin(&layer, caller, "SSL_CTX_new_ex", 0);

	return ssl_ctx_new_ex ? trusting(&layer, ssl_ctx_new_ex(libctx, propq, method)) : NULL;
}

int hook_gnutls_certificate_allocate_credentials(const void *caller, void **credentials)
{
	struct layer layer;
	int (*allocate)(void **) = layer_begin(&layer, caller, "gnutls_certificate_allocate_credentials", 0);
	int (*load)(void *, const char *, int) = NULL;
	int result, kept;

	if (!allocate)
		return GNUTLS_E_INTERNAL_ERROR;
	result = allocate(credentials);
	kept = errno;
	if (result == 0 && has_bundle(&layer))
		load = layer_also(&layer, "gnutls_certificate_set_x509_trust_file");
	if (load)
		load(*credentials, shim.page->trust, GNUTLS_X509_FMT_PEM);
	errno = kept;
	return result;
}

/* Does not come back when it succeeds. The option in argv is what keeps the
 * second image from doing it again. */
void trust_java(char **argv, char **envp)
{
	char store[sizeof(STORE_OPTION) + sizeof(shim.page->java_trust)] = STORE_OPTION;
	char exe[4096], **longer;
	const char *name;
	size_t count = 0;
	long n;

	if (!shim.page || !shim.page->java_trust[0] || !argv || !argv[0] ||
	    strcmp(program_invocation_short_name, "java") != 0)
		return;
	for (; argv[count]; count++)
		if (strncmp(argv[count], STORE_OPTION, sizeof(STORE_OPTION) - 1) == 0)
			return;
	n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof(exe) - 1);
	if (n <= 0)
		return;
	exe[n] = '\0';
	name = strrchr(exe, '/');
	if (!name || strcmp(name, "/java") != 0)
		return;
	strcpy(store + sizeof(STORE_OPTION) - 1, shim.page->java_trust);
	longer = alloca((count + 3) * sizeof(*longer));
	longer[0] = argv[0];
	longer[1] = store;
	longer[2] = "-Djavax.net.ssl.trustStorePassword=changeit";
	memcpy(longer + 3, argv + 1, count * sizeof(*longer));
	sys(SYS_execve, exe, longer, envp);
}
