"""Large files, 64-bit times, 32-bit programs: no symbol of the first two is hooked, so a program built with
them works unchanged; a 32-bit program is refused by the name of its architecture, or served by the guard."""
import platform

from hazard import *

get = build("get-large-files", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64")
faked(Run(get, "web.example.com", "80"))
shim = os.path.join(os.environ["SEAM_BUILD"], "lib", "libseam.so")
symbols = subprocess.run([program("readelf"), "-W", "--dyn-syms", shim], capture_output=True, text=True, check=True).stdout.split()
check("connect" in symbols and not [s for s in symbols if s.split("@")[0] in ("open64", "lseek64", "stat64", "time", "__time64", "clock_gettime64")], symbols)
if platform.machine() != "x86_64":
    skip("no i386 programs on this machine; large files passed")
i386 = build("i386", "-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-pic", "-no-pie", "-fno-stack-protector",
             source=os.path.join(HERE, "..", "compat", "prog", "i386.c"))
SAYS = "is built for i386 (32 bits): libseam.so is built for x86-64"
run = Run(i386, "192.0.2.7", "8080", isolate="off")
check(run.code == 126 and f"{i386}: {SAYS}" in run.err and not run.kinds("http"), run)
