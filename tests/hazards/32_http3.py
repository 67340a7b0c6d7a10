"""QUIC is not served: its datagrams to a claimed name are refused with an event that names it, and a client
that has TCP as well falls back."""
from hazard import *

# what every QUIC client does first: a datagram socket, connected to port 443, and one Initial packet (RFC 9000 section 17.2.2)
QUIC = """
import socket
to = socket.getaddrinfo("web.example.com", 443, socket.AF_INET, socket.SOCK_DGRAM)[0][4]
initial = bytes([0xc3, 0, 0, 0, 1, 8]) + b"12345678" + bytes([0, 0, 0x44, 0x9e]) + bytes(1200)
refused = 0
for way in "connected", "with an address":
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(3)
    try:
        if way == "connected":
            s.connect(to)
            s.send(initial)
        else:
            s.sendto(initial, to)
        s.recv(2000)
    except ConnectionRefusedError:
        refused += 1
assert refused == 2, refused
import urllib.request
print(urllib.request.urlopen("http://web.example.com/ok").read().decode())
"""
for isolate in "on", "off":
    run = Run("python3", "-c", QUIC, isolate=isolate)
    check(run.code == 0 and run.out == "hi\n" and run.end["unshimmed"] == [], run)
    check({e["sum"].split(" ", 1)[1] for e in run.kinds("conn.open", by="none")} == {"web.example.com:443"}, run)
curl = shutil.which("curl")
if curl and "HTTP3" in subprocess.run([curl, "--version"], capture_output=True, text=True, check=True).stdout:
    run = Run(curl, "-sS", "--http3-only", "--connect-timeout", "5", "https://web.example.com/ok")
    check(run.code != 0 and run.kinds("conn.open", by="none"), run)
