/*
 * proxy: whether a proxy that a program was told of stands in the run's way.
 */
#ifndef SHIM_PROXY_H
#define SHIM_PROXY_H

#include <stdbool.h>

/* "http://user@proxy.corp:3128": true when nobody in the run is there, so that going
 * through it would only be refused. A proxy that a service claims, or on this
 * machine, is the test's own. */
bool proxy_in_the_way(const char *proxy);
/* The same for the variables that libcurl reads (libcurl-env(3)). */
bool proxy_in_environment(void);

#endif
