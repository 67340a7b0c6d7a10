"""A statically linked program reaches the fakes with no hook at all, and nothing else."""
from hazard import *

get = build("get-static", "-static")
served(Run(get, "web.example.com", "80"))
served(Run(get, "a.glob.example.com", "80"))
served(Run(get, "192.0.2.7", "8080"))
served(Run(get, "web.example.com", "80", options=["--allow-unshimmed"]), code=0)
check(Run(get, "web.example.com", "80").end["unshimmed"] == ["get-static"], "its name")

outside = Listener()
refused(Run(get, OUTSIDE, str(outside.port)), f"{OUTSIDE}:{outside.port}")
refused(Run(get, NOBODY, "80"), f"{NOBODY}:80")  # a declared port: accepted, then reset
refused(Run(get, "2001:db8::1", "4444"), "[2001:db8::1]:4444")
outside.nothing_came()

run = Run(get, "nobody.example.org", "80")
check(run.code == 3 and [e["sum"] for e in run.kinds("dns", by="none")] == ["resolve nobody.example.org"], run)

run = Run(get, "web.example.com", "80", isolate="off")
check(run.code == 126 and "statically linked" in run.err and not run.kinds("http"), run)
