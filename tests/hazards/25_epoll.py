"""EPOLL_CTL_ADD before connect(), as libuv and Netty do: the registration goes on to hold."""
from hazard import *

faked(Run("python3", "-c", """
import errno, select, socket
for edge in (0, select.EPOLLET):
    ep, s = select.epoll(), socket.socket()
    s.setblocking(False)
    ep.register(s, select.EPOLLOUT | edge)
    assert s.connect_ex(("192.0.2.7", 8080)) in (0, errno.EINPROGRESS)
    until = [ep.poll(5) for _ in range(1)]
    while not any(e & select.EPOLLOUT and not e & select.EPOLLHUP for _, e in until[-1]):
        until.append(ep.poll(5))
        assert len(until) < 5, until
    assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
    assert s.connect_ex(("192.0.2.7", 8080)) in (0, errno.EISCONN)
    try:
        ep.register(s, select.EPOLLIN)
        exit("registered twice")
    except FileExistsError:
        pass
    ep.modify(s, select.EPOLLIN | edge)
    s.send(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
    got = b""
    while True:
        assert ep.poll(5), "no event"
        try:
            while more := s.recv(1000):
                got += more
            break
        except BlockingIOError:
            pass
    assert got.endswith(b"hi"), got
    ep.unregister(s)
    assert ep.poll(0) == []
print("hi")
"""), times=2)
