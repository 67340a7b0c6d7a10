"""An abstract Unix socket of the machine belongs to its network: out of reach, also without
the shim. One of the run's own works. A path that somebody outside serves is refused."""
from hazard import *

name = f"\0seam-hazard-{os.getpid()}"
outside = Listener(address=name, family=socket.AF_UNIX)
path = os.path.join(FOLDER, "outside.sock")
by_path = Listener(address=path, family=socket.AF_UNIX)
os.chmod(path, 0o777)
SCRIPT = """
import ctypes, os, socket, struct, sys
name = "\\0" + sys.argv[1]
s = socket.socket(socket.AF_UNIX)
try: s.connect(name); print("reached")
except OSError as e: print(e.errno)
raw = struct.pack("=H", socket.AF_UNIX) + name.encode()
print(ctypes.CDLL(None).syscall(ctypes.c_long(42), ctypes.c_long(s.fileno()), raw, ctypes.c_long(len(raw))))
try: socket.socket(socket.AF_UNIX).connect(sys.argv[2]); print("reached")
except OSError as e: print(e.errno)
os.chdir(os.path.dirname(sys.argv[2])); os.symlink(sys.argv[2], "link.sock")
for there in "outside.sock", "link.sock":
    try: socket.socket(socket.AF_UNIX).connect(there); print("reached")
    except OSError as e: print(e.errno)
f = socket.socket(socket.AF_UNIX); f.bind("own.sock"); f.listen(); os.symlink("own.sock", "own.link")
for there in "own.sock", os.path.abspath("own.sock"), "own.link": socket.socket(socket.AF_UNIX).connect(there)
os.unlink("own.sock"); os.unlink("own.link"); os.unlink("link.sock")
own = socket.socket(socket.AF_UNIX); own.bind("\\0own-" + sys.argv[1]); own.listen()
c = socket.socket(socket.AF_UNIX); c.connect("\\0own-" + sys.argv[1]); c.sendall(b"own"); print(own.accept()[0].recv(9).decode())
"""
if os.uname().machine != "x86_64":
    skip("the number of connect is x86-64's")
run = Run("python3", "-c", SCRIPT, name[1:], path)
check(run.out.split() == ["111", "-1", "111", "111", "111", "own"], run)
# the same without isolation, where the abstract name is kept away by the shim alone
run = Run("python3", "-c", SCRIPT.replace("print(ctypes", "len(name) and None # (ctypes"), name[1:], path, isolate="off")
check(run.out.split() == ["111", "111", "111", "111", "own"], run)
outside.nothing_came()
by_path.nothing_came()
