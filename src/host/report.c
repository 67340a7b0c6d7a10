/* report: what the person who ran seam reads after the program ended. One line
 * when all went well; what nothing answered, with the closest rule, when not. */
#include "host/inside.h"

#include "base/hint.h"

#include <stdio.h>
#include <stdlib.h>

static void count_ports(const struct host *h, struct buf *out)
{
	const char *sep = " (";

	for (int p = 0; p < PORT_COUNT; p++)
		if (h->by_port[p] && p != PORT_CALL) {
			buf_addf(out, "%s%llu %s", sep, (unsigned long long)h->by_port[p], port_name((enum port)p));
			sep = ", ";
		}
	if (sep[0] == ',')
		buf_add_char(out, ')');
}

static void verdict(const struct host *h, int code, struct buf *out)
{
	unshimmed_print(&h->unshimmed, out);
	if (code == HOST_EXIT_UNSHIMMED)
		buf_addf(out, "seam: %zu program%s ran without the shim%s; --allow-unshimmed accepts that\n", h->unshimmed.count,
			 h->unshimmed.count == 1 ? "" : "s", h->isolate ? "" : ", so what they asked may have gone past the fakes");
	if (code == HOST_EXIT_NO_TRAFFIC)
		buf_add_str(out, "seam: nothing was intercepted, and --require-traffic was given; does the program ask the outside world for anything?\n");
	if (trace_dropped(h->trace))
		buf_addf(out, "seam: trace: %llu events could not be written to %s; is the disk full?\n", (unsigned long long)trace_dropped(h->trace),
			 h->trace_path);
}

void report_summary(struct host *h, int code)
{
	struct buf out;
	size_t unused;
	const char **rules = rules_unused(h->rules, &unused);

	buf_init(&out, 1024 * 1024);
	buf_add_slice(&out, buf_slice(&h->misses));
	if (h->options->mode == HOST_PASS)
		unused = 0;
	for (size_t i = 0; i < unused && h->options->strict; i++)
		buf_addf(&out, "seam: unused rule  %s; make it \"optional\": true if that is fine\n", rules[i]);
	hygiene_report(&h->hygiene, &out);
	buf_add_slice(&out, buf_slice(&h->verdict));
	verdict(h, code, &out);
	if (h->exposed)
		buf_addf(&out, "seam: not isolated: %s; programs that bypass the shim are not held back\n", h->exposed);
	if (h->options->mode == HOST_PASS)
		buf_add_str(&out, "seam: mode pass: the program ran as without seam, nothing was intercepted\n");
	if (out.len)
		hint_add(&out, out.ptr);
	buf_addf(&out, "seam: %llu request%s", (unsigned long long)h->requests, h->requests == 1 ? "" : "s");
	count_ports(h, &out);
	buf_addf(&out, ", %zu process%s, %llu unmatched", h->processes.images, h->processes.images == 1 ? "" : "es", (unsigned long long)h->unmatched);
	if (unused)
		buf_addf(&out, ", %zu unused rule%s", unused, unused == 1 ? "" : "s");
	buf_addf(&out, "   (%.2f s)", (double)host_now(h) / 1e9);
	if (h->options->trace || code)
		buf_addf(&out, "  trace %s", h->trace_path);
	buf_add_char(&out, '\n');
	fwrite(out.ptr, 1, out.len, stderr);
	buf_release(&out);
	free(rules);
}
