"""A Go program: no libc, a resolver of its own."""
import shutil

from hazard import *

if not shutil.which("go"):
    skip("go is not installed")
get = os.path.join(WORK, "get-go")
if not os.path.exists(get):
    if not os.access(WORK, os.W_OK):
        skip("get-go was not built")
    env = dict(os.environ, CGO_ENABLED="0", GO111MODULE="off", GOFLAGS="", GOTOOLCHAIN="local",
               GOCACHE=os.environ.get("GOCACHE", os.path.join(WORK, "go-cache")))
    done = subprocess.run(["go", "build", "-o", get, os.path.join(HERE, "prog", "get.go")], env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        skip("go does not build here: " + done.stderr.strip()[-200:])

run = Run(get, "http://web.example.com/ok")
served(run)
check(run.end["unshimmed"] == ["get-go"], run)
check([e["sum"] for e in run.kinds("dns")] == ["resolve web.example.com"], run)

outside = Listener()
refused(Run(get, f"http://{OUTSIDE}:{outside.port}/ok"), f"{OUTSIDE}:{outside.port}")
outside.nothing_came()
run = Run(get, "http://nobody.example.org/")
check(run.code == 4 and [e["sum"] for e in run.kinds("dns", by="none")] == ["resolve nobody.example.org"], run)
