"""Other preloads stay, and still do what they are for."""
from hazard import *

ASK = "import time, urllib.request as u; a = u.urlopen('http://web.example.com/ok').read().decode(); print(time.gmtime().tm_year, a)"
library = build("libnothing.so", "-shared", "-fPIC", source=os.path.join(HERE, "prog", "nothing.c"))
run = Run("sh", "-c", "echo $LD_PRELOAD; exec python3 -c \"$0\"", ASK, preload=library)
faked(run)
entries = run.out.splitlines()[0].split(":")
check(entries[1:] == [library] and entries[0].endswith("/libseam.so"), run)
missing = []
faketime = preloadable("faketime/libfaketime.so.1")
if faketime:
    run = Run("python3", "-c", ASK, preload=faketime, env={"FAKETIME": "2001-02-03 04:05:06"})
    faked(run)
    check(run.out.startswith("2001 "), run)
    if shutil.which("faketime"):
        run = Run("faketime", "2001-02-03 04:05:06", "python3", "-c", ASK)
        faked(run)
        check(run.out.startswith("2001 "), run)
else:
    missing.append("libfaketime")
eatmydata = preloadable("libeatmydata.so.1") or preloadable("libeatmydata.so")
if eatmydata:
    faked(Run("python3", "-c", ASK, preload=eatmydata))
    faked(Run("python3", "-c", ASK, preload=f"{eatmydata} {library}"))
else:
    missing.append("libeatmydata")
if missing:
    skip(" and ".join(missing) + " not installed; a preload of our own passed")
