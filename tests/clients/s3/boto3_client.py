"""What a data job asks of S3, with an unmodified boto3."""
import io
import os
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = sys.argv[2] if len(sys.argv) > 2 else None
config = Config(s3={"addressing_style": sys.argv[1]}, retries={"max_attempts": 1}, signature_version="s3v4")
s3 = boto3.client("s3", endpoint_url=endpoint, config=config)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error.response
        return error.response
    raise AssertionError(f"{code} was expected")


def get(bucket, key, **more):
    return s3.get_object(Bucket=bucket, Key=key, **more)["Body"].read()


assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["raw"]
assert get("raw", "in/events.json") == b'{"rows":3}'

# Objects, with what is kept beside them.
put = s3.put_object(Bucket="lake-one", Key="a b/ü+.txt", Body=b"hello", Metadata={"Owner": "me"}, ContentType="text/plain", CacheControl="no-cache")
assert put["ETag"] == '"5d41402abc4b2a76b9719d911017c592"'
got = s3.get_object(Bucket="lake-one", Key="a b/ü+.txt")
assert (got["Body"].read(), got["Metadata"], got["ContentType"], got["CacheControl"]) == (b"hello", {"owner": "me"}, "text/plain", "no-cache")
assert get("lake-one", "a b/ü+.txt", Range="bytes=1-3") == b"ell"
assert s3.head_object(Bucket="lake-one", Key="a b/ü+.txt")["ContentLength"] == 5
for algorithm in ("CRC32", "SHA1", "SHA256"):
    s3.put_object(Bucket="lake-one", Key="sum", Body=b"hello" * 1000, ChecksumAlgorithm=algorithm)
    assert get("lake-one", "sum", ChecksumMode="ENABLED") == b"hello" * 1000
s3.put_object(Bucket="lake-one", Key="stream", Body=io.BytesIO(b"x" * 100_000))
assert len(get("lake-one", "stream")) == 100_000

# Errors by their code and their class.
refused("NoSuchKey", s3.get_object, Bucket="lake-one", Key="none")
refused("NoSuchBucket", s3.get_object, Bucket="never-written", Key="none")
refused("404", s3.head_object, Bucket="lake-one", Key="none")
refused("InvalidRange", s3.get_object, Bucket="lake-one", Key="sum", Range="bytes=99999-")
refused("BucketNotEmpty", s3.delete_bucket, Bucket="lake-one")
refused("NotImplemented", s3.get_bucket_acl, Bucket="lake-one")
refused("304", s3.get_object, Bucket="lake-one", Key="sum", IfNoneMatch=s3.head_object(Bucket="lake-one", Key="sum")["ETag"])
try:
    get("lake-one", "none")
except s3.exceptions.NoSuchKey:
    pass

# Listings, in pages and by delimiter.
for n in range(250):
    s3.put_object(Bucket="many", Key=f"d{n % 3}/é {n:05d}", Body=b"")
for operation in ("list_objects", "list_objects_v2"):
    pages = s3.get_paginator(operation)
    keys = [o["Key"] for page in pages.paginate(Bucket="many", PaginationConfig={"PageSize": 77}) for o in page["Contents"]]
    assert len(keys) == 250 and keys == sorted(keys, key=str.encode), operation
    groups = [p["Prefix"] for page in pages.paginate(Bucket="many", Delimiter="/", PaginationConfig={"PageSize": 2}) for p in page["CommonPrefixes"]]
    assert groups == ["d0/", "d1/", "d2/"], groups
gone = s3.delete_objects(Bucket="many", Delete={"Objects": [{"Key": "d0/é 00000"}, {"Key": "none"}]})
assert len(gone["Deleted"]) == 2

# Twenty megabytes go up in parts and come down in ranges.
big = os.urandom(20 << 20)
s3.upload_fileobj(io.BytesIO(big), "lake-one", "big")
assert s3.head_object(Bucket="lake-one", Key="big")["ETag"].endswith('-3"')
back = io.BytesIO()
s3.download_fileobj("lake-one", "big", back)
assert back.getvalue() == big
s3.copy({"Bucket": "lake-one", "Key": "big"}, "other", "big")
assert get("other", "big") == big
s3.copy_object(Bucket="other", Key="c", CopySource={"Bucket": "lake-one", "Key": "a b/ü+.txt"})
assert s3.head_object(Bucket="other", Key="c")["Metadata"] == {"owner": "me"}
upload = s3.create_multipart_upload(Bucket="other", Key="m")["UploadId"]
s3.upload_part(Bucket="other", Key="m", UploadId=upload, PartNumber=2, Body=b"x")
assert [p["PartNumber"] for p in s3.list_parts(Bucket="other", Key="m", UploadId=upload)["Parts"]] == [2]
s3.abort_multipart_upload(Bucket="other", Key="m", UploadId=upload)
refused("NoSuchUpload", s3.list_parts, Bucket="other", Key="m", UploadId=upload)

# A link for somebody without boto3.
link = s3.generate_presigned_url("get_object", Params={"Bucket": "lake-one", "Key": "a b/ü+.txt", "ResponseContentType": "x/y"})
with urllib.request.urlopen(link) as reply:
    assert (reply.read(), reply.headers["content-type"]) == (b"hello", "x/y")

# The resource interface.
bucket = boto3.resource("s3", endpoint_url=endpoint, config=config).Bucket("many")
assert sum(1 for _ in bucket.objects.all()) == 249
bucket.objects.all().delete()
bucket.delete()
refused("404", s3.head_bucket, Bucket="many")
assert sorted(b["Name"] for b in s3.list_buckets()["Buckets"]) == ["lake-one", "other", "raw"]
print("all well")
