"""Programs of musl run under seam as those of glibc do: the same clients, compiled for both, print the
same and leave the same events; from a program of one C library to one of the other, by every way there
is to start a program, each gets the build of the shim that fits."""
from hazard import *

COMPAT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROG = os.path.join(COMPAT, "prog")
MUSL_SHIM = os.path.join(os.environ["SEAM_BUILD"], "lib", "musl", "libseam.so")
TWO = {
    "seam": 1,
    "services": {
        "web": {"protocol": "http", "at": ["web.example.com:80", "*.glob.example.com:80", "192.0.2.7:8080", "[2001:db8::7]:8080"]},
        "db": {"protocol": "postgres", "at": ["db.prod:5432", "unix:/run/none/.s.PGSQL.5432"]},
    },
    "rules": [
        {"id": "ok", "on": "http", "when": {"path": "/ok"}, "do": {"status": 200, "text": "hi"}, "optional": True},
        {"id": "n", "on": "sql", "when": {"sql": "SELECT n FROM t"}, "do": {"columns": ["n"], "rows": [[1], [2]]}, "optional": True},
        {"id": "no", "on": "sql", "when": {"sql": "SELECT bad"}, "do": {"error": "40001"}, "optional": True},
    ],
}
if not shutil.which("musl-gcc"):
    skip("musl-gcc is not installed")
if not os.path.exists(MUSL_SHIM):
    raise AssertionError(f"musl-gcc is installed, and {MUSL_SHIM} was not built")


def both(name, *options, source=None):
    source = source or os.path.join(PROG, name + ".c")
    return [build(f"{name}-{c.replace('-', '')}", *options, source=source, compiler=c) for c in ("gcc", "musl-gcc")]


def intent(run):
    """What the trace says, without what differs from run to run."""
    said = []
    for e in run.events[1:-1]:
        if e["k"] in ("proc.start", "proc.exit"):
            said.append((e["k"],))
        else:
            said.append((e["k"], e["by"], e["sum"], json.dumps(e.get("a", {}), sort_keys=True) if e["k"] in ("http", "sql", "dns") else ""))
    return said


# ---- the judges: an HTTP client and a Postgres client that know libc alone -------------------------
http, pgwire = both("http"), both("pgwire")
commands = [
    (0, http, "web.example.com", "80", "/ok", "/missing", "/ok"),
    (0, http, "--how=4", "a.glob.example.com", "80", "/ok"),
    (0, http, "--how=6", "web.example.com", "80", "/ok"),
    (0, http, "--how=byname", "web.example.com", "80", "/ok"),
    (0, http, "--how=nonblock", "web.example.com", "80", "/ok"),
    (0, http, "192.0.2.7", "8080", "/ok"),
    (0, http, "2001:db8::7", "8080", "/ok"),
    (3, http, "nobody.example.org", "80", "/ok"),
    (3, http, "--how=byname", "nobody.example.org", "80", "/ok"),
    (4, http, NOBODY, "4444", "/ok"),
    (1, pgwire, "db.prod", "5432", "SELECT n FROM t", "SELECT bad", "SELECT n FROM t"),
    (0, pgwire, "/run/none", "5432", "SELECT n FROM t"),
]
compared = 0
for isolate in ("on", "off"):
    for code, programs, *args in commands:
        glibc, musl = (Run(p, *args, rules=TWO, isolate=isolate) for p in programs)
        where = f"{args} isolate={isolate}\n{glibc}\n{musl}"
        check(code == glibc.code == musl.code and glibc.out == musl.out, where)
        check(musl.end["unshimmed"] == [] and musl.end["unmatched"] == glibc.end["unmatched"], where)
        check(intent(glibc) == intent(musl), where)
        compared += 1
run = Run(http[1], "web.example.com", "80", "/ok", rules=TWO)
check(run.out == "name web.example.com\npeer web.example.com 80\n200 hi\n", run)

