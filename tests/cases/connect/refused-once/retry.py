import urllib.error
import urllib.request

for attempt in (1, 2):
    try:
        print(attempt, urllib.request.urlopen("http://api.prod:8080/hello").read())
    except urllib.error.URLError as e:
        print(attempt, e.reason)
