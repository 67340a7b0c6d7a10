for i in 1 2; do
	curl -sS -T body.txt -o answer -w '%{http_code}\n' http://minio:9000/raw/private/x
done
curl -sS http://minio:9000/raw/private/x | grep -o '<Code>.*</Code>'
curl -sS -I -o /dev/null -w '%{http_code}\n' http://minio:9000/raw/private/x
