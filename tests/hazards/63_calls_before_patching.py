"""A declared C function that is called before the shim can stand in front of it, from another library's
constructor: the call goes through as ever, and a note says that there was one. Later calls are covered."""
from hazard import *

SOURCES = {
    "libcache63.so": ("int cache_get(int key);\nint cache_get(int key) { return key + 1; }\n", ()),
    "libearly63.so": ("int cache_get(int key);\nint early_sum;\n__attribute__((constructor)) static void early(void) { early_sum = cache_get(1); }\n"
                      "int late(int deep);\nint puts(const char *);\nint late(int deep) { return deep ? puts(\"deep\") : cache_get(10); }\n", ("-lcache63",)),
    "early63": ("#include <stdio.h>\nextern int early_sum, late(int);\nint main(void) { printf(\"%d %d\\n\", early_sum, late(0)); puts(\"hi\"); }\n", ("-learly63", "-lcache63")),
}
for name, (source, libraries) in SOURCES.items():
    path = os.path.join(WORK, name + ".c")
    if os.access(WORK, os.W_OK) and not os.path.exists(os.path.join(WORK, name)):
        with open(path, "w", encoding="utf-8") as f:
            f.write(source)
    shared = ("-shared", "-fPIC") if name.endswith(".so") else ()
    build(name, *shared, "-Wl,-z,lazy", f"-L{WORK}", f"-Wl,-rpath,{WORK}", "-Wl,--no-as-needed", "-x", "c", path, "-x", "none", *libraries, source="/dev/null")
rules = {"seam": 1, "services": {"cache": {"protocol": "call", "functions": [
             {"library": "libcache63", "function": "cache_get", "args": ["int"], "returns": "int"}]}},
         "rules": [{"id": "get", "on": "call.cache_get", "do": {"return": 5}}]}
run = Run(os.path.join(WORK, "early63"), rules=rules)
check(run.out == "2 5\nhi\n" and len(run.kinds("call")) == 1, run)
notes = [e["sum"] for e in run.kinds("note")]
check(notes == ["uncovered: libearly63.so called cache_get of libcache63.so before the shim could stand in front of it"], run)
