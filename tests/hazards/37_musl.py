"""A dynamic musl program gets the build of the shim that fits it: from the launcher, from a program of glibc,
with an empty environment; and what it starts of glibc's gets the other one. tests/compat has the clients."""
from hazard import *

if not shutil.which("musl-gcc"):
    skip("musl-gcc is not installed")
PROG = os.path.join(HERE, "..", "compat", "prog")
http = build("http-muslgcc", source=os.path.join(PROG, "http.c"), compiler="musl-gcc")
get = build("get")
ASK = [http, "web.example.com", "80", "/ok"]


def answered(run, times=1):
    check(run.code == 0 and len(run.kinds("http", by="rule")) == times, run)
    check(run.end["unshimmed"] == [] and run.end["unmatched"] == 0, run)


for isolate in "on", "off":
    answered(Run(*ASK, isolate=isolate))
    answered(Run("sh", "-c", " ".join(ASK), isolate=isolate))
    answered(Run("env", "-i", *ASK, isolate=isolate))
which_musl = build("which-muslgcc", source=os.path.join(PROG, "which.c"), compiler="musl-gcc")
for before in ([], ["sh", "-c", '"$@"', "sh"], ["env", "-i"]):
    run = Run(*before, which_musl)
    check(run.out == "musl musl/libseam.so\nhi\n", run)
starts = build("starts-muslgcc", source=os.path.join(PROG, "starts.c"), compiler="musl-gcc")
which = build("which", source=os.path.join(PROG, "which.c"))
for how in "execve", "posix_spawn", "system", "env-i":
    run = Run(starts, how, which)
    answered(run)
    check(run.out == "glibc libseam.so\nhi\n", run)
