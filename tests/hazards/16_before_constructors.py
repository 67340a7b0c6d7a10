"""connect() from a constructor of priority 101, and from .preinit_array, before any library is set up."""
from hazard import *

early = os.path.join(HERE, "prog", "early.c")
library = build("libearly.so", "-shared", "-fPIC", source=early)
get = build("get-early", library, "-Wl,--no-as-needed", f"-Wl,-rpath,{WORK}", library, source=os.path.join(HERE, "prog", "get.c"))
faked(Run(get, "web.example.com", "80"), times=2)
# the same library preloaded
faked(Run("env", f"LD_PRELOAD={library}", build("get"), "web.example.com", "80"), times=2)
# before libc knows its environment the shim cannot know its run: refused, and the rest goes on as ever
run = Run(build("early", "-DPROGRAM"))
faked(run)
