"""A service that passes is reached through the host, by a program with and without the shim."""
import threading

from hazard import *


def serve(listener):
    while True:
        c = listener.accept()[0]
        threading.Thread(target=answer, args=(c,), daemon=True).start()


def answer(c):
    data = b""
    while b"\r\n\r\n" not in data:
        data += c.recv(4096)
    c.sendall(b"HTTP/1.0 200 OK\r\n\r\n" + (b"real" if b"/big" not in data else b"x" * 20_000_000))
    c.close()


real = socket.create_server((OUTSIDE, 0))
local = socket.create_server(("127.0.0.1", 0))
closed = socket.create_server(("127.0.0.1", 0))
for server in real, local:
    threading.Thread(target=serve, args=(server,), daemon=True).start()
ports = [s.getsockname()[1] for s in (real, local, closed)]
closed.close()
rules = {"seam": 1, "services": {"out": {"protocol": "pass", "at": [f"{OUTSIDE}:{ports[0]}", f"localhost:{ports[1]}", f"localhost:{ports[2]}"]}}}
get, static = build("get"), build("get-static", "-static")
for host, port in (OUTSIDE, ports[0]), ("localhost", ports[1]):
    run = Run(get, host, str(port), rules=rules)
    check(run.code == 0 and run.out == "real\n", run)
    check([e["sum"] for e in run.kinds("conn.open", by="pass")] == [f"connect {host}:{port}"], run)
    check(run.kinds("conn.open")[0]["st"].startswith("get/out/"), run)
run = Run(static, OUTSIDE, str(ports[0]), rules=rules)
check(run.code == 121 and run.out == "real\n", run)
BIG = "import urllib.request, sys; print(len(urllib.request.urlopen(sys.argv[1]).read()))"
run = Run("python3", "-c", BIG, f"http://{OUTSIDE}:{ports[0]}/big", rules=rules)
check(run.out == "20000000\n", run)
run = Run(get, "localhost", str(ports[2]), rules=rules)  # the real system is not there
check(run.code in (4, 5), run)
