"""Java sets and reads every socket option of a connection that was led elsewhere."""
from hazard import *

faked(Run(*java("options")))
