"""10,000 times another thing behind the same descriptor: getpeername() is right each time."""
from hazard import *

faked(Run(build("reuse"), "10000"))
