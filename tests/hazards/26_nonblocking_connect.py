"""200 concurrent asyncio connects: each is done or in progress at once, and none is EAGAIN."""
from hazard import *

faked(Run("python3", "-c", """
import asyncio, errno, socket, time
slow = []
class Socket(socket.socket):
    def connect(self, address):
        start = time.monotonic()
        result = self.connect_ex(address)
        if time.monotonic() - start > 0.05:
            slow.append(time.monotonic() - start)
        assert result in (0, errno.EINPROGRESS), errno.errorcode[result]
        if result:
            raise BlockingIOError(result, "in progress")
async def one(i):
    s = Socket()
    s.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(s, ("192.0.2.7", 8080))
    reader, writer = await asyncio.open_connection(sock=s)
    writer.write(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
    answer = await reader.read()
    writer.close()
    return answer.endswith(b"hi")
async def main():
    answers = await asyncio.gather(*map(one, range(200)))
    assert answers == [True] * 200
asyncio.run(main())
assert len(slow) <= 2, slow  # of 200: a busy machine may take the processor away now and then
print("hi")
"""), times=200)
# a rule that makes connections slow: connect() says at once what it would say, and the answer comes late
rules = dict(RULES, rules=[*RULES["rules"], {"on": "connect", "service": "web", "do": {"delay": "300ms"}}])
for blocking in "True", "False":
    faked(Run("python3", "-c", f"""
import socket, time
start = time.monotonic()
s = socket.socket()
s.setblocking({blocking})
try: s.connect(("192.0.2.7", 8080))
except BlockingIOError: pass
connected = time.monotonic() - start
s.setblocking(True)
s.sendall(b"GET /ok HTTP/1.0\\r\\nHost: web.example.com\\r\\n\\r\\n")
got = b""
while more := s.recv(1000): got += more
assert time.monotonic() - start >= 0.3, time.monotonic() - start
assert (connected >= 0.3) == {blocking}, connected
print(got[-2:].decode())
""", rules=rules))
