"""getaddrinfo for a claimed name says to every kind of hints what glibc says for /etc/hosts."""
from hazard import *

hints = build("hints")
bare = {}
for family, line in (("four", "127.77.0.1 web.example.com"), ("six", "fd00::77 web.example.com"),
                     ("both", "127.77.0.1 web.example.com\nfd00::77 web.example.com")):
    hosts = os.path.join(FOLDER, "hosts")
    with open(hosts, "w", encoding="utf-8") as f:
        f.write(line + "\n")
    apart = ["unshare", "-nm"] if os.getuid() == 0 else ["unshare", "-rnm"]
    # AI_ADDRCONFIG wants an address of each family, as the run's network has them
    network = "ip link set lo up && ip addr add 198.18.0.1/32 dev lo && ip -6 addr add fd00::1/128 dev lo nodad"
    done = subprocess.run([*apart, "sh", "-c", f"{network} && mount --bind {hosts} /etc/hosts && exec {hints} web.example.com"],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        skip("no /etc/hosts of our own can be mounted: " + done.stderr.strip())
    bare[family] = done.stdout.splitlines()
run = Run(hints, "web.example.com")
check(run.code == 0, run)
lines = run.out.splitlines()
check(len(lines) == len(bare["four"]) == 19, run)
wrong = []
for i, line in enumerate(lines):
    asks_for_six, asks_for_any = i in (9, 10, 18), i in (2, 11, 15, 16)
    wanted = bare["six" if asks_for_six else "both" if asks_for_any else "four"][i]
    if line != wanted:
        wrong.append(f"seam:  {line}\nglibc: {wanted}")
check(not wrong, "\n".join(wrong))
# names that are the machine's own are libc's affair
own = Run(hints, "localhost")
done = subprocess.run([hints, "localhost"], capture_output=True, text=True, check=True)
# (in IPv6 only where the machine's /etc/hosts says so, the run's always does)
lines = [line for i, line in enumerate(own.out.splitlines()) if i not in (9, 10, 18)]
check(lines == [line for i, line in enumerate(done.stdout.splitlines()) if i not in (9, 10, 18)], own)
