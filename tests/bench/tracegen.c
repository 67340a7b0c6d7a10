/*
 * tracegen: a recording of any size, for timing what reads traces.
 *
 *	tracegen EVENTS STREAMS SEED CHANGED [pool]   CHANGED: edits in a million events
 *
 * The intent is the same for every seed; the seed interleaves the streams
 * (connections to a database, each in its own order), and gives every run other
 * ids and times. With `pool`, each event goes to any of the streams, as a pool
 * of connections hands out work. Events have 300 bytes. Edits: two thirds changed, a sixth inserted, a sixth lost.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state;

static uint64_t next(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 2685821657736338717u;
}

static uint64_t mix(uint64_t v)
{
	v = (v ^ v >> 31) * 0x9e3779b97f4a7c15u;
	return v ^ v >> 29;
}

static uint64_t written;

static void event(unsigned stream, uint64_t seq, uint64_t what, const char *total)
{
	uint64_t id = next(), low = next();

	/* What is said depends on stream and place alone, the id on chance. */
	printf("{\"k\":\"sql\",\"st\":\"load/db/db:5432#%u\",\"seq\":%llu,\"sum\":\"INSERT orders\",\"ok\":true,\"by\":\"fake\","
	       "\"a\":{\"db.query.text\":\"insert into o values ($1,$2,$3)\",\"db.query.parameter.0\":\"%08x-%04x-4%03x-a%03x-%012llx\","
	       "\"db.query.parameter.1\":\"c-%llu\",\"db.query.parameter.2\":\"%s\"},"
	       "\"res\":{\"tag\":\"INSERT 0 1\"},\"t\":{\"n\":%llu,\"ts\":%llu,\"pid\":7}}\n",
	       stream, (unsigned long long)seq, (unsigned)(id >> 32), (unsigned)(id >> 16 & 0xffff), (unsigned)(id & 0xfff),
	       (unsigned)(low >> 52), (unsigned long long)(low & 0xffffffffffff), (unsigned long long)(what % 100000), total,
	       (unsigned long long)written, (unsigned long long)written * 1000);
	written++;
}

int main(int argc, char **argv)
{
	if (argc < 5)
		return 2;
	uint64_t events = strtoull(argv[1], NULL, 10), changed = strtoull(argv[4], NULL, 10);
	unsigned streams = (unsigned)strtoul(argv[2], NULL, 10);
	uint64_t seed = strtoull(argv[3], NULL, 10), each = events / streams, *at = calloc(streams, sizeof(*at)), *seq = calloc(streams, sizeof(*seq));
	unsigned left = streams;
	bool pool = argc > 5;
	static char room[1 << 20];

	setvbuf(stdout, room, _IOFBF, sizeof(room));
	state = mix(seed + 1) | 1;
	printf("{\"k\":\"seam.trace\",\"v\":1,\"min\":1,\"by\":\"tracegen\",\"run\":\"r\",\"start\":\"2026-11-20T11:14:46Z\",\"semconv\":\"1.44.0\","
	       "\"canonical\":false,\"argv\":[],\"mode\":\"fake\",\"seed\":1,\"rules\":[],\"redact\":{\"mode\":\"hmac\"},\"inline_max\":4096}\n");
	while (left) {
		unsigned s = (unsigned)(next() % streams);
		for (unsigned burst = 1 + (unsigned)(next() % 20); burst && at[s] < each; burst--) {
			uint64_t what = mix(s * 1000003u + at[s]), edit = changed ? mix(what + changed) % 1000000 : 1000000;
			char total[32];
			snprintf(total, sizeof(total), "%llu.%02llu", (unsigned long long)(what % 997), (unsigned long long)(what / 997 % 100));
			unsigned to = pool ? (unsigned)(next() % streams) : s;
			if (edit < changed && edit % 6 == 0) {
				/* lost */
			} else if (edit < changed && edit % 6 == 1) {
				event(to, seq[to]++, what, total);
				event(to, seq[to]++, what, "0.01");
			} else {
				event(to, seq[to]++, what, edit < changed ? "0.02" : total);
			}
			if (++at[s] == each)
				left--;
		}
	}
	printf("{\"k\":\"seam.end\",\"events\":%llu,\"dropped\":0,\"streams\":%u,\"unmatched\":0,\"processes\":1,\"unshimmed\":[],"
	       "\"leaks\":{\"connections\":0,\"results\":0},\"unused_rules\":[],\"exit\":0}\n",
	       (unsigned long long)written, streams);
	free(at);
	free(seq);
	return 0;
}
