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
# an address has its name there too, in both families; one of nobody has none
BACK = ("const dns = require('dns'); dns.lookup(process.argv[1], {family: +process.argv[2]}, (e, a) => "
        "dns.reverse(a, (e, names) => console.log(e ? e.code : names.join())))")
for family in "4", "6":
    run = Run("node", "-e", BACK, "web.example.com", family)
    check(run.code == 0 and run.out.strip() == "web.example.com", run)
run = Run("node", "-e", "require('dns').reverse('192.0.2.77', (e, names) => console.log(e ? e.code : names.join()))")
check(run.out.strip() == "ENOTFOUND", run)
# the machine's own name, also where no /etc/hosts knows it
hosts = os.path.join(FOLDER, "hosts")
with open(hosts, "w", encoding="utf-8") as f:
    f.write("127.0.0.1 localhost\n")
apart = ("unshare", "-m") if os.getuid() == 0 else ("unshare", "-rm")
without = (*apart, "sh", "-c", f'mount --bind {hosts} /etc/hosts && exec "$@"', "sh")
run = Run("node", "-e", "const os = require('os'); require('dns').resolve4(os.hostname(), (e, a) => console.log(e ? e.code : a[0]))", before=without)
check(run.out.strip() == "198.18.0.1" and run.end["unmatched"] == 0, run)
run = Run("python3", "-c", "import socket; print(socket.gethostbyname(socket.gethostname()))", before=without)
check(run.code == 0 and run.out.strip() and run.end["unmatched"] == 0, run)
