#!/usr/bin/env python3
"""Proves that each hazard's test fails without the handling: takes the handling out of a copy of the
sources, builds that, and runs the one test, which has to fail. Prints the table of README.md's lower half.

A row is (test, what is taken away, [(file, text, text in its place)]). A handling that consists in leaving
something alone is taken away by not leaving it alone: a table by descriptor, a lock, a hook more.

usage: tests/hazards/without.py [BUILD [PATTERN]]      SCRATCH=folder keeps the copy there
ends with "without: N failed as they should, N passed all the same"
"""
import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# ---- what several rows do -----------------------------------------------------------------------------
TABLE = [  # the peer's address in a table by descriptor, as shims that convert sockets keep it
    ("shim/connect.c", "int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)\n{",
     "struct sockaddr_storage by_fd[1024];\nsocklen_t by_fd_len[1024];\n\nint hook_connect(int fd, const struct sockaddr *addr, socklen_t len)\n{"),
    ("shim/connect.c", "	route_find(&route, fd, addr, len, !again);\n",
     "	route_find(&route, fd, addr, len, !again);\n	if (route.ours && fd < 1024) {\n		memcpy(&by_fd[fd], addr, len);\n		by_fd_len[fd] = len;\n	}\n"),
    ("shim/connect.c", "#include <time.h>\n", "#include <string.h>\n#include <time.h>\n"),
    ("shim/identity.c", "int hook_getpeername(", "extern struct sockaddr_storage by_fd[];\nextern socklen_t by_fd_len[];\n\nint hook_getpeername("),
    ("shim/identity.c", "	if (result < 0 || !addr || !len || (int)*len < 0 || !asked_for(fd, &peer, &peer_len))\n		return real.getpeername(fd, addr, len);\n",
     "	if (!addr || !len || fd < 0 || fd >= 1024 || !by_fd_len[fd])\n		return real.getpeername(fd, addr, len);\n"
     "	(void)asked_for;\n	peer = by_fd[fd];\n	peer_len = by_fd_len[fd];\n	result = 0;\n"),
]
LOCK = [  # held across what waits
    ("shim/connect.c", "int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)\n{",
     "static int unlocked(int fd, const struct sockaddr *addr, socklen_t len);\nstatic atomic_flag lock = ATOMIC_FLAG_INIT;\n\n"
     "int hook_connect(int fd, const struct sockaddr *addr, socklen_t len)\n{\n	while (atomic_flag_test_and_set(&lock))\n		usleep(10);\n"
     "	int result = unlocked(fd, addr, len);\n	atomic_flag_clear(&lock);\n	return result;\n}\n\n"
     "static int unlocked(int fd, const struct sockaddr *addr, socklen_t len)\n{"),
]
ANOTHER = [  # another socket in the descriptor's place, as shims that convert sockets put it there
    ("shim/connect.c", "	result = real.connect(fd, (struct sockaddr *)&route.to, route.to_len);\n",
     "	int other = (int)sys(SYS_socket, route.to.ss_family, SOCK_STREAM, 0);\n	sys(SYS_dup3, other, fd, 0);\n	sys(SYS_close, other);\n"
     "	result = real.connect(fd, (struct sockaddr *)&route.to, route.to_len);\n"),
]
NO_RESOLVER = [("src/host/guard.c", "	return resolver_open(h, err);", "	return 0;")]
NO_ACCUSATION = [("src/host/owner.c", "		if (accuse)\n			unshimmed_add(", "		if (false)\n			unshimmed_add(")]
NO_GATES = [("src/host/guard.c", "			open_gate(h, at->port, false);\n			open_gate(h, at->port, true);\n", "			(void)open_gate;\n")]


def hook(name, text):
    """One function more that the shim stands in front of."""
    return ("shim/load.c", "/* Two words come back in two registers. */", text.replace("ENTRY", f"entry_{name}").replace("DOOR", f'__asm__("{name}") __attribute__((visibility("default")))') +
            "\n/* Two words come back in two registers. */")


