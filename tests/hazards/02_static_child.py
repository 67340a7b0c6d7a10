"""A static program that the program starts is served as well, named, and fails the run."""
from hazard import *

get = build("get-static", "-static")
outside = Listener()
run = Run("sh", "-c", f"{get} web.example.com 80; exit 0")
served(run)
check(run.end["unshimmed"] == ["get-static"], run)
check({e["st"].split("/")[0] for e in run.kinds("http")} == {"get-static"}, run)
run = Run("python3", "-c", f"import subprocess; subprocess.run(['{get}', '{OUTSIDE}', '{outside.port}'])")
check([e["a"]["server.address"] for e in run.kinds("conn.open", by="none")] == [f"{OUTSIDE}:{outside.port}"], run)
check(run.code == 121 and "get-static" in run.end["unshimmed"], run)
outside.nothing_came()
# it need not connect to be named: its exec was announced
run = Run("sh", "-c", f"{get} localhost 1; true")
check(run.code == 121 and run.end["unshimmed"] == ["get-static"], run)
# an exec that failed is none
run = Run("sh", "-c", "/no/such/program 2>/dev/null; true")
check(run.code == 0 and run.end["unshimmed"] == [], run)
