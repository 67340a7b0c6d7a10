"""A socket of the network that was open when seam started does not reach the program."""
from hazard import *

outside = Listener()
mine = socket.create_connection((OUTSIDE, outside.port))
peer = outside.socket.accept()[0]
peer.setblocking(False)
pair = socket.socketpair()
SCRIPT = """
import os, socket, sys
for fd in map(int, sys.argv[1:]):
    try: os.write(fd, b"out"); print("written")
    except OSError as e: print(type(e).__name__, e.errno)
"""
run = Run("python3", "-c", SCRIPT, str(mine.fileno()), str(pair[0].fileno()), pass_fds=(mine.fileno(), pair[0].fileno()))
check(run.out.split("\n")[:2] == ["OSError 9", "written"], run)  # a Unix socket stays: parents talk to their children so
check(pair[1].recv(9) == b"out", run)
notes = [e["sum"] for e in run.kinds("note")]
check(notes == [f"descriptor {mine.fileno()}, an inherited IPv4 socket, was closed before the program started"], run)
try:
    peer.recv(9)
    raise AssertionError("the outside was reached")
except BlockingIOError:
    pass
