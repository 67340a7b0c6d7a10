/* tally: the counters of a network namespace in /proc/PID/net: dev, snmp (RFC 1213's names) and snmp6. */
#include "host/tally.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "host/inside.h"

struct counters {
	uint64_t frames;    /* that lo received */
	uint64_t packets;   /* of them IP */
	uint64_t unclaimed; /* of those, of a protocol that nobody takes, or broken ones */
};

static FILE *open_counters(const struct host *h, const char *name)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/net/%s", isolate_proc(h), name);
	return fopen(path, "re");
}

static void read_frames(const struct host *h, struct counters *c)
{
	FILE *f = open_counters(h, "dev");
	char line[512];

	while (f && fgets(line, sizeof(line), f)) {
		uint64_t bytes;
		if (sscanf(line, " lo: %" SCNu64 " %" SCNu64, &bytes, &c->frames) == 2)
			break;
	}
	if (f)
		fclose(f);
}

/* snmp: a line of names, then one of numbers, both after "Ip:". The number of that name, or 0. */
static uint64_t field(const char *names, const char *numbers, const char *wanted)
{
	uint64_t value = 0;
	char name[64];
	int n, m;

	while (sscanf(names, " %63s%n", name, &n) == 1 && sscanf(numbers, " %*s%n", &m) == 0) {
		if (strcmp(name, wanted) == 0)
			return sscanf(numbers, " %" SCNu64, &value) == 1 ? value : 0;
		names += n;
		numbers += m;
	}
	return 0;
}

static void read_ip4(const struct host *h, struct counters *c)
{
	FILE *f = open_counters(h, "snmp");
	char names[2048], numbers[2048];

	while (f && fgets(names, sizeof(names), f) && fgets(numbers, sizeof(numbers), f)) {
		if (strncmp(names, "Ip:", 3) == 0) {
			c->packets += field(names, numbers, "InReceives");
			c->unclaimed += field(names, numbers, "InUnknownProtos") + field(names, numbers, "InHdrErrors");
		} else if (strncmp(names, "Icmp:", 5) == 0) {
			c->unclaimed += field(names, numbers, "InErrors");
		}
	}
	if (f)
		fclose(f);
}

static void read_ip6(const struct host *h, struct counters *c)
{
	FILE *f = open_counters(h, "snmp6");
	char name[64];
	uint64_t value;

	while (f && fscanf(f, "%63s %" SCNu64, name, &value) == 2) {
		if (strcmp(name, "Ip6InReceives") == 0)
			c->packets += value;
		else if (strcmp(name, "Ip6InUnknownProtos") == 0 || strcmp(name, "Ip6InHdrErrors") == 0 || strcmp(name, "Icmp6InErrors") == 0)
			c->unclaimed += value;
	}
	if (f)
		fclose(f);
}

/* Frames first: what comes meanwhile counts as IP, and not as something else. */
static uint64_t past_every_eye(const struct host *h)
{
	struct counters c = { 0 };

	read_frames(h, &c);
	read_ip4(h, &c);
	read_ip6(h, &c);
	return (c.frames > c.packets ? c.frames - c.packets : 0) + c.unclaimed;
}

void tally_note(struct host *h)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	char text[160];
	uint64_t n = h->isolate ? past_every_eye(h) : 0;

	if (n) { /* one may still be on its way from the device to IP */
		nanosleep(&moment, NULL);
		n = past_every_eye(h);
	}
	if (!n)
		return;
	snprintf(text, sizeof(text), "%" PRIu64 " %s made by hand went round in the run's network: nobody takes such, and nothing left", n,
		 n == 1 ? "frame or packet" : "frames or packets");
	events_note(h, NULL, text);
}
