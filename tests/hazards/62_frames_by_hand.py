"""Frames that root makes by hand go round in the run's network: a note says how many, and ordinary runs have none."""
from hazard import *

if os.getuid() != 0:
    skip("only root makes frames")
FRAMES = """
import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("lo", 0x88b5))  # IEEE 802: for local experiments
for i in range(3): s.send(bytes(12) + b"\\x88\\xb5" + bytes(40))
"""
run = Run("python3", "-c", FRAMES)
notes = [e["sum"] for e in run.kinds("note")]
check(notes == ["3 frames or packets made by hand went round in the run's network: nobody takes such, and nothing left"], run)
run = Run("sh", "-c", f"for i in 1 2 3 4 5; do {build('get')} web.example.com 80 & done; wait; {build('get')} {NOBODY} 80; true")
check(len(run.kinds("http", by="rule")) == 5 and not run.kinds("note"), run)
