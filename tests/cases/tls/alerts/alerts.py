import socket
import ssl
import struct
import time


def attempt(host, port=443, before=b""):
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    try:
        plain = socket.create_connection((host, port), timeout=20)
        if before:
            plain.sendall(before)
            assert plain.recv(1) == b"S"
        with context.wrap_socket(plain, server_hostname=host) as s:
            return "went through"
    except ssl.SSLError as e:
        return e.reason
    except OSError as e:
        return type(e).__name__


for _ in range(3):
    print("flaky:", attempt("flaky.vendor.test"))
print("silent:", attempt("silent.vendor.test"))
start = time.monotonic()
print("slow:", attempt("slow.vendor.test"), time.monotonic() - start >= 0.3)
print("database:", attempt("db.vendor.test", 5432, struct.pack("!II", 8, 80877103)))
