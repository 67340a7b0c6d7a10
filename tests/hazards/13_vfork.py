"""vfork children share the parent's memory: what they close and connect is theirs alone."""
from hazard import *

faked(Run(build("vforks")), times=3)
