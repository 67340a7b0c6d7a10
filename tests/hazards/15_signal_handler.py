"""A SIGALRM handler connects 10,000 times, wherever in a hook the main program is."""
from hazard import *

run = Run(build("alarms"), "10000")
faked(run)
