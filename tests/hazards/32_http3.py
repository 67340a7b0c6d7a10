"""QUIC is not served: an attempt is refused with an event, or falls back to TCP."""
from hazard import *

curl = program("curl")
if "HTTP3" not in subprocess.run([curl, "--version"], capture_output=True, text=True, check=True).stdout:
    skip("this curl has no HTTP/3; refused datagrams are another test")
run = Run(curl, "-sS", "--http3-only", "--connect-timeout", "5", "https://web.example.com/ok")
check(run.code != 0 and run.kinds("conn.open", by="none"), run)
