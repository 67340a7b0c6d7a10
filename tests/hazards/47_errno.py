"""A hooked call that succeeds leaves errno as libc would; one that fails says libc's reason."""
from hazard import *

errnos = build("errnos")
bare = subprocess.run([errnos, "localhost", "127.0.0.1", "18471"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
check(bare.returncode == 0, f"without seam: {bare.stdout}{bare.stderr}")
run = Run(errnos, "web.example.com")
check(run.code == 0, run)
lines, without = run.out.splitlines(), bare.stdout.splitlines()
check(len(lines) == len(without) > 12, run)
# glibc itself clears errno where it reads a file for the name
differ = [f"seam:  {a}\nglibc: {b}" for a, b in zip(lines, without) if a != b and not a.endswith("errno 1234")]
check(not differ, "\n".join(differ))
