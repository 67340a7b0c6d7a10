"""fdopen, sendfile, splice and Java's transferTo: the descriptor is a real one."""
from hazard import *

request = os.path.join(FOLDER, "request")
with open(request, "wb") as f:
    f.write(b"GET /ok HTTP/1.1\r\nHost: web.example.com\r\n\r\n")
faked(Run(build("streams"), request), times=3)
with open(request, "wb") as f:
    f.write(b"GET /ok HTTP/1.0\r\nHost: web.example.com\r\n\r\n")
faked(Run(*java("transfer", request=request)))
