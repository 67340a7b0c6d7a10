"""8 threads connect in a loop while the main thread forks 1,000 children that connect."""
from hazard import *

run = Run(build("forks", "-pthread"), "1000")
check(run.code == 0 and run.out == "hi\n", run)
check(run.end["unshimmed"] == [] and run.end["unmatched"] == 0, run)
opened = run.kinds("conn.open")
pids = {e["t"]["pid"] for e in opened}
# every connection, also one that was reset before the host could accept it
check(run.end["processes"] == 1001 and len(pids) == 1001, f"{len(pids)} processes and {len(opened)} connections are in the trace")
check(len(run.kinds("conn.close")) == len(opened), run)
