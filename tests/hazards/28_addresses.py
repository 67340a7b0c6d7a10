"""Java sees the address it asked for, by name and by number, and its own servers' as they are."""
from hazard import *

# Unix and IP servers of the program's own, accept() without room for an address
run = Run("python3", "-c", """
import ctypes, os, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
for family, address in ((socket.AF_INET, ("127.0.0.1", 0)), (socket.AF_INET6, ("::1", 0)), (socket.AF_UNIX, os.environ["TMPDIR"] + "/own")):
    listener = socket.socket(family)
    listener.bind(address)
    listener.listen()
    client = socket.socket(family)
    client.connect(listener.getsockname())
    assert client.getpeername() == listener.getsockname(), client.getpeername()
    fd = libc.accept(listener.fileno(), None, None)
    assert fd >= 0
    other = socket.socket(fileno=fd)
    other.sendall(b"x")
    assert client.recv(1) == b"x"
s = socket.create_connection(("192.0.2.7", 8080))
# cut to the room, and the whole length told, as the kernel does
room, length = ctypes.create_string_buffer(b"\\xff" * 16, 16), ctypes.c_uint(4)
assert libc.getpeername(s.fileno(), room, ctypes.byref(length)) == 0 and length.value == 16
assert room.raw[2:4] == (8080).to_bytes(2, "big") and room.raw[4:] == b"\\xff" * 12, room.raw
print("hi")
""")
faked(run, times=0)
faked(Run(*java("addresses")), times=0)
