"""posix_spawn and posix_spawnp with an environment of the program's own, or none."""
from hazard import *

run = Run(build("spawns"), build("get"), "web.example.com", "80")
faked(run, times=4)
check(run.out == "hi\n" * 4, run)
