"""Another allocator, and one that connects from inside malloc: no recursion, no hang."""
from hazard import *

wrapper = build("libmallocs.so", "-shared", "-fPIC", source=os.path.join(HERE, "prog", "mallocs.c"))
get, curl = build("get"), program("curl")
faked(Run("env", f"LD_PRELOAD={wrapper}", get, "web.example.com", "80"))
run = Run("env", f"LD_PRELOAD={wrapper}", curl, "-sS", "http://web.example.com/ok")
faked(run)
check(any(e["a"]["server.address"] == "192.0.2.7" for e in run.kinds("conn.open")), run)
jemalloc = preloadable("libjemalloc.so.2")
if not jemalloc:
    skip("libjemalloc.so.2 is not installed; the wrapper passed")
faked(Run(curl, "-sS", "http://web.example.com/ok", preload=jemalloc))
faked(Run("python3", "-c", "import urllib.request as u; print(u.urlopen('http://web.example.com/ok').read().decode())", preload=jemalloc))
faked(Run(build("forks", "-pthread"), "50", preload=jemalloc), times=0)
