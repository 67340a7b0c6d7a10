/*
 * diff_identity: is the id that was put into S3 the id that the INSERT gave?
 *
 * Placeholders carry no comparable names across runs, so equality is checked by
 * unification: over the aligned pairs, golden value to run value must be a
 * function both ways. What breaks it is a finding of its own.
 */
#include "trace/diff_model.h"

static const uint32_t *values(const struct differ *d, int side, uint32_t line, size_t *count, const uint32_t **paths)
{
	return canon_line_values(d->side[side].canon, line, count, paths);
}

void diff_learn(struct differ *d, uint32_t golden, uint32_t run)
{
	size_t n, m;
	const uint32_t *gp, *rp, *g = values(d, 0, golden, &n, &gp), *r = values(d, 1, run, &m, &rp);
	uint32_t *to = d->side[0].value, *from = d->side[1].value;

	for (size_t i = 0; i < n && i < m; i++) {
		if (gp[i] != rp[i] || to[g[i]] != DIFF_NONE || from[r[i]] != DIFF_NONE)
			continue;
		to[g[i]] = r[i];
		from[r[i]] = g[i];
	}
}

void diff_match(struct differ *d, uint32_t golden, uint32_t run)
{
	d->side[0].match[golden] = run;
	d->side[1].match[run] = golden;
	diff_learn(d, golden, run);
}

/* Each value complains once: a mixed-up id tends to be in many places. */
void diff_check_identity(struct differ *d)
{
	bool *told = diff_alloc(canon_values(d->side[0].canon), sizeof(*told));
	bool *told_run = diff_alloc(canon_values(d->side[1].canon), sizeof(*told_run));

	for (size_t line = 0; line < d->side[0].n; line++) {
		uint32_t run = d->side[0].match[line];
		if (run == DIFF_NONE || d->side[0].key[line] != d->side[1].key[run])
			continue;
		size_t n, m;
		const uint32_t *gp, *rp, *g = values(d, 0, (uint32_t)line, &n, &gp), *r = values(d, 1, run, &m, &rp);
		for (size_t i = 0; i < n && i < m; i++) {
			if (gp[i] != rp[i] || d->side[0].value[g[i]] == r[i])
				continue;
			if (told[g[i]] || told_run[r[i]])
				continue;
			told[g[i]] = told_run[r[i]] = true;
			diff_raw(d, (struct raw_finding){ .kind = FIND_IDENTITY,
							  .golden = (uint32_t)line,
							  .run = run,
							  .value = g[i],
							  .index = (uint32_t)i });
			d->identity++;
		}
	}
	free(told);
	free(told_run);
}
