"""ld.so ignores a preload that it cannot load, and runs the program for real. seam does not."""
from hazard import *

lib = os.path.join(FOLDER, "lib", "libseam.so")
os.mkdir(os.path.dirname(lib))
other = install(FOLDER)
os.rename(lib, lib + ".old")
for isolate in ("on", "off"):
    run = Run("echo", "hi", seam=other, isolate=isolate)
    check(run.code == 125 and "libseam.so is missing" in run.err and run.out == "", run)
# something is there, but nothing for this loader: ld.so says so, and goes on
with open(lib, "wb") as f:
    f.write(b"\x7fELF\x01" + bytes(200))
for isolate in ("on", "off"):
    run = Run("/bin/echo", "hi", seam=other, isolate=isolate)
    check(run.code == 121 and run.end["unshimmed"] == ["echo"], run)
