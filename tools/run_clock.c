/*
 * run_clock: libfaketime, found where Debian and others put it, preloaded beside
 * the shim. The monotonic clock goes on, or no time-out would ever end.
 */
#include "run_clock.h"

#include "cmd.h"
#include "host/host.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "trace/volatile.h"

static bool find_library(char *out, size_t size)
{
	static const char *const patterns[] = { "/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1",
						"/usr/local/lib/faketime/libfaketimeMT.so.1" };
	glob_t found;
	bool ok = false;

	for (size_t i = 0; i < 3 && !ok; i++) {
		if (glob(patterns[i], 0, NULL, &found) == 0 && found.gl_pathc)
			ok = (size_t)snprintf(out, size, "%s", found.gl_pathv[0]) < size;
		globfree(&found);
	}
	return ok;
}

int run_clock(const char *text, struct host_options *o)
{
	char library[4096], value[64], preload[8192];
	int64_t seconds;
	size_t len, n = strlen(text);
	bool goes_on = n && text[n - 1] == '+';
	const char *others = getenv("LD_PRELOAD");
	struct tm tm;

	if (!volatile_rfc3339(slice_str(text), &seconds, &len) || len != n - goes_on) {
		cmd_usage("run", "--clock \"%s\": expected a time like 2026-11-20T11:14:46Z, with a + behind it when it should go on", text);
		return -1;
	}
	if (!find_library(library, sizeof(library))) {
		cmd_usage("run", "--clock needs libfaketime; install the package faketime");
		return -1;
	}
	/* libfaketime reads local time. */
	time_t at = (time_t)seconds;
	localtime_r(&at, &tm);
	strftime(value, sizeof(value), goes_on ? "@%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(preload, sizeof(preload), "%s%s%s", library, others && *others ? ":" : "", others ? others : "");
	o->clock_ns = (uint64_t)seconds * 1000000000u;
	o->clock_goes_on = goes_on;
	setenv("LD_PRELOAD", preload, 1);
	setenv("FAKETIME", value, 1);
	setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
	setenv("DONT_FAKE_MONOTONIC", "1", 1);
	setenv("NO_FAKE_STAT", "1", 1);
	return 0;
}
