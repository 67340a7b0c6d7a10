import re
import urllib.error
import urllib.request


def ask(method, path, data=None, **headers):
    request = urllib.request.Request("http://minio:9000" + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers, e.read().decode()


print(ask("PUT", "/raw/in/c.txt", b"c\n", **{"Content-Type": "text/plain", "x-amz-meta-origin": "test"})[0])
status, headers, _ = ask("HEAD", "/raw/in/c.txt")
print(status, headers["Content-Length"], headers["Content-Type"], headers["x-amz-meta-origin"], headers["ETag"])
print(re.findall("<Key>(.*?)</Key>", ask("GET", "/raw?list-type=2&prefix=in/&max-keys=2")[2]))
print(ask("DELETE", "/raw/in/a.json")[0])
status, _, body = ask("GET", "/raw/in/a.json")
print(status, re.search("<Code>(.*?)</Code>", body).group(1))