ROWS = [
    ("01_static", "the look at the ELF headers (host/image.c)",
     [("src/host/image.c", '	*why = "is statically linked: nothing can be preloaded into it";\n	return IMAGE_CLOSED;', "	return IMAGE_OTHER;")]),
    ("01_static", "the listeners on every address (host/guard.c)", NO_GATES),
    ("01_static_go", "the name server of the run (host/resolver.c)", NO_RESOLVER),
    ("02_static_child", "the announcement of what the shim cannot get into (shim/exec.c)",
     [("src/host/control.c", "		unshimmed_add(&x->host->unshimmed, program, why);", "		(void)why;")]),
    ("03_cleared_environment", "the environment that an exec gets (shim/env.c)",
     [("shim/env.c", "	char **env = room, *text;\n	size_t n = 0;\n\n	for (char", "	char **env = room, *text;\n	size_t n = 0;\n\n	if (given)\n		return given;\n	for (char")]),
    ("04_setuid", "the look at the setuid bit (host/launch.c)", [("src/host/launch.c", "	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&\n", "	if (false && stat(path, &st) == 0 && S_ISREG(st.st_mode) &&\n")]),
    ("05_library_missing", "the hello that is waited for (host/host.c)", [("src/host/host.c", "	else if (!h->root_hello)\n		owner_accuse_root(h);", "	else\n		(void)owner_accuse_root;")]),
    ("06_deepbind", "the accusation by the guard (host/owner.c)", NO_ACCUSATION),
    ("06_deepbind", "the listeners on every address (host/guard.c)", NO_GATES),
    ("07_dlmopen", "the accusation by the guard (host/owner.c)", NO_ACCUSATION),
    ("07_dlmopen", "the route that makes every address local (host/isolate_net.c)",
     [("src/host/isolate_net.c", "		error = add_route(fd, AF_INET);\n", "		error = 0;\n")]),
    ("08_dlsym", "the door that dlsym() answers (shim/load.c)", [("shim/load.c", "				load.answer = door_for(name, found, caller);", "				load.answer = NULL;")]),
    ("09_own_resolver", "the name server of the run (host/resolver.c)", NO_RESOLVER),
    ("10_raw_syscall", "the accusation by the guard (host/owner.c)", NO_ACCUSATION),
    ("11_io_uring", "the look for rings among the descriptors (host/why.c)", [("src/host/why.c", "	if (pid && has_ring(pid))\n", "	if (false && has_ring(pid))\n")]),
    ("12_fork_with_threads", "no lock held across what waits", LOCK),
    ("13_vfork", "nothing kept about descriptors: here a table, which close() clears",
     TABLE + [hook("close", '#include <sys/socket.h>\nextern socklen_t by_fd_len[];\nint ENTRY(int fd) DOOR;\nint ENTRY(int fd)\n{\n	if (fd >= 0 && fd < 1024)\n'
                   "		by_fd_len[fd] = 0;\n	return (int)syscall(SYS_close, fd);\n}\n")]),
    ("14_posix_spawn", "the environment that a spawn gets (shim/exec.c)",
     [("shim/exec.c", "	int error = real.posix_spawn(&child, path, actions, attr, argv, env);", "	int error = real.posix_spawn(&child, path, actions, attr, argv, envp);\n	(void)env;")]),
    ("15_signal_handler", "no lock held across what waits", LOCK),
    ("16_before_constructors", "the start by whichever comes first (shim/init.c)",
     [("shim/init.c", "void shim_start(enum mode_moment moment)\n{\n", "static bool begun;\n\nvoid shim_start(enum mode_moment moment)\n{\n	if (!begun)\n		return;\n"),
      ("shim/init.c", "	int kept = errno;\n	bool has_args", "	begun = true;\n	int kept = errno;\n	bool has_args")]),
    ("17_allocators", "no allocation, and no lock around it",
     [(LOCK[0][0], LOCK[0][1], LOCK[0][2].replace("	int result =", "	free(malloc(64));\n	int result =")), ("shim/connect.c", "#include <time.h>\n", "#include <stdlib.h>\n#include <time.h>\n")]),
    ("18_sanitizers", "the option that lets a runtime start behind a preload (host/launch.c)", [("src/host/launch.c", "verify_asan_link_order=0", "verify_asan_link_order=1")]),
    ("19_tls_model", "initial-exec TLS (Makefile)", [("Makefile", "-ftls-model=initial-exec", "-ftls-model=global-dynamic"), ("shim/layer.c", "static __thread struct object entered;", "static __thread struct object entered ;")]),
    ("20_close_range", "no descriptor kept: here the run's folder stays open",
     [("shim/line.c", "	size_t len = strlen(shim.run);\n	int fd =",
       "	static int folder = -1;\n	char place[40] = \"/proc/self/fd/\";\n	if (folder < 0)\n		folder = (int)sys(SYS_openat, AT_FDCWD, shim.run, O_PATH | O_CLOEXEC);\n"
       "	place[14] = (char)('0' + folder / 10);\n	place[15] = (char)('0' + folder % 10);\n	if (folder < 10) {\n		place[14] = place[15];\n		place[15] = 0;\n	}\n"
       "	size_t len = strlen(place);\n	int fd ="),
      ("shim/line.c", "	memcpy(host.sun_path, shim.run, len);", "	memcpy(host.sun_path, place, len);"), ("shim/line.c", "#include <poll.h>\n", "#include <fcntl.h>\n#include <poll.h>\n")]),
    ("21_closed_standard", "the standard descriptors filled in the host (host/host.c)", [("src/host/host.c", "	fill_standard_fds(&h);\n", "	(void)fill_standard_fds;\n")]),
    ("22_descriptor_reuse", "nothing kept about descriptors: here a table of peers", TABLE),
    ("23_dup", "nothing kept about descriptors: here a table of peers", TABLE),
    ("24_descriptor_flags", "the same descriptor: here another socket in its place", ANOTHER),
    ("25_epoll", "the same descriptor: here another socket in its place", ANOTHER),
    ("26_nonblocking_connect", "no wait for who does not wait (shim/connect.c)", [("shim/connect.c", "	if (flags < 0 || flags & O_NONBLOCK)\n", "	if (flags < 0)\n")]),
    ("27_socket_options", "options left alone: here setsockopt() is answered by the shim",
     [hook("setsockopt", "int ENTRY(int fd, int level, int name, const void *value, unsigned len) DOOR;\nint ENTRY(int fd, int level, int name, const void *value, unsigned len)\n"
           "{\n	(void)fd, (void)level, (void)name, (void)value, (void)len;\n	return 0;\n}\n")]),
    ("28_addresses", "the peer as the program asked for it (shim/identity.c)", [("shim/identity.c", "|| !asked_for(fd, &peer, &peer_len))", "|| (asked_for(fd, &peer, &peer_len), true))")]),
    ("29_hints", "the caller's hints (shim/names.c)", [("shim/names.c", "	if (hints)\n		plain = *hints;", "	if (hints)\n		plain.ai_family = hints->ai_family;")]),
    ("30_resolver_of_node", "the name server of the run (host/resolver.c)", NO_RESOLVER),
    ("31_ip6", "v4-mapped addresses read as what they stand for (shim/addr.c)", [("shim/addr.c", "	if (memcmp(to->ip, mapped_prefix, sizeof(mapped_prefix)) == 0) {", "	if (false) {")]),
    ("32_udp", "datagrams with an address (shim/send.c)", [("shim/send.c", "	if (!carries_address(addr, flags))\n		return real.sendto", "	if (!fd || true)\n		return real.sendto")]),
    ("32_udp", "the packet socket (host/guard_packets.c)", [("src/host/guard.c", "	h->guard->packets = packets_open(h);", "	h->guard->packets = NULL;")]),
    ("32_http3", "datagrams with an address (shim/send.c)", [("shim/send.c", "	if (!carries_address(addr, flags))\n		return real.sendto", "	if (!fd || true)\n		return real.sendto")]),
    ("33_fast_open", "sends that connect (shim/send.c)",
     [("shim/send.c", "	if (!carries_address(addr, flags))\n		return real.sendto", "	if (!fd || true)\n		return real.sendto")]),
    ("34_fortify", "fortified calls left alone: here __read_chk() is hooked, and wrongly",
     [hook("__read_chk", "long ENTRY(int fd, void *to, unsigned long n, unsigned long room) DOOR;\nlong ENTRY(int fd, void *to, unsigned long n, unsigned long room)\n"
           "{\n	(void)to, (void)room;\n	return fd < 0 || n ? -1 : 0;\n}\n")]),
    ("35_large_files", "the look at the ELF class (host/image.c)",
     [("src/host/image.c", "	if (head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_machine != MACHINE) {", "	if (false) {")]),
    ("36_symbol_versions", "no symbol younger than the oldest glibc: here dlopen() is linked",
     [("shim/real.c", "	void *(*open)(const char *, int) = (void *(*)(const char *, int))object_next(\"dlopen\");", "	void *(*open)(const char *, int) = dlopen;")]),
    ("37_musl", "the build for the other C library (shim/twin.c, host/launch.c)", [("shim/twin.c", "	if (other && shim.other[0])\n", "	if (false)\n"),
     ("src/host/launch.c", "	if (path[0] && image_of(path, NULL) == IMAGE_MUSL && host_find_musl_shim(musl, sizeof(musl)))", "	if (false)")]),
    ("38_other_preloads", "other preloads kept (host/launch.c)",
     [("src/host/launch.c", 'arena_printf(a, "LD_PRELOAD=%s%s%s", shim, others && *others ? ":" : "", others ? others : "").ptr', 'arena_printf(a, "LD_PRELOAD=%s", shim).ptr')]),
    ("39_sandboxes", "the marks in the page (shim/page.c)", [("src/host/host.c", "	note_marks(h);\n", "	(void)note_marks;\n")]),
    ("40_passed_descriptors", "nothing kept about descriptors: here a table of peers", TABLE),
    ("41_streams", "the same descriptor, of the kernel's own kind: here one whose data the shim would have to carry",
     [("shim/connect.c", "	result = real.connect(fd, (struct sockaddr *)&route.to, route.to_len);\n",
       "	int pair[2];\n	sys(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);\n	sys(SYS_dup3, pair[0], fd, 0);\n	sys(SYS_close, pair[0]);\n	result = 0;\n")]),
    ("42_short_processes", "the end of the watch over a process (host/watch.c)", [("src/host/watch.c", "	close(w->fd);\n	uv_close((uv_handle_t *)&w->poll, on_closed);", "	(void)on_closed;")]),
    ("43_debuggers", "frames without a byte that nobody set", [("shim/init.c", "	struct wire_hello frame = { .flags = bare_root ? WIRE_HELLO_ROOT_BARE : 0 };", "	struct wire_hello frame;\n	frame.flags = bare_root;")]),
    ("44_host_dies", "the keeper's end with its host (host/isolate_keeper.c)", [("src/host/isolate_keeper.c", "	_exit(0);\n", "	for (;;)\n		pause();\n")]),
    ("45_determinism", "the canonical order (trace/canon_order.c)", [("src/trace/canon_order.c", "	int d = slice_cmp(x->program, y->program);\n	d = d ? d : slice_cmp(x->streams, y->streams);", "	int d = *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;")]),
    ("46_killed_client", "the trailer after a killed program (host/host.c)", [("src/host/host.c", "	if (trace_close(h->trace, &trailer) < 0 && !code)", "	if (!WIFSIGNALED(h->status) && trace_close(h->trace, &trailer) < 0 && !code)")]),
    ("47_errno", "errno kept by the shim's system calls (shim/sys.h)", [("shim/sys.h", "		errno = kept_;                 \\\n", "		errno = kept_ + 1;             \\\n")]),
    ("48_path_of_the_library", "the look at the library's path (host/launch.c)", [("src/host/launch.c", '	if (strpbrk(out, " :"))\n', "	if (false)\n")]),
]


