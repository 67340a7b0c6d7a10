"""Every way to start a program keeps the seam: what the program asks is answered by the fakes, and nobody
is named as unshimmed. One row a way; the count is how often it starts the client."""
import time

from hazard import *

PROG = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "prog")
get = build("get")
ASK = f"{get} web.example.com 80"
ARGS = [get, "web.example.com", "80"]
starts, which = build("starts", source=os.path.join(PROG, "starts.c")), build("which", source=os.path.join(PROG, "which.c"))
daemon = build("daemon", source=os.path.join(PROG, "daemon.c"))
ROWS, SKIPPED = [], []


def row(count, *command):
    ROWS.append((count, command))


def python(text, count):
    row(count, "/usr/bin/python3", "-c", "import os, subprocess, sys\n" + text)


def file(name, text):
    path = os.path.join(FOLDER, name)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, 0o755)
    return path


# ---- libc's own: every exec*, posix_spawn*, system, popen, vfork, a script, env -i -----------------------
for how in ("execl", "execlp", "execle", "execv", "execvp", "execvpe", "execve", "fexecve", "execveat", "execveat-empty", "posix_spawn", "posix_spawnp",
            "vfork", "system", "popen", "script", "env-i"):
    row(1, starts, how, which)
# ---- shells, and what people put in front of a command -----------------------------------------------------
row(1, "sh", "-c", ASK)
row(1, "sh", "-c", f"exec {ASK}")
row(1, "sh", "-c", f"unset LD_PRELOAD SEAM_RUN; {ASK}")
row(1, "sh", "-c", f"({ASK}) | cat")
row(1, "sh", "-c", f'x=$({ASK}); echo "$x"')
row(2, "sh", "-c", f"{ASK} & {ASK} & wait")
row(1, "bash", "-c", f"exec -c {ASK}")
row(1, "bash", "-c", f"exec -a another {ASK}")
row(1, "bash", "-c", f"coproc {{ {ASK}; }}; cat <&${{COPROC[0]}}")
row(1, "bash", "-c", f"cat <({ASK})")
for before in (["env", "-i"], ["env", "-u", "LD_PRELOAD"], ["nohup"], ["setsid", "-w"], ["timeout", "20"], ["nice"], ["stdbuf", "-oL"], ["xargs"], ["flock", FOLDER],
               ["setpriv", "--no-new-privs"], ["prlimit", "--nofile=100:100"], ["taskset", "1"], ["ionice", "-c3"], ["chrt", "-b", "0"], ["setarch", "-R"],
               ["script", "-qec", ASK, "/dev/null"], ["/lib64/ld-linux-x86-64.so.2"], ["unshare", "-U", "--keep-caps"]):
    if shutil.which(before[0]) and before[0] != "script":
        row(1, *before, *ARGS)
    elif shutil.which(before[0]):
        row(1, *before)
    else:
        SKIPPED.append(before[0])
row(0, "ldd", get)
if os.getuid() == 0:
    row(1, "su", "root", "-s", "/bin/sh", "-c", ASK)
    row(1, "su", "-", "root", "-s", "/bin/sh", "-c", ASK)
