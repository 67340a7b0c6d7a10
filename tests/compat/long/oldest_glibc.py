"""The shim that was built here in the programs of Debian 11 (glibc 2.31): curl, wget, psql, Python and
shells, through fork, vfork, an empty environment and dlopen(), in a chroot."""
from hazard import *

root = os.path.join(os.environ["SEAM_BUILD"], "compat", "bullseye")
if os.getuid() != 0 or not os.path.exists(os.path.join(root, "usr/bin/psql")):
    skip("no Debian 11 in BUILD/compat: run tests/compat/fetch.sh as root")
RULES = {
    "seam": 1,
    "services": {
        "web": {"protocol": "http", "at": ["web.example.com:80", "web.example.com:443"]},
        "db": {"protocol": "postgres", "at": ["db.prod:5432"]},
    },
    "rules": [
        {"id": "ok", "on": "http", "when": {"path": "/ok"}, "do": {"status": 200, "text": "hi"}},
        {"id": "n", "on": "sql", "when": {"sql": "SELECT n FROM t"}, "do": {"columns": ["n"], "rows": [[1], [2]]}, "optional": True},
    ],
}
# the build, the tests' folders and the kernel's file systems, at the places that they have here
ENTER = """
for folder in "$2" "$3" /tmp /dev; do mkdir -p "$1$folder" && mount --rbind "$folder" "$1$folder" || exit 77; done
mount -t proc proc "$1/proc" || exit 77
shift 3
exec "$@"
"""
before = ("unshare", "-m", "sh", "-c", ENTER, "sh", root, os.environ["SEAM_BUILD"], WORK)
URL = "web.example.com/ok"
PYTHON = f"""
import ctypes, os, socket, subprocess, threading, urllib.request
def get(): return urllib.request.urlopen("http://{URL}").read() == b"hi"
assert get() and socket.gethostbyname("web.example.com") and ctypes.CDLL("libc.so.6").connect
c = ["curl", "-sS", "http://{URL}"]
assert subprocess.check_output(c) == b"hi" and subprocess.check_output(c, env={{}}) == b"hi" and subprocess.check_output(c, preexec_fn=lambda: None) == b"hi"
out = []
t = [threading.Thread(target=lambda: out.append(get())) for _ in range(8)]
[i.start() for i in t], [i.join() for i in t]
assert out == [True] * 8
pid = os.fork()
if not pid: os._exit(not get())
assert os.waitpid(pid, 0)[1] == 0
print(os.confstr("CS_GNU_LIBC_VERSION"))
"""
tried = 0
for isolate in ("on", "off"):
    for command, says, requests in (
        (("curl", "-sS", f"http://{URL}"), "hi", 1), (("curl", "-sS", f"https://{URL}"), "hi", 1), (("wget", "-qO-", f"http://{URL}"), "hi", 1),
        (("wget", "-qO-", f"https://{URL}"), "hi", 1), (("psql", "-h", "db.prod", "-U", "app", "shop", "-Atc", "SELECT n FROM t"), "1\n2\n", 1),
        (("sh", "-c", f"env -i /bin/bash -c 'curl -sS http://{URL} & wait; :'"), "hi", 1), (("python3", "-c", PYTHON), "glibc 2.31\n", 13),
    ):
        run = Run("chroot", root, *command, rules=RULES, before=before, isolate=isolate)
        if run.code == 77:
            skip("mounts cannot be bound here")
        check(run.code == 0 and run.out == says, f"{isolate} {command}\n{run}")
        check(run.end["unshimmed"] == [] and run.end["unmatched"] == 0 and len(run.kinds("http") + run.kinds("sql")) == requests, f"{command}\n{run}")
        tried += 1
print(f"{tried} commands on glibc 2.31")
