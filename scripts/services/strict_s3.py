#!/usr/bin/env python3
"""strict_s3.py: an S3 server in memory that takes only what AWS' documents allow, to the letter, for tests.

Prints its port and serves until its standard input ends. STRICT_S3_{REGION,ACCESS_KEY,SECRET_KEY} say whom it knows. It checks
each signature by itself (hmac), against the request's target as it came. GET /+refusals, unsigned, tells what it has refused as
ill made, a line each.
"""
import collections
import hashlib
import http.server
import os
import re
import sys
import threading
import xml.etree.ElementTree as xml
from urllib.parse import quote_plus
from xml.sax.saxutils import escape

from strict_request import Refusal, Request, invalid

LEAST_PART = 5 << 20
lock = threading.RLock()
buckets, uploads, refusals = {}, {}, []
Stored = collections.namedtuple("Stored", "body headers tag")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("content-length", len(body))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def serve(self):
        if self.requestline.split(" ")[1] == "/+refusals":
            return self.answer(200, "\n".join(refusals).encode())
        try:
            request = Request(self)
            with lock:
                self.answer(*operate(request))
        except Refusal as refusal:
            with lock:
                refusals.append(f"{refusal.code} {self.requestline} {refusal.message}".replace("\n", "|"))
            self.close_connection = True
            self.answer(refusal.status, f"<Error><Code>{refusal.code}</Code></Error>".encode(), {"connection": "close"})

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve


def operate(request):
    if request.key:
        if request.bucket not in buckets:
            raise Refusal(404, "NoSuchBucket")
        return (in_parts if {"uploads", "uploadId"} & request.query.keys() else on_object)(request)
    if request.method == "PUT" and request.takes():
        buckets.setdefault(request.bucket, {"objects": {}, "lifecycle": None})
        return 200, b""
    bucket = buckets.get(request.bucket)
    if bucket is None:
        raise Refusal(404, "NoSuchBucket")
    if request.method == "HEAD" and request.takes():
        return 200, b""
    if request.method == "GET" and request.takes(
            "prefix", "delimiter", "start-after", "continuation-token", "max-keys", "encoding-type",
            **{"list-type": "2"}):
        return 200, listing(bucket["objects"], request.query)
    if request.method == "GET" and request.takes(versioning=""):
        return 200, b"<VersioningConfiguration></VersioningConfiguration>"
    if request.method == "GET" and request.takes("prefix", uploads=""):
        return 200, "".join(
            f"<Upload><Key>{escape(key)}</Key></Upload>" for name, key, *_ in uploads.values()
            if name == request.bucket and key.startswith(request.query.get("prefix", ""))).encode()
    if request.method == "GET" and request.takes(lifecycle=""):
        if bucket["lifecycle"] is None:
            raise Refusal(404, "NoSuchLifecycleConfiguration")
        return 200, bucket["lifecycle"]
    if request.method == "PUT" and request.takes(lifecycle=""):
        if not {"content-md5", "x-amz-checksum-sha256"} & request.headers.keys():
            raise invalid("Missing required header for this request: Content-MD5")
        bucket["lifecycle"] = checked_lifecycle(request.body)
        return 200, b""
    raise Refusal(501, "NotImplemented", f"{sorted(request.query)}")


def checked_lifecycle(body):
    """The rules, if they are what S3's document of PutBucketLifecycleConfiguration says."""
    try:
        rules = [{child.tag.split("}")[-1]: child for child in rule} for rule in xml.fromstring(body)]
    except xml.ParseError:
        raise Refusal(400, "MalformedXML") from None
    names = [rule["ID"].text for rule in rules if "ID" in rule]
    actions = {"Expiration", "Transition", "NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"}
    for rule in rules:
        if "Status" not in rule or rule["Status"].text not in ("Enabled", "Disabled") or "Filter" not in rule:
            raise Refusal(400, "MalformedXML")
        if not actions & rule.keys() or rule.keys() - actions - {"ID", "Status", "Filter"}:
            raise Refusal(400, "MalformedXML")
    if len(set(names)) != len(names) or any(len(name) > 255 for name in names) or not 1 <= len(rules) <= 1000:
        raise Refusal(400, "InvalidArgument", "the rules' names")
    return body


def listing(objects, query):
    prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
    after, most = query.get("continuation-token") or query.get("start-after", ""), int(query.get("max-keys", "1000"))
    is_encoded = query.get("encoding-type") == "url"

    def text_of(name):
        # XML 1.0 has no way to write most control characters; servers put U+FFFD for them.
        plain = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", name)
        return escape(quote_plus(name, safe="/") if is_encoded else plain)

    entries, folders = [], set()
    for key in sorted(objects, key=str.encode):
        if not key.startswith(prefix) or key.encode() <= after.encode():
            continue
        rest = key[len(prefix):]
        if delimiter and delimiter in rest:
            folder = prefix + rest.partition(delimiter)[0] + delimiter
            if folder not in folders and folder.encode() > after.encode():
                folders.add(folder)
                entries.append((folder, f"<CommonPrefixes><Prefix>{text_of(folder)}</Prefix></CommonPrefixes>"))
        else:
            size = len(objects[key].body)
            entries.append((key, f"<Contents><Key>{text_of(key)}</Key><Size>{size}</Size></Contents>"))
    text = "<EncodingType>url</EncodingType>" * is_encoded + "".join(entry for _, entry in entries[:most])
    more = entries[most:] and f"<NextContinuationToken>{escape(entries[most - 1][0])}</NextContinuationToken>"
    is_truncated = "true" if more else "false"
    return f"<ListBucketResult><IsTruncated>{is_truncated}</IsTruncated>{more or ''}{text}</ListBucketResult>".encode()


