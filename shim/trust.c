/*
 * trust: how the run's CA reaches clients that read no variable (design 7).
 *
 * OpenSSL: every new X509_STORE trusts it, next to what the program puts there
 * itself. A store is what all roads lead to: a new SSL_CTX gets one, --cacert and
 * cafile= fill it, and a program that wants roots of its own alone makes one. Of an
 * SSL_CTX whose store is made inside its library (libssl and libcrypto in one
 * object) the context is taken.
 * GnuTLS: the same for credentials and trust lists.
 * Java: the launcher is run once more with the run's trust store on its command
 * line, unless the run's mounts have put that in its place; JAVA_TOOL_OPTIONS would
 * do it too, but prints a line on stderr.
 */
#include <alloca.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "doors.h"
#include "env.h"
#include "layer.h"
#include "shim.h"
#include "sys.h"

#define STORE_OPTION "-Djavax.net.ssl.trustStore="

#define GNUTLS_X509_FMT_PEM 1 /* gnutls/gnutls.h */
#define GNUTLS_E_INTERNAL_ERROR (-59)

/* Stores that this thread has made trust the CA: whether a context has got one of them. */
static __thread unsigned stores;

/* Is there a file to load? One that cannot be read would leave an entry in the
 * program's error queue. */
static bool has_authority(const struct layer *layer)
{
	return layer->holder.dyn != layer->caller.dyn && shim.page && shim.page->authority[0] &&
	       sys(SYS_faccessat, AT_FDCWD, shim.page->authority, R_OK) == 0;
}

/* The CA as this libcrypto reads it, kept: to read it costs 0.15 ms, and a program may make a store a request.
 * Each belongs to a library that is loaded; when one was unloaded, all are left behind. */
#define LIBRARIES_MAX 4
static struct {
	_Atomic(const void *) library;
	_Atomic(void *) certificate;
	_Atomic unsigned long long unloaded;
} known[LIBRARIES_MAX];

static void *read_certificate(const struct layer *layer)
{
	void *(*bio_new_file)(const char *, const char *) = layer_also(layer, "BIO_new_file");
	void *(*read_pem)(void *, void **, void *, void *) = layer_also(layer, "PEM_read_bio_X509");
	int (*bio_free)(void *) = layer_also(layer, "BIO_free");
	void *bio = bio_new_file && read_pem && bio_free ? bio_new_file(shim.page->authority, "r") : NULL;
	void *certificate = bio ? read_pem(bio, NULL, NULL, NULL) : NULL;

	if (bio)
		bio_free(bio);
	return certificate;
}

/* NULL: this library lacks what it takes, or there are too many. */
static void *certificate_for(const struct layer *layer)
{
	unsigned long long unloaded = object_unloaded();
	const void *library = layer->holder.dyn;

	for (int i = 0; i < LIBRARIES_MAX; i++) {
		const void *holder = atomic_load(&known[i].library);
		void *certificate = atomic_load(&known[i].certificate), *none = NULL;

		if (holder == library && certificate && atomic_load(&known[i].unloaded) == unloaded)
			return certificate;
		if (holder == library && certificate)
			return NULL; /* something was unloaded since: is it the same library? */
		if (holder || !atomic_compare_exchange_strong(&known[i].library, &holder, library))
			continue;
		certificate = read_certificate(layer);
		atomic_store(&known[i].unloaded, unloaded);
		if (certificate && atomic_compare_exchange_strong(&known[i].certificate, &none, certificate))
			return certificate;
		return NULL;
	}
	return NULL;
}

static bool trust_authority(const struct layer *layer, void *store)
{
	int (*add)(void *, void *) = layer_also(layer, "X509_STORE_add_cert");
	int (*load)(void *, const char *, const char *);
	void *certificate = add ? certificate_for(layer) : NULL;

	if (certificate && add(store, certificate) == 1)
		return true;
	load = layer_also(layer, "X509_STORE_load_locations");
	return load && load(store, shim.page->authority, NULL) == 1;
}

void *hook_X509_STORE_new(const void *caller)
{
	struct layer layer;
	void *(*store_new)(void) = layer_begin(&layer, caller, "X509_STORE_new");
	void *store;
	int kept;

	if (!store_new)
		return NULL;
	store = store_new();
	kept = errno;
	if (store && has_authority(&layer) && trust_authority(&layer, store))
		stores++;
	errno = kept;
	return store;
}

static void *trusting(const struct layer *layer, void *ctx, unsigned stores_before)
{
	int (*load)(void *, const char *, const char *);
	int kept = errno;

	load = ctx && stores == stores_before && has_authority(layer) ? layer_also(layer, "SSL_CTX_load_verify_locations") : NULL;
	if (load)
		load(ctx, shim.page->authority, NULL);
	errno = kept;
	return ctx;
}

