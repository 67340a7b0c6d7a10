"""A setuid program of another user: the loader drops LD_PRELOAD, and the guard serves it. In a
user namespace the other user does not exist, and the bit counts for nothing."""
import shutil

from hazard import *

get, copies = build("get"), {0: os.path.join(WORK, "get-of-nobody"), 65534: os.path.join(WORK, "get-of-root")}
if os.getuid() == 0 and not os.path.exists(copies[65534]):
    try:
        for owner, path in (65534, copies[0]), (0, copies[65534]):
            shutil.copy(get, path)
            os.chown(path, owner, owner)
            os.chmod(path, 0o4755)
    except OSError:
        skip("no second user here")
copy = copies.get(os.getuid())
if not copy or not os.path.exists(copy):
    skip("no setuid program of another user here")
if os.statvfs(WORK).f_flag & os.ST_NOSUID:
    skip("mounted nosuid")
outside = Listener()
if os.getuid() == 0:
    run = Run(copy, "web.example.com", "80")
    served(run)
    check("setuid" in run.err and run.end["unshimmed"] == ["get-of-nobody"], run)
else:
    served(Run(copy, "web.example.com", "80"), code=0)
run = Run(copy, OUTSIDE, str(outside.port))
check(run.code == 4 and run.end["unmatched"] == 1, run)
run = Run(copy, "web.example.com", "80", isolate="off")
check(run.code == 126 and "setuid" in run.err, run)
outside.nothing_came()
