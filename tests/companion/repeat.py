#!/usr/bin/env python3
"""seam run --repeat proposes masks for what differs in each run; --clock stops the clock."""
import glob
import os

from bench import Bench

b = Bench("repeat")
b.write("noisy.sh", """n=$(cat count 2>/dev/null || echo 0); echo $((n+1)) > count
flip=$((n % 3 == 0))
curl -sS -o /dev/null -H 'content-type: application/json' -d "{\\"serial\\":$((n * 7 + 1)),\\"flip\\":\\"$flip\\",\\"fixed\\":1}" http://api.example.com/v1/jobs/x
""")
code, out, err = b.seam("run", "-q", "-r", "rules.json", "-t", "first.trace", "--repeat", "3", "--", "sh", "noisy.sh")
each, _, some = err.partition("in some runs only")
b.check("three runs", code == 0 and b.read("count").strip() == "3", err)
b.check("what differs in each run is proposed", "seam mask add 'req.b.serial'" in each and "-r 'rules.json'" in each, err)
b.check("what differs now and then is only named", "req.b.flip" in some and "req.b.flip" not in each, err)
b.check("the first trace is kept where asked", os.path.exists(b.path("first.trace")))
line = next(x.strip() for x in err.splitlines() if "req.b.serial" in x)
b.check("the proposal can be pasted", b.run("sh", "-c", line)[0] == 0, line)
b.write("count", "0\n")
b.write("noisy.sh", b.read("noisy.sh").replace("flip=$((n % 3 == 0))", "flip=1"))
code, out, err = b.seam("run", "-q", "-r", "rules.json", "-t", "first.trace", "--repeat", "3", "--", "sh", "noisy.sh")
b.check("with the mask all runs are the same", code == 0 and "3 runs, all the same" in err, err)
b.check("a failing program ends it", b.seam("run", "-q", "--repeat", "3", "--", "sh", "-c", "exit 5")[0] == 5)
b.check("nonsense is refused", b.seam("run", "--repeat", "1", "--", "true")[0] == 125)
if not glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1"):
    b.skip("no libfaketime here (package faketime)")
else:
    code, out, err = b.seam("run", "-q", "--clock", "2020-02-29T12:00:00Z", "--", "sh", "-c", "date -u +%FT%TZ; sleep 1.1; date -u +%FT%TZ; TZ=Asia/Tokyo date +%H", env={"TZ": "UTC"})
    b.check("the clock stands, also in children", out.splitlines()[:2] == ["2020-02-29T12:00:00Z"] * 2, out + err)
    code, out, err = b.seam("run", "-q", "--clock", "2020-02-29T12:00:00Z+", "--", "sh", "-c", "sleep 1.2; date -u +%FT%TZ; true", env={"TZ": "UTC"})
    b.check("or goes on from there", out.startswith("2020-02-29T12:00:0"), out + err)
    code, out, err = b.seam("run", "-q", "-r", "rules.json", "-t", "clock.trace", "--clock", "2020-02-29T12:00:00Z", "--", "curl", "-sS", "http://api.example.com/v1/rates/EUR")
    b.check("the fakes answer all the same", code == 0 and "1.08" in out, out + err)
b.check("a clock that is none", b.seam("run", "--clock", "tomorrow", "--", "true")[0] == 125)
b.end()
