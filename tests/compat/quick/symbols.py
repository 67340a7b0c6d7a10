"""What the two builds of the shim ask of a C library: nothing younger than glibc 2.31, nothing that musl
lacks, no library but libc, no lazy binding; and so each can be loaded by the other's loader."""
import re

from hazard import *

OLDEST = (2, 31)
lib = os.path.join(os.environ["SEAM_BUILD"], "lib")


def read(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def needed(path):
    return re.findall(r"\(NEEDED\)\s+Shared library: \[(.*)\]", read("readelf", "-dW", path))


def undefined(path):
    """(name, version or "", weak) of each symbol that the loader has to find."""
    found = []
    for line in read("nm", "-D", "--undefined-only", path).splitlines():
        kind, symbol = line.split()
        name, _, version = symbol.partition("@")
        found.append((name, version.lstrip("@"), kind == "w"))
    return found


program("readelf")
shim = os.path.join(lib, "libseam.so")
versions = {version for _, version, _ in undefined(shim) if version}
check(versions, "no versioned symbol at all: this reads something else than a glibc library")
for version in versions:
    match = re.fullmatch(r"GLIBC_(\d+)\.(\d+)(\.\d+)?", version)
    check(match and (int(match[1]), int(match[2])) <= OLDEST, f"{shim} wants {version}; the oldest glibc that seam runs on is 2.31")
check(needed(shim) == ["libc.so.6"], needed(shim))
check(not [name for name, _, _ in undefined(shim) if name.startswith(("__isoc23_", "__tls_get_addr"))], undefined(shim))

twin = os.path.join(lib, "musl", "libseam.so")
if not os.path.exists(twin):
    check(not shutil.which("musl-gcc"), f"musl-gcc is installed, and {twin} was not built")
    skip("no musl-gcc, so no build for musl; glibc's is fine")
check(needed(twin) == [], f"{twin} names {needed(twin)}: libc.so is a script to glibc's loader")
musl = next(iter(glob.glob("/lib/ld-musl-*.so.1")), None) or skip("no musl here; glibc's build is fine")
exported = set(re.findall(r"\s[TWVBDR] (\S+)$", read("nm", "-D", "--defined-only", musl), re.M))
libc = {name.split("@")[0] for name in re.findall(r"\s[TWViBDR] (\S+)$", read("nm", "-D", "--defined-only", preloadable("libc.so.6")), re.M)}
for path in (shim, twin):
    lacking = [name for name, _, weak in undefined(path) if not weak and name not in exported]
    check(not lacking, f"{path}: musl has no {lacking}")
    lacking = [name for name, _, weak in undefined(path) if not weak and name not in libc]
    check(not lacking, f"{path}: glibc has no {lacking}")
doors = [set(re.findall(r" T (\S+)$", read("nm", "-D", "--defined-only", path), re.M)) for path in (shim, twin)]
check(doors[0] == doors[1] and len(doors[0]) > 40, doors[0] ^ doors[1])
