/* probe: what a machine allows, found out by doing it. */
#include "host/inside.h"

#include "host/bypass.h"
#include "host/image.h"
#include "host/launch.h"

int host_probe_isolation(struct err *err)
{
	static const char *const nobody[] = { "true", NULL }; /* never started */
	struct host_options options = { .argv = nobody, .isolate = HOST_ISOLATE_AUTO };
	struct host h = { .options = &options };
	int code = rundir_make(&h.dir, err);

	if (code < 0)
		return code;
	sigprocmask(SIG_SETMASK, NULL, &h.mask);
	code = isolate_open(&h, err);
	if (code == 0)
		code = isolate_settle(&h, err);
	if (code == 0 && h.exposed)
		code = err_set(err, ERR_IO, "%s", h.exposed);
	isolate_dismiss(&h);
	isolate_close(&h);
	rundir_remove(&h.dir);
	return code;
}

void host_find_program(const char *name, char *out, size_t size)
{
	launch_find(name, out, size);
}

const char *host_obstacle(const char *path)
{
	return launch_obstacle(path);
}

_Static_assert(BYPASS_KINDS <= HOST_BYPASSES_MAX, "room for each");

bool host_find_bypass(const char *path, struct host_bypass *found)
{
	bool kinds[BYPASS_KINDS] = { false };

	*found = (struct host_bypass){ 0 };
	image_loader(path, found->loader, sizeof(found->loader));
	if (!bypass_scan(path, kinds))
		return false;
	for (int i = 0; i < BYPASS_KINDS; i++)
		if (kinds[i]) {
			found->says[found->count] = bypass_says((enum bypass)i);
			found->sure[found->count++] = i == BYPASS_GO;
		}
	return true;
}
