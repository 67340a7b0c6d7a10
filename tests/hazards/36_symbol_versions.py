"""The shim asks for no symbol younger than glibc 2.31 and defines its doors without a version: it loads under
every glibc since, and stands before connect whatever version the program was linked against."""
from hazard import *

shim = os.path.join(os.environ["SEAM_BUILD"], "lib", "libseam.so")
symbols = subprocess.run([program("readelf"), "-W", "--dyn-syms", shim], capture_output=True, text=True, check=True).stdout
wanted = {tuple(map(int, v.split("."))) for v in re.findall(r"UND \S+@GLIBC_([\d.]+)", symbols)}
check(wanted and max(wanted) <= (2, 31), f"the shim wants {sorted(wanted)}")
check("@@" not in symbols and re.search(r" connect$", symbols, re.M), symbols)
# a program that asks for an old version of a function, and one that asks for the newest
old = build("old-symbols", source=os.path.join(HERE, "prog", "versions.c"))
bound = subprocess.run(["readelf", "-W", "--dyn-syms", old], capture_output=True, text=True, check=True).stdout
check(re.search(r"UND dlsym@GLIBC_2\.(2\.5|17)\b", bound), bound)
faked(Run(old, "192.0.2.7", "8080"))
