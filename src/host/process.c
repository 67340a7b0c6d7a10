/* process: the table of the run's processes and how roles are given. */
#include "host/process.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

#define GENERATIONS 64 /* how far up the family tree a stranger is followed */
#define RECENT 256 /* processes that ended while the hello of a child of theirs was on its way */

void process_table_init(struct process_table *t)
{
	*t = (struct process_table){ 0 };
}

void process_table_release(struct process_table *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct process *p = t->list[i];
		free(p->program);
		free(p->role);
		free(p->parent_role);
		free(p->test);
		map_release(&p->children);
		if (p->handles_fd >= 0)
			close(p->handles_fd);
		free(p);
	}
	free(t->list);
	map_release(&t->by_pid);
	map_release(&t->descends);
	process_table_init(t);
}

static struct slice pid_key(const pid_t *pid)
{
	return slice_of((const char *)pid, sizeof(*pid));
}

struct process *process_find(const struct process_table *t, pid_t pid)
{
	return map_get(&t->by_pid, pid_key(&pid));
}

static char *copy(struct slice s)
{
	char *p = strndup(s.len ? s.ptr : "", s.len);

	if (!p)
		abort();
	return p;
}

/* How many children of that name the parent has now, this one included. */
static uintptr_t count_child(struct process *parent, struct slice program)
{
	uintptr_t k = (uintptr_t)map_get(&parent->children, program);

	if (!k && slice_eq_str(program, parent->program))
		k = 1; /* the parent itself has the plain name */
	map_set(&parent->children, program, (void *)(k + 1));
	return k + 1;
}

static void name_it(struct process *p, struct slice program, struct process *parent)
{
	char role[400];
	uintptr_t k = parent ? count_child(parent, program) : 1;

	/* both may point into what is replaced */
	char *name = copy(program), *parent_role = parent ? copy(slice_str(parent->role)) : NULL;
	if (k > 1)
		snprintf(role, sizeof(role), "%s[%zu]", name, (size_t)k);
	else
		snprintf(role, sizeof(role), "%s", name);
	free(p->program);
	free(p->role);
	free(p->parent_role);
	p->program = name;
	p->role = copy(slice_str(role));
	p->parent_role = parent_role;
}

static struct process *add(struct process_table *t, pid_t pid, pid_t ppid)
{
	struct process *p = calloc(1, sizeof(*p));

	if (t->count == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->list = realloc(t->list, t->cap * sizeof(struct process *));
	}
	if (!p || !t->list)
		abort();
	p->pid = pid;
	p->ppid = ppid;
	p->handles_fd = -1;
	map_init(&p->children);
	t->list[t->count++] = p;
	map_set(&t->by_pid, pid_key(&pid), p);
	return p;
}

/* What /proc/PID/stat says behind the name, which may hold anything: from the
 * last ')' on. False: the process is gone. */
static bool read_stat(pid_t pid, char *text, size_t size, const char **rest)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t n = read(fd, text, size - 1);
	close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	*rest = strrchr(text, ')');
	return *rest != NULL;
}

pid_t process_parent_of(pid_t pid)
{
	char text[512];
	const char *rest;
	int ppid = 0;

	if (!read_stat(pid, text, sizeof(text), &rest) || sscanf(rest + 1, " %*c %d", &ppid) != 1)
		return 0;
	return ppid;
}

bool process_exiting(const struct process *p)
{
	char text[512];
	const char *rest;
	unsigned flags = 0;

	if (p->ended || !read_stat(p->pid, text, sizeof(text), &rest))
		return true;
	/* field 9 (proc(5)): flags; PF_EXITING (include/linux/sched.h) is set before the files are closed */
	return sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 && flags & 0x4;
}

/* One that has ended, perhaps so lately that its children have not been heard yet. */
static struct process *ended_lately(const struct process_table *t, pid_t pid)
{
	size_t least = t->count > RECENT ? t->count - RECENT : 0;

	for (size_t i = t->count; i-- > least;)
		if (t->list[i]->pid == pid)
			return t->list[i];
	return NULL;
}

/* The nearest ancestor that is known. */
static struct process *known_ancestor(struct process_table *t, pid_t ppid)
{
	for (int i = 0; i < GENERATIONS && ppid > 1; i++) {
		struct process *p = process_find(t, ppid);
		if (p)
			return p;
		ppid = process_parent_of(ppid);
	}
	return NULL;
}

struct process *process_hello(struct process_table *t, pid_t pid, pid_t ppid, struct slice program)
{
	struct process *p = process_find(t, pid);

	t->images++;
	if (p && p->images) { /* exec: the new image is the child of the old one, in the same process */
		name_it(p, program, p);
		map_release(&p->children);
	} else if (p) { /* forked, spoke, then exec'd */
		name_it(p, program, p->parent);
		map_release(&p->children);
	} else {
		p = add(t, pid, ppid);
		p->parent = map_take(&t->descends, pid_key(&pid));
		if (!p->parent)
			p->parent = known_ancestor(t, ppid);
		if (!p->parent && pid != t->root)
			p->parent = ended_lately(t, ppid);
		if (!p->parent && pid != t->root)
			p->parent = process_find(t, t->root); /* its own parent is gone: a daemon's second fork */
		name_it(p, program, p->parent);
	}
	p->images++;
	return p;
}

void process_descends(struct process_table *t, pid_t pid)
{
	struct process *p = process_find(t, pid) ? NULL : known_ancestor(t, process_parent_of(pid));

	if (p)
		map_set(&t->descends, pid_key(&pid), p);
}

struct process *process_asking(struct process_table *t, pid_t pid, bool trusted, bool *is_new)
{
	struct process *p = process_find(t, pid);

	*is_new = false;
	if (p)
		return p;
	pid_t ppid = process_parent_of(pid);
	/* it is gone, and what it left behind is only now looked at */
	for (size_t i = t->count; !ppid && i-- > 0;)
		if (t->list[i]->pid == pid)
			return t->list[i];
	struct process *parent = known_ancestor(t, ppid);
	if (!parent && trusted)
		parent = process_find(t, t->root); /* a daemon: its own parents are gone */
	if (!parent)
		return NULL;
	p = add(t, pid, ppid);
	p->parent = parent;
	name_it(p, slice_str(parent->program), parent);
	t->images++;
	*is_new = true;
	return p;
}

void process_ended(struct process_table *t, struct process *p)
{
	if (p->ended)
		return;
	p->ended = true;
	map_take(&t->by_pid, pid_key(&p->pid));
}
