"""gdb, valgrind and strace with a client under them, in the run."""
from hazard import *

get = build("get-debugged", "-g")
missing = []
if shutil.which("gdb"):
    run = Run("gdb", "-nx", "-batch", "-ex", "break main", "-ex", "run", "-ex", "info sharedlibrary", "-ex", "continue", "--args", get, "web.example.com", "80")
    check(run.code == 0 and "\nhi\n" in run.out and "libseam.so" in run.out, run)
    check(len(run.kinds("http", by="rule")) == 1, run)
else:
    missing.append("gdb")
if shutil.which("valgrind"):
    run = Run("valgrind", "-q", "--error-exitcode=9", "--leak-check=full", get, "web.example.com", "80", options=("--allow-unshimmed",))
    check(run.code == 0 and run.out.strip() == "hi" and run.err.count("==") == 0, run)
    check(len(run.kinds("http", by="rule")) == 1, run)
else:
    missing.append("valgrind")
if shutil.which("strace"):
    run = Run("strace", "-f", "-o", os.path.join(FOLDER, "strace"), get, "web.example.com", "80")
    faked(run)
else:
    missing.append("strace")
if missing:
    skip(", ".join(missing) + " not installed; the others passed")
