/*
 * truststore: the files by which clients trust the run's authority, and the
 * machine's where a service of the run passes through to real systems.
 */
#ifndef HOST_TRUSTSTORE_H
#define HOST_TRUSTSTORE_H

#include <openssl/x509.h>

#include "base/err.h"

/* A PEM bundle: the machine's roots first when `roots`. Either may be missing, `ca` is NULL then. */
int truststore_write_pem(const char *path, const X509 *ca, bool roots, struct err *err);
/* The same as a Java trust store (JKS, password "changeit"). An existing file keeps its inode: it may be
 * mounted somewhere. */
int truststore_write_jks(const char *path, const X509 *ca, bool roots, struct err *err);

#endif
