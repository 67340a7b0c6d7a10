"""A program built with _FORTIFY_SOURCE calls __read_chk and friends: they are left alone."""
from hazard import *

get = build("get-fortified", "-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3")
symbols = subprocess.run([program("readelf"), "-W", "--dyn-syms", get], capture_output=True, text=True, check=True).stdout
check("_chk" in symbols, "the compiler fortified nothing:\n" + symbols)
faked(Run(get, "web.example.com", "80"))