def changed(scratch, changes):
    kept = {}
    for path, old, new in changes:
        at = os.path.join(scratch, path)
        with open(at, encoding="utf-8") as f:
            text = f.read()
        kept.setdefault(at, text)
        if text.count(old) != 1:
            raise SystemExit(f"{path} has this {text.count(old)} times, expected once; mend the row:\n{old}")
        with open(at, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))
    return kept


def build(scratch, name):
    done = subprocess.run(["make", "-s", "-j2", "CFLAGS=-Wno-error", f"BUILD={name}", "all"], cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"does not build:\n{done.stderr[-3000:]}")


def reason(text):
    """The line that says most."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for pattern in (r"timed out after", r"Error: ", r"exit \d+", r"FAIL"):
        found = [line for line in lines if re.search(pattern, line)]
        if found:
            return re.sub(r"/\S*/", "", found[-1 if pattern == "Error: " else 0])[:100]
    return lines[-1][:100] if lines else "?"


def main():
    name = sys.argv[1] if len(sys.argv) > 1 else "build"
    pattern = sys.argv[2] if len(sys.argv) > 2 else ""
    scratch = os.environ.get("SCRATCH") or tempfile.mkdtemp(prefix="seam-without-", dir="/var/tmp")
    files = subprocess.run(["git", "ls-files", "-z", "--cached"], cwd=TOP, capture_output=True, text=True, check=True).stdout.split("\0")
    for path in filter(None, files):
        to = os.path.join(scratch, path)
        os.makedirs(os.path.dirname(to), exist_ok=True)
        if not os.path.exists(to):
            shutil.copy2(os.path.join(TOP, path), to, follow_symlinks=False)
        elif not filecmp.cmp(os.path.join(TOP, path), to, shallow=False):
            shutil.copyfile(os.path.join(TOP, path), to)  # newer than what was built from the other
    if not os.path.exists(os.path.join(scratch, name)):
        shutil.copytree(os.path.join(TOP, name), os.path.join(scratch, name), symlinks=True)
    build(scratch, name)
    failed = survived = 0
    for test, what, changes in ROWS:
        if pattern not in test:
            continue
        kept = changed(scratch, changes)
        try:
            build(scratch, name)
            done = subprocess.run(["tests/hazards/run.sh", test], cwd=scratch, capture_output=True, text=True, check=False, env=dict(os.environ, SEAM_BUILD=os.path.join(scratch, name)))
        finally:
            for at, text in kept.items():
                with open(at, "w", encoding="utf-8") as f:
                    f.write(text)
        verdict = re.search(r"hazards: (\d+) passed, (\d+) failed, (\d+) skipped", done.stdout)
        if verdict and int(verdict[2]):
            failed += 1
            print(f"| {test} | {what} | {reason(done.stdout)} |", flush=True)
        elif verdict and int(verdict[3]) and not int(verdict[1]):
            print(f"| {test} | {what} | skipped here |", flush=True)
        else:
            survived += 1
            print(f"| {test} | {what} | PASSED ALL THE SAME |", flush=True)
    build(scratch, name)
    if not os.environ.get("SCRATCH"):
        shutil.rmtree(scratch, ignore_errors=True)
    print(f"without: {failed} failed as they should, {survived} passed all the same")
    return survived > 0


if __name__ == "__main__":
    sys.exit(main())