# ---- the programs of the hazards: fork and threads, vfork, signals, descriptors, errno -------------
hazards = [
    ("forks", ["-pthread"], ["100"], 0), ("vforks", [], [], 3), ("alarms", [], ["1000"], 1), ("reuse", [], ["500"], 1),
    ("closed", [], [], None),
]
for name, options, args, times in hazards:
    runs = [Run(p, *args) for p in both(name, *options, source=os.path.join(HERE, "prog", name + ".c"))]
    check((runs[0].code, runs[0].out) == (runs[1].code, runs[1].out) and runs[1].code == 0, f"{name}\n{runs[0]}\n{runs[1]}")
    check(runs[1].end["unshimmed"] == [] and len(runs[0].kinds("http")) == len(runs[1].kinds("http")), runs[1])
    check(times is None or times == len(runs[1].kinds("http")), runs[1])
    compared += 1

# errno as this C library leaves it: seam asks it for an address in digits
errnos = both("errnos", source=os.path.join(HERE, "prog", "errnos.c"))[1]
bare = subprocess.run([errnos, "127.0.0.1", "127.0.0.1", "18472"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
run = Run(errnos, "web.example.com")
check(run.code == bare.returncode == 0 and len(run.out.splitlines()) > 12, f"{bare}\n{run}")
differ = [f"seam: {a}, musl: {b}" for a, b in zip(run.out.splitlines(), bare.stdout.splitlines(), strict=True) if a != b and not a.endswith("errno 1234")]
check(not differ, "\n".join(differ))
compared += 1

# ---- from one C library to the other -----------------------------------------------------------------
started = build("which", source=os.path.join(PROG, "which.c")), build("which-musl", source=os.path.join(PROG, "which.c"), compiler="musl-gcc")
starts = both("starts")
for from_libc, starter in zip(("glibc", "musl"), starts):
    for to_libc, program in zip(("glibc", "musl"), started):
        for how in ("execl", "execlp", "execle", "execv", "execvp", "execvpe", "execve", "fexecve", "execveat", "execveat-empty", "posix_spawn", "posix_spawnp",
                    "vfork", "system", "popen", "script", "env-i"):
            if how.startswith("execveat") and from_libc == "musl":
                continue  # musl has no such function
            run = Run(starter, how, program, rules=TWO)
            wanted = f"{to_libc} {'musl/' if to_libc == 'musl' else ''}libseam.so\nhi\n"
            check(run.code == 0 and run.err.count("\n") == 1, f"{how} {from_libc} {to_libc}\n{run}")
            # a shell in between is of this machine, and the next exec corrects what libc's own choice was
            check(run.out == wanted, f"{how} from {from_libc} to {to_libc}: expected {wanted!r}\n{run}")
            check(run.end["unshimmed"] == [] and len(run.kinds("http")) == 1, f"{how} {from_libc} {to_libc}\n{run}")
            compared += 1

# ---- without the launcher, by either build -------------------------------------------------------------
for shim in (MUSL_SHIM, os.path.join(os.environ["SEAM_BUILD"], "lib", "libseam.so")):
    rules, trace = os.path.join(FOLDER, "rules.json"), os.path.join(FOLDER, "bare.trace")
    with open(rules, "w", encoding="utf-8") as f:
        json.dump(TWO, f)
    env = {"PATH": os.environ["PATH"], "LD_PRELOAD": shim, "SEAM_RULES": rules, "SEAM_TRACE": trace}
    done = subprocess.run([http[1], "web.example.com", "80", "/ok"], env=env, capture_output=True, text=True, timeout=30, check=False)
    check(done.returncode == 0 and done.stdout.endswith("200 hi\n") and done.stderr == "", done)
    with open(trace, encoding="utf-8") as f:
        kinds = [json.loads(line)["k"] for line in f]
    check(kinds.count("http") == 1 and kinds[-1] == "seam.end", kinds)
    os.unlink(trace)
    compared += 1

# ---- a build without musl's shim says so -----------------------------------------------------------------
other = install(os.path.join(FOLDER, "without"))
run = Run(http[1], "web.example.com", "80", "/ok", seam=other, isolate="off", rules=TWO)
check(run.code == 126 and "uses musl as its C library: seam was built without musl-gcc" in run.err, run)
print(f"{compared} comparisons")
