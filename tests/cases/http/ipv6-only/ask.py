import http.client
import socket


def ask(family, host, port=80):
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, family, socket.SOCK_STREAM):
        conn = http.client.HTTPConnection(host, port)
        conn.sock = socket.socket(family, kind, protocol)
        conn.sock.connect(address)
        assert conn.sock.getpeername() == address, conn.sock.getpeername()
        conn.request("GET", "/hello")
        print(family.name, conn.getresponse().read().decode().strip())


ask(socket.AF_INET6, "api.prod")
ask(socket.AF_INET, "api.prod")
ask(socket.AF_UNSPEC, "2001:db8::7", 8080)
ask(socket.AF_UNSPEC, "192.0.2.7")
