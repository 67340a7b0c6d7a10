"""IORING_OP_CONNECT: no libc function is called."""
from hazard import *

get = build("get")
outside = Listener()
run = Run(get, "web.example.com", "80", "uring")
if run.code == 77:
    skip("io_uring is not allowed here")
served(run)
check("went past the shim: by io_uring" in run.err, run)
refused(Run(get, OUTSIDE, str(outside.port), "uring"), f"{OUTSIDE}:{outside.port}")
outside.nothing_came()
