"""Where namespaces are forbidden, auto says so and does without; on fails before the program starts."""
from hazard import *

FORBID = ["unshare", "-r", "sh", "-c", 'echo 0 > /proc/sys/user/max_net_namespaces && exec "$@"', "sh"]
if subprocess.run([*FORBID, "true"], capture_output=True, check=False).returncode:
    skip("no user namespace in which it could be forbidden")
get, static = build("get"), build("get-static", "-static")
run = Run(get, "web.example.com", "80", isolate="auto", before=FORBID)
served(run, code=0)
check(run.err.count("not isolated: ") == 1 and run.end["unshimmed"] == [], run)
run = Run("sh", "-c", "echo started", isolate="on", before=FORBID)
check(run.code == 125 and "--isolate=on: " in run.err and run.out == "", run)
run = Run(static, "web.example.com", "80", isolate="auto", before=FORBID)
check(run.code == 126 and "statically linked" in run.err, run)
