"""Thousands of short processes: each is known, and the host holds nothing of those that ended. What they cost
is measured by tests/bench/sockets.sh, never here."""
import threading
import time

from hazard import *

COUNT = 1500
LOOP = f'i=0; while [ $i -lt {COUNT} ]; do /bin/true; i=$((i+1)); done; ls /proc/$PPID/fd | wc -l; grep VmRSS /proc/$PPID/status'
before = Run("sh", "-c", LOOP.replace(str(COUNT), "100"))
run = Run("sh", "-c", LOOP)
check(run.code == 0 and run.end["unshimmed"] == [] and len(run.kinds("proc.start")) == run.end["processes"] == COUNT + 4, run)
ended = {e["t"]["pid"] for e in run.kinds("proc.exit")}
check(len(ended) > COUNT * 9 // 10, f"{len(ended)} of {COUNT} ends are in the trace")
(few, _, small, _), (many, _, large, _) = (r.out.replace("VmRSS:", "VmRSS").split() for r in (before, run))
check(int(many) <= int(few) + 40, f"descriptors of the host: {few} after 100 processes, {many} after {COUNT}")
check(int(large) - int(small) < 4096, f"memory of the host: {small} KiB after 100 processes, {large} KiB after {COUNT}")
