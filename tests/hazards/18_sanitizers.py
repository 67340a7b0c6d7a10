"""Programs built with AddressSanitizer: gcc's runtime is a library that wants to come first."""
from hazard import *

tried = []
for compiler, option in (("gcc", "-fsanitize=address"), ("clang", "-fsanitize=address"), ("gcc", "-fsanitize=undefined"), ("gcc", "-fsanitize=thread")):
    if not shutil.which(compiler):
        continue
    get = build(f"get-{compiler}{option[2:].replace('=', '-')}", option, "-g", compiler=compiler)
    if subprocess.run([get], capture_output=True, check=False, env={}).returncode not in (3, 1, 139) and "thread" in option:
        continue
    tried.append(get)
    faked(Run(get, "web.example.com", "80"))
    # a child, with an environment that it was given and one that it made itself
    faked(Run("sh", "-c", f"{get} web.example.com 80"))
    faked(Run("env", "-i", "ASAN_OPTIONS=detect_leaks=0", get, "web.example.com", "80"))
    faked(Run("python3", "-c", f"import subprocess; subprocess.run(['{get}', 'web.example.com', '80'], env={{}}, check=True)"))
if not tried:
    skip("neither gcc nor clang is installed")
# the sanitizer still does what it is for
broken = build("broken-asan", "-fsanitize=address", "-g", source=os.path.join(HERE, "prog", "broken.c"))
run = Run(broken)
check(run.code == 1 and "heap-buffer-overflow" in run.err, run)
