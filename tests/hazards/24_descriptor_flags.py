"""The descriptor, its flags and its options are the same before and after connect()."""
from hazard import *

faked(Run("python3", "-c", """
import errno, fcntl, os, select, socket
OPTIONS = [(socket.SOL_SOCKET, o) for o in (socket.SO_KEEPALIVE, socket.SO_REUSEADDR, socket.SO_RCVTIMEO, socket.SO_PRIORITY, socket.SO_LINGER)]
OPTIONS += [(socket.IPPROTO_TCP, o) for o in (socket.TCP_NODELAY, socket.TCP_KEEPIDLE, socket.TCP_USER_TIMEOUT)]
def look(s):
    return (s.fileno(), os.fstat(s.fileno()).st_ino, fcntl.fcntl(s, fcntl.F_GETFD), fcntl.fcntl(s, fcntl.F_GETFL),
            fcntl.fcntl(s, fcntl.F_GETOWN), [s.getsockopt(*o, 16) for o in OPTIONS])
for flags in (0, socket.SOCK_CLOEXEC, socket.SOCK_NONBLOCK, socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK):
    for family in (socket.AF_INET, socket.AF_INET6):
        for more in (0, os.O_ASYNC):
            s = socket.socket(family, socket.SOCK_STREAM)
            fcntl.fcntl(s, fcntl.F_SETFL, (os.O_NONBLOCK if flags & socket.SOCK_NONBLOCK else 0) | more)
            os.set_inheritable(s.fileno(), not flags & socket.SOCK_CLOEXEC)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 33)
            if more:
                import signal; signal.signal(signal.SIGIO, signal.SIG_IGN)
            before = look(s)
            result = s.connect_ex(("::ffff:192.0.2.7" if family == socket.AF_INET6 else "192.0.2.7", 8080))
            assert result == 0 or (result == errno.EINPROGRESS and flags & socket.SOCK_NONBLOCK), result
            select.select([], [s], [], 5)
            assert look(s) == before, (look(s), before)
            s.close()
print("hi")
"""), times=0)
