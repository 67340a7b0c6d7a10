sign='--aws-sigv4 aws:amz:us-east-1:s3 --user AKIAEXAMPLE:secret'
curl -sS $sign -T upload.csv -w '%{http_code}\n' https://raw.s3.amazonaws.com/out/upload.csv
curl -sS $sign https://raw.s3.amazonaws.com/out/upload.csv
curl -sS $sign 'https://raw.s3.amazonaws.com/?list-type=2&prefix=in/' | grep -o '<Key>[^<]*</Key>'
curl -sS $sign -r 2-4 -w '\n%{http_code}\n' https://s3.amazonaws.com/raw/out/upload.csv
python3 objects.py
curl -sS $sign -X DELETE -w '%{http_code}\n' https://raw.s3.amazonaws.com/out/upload.csv
curl -sS $sign -o /dev/null -w '%{http_code}\n' https://raw.s3.amazonaws.com/out/upload.csv
