curl -s -o /dev/null -w '%{http_code}\n' --json '{"user": "ann", "password": "hush"}' http://ann:hush@api.prod/login
curl -s -H 'Authorization: Bearer t0ken' http://api.prod/me
curl -s -H 'Authorization: Bearer t0ken' -H 'Cookie: s=1' http://api.prod/me
