"""syscall(SYS_connect) in a program with the shim: served or refused, and named."""
from hazard import *

get = build("get")
outside = Listener()
run = Run(get, "web.example.com", "80", "raw")
served(run)
check(run.end["unshimmed"] == ["get"] and "went past the shim" in run.err, run)
refused(Run(get, OUTSIDE, str(outside.port), "raw"), f"{OUTSIDE}:{outside.port}")
outside.nothing_came()
served(Run(get, "web.example.com", "80"), code=0)  # the same program, not past the shim
