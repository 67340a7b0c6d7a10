"""A program that forbids itself system calls (seccomp, as sandboxes do) forbids them to the shim: what it then
asks for is refused, it neither hangs nor reaches anything, and the run names it. So are a program without a
free descriptor, and one that changed its root."""
from hazard import *

sandboxed = build("sandboxed")
outside = Listener()
for isolate in "on", "off":
    run = Run(sandboxed, "192.0.2.7", "8080", isolate=isolate)
    if run.code == 77:
        skip("no seccomp filter can be set here")
    check(run.code == 121 and run.out == "before: hi\nrefused\n", run)
    check(len(run.kinds("http", by="rule")) == 1, run)
    # nobody could be told who it was, and still it did not go unnoticed
    check(run.end["unshimmed"] == ["sandboxed"] and "a sandbox (seccomp) forbids it" in run.err, run)
    run = Run(sandboxed, OUTSIDE, str(outside.port), isolate=isolate)
    check(run.out == "refused\n" and run.code == 121 and run.end["unshimmed"] == ["sandboxed"], run)
# the same where the limit of descriptors, or another root, keeps the shim from saying who asks
LIMIT = """
import resource, socket
s = socket.socket()
resource.setrlimit(resource.RLIMIT_NOFILE, (s.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
print("reached" if s.connect_ex(("192.0.2.7", 8080)) == 0 else "refused")
"""
run = Run("python3", "-c", LIMIT)
check(run.code == 121 and run.out == "refused\n" and "no descriptor left" in run.err, run)
if os.getuid() == 0:
    run = Run("python3", "-c", "import os, socket; s = socket.socket(); os.chroot('/proc'); print('reached' if s.connect_ex(('192.0.2.7', 8080)) == 0 else 'refused')")
    check(run.code == 121 and run.out == "refused\n" and "it changed its root" in run.err, run)
outside.nothing_came()
text = open(os.path.join(HERE, "..", "..", "docs", "limitations.md"), encoding="utf-8").read()
check("seccomp" in text, "limitations.md says nothing about sandboxes")
