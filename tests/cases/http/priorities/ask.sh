curl -s http://api.prod/a
curl -s -X DELETE http://api.prod/a
curl -s -X DELETE http://api.prod/b
curl -s 'http://api.prod/a?q=xxx'
curl -s 'http://api.prod/a?q=xyx'
curl -s -H 'X-Kind: c' 'http://api.prod/a?q=xxx'
curl -s -H 'X-Kind: d' 'http://api.prod/a'
