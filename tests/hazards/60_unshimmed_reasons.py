"""Each process that ran without the shim, or past it, is named with its own reason: in the summary, and in
the trailer beside its name."""
from hazard import *

get, static = build("get"), build("get-static", "-static")
loader, plugin = build("loader", "-ldl"), build("plugin.so", "-shared", "-fPIC", source=os.path.join(HERE, "prog", "plugin.c"))


def named(run, name, why, code=121):
    check(run.code == code and run.end["unshimmed"] == [name] and len(run.end["unshimmed_why"]) == 1, run)
    check(why in run.end["unshimmed_why"][0] and f"seam: unshimmed  {name}: {run.end['unshimmed_why'][0]}" in run.err, f"expected {why}\n{run}")


named(Run(static, "web.example.com", "80"), "get-static", "is statically linked")
named(Run("sh", "-c", f"{static} localhost 1; true"), "get-static", "is statically linked")
named(Run(get, "web.example.com", "80", "raw"), "get", "by raw system calls, or by a library loaded with RTLD_DEEPBIND")
named(Run(loader, plugin, "deepbind", "192.0.2.7", "8080"), "loader", "by raw system calls, or by a library loaded with RTLD_DEEPBIND")
named(Run(loader, plugin, "dlmopen", "192.0.2.7", "8080"), "loader", "by a second C library (dlmopen)")
run = Run(get, "web.example.com", "80", "uring")
if run.code != 77:
    named(run, "get", "by io_uring")
# an environment that was cleared where the shim does not look: execve by its number
cleared = f"import ctypes; a = (ctypes.c_char_p * 4)(b'{get}', b'web.example.com', b'80'); e = (ctypes.c_char_p * 1)(); ctypes.CDLL(None).syscall(59, b'{get}', a, e)"
if os.uname().machine == "x86_64":
    run = Run("python3", "-c", cleared)
    named(run, "get", "was started with a cleared environment")
# the library goes away during the run
prefix = os.path.join(FOLDER, "own")
other = install(prefix)
run = Run("sh", "-c", f"rm {prefix}/lib/libseam.so; {get} nobody.example.com 80; true", seam=other)
check(run.code == 121 and "get" in run.end["unshimmed"] and "libseam.so had been removed" in run.err, run)
# a chroot without it: programs that could load it, and one that could not
if os.getuid() == 0:
    root = os.path.join(FOLDER, "root")
    os.makedirs(root)
    libraries = [word for word in subprocess.run(["ldd", get], capture_output=True, text=True, check=True).stdout.split() if word.startswith("/")]
    for path in (get, static, *libraries):
        shutil.copy(path, os.path.join(root, os.path.basename(path)))
        os.makedirs(root + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, root + path)
    named(Run("chroot", root, "/get", "192.0.2.7", "8080"), "get", "was started where there is no libseam.so (chroot)")
    named(Run("chroot", root, "/get-static", "192.0.2.7", "8080"), "get-static", "is statically linked")
