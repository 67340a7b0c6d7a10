import hashlib
import urllib.request

SIZE = 16 * 1024 * 1024
block = b"".join(hashlib.sha256(b"%d" % i).digest() for i in range(2048))
body = block * (SIZE // len(block))
expected = hashlib.sha256(body).hexdigest()


def send(url, method, data):
    return urllib.request.urlopen(urllib.request.Request(url, data=data, method=method)).read()


def pieces():
    for i in range(0, SIZE, 100_000):
        yield body[i:i + 100_000]


URL = "https://lake.s3.amazonaws.com/big"
send(URL, "PUT", body)
print("down:", hashlib.sha256(send(URL, "GET", None)).hexdigest() == expected)
print("up:", send("http://api.prod/sum", "POST", body).decode() == expected)
print("chunked:", send("http://api.prod/sum", "POST", pieces()).decode() == expected)
