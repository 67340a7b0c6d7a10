"""In a chroot whose root is a plain folder there is no mount at "/": the run is isolated all the
same, sees the chroot and nothing above it, and what it mounts does not appear outside."""
from hazard import *

if os.getuid() != 0:
    skip("only root may chroot, and a user in a chroot may make no user namespace")
if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
    skip("this is such a chroot already, or mounts cannot be kept apart")
root = os.path.join(FOLDER, "root")
os.mkdir(root)
with open(os.path.join(root, "marker"), "w", encoding="utf-8") as f:
    f.write("chroot\n")
enter = """
for entry in /*; do
    if [ -L "$entry" ]; then cp -P "$entry" "$1$entry"
    elif [ -d "$entry" ]; then mkdir -p "$1$entry" && mount --rbind "$entry" "$1$entry" || exit 77; fi
done
root=$1
shift
chroot "$root" "$@"
code=$?
cat "$root/etc/resolv.conf" >&2
exit $code
"""
get = build("get")
before = ("unshare", "-m", "sh", "-c", enter, "sh", root)
run = Run("sh", "-c", 'cat /marker; pwd; cat /etc/resolv.conf; "$1" web.example.com 80', "sh", get, before=before)
if run.code == 77:
    skip("mounts cannot be bound here")
check(run.code == 0 and run.out.startswith("chroot\n/\nnameserver 127.0.0.53\n") and run.out.rstrip().endswith("hi"), run)
check("127.0.0.53" not in run.err and run.end["unshimmed"] == [] and run.end["unmatched"] == 0, run)
