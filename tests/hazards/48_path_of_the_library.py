"""LD_PRELOAD cannot carry a space or a colon: refused. A long path is carried whole."""
from hazard import *

for name in ("a b", "a:b", "a b:c"):
    folder = os.path.join(FOLDER, name)
    run = Run("echo", "hi", seam=install(folder))
    check(run.code == 125 and "has a space or a colon in its path" in run.err and run.out == "", run)
folder = os.path.join(FOLDER, *["long" * 12] * 5)
seam = install(folder)
check(len(seam) > 256, seam)
faked(Run(build("get"), "web.example.com", "80", seam=seam))
faked(Run("env", "-i", build("get"), "web.example.com", "80", seam=seam))