void *hook_SSL_CTX_new(const void *caller, const void *method)
{
	struct layer layer;
	void *(*ssl_ctx_new)(const void *) = layer_begin(&layer, caller, "SSL_CTX_new");
	unsigned before = stores;

	return ssl_ctx_new ? trusting(&layer, ssl_ctx_new(method), before) : NULL;
}

void *hook_SSL_CTX_new_ex(const void *caller, void *libctx, const char *propq, const void *method)
{
	struct layer layer;
	void *(*ssl_ctx_new_ex)(void *, const char *, const void *) = layer_begin(&layer, caller, "SSL_CTX_new_ex");
	unsigned before = stores;

	return ssl_ctx_new_ex ? trusting(&layer, ssl_ctx_new_ex(libctx, propq, method), before) : NULL;
}

int hook_gnutls_certificate_allocate_credentials(const void *caller, void **credentials)
{
	struct layer layer;
	int (*allocate)(void **) = layer_begin(&layer, caller, "gnutls_certificate_allocate_credentials");
	int (*load)(void *, const char *, int) = NULL;
	int result, kept;

	if (!allocate)
		return GNUTLS_E_INTERNAL_ERROR;
	result = allocate(credentials);
	kept = errno;
	if (result == 0 && has_authority(&layer))
		load = layer_also(&layer, "gnutls_certificate_set_x509_trust_file");
	if (load)
		load(*credentials, shim.page->authority, GNUTLS_X509_FMT_PEM);
	errno = kept;
	return result;
}

/* A list of the program's own, which it verifies against itself or gives to credentials. */
int hook_gnutls_x509_trust_list_init(const void *caller, void **list, unsigned size)
{
	struct layer layer;
	int (*init)(void **, unsigned) = layer_begin(&layer, caller, "gnutls_x509_trust_list_init");
	int (*add)(void *, const char *, const char *, int, unsigned, unsigned) = NULL;
	int result, kept;

	if (!init)
		return GNUTLS_E_INTERNAL_ERROR;
	result = init(list, size);
	kept = errno;
	if (result == 0 && has_authority(&layer))
		add = layer_also(&layer, "gnutls_x509_trust_list_add_trust_file");
	if (add)
		add(*list, shim.page->authority, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	errno = kept;
	return result;
}

/* ---- Java ------------------------------------------------------------------- */

/* The run's store lies over the JDK's own (design 7): `launcher` is HOME/bin/java. */
static bool is_mounted(const char *launcher, size_t home_len)
{
	static const char *const places[] = { "/lib/security/cacerts", "/jre/lib/security/cacerts" };
	char path[4096 + 32];
	struct stat ours, theirs;

	if (sys(SYS_newfstatat, AT_FDCWD, shim.page->java_trust, &ours, 0) < 0)
		return false;
	memcpy(path, launcher, home_len);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		strcpy(path + home_len, places[i]);
		if (sys(SYS_newfstatat, AT_FDCWD, path, &theirs, 0) == 0 && theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino)
			return true;
	}
	return false;
}

/* Does not come back when it succeeds. The option in argv is what keeps the
 * second image from doing it again. */
void trust_java(char **argv, char **envp)
{
	static const char launcher[] = "/bin/java";
	char store[sizeof(STORE_OPTION) + sizeof(shim.page->java_trust)] = STORE_OPTION;
	char exe[4096], **longer;
	size_t count = 0, home;
	long n;

	if (!shim.page || !shim.page->java_trust[0] || !argv || !argv[0] ||
	    strcmp(program_invocation_short_name, "java") != 0)
		return;
	for (; argv[count]; count++)
		if (strncmp(argv[count], STORE_OPTION, sizeof(STORE_OPTION) - 1) == 0)
			return;
	n = sys(SYS_readlinkat, AT_FDCWD, "/proc/self/exe", exe, sizeof(exe) - 1);
	if (n < (long)sizeof(launcher))
		return;
	exe[n] = '\0';
	home = (size_t)n - (sizeof(launcher) - 1);
	if (strcmp(exe + home, launcher) != 0 || is_mounted(exe, home))
		return;
	strcpy(store + sizeof(STORE_OPTION) - 1, shim.page->java_trust);
	longer = alloca((count + 3) * sizeof(*longer));
	longer[0] = argv[0];
	longer[1] = store;
	longer[2] = "-Djavax.net.ssl.trustStorePassword=changeit";
	memcpy(longer + 3, argv + 1, count * sizeof(*longer));
	sys(SYS_execve, exe, longer, envp);
}
