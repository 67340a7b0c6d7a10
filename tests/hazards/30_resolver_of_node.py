"""c-ares in Node reads /etc/resolv.conf and talks to port 53 itself."""
import shutil

from hazard import *

if not shutil.which("node"):
    skip("node is not installed")
ASK = ("require('dns').resolve4(process.argv[1], (e, a) => { console.log(e ? e.code : a.length + ' ' + a[0].split('.')[0]) })")
run = Run("node", "-e", ASK, "web.example.com")
check(run.code == 0 and run.out.strip() == "1 127", run)
check([e["sum"] for e in run.kinds("dns")] == ["resolve web.example.com"], run)
run = Run("node", "-e", ASK, "nobody.example.org")
check(run.out.strip() == "ENOTFOUND" and run.kinds("dns", by="none"), run)