# ---- make, xargs, find ----------------------------------------------------------------------------------------
makefile = file("Makefile", f"all: a b c d\na b c d:\n\t@{ASK}\nsub:\n\t@$(MAKE) -f {FOLDER}/Makefile a\n")
row(4, "make", "-s", "-j4", "-f", makefile)
row(1, "make", "-s", "-f", makefile, "SHELL=/bin/bash", "a")
row(1, "make", "-s", "-f", makefile, "sub")
row(8, "sh", "-c", f"seq 8 | xargs -P 4 -I % {ASK}")
row(2, "find", file("one", ""), file("two", ""), "-exec", *ARGS, ";")
# ---- Python ------------------------------------------------------------------------------------------------------
C = repr(ARGS)
python(f"subprocess.run({C}, check=True)", 1)
python(f"subprocess.run({C}, check=True, close_fds=False)", 1)
python(f"subprocess.run({C}, check=True, env={{}})", 1)
python(f"subprocess.run({C}, check=True, preexec_fn=lambda: None)", 1)
python(f"subprocess.run({C}, check=True, start_new_session=True, pass_fds=[0])", 1)
python(f"subprocess.run({ASK!r}, check=True, shell=True)", 1)
python(f"os.posix_spawn({get!r}, {C}, {{}}); os.wait()", 1)
python(f"os.posix_spawn({get!r}, {C}, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 2)]); os.wait()", 1)
python(f"sys.exit(os.system({ASK!r}))", 1)
python(f"print(os.popen({ASK!r}).read())", 1)
python(f"os.spawnve(os.P_WAIT, {get!r}, {C}, {{}})", 1)
python(f"os.closerange(3, 4000); os.execve({get!r}, {C}, {{}})", 1)
python(f"import pty; pty.spawn({C})", 1)
python("import multiprocessing as m\ndef f(): os.execv(%r, %s)\nif __name__ == '__main__':\n    p = m.get_context('fork').Process(target=f); p.start(); p.join()" % (get, C), 1)
python("import asyncio\nasync def f():\n    p = await asyncio.create_subprocess_exec(*%s); await p.wait()\nasyncio.run(f())" % C, 1)
# ---- other runtimes -------------------------------------------------------------------------------------------------
NODE = f"""const c = require('child_process'), a = ['web.example.com', '80'];
c.spawnSync({get!r}, a, {{ stdio: 'inherit' }}); c.execFileSync({get!r}, a, {{ stdio: 'inherit', env: {{}} }}); c.execSync({ASK!r}, {{ stdio: 'inherit' }});
c.spawn({get!r}, a, {{ stdio: 'inherit', detached: true }}).on('exit', () => c.exec({ASK!r}, (e, out) => {{ process.stdout.write(out);
const f = c.fork({file('child.js', f"require('child_process').execFileSync({get!r}, ['web.example.com', '80'], {{ stdio: 'inherit' }})")!r}); f.on('exit', code => process.exit(code)); }}));"""
row(6, "node", "-e", NODE)
row(3, "perl", "-e", f"$| = 1; system('{get}', 'web.example.com', '80'); print `{ASK}`; %ENV = (); exec('{get}', 'web.example.com', '80')")
row(1, "awk", f'BEGIN {{ "{ASK}" | getline x; print x }}')
row(1, "gdb", "-q", "-batch", "-ex", "run", "--args", *ARGS)
row(1, "strace", "-f", "-o", os.path.join(FOLDER, "strace.out"), *ARGS)
# perhaps not everywhere
row(1, "ruby", "-e", f"system({ASK!r})")
row(1, "php", "-r", f"passthru({ASK!r});")
row(1, "tclsh", file("start.tcl", f"puts [exec {ASK}]\n"))
if shutil.which("javac"):
    subprocess.run(["javac", "-J-XX:TieredStopAtLevel=1", "-d", WORK, os.path.join(PROG, "Start.java")], check=True)
    for mechanism in ("POSIX_SPAWN", "VFORK", "FORK"):
        row(3, "java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-Djdk.lang.Process.launchMechanism={mechanism}", "-cp", WORK, "Start", *ARGS)
else:
    SKIPPED.append("java")

failed = []
for count, command in ROWS:
    if not shutil.which(command[0]):
        SKIPPED.append(command[0])
        continue
    if command[0] == "gdb" and subprocess.run(["gdb", "-q", "-batch", "-ex", "run", "/bin/true"], capture_output=True, text=True, check=False).stderr:
        SKIPPED.append("gdb: ptrace is not allowed here")
        continue
    run = Run(*command)
    fine = run.code == 0 and run.out.count("hi\n") == count and len(run.kinds("http", by="rule")) == count
    if not (fine and run.end["unshimmed"] == [] and run.end["unmatched"] == 0):
        failed.append(f"{command}\n{run}")

# ---- daemons: gone from their parents, all descriptors closed, no environment ------------------------------------------
# The run lasts until its root ends: the root waits for what the daemon writes.
for first in ([], ["setsid", "-f"], ["sh", "-c", '"$@" &', "sh"]):
    out = os.path.join(FOLDER, "daemon.out")
    if os.path.exists(out):
        os.unlink(out)
    script = 'out=$1; shift; "$@"; for i in $(seq 100); do grep -q hi "$out" 2>/dev/null && exit 0; sleep 0.05; done; exit 9'
    run = Run("sh", "-c", script, "sh", out, *first, daemon, out, *ARGS)
    if not (run.code == 0 and len(run.kinds("http", by="rule")) == 1 and run.end["unshimmed"] == []):
        failed.append(f"daemon {first}\n{run}")
if failed:
    raise AssertionError(f"{len(failed)} of {len(ROWS) + 3}:\n" + "\n\n".join(failed))
print(f"{len(ROWS) + 3 - len(SKIPPED)} ways" + (f"; not here: {', '.join(sorted(set(SKIPPED)))}" if SKIPPED else ""))
