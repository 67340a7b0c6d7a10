"""IPv6 sockets: v4-mapped addresses as the JDK uses them, IPv6 alone, and both families' names."""
from hazard import *

curl = program("curl")
faked(Run(curl, "-6", "-sS", "http://web.example.com/ok"))
faked(Run(curl, "-4", "-sS", "http://web.example.com/ok"))
faked(Run("python3", "-c", """
import socket
s = socket.socket(socket.AF_INET6)
s.connect(("::ffff:192.0.2.7", 8080))
assert s.getpeername()[:2] == ("::ffff:192.0.2.7", 8080), s.getpeername()
s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
assert s.recv(4000).startswith(b"HTTP/1.1 200")
[(family, kind, _, _, to)] = socket.getaddrinfo("web.example.com", 80, socket.AF_INET6, socket.SOCK_STREAM)
for only in (0, 1):
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
    s.connect(to)
    assert s.getpeername()[:2] == to[:2], (s.getpeername(), to)
print("hi")
"""))
faked(Run(*java("addresses")), times=0)
faked(Run(*java("options", "-Djava.net.preferIPv4Stack=true")))
faked(Run(*java("options", "-Djava.net.preferIPv6Addresses=true")))
