"""A 32-bit program: refused by the name of its architecture where nothing else holds it, and in a network
of its own served by the fakes, named and counted."""
import platform

from hazard import *

if platform.machine() != "x86_64":
    skip("no i386 programs on this machine")
i386 = build("i386", "-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
             source=os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "prog", "i386.c"))
SAYS = "is built for i386 (32 bits): libseam.so is built for x86-64"
run = Run(i386, "192.0.2.7", "8080", isolate="off")
check(run.code == 126 and f"{i386}: {SAYS}; --allow-unshimmed runs it all the same" in run.err and not run.kinds("http"), run)
try:
    subprocess.run([i386, "127.0.0.1", "1"], check=False)
except OSError:
    skip("this kernel runs no 32-bit programs; that they are refused was tested")
outside = Listener()
run = Run(i386, "192.0.2.7", "8080")
served(run)
check(run.end["unshimmed"] == ["i386"] and f"seam: unshimmed  i386: {SAYS}" in run.err, run)
served(Run(i386, "192.0.2.7", "8080", options=["--allow-unshimmed"]), code=0)
refused(Run(i386, OUTSIDE, str(outside.port)), f"{OUTSIDE}:{outside.port}")
# started by a program that has the shim: announced, so named, isolated or not
run = Run("sh", "-c", f"{i386} 192.0.2.7 8080")
served(run)
check(run.end["unshimmed"] == ["i386"] and SAYS in run.err, run)
run = Run("sh", "-c", f"{i386} 127.0.0.1 1; exit 0", isolate="off")
check(run.code == 121 and run.end["unshimmed"] == ["i386"] and SAYS in run.err, run)
outside.nothing_came()
done = subprocess.run([SEAM, "doctor", i386], capture_output=True, text=True, check=False)
check(done.returncode == 1 and f"NO  program    {i386}: {SAYS}" in done.stdout, done)
