"""A program that forbids itself system calls (seccomp, as sandboxes do) forbids them to the shim: what it then
asks for is refused, with an event, and it neither hangs nor reaches anything. Documented in limitations.md."""
from hazard import *

sandboxed = build("sandboxed")
outside = Listener()
for isolate in "on", "off":
    run = Run(sandboxed, "192.0.2.7", "8080", isolate=isolate)
    if run.code == 77:
        skip("no seccomp filter can be set here")
    check(run.code == 0 and run.out == "before: hi\nrefused\n", run)
    check(len(run.kinds("http", by="rule")) == 1, run)
    # nobody could be told who it was, and still it did not go unnoticed
    check(len(run.kinds("conn.open")) >= 2 or run.end["unshimmed"], run)
    run = Run(sandboxed, OUTSIDE, str(outside.port), isolate=isolate)
    check(run.out == "refused\n" and run.code == 0, run)
outside.nothing_came()
text = open(os.path.join(HERE, "..", "..", "docs", "limitations.md"), encoding="utf-8").read()
check("seccomp" in text, "limitations.md says nothing about sandboxes")
