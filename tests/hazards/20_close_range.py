"""A program that closes every descriptor from 3 up, as daemons do, loses nothing of seam."""
from hazard import *

ASK = "import http.client as h\ndef ask():\n c = h.HTTPConnection('web.example.com'); c.request('GET', '/ok'); return c.getresponse().read().decode()\n"
faked(Run("python3", "-c", ASK + "import os; os.closerange(3, 9999); print(ask())"))
faked(Run("python3", "-c", ASK + "import os; ask(); os.closerange(3, 9999); print(ask())"), times=2)
CLOSE_RANGE = "import ctypes; assert ctypes.CDLL(None).syscall(436, 3, ctypes.c_uint(0xffffffff), 0) == 0\n"
faked(Run("python3", "-c", ASK + CLOSE_RANGE + "print(ask())"))
# after the range the next descriptor is 3, and only the program's own are open
run = Run("python3", "-c", ASK + "import os; os.closerange(3, 9999); ask(); print(sorted(map(int, os.listdir('/proc/self/fd'))), ask())")
faked(run, times=2)
check(run.out.startswith("[0, 1, 2, 3] "), run)
