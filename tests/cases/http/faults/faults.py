import http.client

for path in ("/reset", "/eof", "/fine"):
    conn = http.client.HTTPConnection("api.prod")
    try:
        conn.request("GET", path)
        print(path, conn.getresponse().read())
    except (OSError, http.client.HTTPException) as e:
        print(path, type(e).__name__, e)
    conn.close()
