"""The host is killed: what comes past the shim is refused within a second, and never outside."""
import time

from hazard import *

get = build("get-static", "-static")
outside = Listener()
SCRIPT = f"""
{get} web.example.com 80 || exit 1
kill -9 $PPID
sleep 0.3
{get} 192.0.2.7 8080; [ $? = 4 ] || exit 2
{get} {OUTSIDE} {outside.port}; [ $? = 4 ] || exit 3
echo refused > "$TMPDIR/verdict"
"""
Run("sh", "-c", SCRIPT, cwd=FOLDER)
until = time.monotonic() + 5
while not os.path.exists(FOLDER + "/verdict") and time.monotonic() < until:
    time.sleep(0.05)
check(os.path.exists(FOLDER + "/verdict"), "the client was not refused")
outside.nothing_came()
# the keeper went with its host
def cwd_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as f:
            return os.readlink(f"/proc/{pid}/cwd") if f.read().strip() == "seam-keeper" else None
    except OSError:
        return None


left = [p for p in os.listdir("/proc") if p.isdigit() and cwd_of(p) == FOLDER]
check(not left, f"keepers are left: {left}")
