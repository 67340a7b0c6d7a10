"""libuv's own tests, its TCP, UDP, pipes, names, processes and signals: bare, under `--mode pass`, and under seam with
its network and fakes. The same tests run, with the same outcomes but for those that are listed with their reasons.
As an ordinary user: they refuse to run as root."""
import re
import time

from hazard import *

RUNNER = os.path.join(os.environ["SEAM_BUILD"], "compat", "libuv", "uv_run_tests")
if not os.path.exists(RUNNER):
    skip("libuv's tests were not built (tests/compat/fetch.sh says why)")
USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.getuid() == 0 else []
os.chmod(FOLDER, 0o777)
if USER and subprocess.run([*USER, "sh", "-c", f"test -x {RUNNER} && test -x {SEAM}"], check=False).returncode:
    skip("no ordinary user may run seam from here, and libuv's tests refuse to run as root")
shutil.copytree(os.path.join(os.path.dirname(RUNNER), "test"), os.path.join(FOLDER, "test"))
subprocess.run(["chmod", "-R", "a+rwX", FOLDER], check=True)
with open(os.path.join(FOLDER, "none.json"), "w", encoding="utf-8") as f:
    f.write('{ "seam": 1 }\n')
os.chmod(f.name, 0o644)
SEAM_RUN = [SEAM, "run", "-q", "--allow-unshimmed", "-r", f.name]
WAYS = {"bare": [], "pass": [*SEAM_RUN, "--mode", "pass", "--"], "fake": [*SEAM_RUN, "--"], "fake, not isolated": [*SEAM_RUN, "--isolate", "off", "--"]}
ENV = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"} | {"TMPDIR": FOLDER, "HOME": FOLDER}


# limitations.md: what a network and a user namespace of the run's own change, and what the shim cannot do
USERS = "only the own user exists in the run: nobody is forbidden to become another, there is none"
REACH = "waits for an address that does not answer, or is skipped without a network: here such an address refuses"
EXPLAINED = {
    "emfile": "connects without a free descriptor: the shim cannot tell the host who asks, so it is refused",
    "fs_chown": USERS, "fs_fchown": USERS, "spawn_setgid_fails": USERS, "spawn_setuid_fails": USERS,
    "tcp_bind_error_addrnotavail_2": "binds an address that nobody has: in the run every address is local",
    "getnameinfo_basic_ip6": "::1 has a name in the run, whatever /etc/hosts of the machine says",
    "tcp_close_while_connecting": REACH, "tcp_connect_timeout": REACH, "udp_multicast_join": REACH, "udp_multicast_join6": REACH,
}


def outcomes(before, *names):
    began = time.monotonic()
    found = {}
    for run in ([name] for name in names) if names else ([],):
        # one test by its name runs in the process itself, with its helpers beside it
        done = subprocess.run([*USER, *before, RUNNER, *run], cwd=FOLDER, capture_output=True, text=True, errors="replace", timeout=900, stdin=subprocess.DEVNULL, env=ENV, check=False)
        for word, name, directive in re.findall(r"^(ok|not ok) \d+ - (\S+)(?: # (SKIP))?", done.stdout, re.M):
            found[name] = "skipped" if directive else word
        if not found:
            raise AssertionError(f"{before} {run}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found, time.monotonic() - began


different = []
bare, bare_time = outcomes(WAYS["bare"])
check(len(bare) > 300, f"{len(bare)} tests")
counted = {what: list(bare.values()).count(what) for what in ("ok", "skipped", "not ok")}
print(f"libuv: {len(bare)} tests bare ({counted['ok']} passed, {counted['skipped']} skipped, {counted['not ok']} failed, {bare_time:.0f} s)")
for way, before in list(WAYS.items())[1:]:
    got, took = outcomes(before)
    differ = sorted(n for n in bare.keys() | got.keys() if bare.get(n) != got.get(n))
    # what fails now and then by itself under load is asked again, bare and under seam
    if differ and len(differ) <= 10:
        differ = [n for n in differ if outcomes(before, n)[0].get(n) != outcomes(WAYS["bare"], n)[0].get(n)]
    if way != "pass":
        explained = [n for n in differ if n in EXPLAINED]
        differ = [n for n in differ if n not in EXPLAINED]
    print(f"    {way}: {len(got)} tests, {len(differ)} differ" + (f" but {', '.join(explained)}" if way != "pass" and explained else "") + f" ({took:.0f} s)")
    different += [f"{way}: {n}: {bare.get(n)} bare, {got.get(n)} here" for n in differ]
check(not different, "\n".join(different))
