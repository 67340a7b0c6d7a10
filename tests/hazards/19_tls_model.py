"""The shim is a guest in every process: no dynamic TLS, nothing exported but the doors."""
from hazard import *

readelf = program("readelf")
shim = os.path.join(os.environ["SEAM_BUILD"], "lib", "libseam.so")
elf = lambda *options: subprocess.run([readelf, "-W", *options, shim], capture_output=True, text=True, check=True).stdout
relocations = elf("-r")
check("__tls_get_addr" not in relocations and "DTPMOD" not in relocations and "TLSDESC" not in relocations, relocations)
check("R_X86_64" in relocations or "R_AARCH64" in relocations, relocations)
dynamic = elf("-d")
needed = re.findall(r"Shared library: \[(.*?)\]", dynamic)
check(needed and set(needed) <= {"libc.so.6", "libdl.so.2", "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1"}, dynamic)
check("TEXTREL" not in dynamic, dynamic)
# what is exported is a row of calls.def: no LFS or time64 twin, nothing that would shadow a program's own
exported = {fields[7].split("@")[0] for fields in map(str.split, elf("--dyn-syms").splitlines())
            if len(fields) == 8 and fields[6] not in ("UND", "Ndx") and fields[4] in ("GLOBAL", "WEAK")}
rows = open(os.path.join(HERE, "..", "..", "shim", "calls.def"), encoding="utf-8").read()
doors = set(re.findall(r"^(?:VARIADIC|STUB|LAYER_VOID|LAYER|CALL)\((?:[\w* ]+?, )?(\w+), \w+[,)]", rows, re.M))
unknown = {name for name in exported if not re.search(rf"\b{name}\b", rows)}
check("connect" in exported and not unknown, f"{sorted(unknown)}")
check(not any(name.endswith(("64", "_time64", "_chk")) for name in exported), f"{sorted(exported)}")
