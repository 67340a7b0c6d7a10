"""Thousands of short processes and connections: no hang, no descriptor or process left behind, and the host's
memory stays flat (it remembers names of processes, nothing of their connections)."""
import threading
import time

from hazard import *

get = build("get")
# a sanitizer build of the host keeps what it freed, to see it used; a little of it is enough here
os.environ["ASAN_OPTIONS"] = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
peak, sampled = {}, []


def watch(pid, stop):
    """Samples the host: resident KiB (anonymous) and open descriptors."""
    while not stop.is_set():
        try:
            with open(f"/proc/{pid}/status", encoding="ascii") as f:
                status = dict(line.split(":", 1) for line in f)
            sampled.append((int(status["RssAnon"].split()[0]), len(os.listdir(f"/proc/{pid}/fd"))))
        except (FileNotFoundError, ProcessLookupError, KeyError):
            return
        time.sleep(0.05)


def press(*command, limit):
    """Runs under seam, watched; returns (summary line, samples)."""
    with open(os.path.join(FOLDER, "rules.json"), "w", encoding="utf-8") as f:
        json.dump(RULES, f)
    trace = os.path.join(FOLDER, "run.trace")
    sampled.clear()
    stop = threading.Event()
    process = subprocess.Popen([SEAM, "run", "-r", f.name, "-t", trace, "--", *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    thread = threading.Thread(target=watch, args=(process.pid, stop))
    thread.start()
    try:
        out, err = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"{command}: not over after {limit} s") from None
    stop.set()
    thread.join()
    check(process.returncode == 0, f"{command}: {process.returncode}\n{out[-500:]}\n{err}")
    with open(trace, encoding="utf-8") as f:
        events = [json.loads(line) for line in f]
    check(events[-1]["unshimmed"] == [] and events[-1]["dropped"] == 0, events[-1])
    return out, events, list(sampled)


def flat(samples, kib, what):
    """From a fifth of the way on: what is there at the start is set up by then."""
    early, late = samples[len(samples) // 5], samples[-1]
    growth = late[0] - early[0]
    if os.environ.get("SEAM_BUILD", "").endswith("-asan"):
        kib *= 4  # what the sanitizer notes of each allocation
    check(growth <= kib, f"{what}: the host grew by {growth} KiB, from {early[0]} to {late[0]}; expected at most {kib}")
    fds = max(n for _, n in samples[len(samples) // 5:])
    check(late[1] <= early[1] + 20 and fds < 400, f"{what}: descriptors of the host: {early[1]} early, {fds} at most, {late[1]} late")
    return growth, fds


def nothing_left():
    left = subprocess.run(["pgrep", "-f", FOLDER], capture_output=True, text=True, check=False).stdout.split()
    left = [pid for pid in left if int(pid) != os.getpid()]
    check(not left, f"still running: {left}")


# 10,000 processes that end at once, four at a time
out, events, samples = press("sh", "-c", "seq 10000 | xargs -P 4 -n 1 /bin/true", limit=300)
starts = [e for e in events if e["k"] == "proc.start"]
check(len(starts) == events[-1]["processes"] == 10003, len(starts))  # sh, seq, xargs
check(len({e["t"]["pid"] for e in events if e["k"] == "proc.exit"}) > 9000, "their ends")
growth, fds = flat(samples, 8 * 1024, "10,000 processes")
print(f"10,000 processes: the host grew by {growth} KiB, held at most {fds} descriptors")
nothing_left()

# 2,000 connections with a request each, one after the other, and 16 at a time
ONE = "import socket\nfor i in range(2000):\n    s = socket.create_connection(('web.example.com', 80)); s.sendall(b'GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n')\n    while s.recv(1000): pass\n    s.close()"
out, events, samples = press("/usr/bin/python3", "-c", ONE, limit=120)
check(len([e for e in events if e["k"] == "http"]) == 2000, "requests")
growth, fds = flat(samples, 1024, "2,000 connections")
print(f"2,000 connections: the host grew by {growth} KiB, held at most {fds} descriptors")

# vfork children that close everything, signal handlers that connect, threads and forks
for name, options, args in (("vforks", [], []), ("alarms", [], ["10000"]), ("forks", ["-pthread"], ["1000"])):
    press(build(name, *options), *args, limit=100)
nothing_left()
