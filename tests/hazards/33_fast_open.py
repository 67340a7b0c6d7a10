"""TCP Fast Open: the first bytes go with the connect, in three ways."""
from hazard import *

curl = program("curl")
faked(Run(curl, "-sS", "--tcp-fastopen", "http://web.example.com/ok"))
ASK = "b'GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n'"
# asked before the end: afterwards the socket may be closed, and a closed one has no peer
END = ("\npeer = s.getpeername()\nassert peer == ('192.0.2.7', 8080), peer\n"
       "got = b''\nwhile (more := s.recv(1000)): got += more\nprint(got[-2:].decode())")
faked(Run("python3", "-c", f"import socket as k; s = k.socket(); s.sendto({ASK}, k.MSG_FASTOPEN, ('192.0.2.7', 8080))" + END))
faked(Run("python3", "-c", f"import socket as k; s = k.socket(); s.sendmsg([{ASK}], [], k.MSG_FASTOPEN, ('192.0.2.7', 8080))" + END))
faked(Run("python3", "-c", f"import socket as k; s = k.socket(); s.setsockopt(6, 30, 1); s.connect(('192.0.2.7', 8080)); s.send({ASK})" + END))
