"""Unix sockets of daemons that act outside are hidden; resolv.conf names the run's server."""
from hazard import *

WELL_KNOWN = ["/run/docker.sock", "/run/containerd", "/run/podman", "/run/nscd", "/run/dbus", "/run/avahi-daemon"]
present = [p for p in WELL_KNOWN if os.path.exists(p) and (os.path.isfile(p) or os.access(p, os.R_OK))]
run = Run("sh", "-c", 'cat /etc/resolv.conf; for p; do if [ -d "$p" ]; then ls -A "$p"; else [ ! -S "$p" ] || echo "$p"; fi; done', "sh", *present)
check(run.code == 0 and run.out == ("nameserver 127.0.0.53\n" if os.path.exists("/etc/resolv.conf") else ""), run)
check("127.0.0.53" not in open("/etc/resolv.conf", encoding="utf-8").read() if os.path.exists("/etc/resolv.conf") else True, "outside")
