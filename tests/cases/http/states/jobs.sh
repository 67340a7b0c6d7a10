put() {
	curl -s -X PUT -H 'Content-Type: application/json' --data "$2" -w '\n' https://api.prod/jobs/"$1"
}
put a '{"rows": 2, "owner": "ann"}'
put b '{"rows": 1, "owner": "bob"}'
put c '{"rows": 0, "owner": "cid"}'
for id in a a b c a b; do
	curl -s https://api.prod/jobs/$id
done
