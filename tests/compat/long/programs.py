"""Programs that nobody here wrote do the same bare, under `--mode pass` and under seam: pgbench with a real
PostgreSQL, git over HTTP. Their servers are the run's own, or passed."""
import re
import time

from hazard import *

PROG = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "prog")
os.chmod(FOLDER, 0o755)


def ways(rules):
    path = os.path.join(FOLDER, "rules.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rules, f)
    run = [SEAM, "run", "-q", "-r", path, "-t", os.path.join(FOLDER, "run.trace")]
    return {"bare": [], "pass": [*run, "--mode", "pass", "--"], "fake": [*run, "--isolate", "on", "--"], "fake, not isolated": [*run, "--isolate", "off", "--"]}


def run(before, *command, **more):
    done = subprocess.run([*before, *command], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL, check=False, **more)
    check(done.returncode == 0, f"{before} {command}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


# ---- git: clone, push and fetch over HTTP; server and clients in one run ---------------------------------------
GIT = r"""
set -e
cd "$(mktemp -d)"
export HOME=$PWD GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_DATE="1700000000 +0000" GIT_COMMITTER_DATE="1700000000 +0000"
git config --global user.name me; git config --global user.email me@example.com; git config --global init.defaultBranch main
mkdir root; git init -q --bare root/one.git; git -C root/one.git config http.receivepack true
python3 "$0" "$PWD/root" > port & server=$!
trap 'kill $server' EXIT
until [ -s port ]; do sleep 0.05; done
url=http://127.0.0.1:$(cat port)/one.git
git clone -q "$url" first 2>/dev/null
for i in 1 2 3; do seq $((i * 5000)) > first/file$i; git -C first add .; git -C first commit -qm "number $i"; done
git -C first push -q origin HEAD:main
git clone -q "$url" second; echo more > second/more; git -C second add .; git -C second commit -qm more; git -C second push -q
git -C first pull -q origin main; git -C first fsck --strict 2>&1; git -C first log --format=%H
git ls-remote "$url"
"""
said = {}
if shutil.which("git") and os.path.exists("/usr/lib/git-core/git-http-backend"):
    for name, before in ways({"seam": 1}).items():
        said[name] = run(before, "sh", "-c", GIT, os.path.join(PROG, "git_server.py"))
        check(said[name] == said["bare"] and len(said[name].split()) > 6, f"git {name}\n{said}")
    print(f"git over http: the same {len(said['bare'].split())} words in {len(said)} ways")
else:
    print("git over http: skipped: no git-http-backend")

# ---- pgbench: a real server outside the run, which the rules pass ----------------------------------------------
bins = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
if not bins or not shutil.which("pgbench"):
    print("pgbench: skipped: no PostgreSQL server here")
    sys.exit(0)
bins = os.path.dirname(bins[-1])
data, user = os.path.join(FOLDER, "pg"), []
os.mkdir(data)
if os.getuid() == 0:
    shutil.chown(data, "postgres")
    user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
for folder in (WORK,):
    os.chmod(folder, 0o755)
run(user, f"{bins}/initdb", "-D", data, "-A", "trust", "-U", "postgres", "--no-sync", cwd="/")
server = subprocess.Popen([*user, f"{bins}/postgres", "-D", data, "-c", "listen_addresses=127.0.0.1", "-p", "15432", "-k", data, "-F"], cwd="/", stderr=subprocess.DEVNULL)
try:
    for _ in range(200):
        if subprocess.run([f"{bins}/pg_isready", "-q", "-h", "127.0.0.1", "-p", "15432"], check=False).returncode == 0:
            break
        time.sleep(0.05)
    HOST = ["-h", "127.0.0.1", "-p", "15432", "-U", "postgres", "postgres"]
    run([], "pgbench", "-q", "-i", "-s", "1", *HOST)
    rules = {"seam": 1, "services": {"db": {"protocol": "pass", "at": ["127.0.0.1:15432"]}}}
    for options in (["-c", "4", "-j", "2", "-t", "200"], ["-c", "4", "-t", "20", "-C"], ["-c", "2", "-t", "300", "-S", "-M", "prepared"]):
        tps, processed = {}, {}
        for name, before in ways(rules).items():
            out = run(before, "pgbench", "-n", *options, *HOST)
            processed[name] = re.findall(r"number of transactions actually processed: (\S+)|number of failed transactions: (\S+)", out)
            tps[name] = float(re.search(r"tps = ([\d.]+)", out)[1])
            check(processed[name] == processed["bare"] and processed[name], f"pgbench {options} {name}\n{out}")
        print(f"pgbench {' '.join(options)}: {processed['bare'][0][0]} transactions each; of bare's rate " + ", ".join(f"{n} {tps[n] / tps['bare']:.2f}" for n in list(tps)[1:]))
finally:
    server.terminate()
    server.wait()
