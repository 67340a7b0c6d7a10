"""Rules on connect hold for programs that the shim is not in: refused (as a reset: the run's own kernel has
accepted by then), in the trace with the rule, once if it says so; delayed as long."""
from hazard import *

get, static = build("get"), build("get-static", "-static")


def rules(do):
    return dict(RULES, rules=[{"id": "no", "on": "connect", "service": "web", "do": do}, *RULES["rules"]])


for program, code, options in ((get, 0, []), (static, 121, ["--allow-unshimmed"])):
    run = Run(program, "web.example.com", "80", rules=rules({"fault": "refuse"}), options=options)
    check(run.code in (4, 5) and not run.kinds("http"), run)
    refusals = run.kinds("conn.open", by="fault")
    check(len(refusals) == 1 and refusals[0]["rule"].endswith("#no") and refusals[0]["sum"] == "connect web.example.com:80", run)
    run = Run("sh", "-c", f"{program} web.example.com 80; {program} web.example.com 80", rules=rules([{"fault": "refuse"}, {"pass": True}]), options=options)
    check(run.code == 0 and run.out == "hi\n" and len(run.kinds("conn.open", by="fault")) == 1 and len(run.kinds("http")) == 1, run)
    run = Run(program, "web.example.com", "80", rules=rules({"pass": True, "delay": "300ms"}), options=options)
    check(run.code == 0 and run.out == "hi\n", run)
    times = {e["k"]: e["t"]["ts"] for e in run.events if "t" in e}
    check(times["proc.exit"] >= 300_000_000, run)