KEPT = ("content-type", "cache-control", "x-amz-checksum-sha256")


def stored(body, headers):
    kept = {name: value for name, value in headers.items() if name in KEPT or name.startswith("x-amz-meta-")}
    return Stored(body, kept, f'"{hashlib.md5(body).hexdigest()}"')


def on_object(request):
    objects = buckets[request.bucket]["objects"]
    if not request.takes():
        raise Refusal(501, "NotImplemented", f"{sorted(request.query)}")
    if len(request.key.encode()) > 1024:
        raise Refusal(400, "KeyTooLongError")
    found = objects.get(request.key)
    if request.method == "PUT":
        if request.headers.get("if-none-match", "*") != "*":
            raise Refusal(501, "NotImplemented", "if-none-match")
        if found and "if-none-match" in request.headers:
            return 412, b"<Error><Code>PreconditionFailed</Code></Error>"
        objects[request.key] = stored(request.body, request.headers)
        return 200, b"", {"etag": objects[request.key].tag}
    if request.method == "DELETE":
        objects.pop(request.key, None)
        return 204, b""
    if not found:
        return 404, b"<Error><Code>NoSuchKey</Code></Error>"
    headers = {"etag": found.tag, **found.headers}
    if request.headers.get("x-amz-checksum-mode") != "ENABLED":
        headers.pop("x-amz-checksum-sha256", None)
    if request.method == "HEAD":
        return 200, found.body, headers
    part = re.match(r"bytes=(\d+)-(\d+)\Z", request.headers.get("range", ""))
    if not part:
        return 200, found.body, headers
    start, end = int(part[1]), int(part[2])
    if start >= len(found.body) or end < start:
        return 416, b"<Error><Code>InvalidRange</Code></Error>"
    return 206, found.body[start:end + 1], headers


def in_parts(request):
    token = request.query.get("uploadId")
    if request.method == "POST" and request.takes(uploads=""):
        token = os.urandom(12).hex() + "+/="
        uploads[token] = (request.bucket, request.key, request.headers, {})
        return 200, f"<R><UploadId>{token}</UploadId></R>".encode()
    upload = uploads.get(token)
    if not upload or upload[:2] != (request.bucket, request.key):
        return 404, b"<Error><Code>NoSuchUpload</Code></Error>"
    headers, parts = upload[2:]
    if request.method == "PUT" and request.takes("partNumber", "uploadId"):
        number = request.query.get("partNumber", "")
        if not re.match(r"[1-9]\d*\Z", number) or int(number) > 10_000:
            raise Refusal(400, "InvalidArgument", "partNumber")
        if "x-amz-checksum-sha256" in request.headers and "x-amz-checksum-algorithm" not in headers:
            raise invalid("a checksum for an upload that was begun without")
        parts[int(number)] = stored(request.body, {})
        return 200, b"", {"etag": parts[int(number)].tag}
    if request.method == "DELETE" and request.takes("uploadId"):
        del uploads[token]
        return 204, b""
    if request.method == "POST" and request.takes("uploadId"):
        try:
            asked = [
                (int(part.findtext("{*}PartNumber")), part.findtext("{*}ETag")) for part in xml.fromstring(request.body)]
        except (xml.ParseError, TypeError, ValueError):
            raise Refusal(400, "MalformedXML") from None
        if not asked or [number for number, _ in asked] != sorted({number for number, _ in asked}):
            raise Refusal(400, "InvalidPartOrder")
        if any(number not in parts or parts[number].tag != tag for number, tag in asked):
            return 400, b"<Error><Code>InvalidPart</Code></Error>"
        sizes = [len(parts[number].body) for number, _ in asked]
        if any(size < LEAST_PART for size in sizes[:-1]):
            raise Refusal(400, "EntityTooSmall")
        # Cloudflare R2's rule.
        if len(set(sizes[:-1])) > 1 or sizes[-1] > sizes[0]:
            raise Refusal(400, "InvalidPart", "the parts are not equal")
        whole = stored(b"".join(parts[number].body for number, _ in asked), headers)
        buckets[request.bucket]["objects"][request.key] = whole._replace(tag=f'"{"0" * 32}-{len(asked)}"')
        del uploads[token]
        return 200, b"<CompleteMultipartUploadResult></CompleteMultipartUploadResult>"
    raise Refusal(501, "NotImplemented", f"{request.method} {sorted(request.query)}")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
