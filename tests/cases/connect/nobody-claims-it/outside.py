import socket

try:
    socket.getaddrinfo("db.example.org", 5432)
except socket.gaierror as e:
    print("name:", e.errno == socket.EAI_NONAME)
for family, address in ((socket.AF_INET, ("192.0.2.9", 5432)), (socket.AF_INET6, ("2001:db8::9", 5432)),
                        (socket.AF_UNIX, "/run/nobody/docker.sock")):
    s = socket.socket(family)
    try:
        s.connect(address)
    except OSError as e:
        print(family.name, e.strerror)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    s.sendto(b"gone:1|c", ("192.0.2.9", 8125))
except OSError as e:
    print("datagram:", e.strerror)
