"""Without 0, 1 and 2 nothing of seam's lands there."""
from hazard import *

closed = build("closed")
run = Run(closed)
check(run.code == 0 and len(run.kinds("http", by="rule")) == 2, run)
run = Run(closed, closed=True)
check(run.code == 0 and len(run.kinds("http", by="rule")) == 2, run)
run = Run("sh", "-c", f"{closed} 0<&- 1>&- 2>&-")
check(run.code == 0 and len(run.kinds("http", by="rule")) == 2, run)
if not shutil.which("node"):
    skip("node is not installed; the C program passed")
ASK = ("require('http').get('http://web.example.com/ok', (r) => { let b = ''; r.on('data', (d) => b += d);"
       "r.on('end', () => require('fs').writeFileSync(process.argv[1], b)) })")
verdict = os.path.join(FOLDER, "verdict")
run = Run("node", "-e", ASK, verdict, closed=True)
check(run.code == 0 and open(verdict, encoding="utf-8").read() == "hi", run)
