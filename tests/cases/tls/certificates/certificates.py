import socket
import ssl

for name in ("expired", "early", "wrong", "untrusted", "self", "good", "unchecked"):
    host = name + ".vendor.test"
    context = ssl.create_default_context()
    if name == "unchecked":
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with context.wrap_socket(socket.create_connection((host, 443)), server_hostname=host) as s:
            s.sendall(b"GET /ok HTTP/1.0\r\nHost: vendor.test\r\n\r\n")
            print(name, "is served" if s.recv(1000).startswith(b"HTTP/1.1 200") else "?")
    except ssl.SSLCertVerificationError as e:
        print(name, e.verify_code, e.verify_message)
