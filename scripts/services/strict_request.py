"""An HTTP request to an S3 server, and what AWS' documents ask of any such request: how it is written and how it is signed."""
import base64
import calendar
import hashlib
import hmac
import os
import re
import time
import urllib.parse

REGION, ACCESS_KEY, SECRET_KEY = (os.environ[f"STRICT_S3_{name}"] for name in ("REGION", "ACCESS_KEY", "SECRET_KEY"))
ALGORITHM = "AWS4-HMAC-SHA256"
ENCODED = re.compile(r"(?:[A-Za-z0-9\-._~]|%[0-9A-F]{2})*\Z")
UNRESERVED = re.compile(r"[A-Za-z0-9\-._~]\Z")
AUTHORIZATION = re.compile(
    ALGORITHM + r" Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([a-z0-9;\-]+), "
    r"Signature=([0-9a-f]{64})\Z")


class Refusal(Exception):
    def __init__(self, status, code, message=""):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message):
    return Refusal(400, "InvalidRequest", message)


def decoded(text, what):
    """What is behind percent-encoding, which must be the one that is signed: all that is not unreserved, in capitals."""
    if not ENCODED.match(text):
        raise Refusal(400, "InvalidURI", f"{what} {text!r} is not encoded")
    for digits in re.findall("%(..)", text):
        if UNRESERVED.match(chr(int(digits, 16))):
            raise Refusal(400, "InvalidURI", f"{what} {text!r} encodes what needs it not")
    return urllib.parse.unquote_to_bytes(text).decode()


def seconds(stamp):
    if not re.match(r"\d{8}T\d{6}Z\Z", stamp):
        raise Refusal(403, "AccessDenied", f"{stamp!r} is no time")
    return calendar.timegm(time.strptime(stamp, "%Y%m%dT%H%M%SZ"))


def signature(scope, stamp, canonical):
    text = "\n".join([ALGORITHM, stamp, "/".join(scope), hashlib.sha256(canonical.encode()).hexdigest()])
    key = ("AWS4" + SECRET_KEY).encode()
    for part in (*scope, text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key.hex()


class Request:
    """One request, read and checked for what holds of all of them."""

    def __init__(self, handler):
        self.headers = {}
        for name, value in handler.headers.items():
            if name.lower() in self.headers:
                raise invalid(f"{name} is there twice")
            self.headers[name.lower()] = value
        self.method, target, _ = handler.requestline.split(" ")
        self.body = self.read(handler.rfile)
        self.path, mark, query = target.partition("?")
        if mark and not query:
            raise Refusal(400, "InvalidURI", "a query of nothing")
        if not self.path.startswith("/"):
            raise Refusal(400, "InvalidURI", "the target is no path")
        parts = [decoded(part, "the path's part") for part in self.path[1:].split("/")]
        self.bucket, self.key = parts[0], "/".join(parts[1:])
        self.pairs = []
        for pair in query.split("&") if query else []:
            name, _, value = pair.partition("=")
            self.pairs.append((name, value))
        self.query = {decoded(name, "a name"): decoded(value, "a value") for name, value in self.pairs}
        if len(self.query) != len(self.pairs):
            raise Refusal(400, "InvalidURI", "a name is there twice")
        self.check_host(handler.server.server_address)
        self.check_signature()
        self.check_digests()

    def read(self, stream):
        if {"transfer-encoding", "content-encoding"} & self.headers.keys():
            raise Refusal(501, "NotImplemented", "a body of known length, as it is")
        length = self.headers.get("content-length")
        if self.method in ("PUT", "POST"):
            if length is None or not re.match(r"(0|[1-9]\d*)\Z", length):
                raise Refusal(411, "MissingContentLength")
        elif length not in (None, "0"):
            raise invalid(f"{self.method} with a body")
        body = stream.read(int(length or 0))
        if len(body) != int(length or 0):
            raise Refusal(400, "IncompleteBody")
        return body

    def check_host(self, address):
        if self.headers.get("host") != f"{address[0]}:{address[1]}":
            raise invalid(f"host is {self.headers.get('host')!r}")

    def check_signature(self):
        in_query = {name for name in self.query if name.lower().startswith("x-amz-")}
        if "authorization" in self.headers and in_query:
            raise invalid("signed twice")
        if "authorization" in self.headers:
            match = AUTHORIZATION.match(self.headers["authorization"])
            if not match:
                raise Refusal(400, "AuthorizationHeaderMalformed")
            *scope, names, signed = match.groups()
            stamp, payload = self.headers.get("x-amz-date", ""), self.headers.get("x-amz-content-sha256", "")
            if not re.match(r"[0-9a-f]{64}\Z", payload):
                raise invalid("x-amz-content-sha256 is missing, or no digest")
            needed = {"host", "x-amz-date", "x-amz-content-sha256"}
            if abs(time.time() - seconds(stamp)) > 15 * 60:
                raise Refusal(403, "RequestTimeTooSkewed")
        elif in_query:
            wanted = {f"X-Amz-{name}" for name in ("Algorithm", "Credential", "Date", "Expires", "SignedHeaders")}
            if in_query != wanted | {"X-Amz-Signature"}:
                raise Refusal(400, "AuthorizationQueryParametersError", f"there are {sorted(in_query)}")
            scope = self.query["X-Amz-Credential"].split("/")
            if self.query["X-Amz-Algorithm"] != ALGORITHM or len(scope) != 5 or scope.pop() != "aws4_request":
                raise Refusal(400, "AuthorizationQueryParametersError")
            names, signed = self.query["X-Amz-SignedHeaders"], self.query["X-Amz-Signature"]
            stamp, expires, payload = self.query["X-Amz-Date"], self.query["X-Amz-Expires"], "UNSIGNED-PAYLOAD"
            needed = {"host"}
            if not re.match(r"[1-9]\d{0,5}\Z", expires) or int(expires) > 604800:
                raise Refusal(400, "AuthorizationQueryParametersError", "X-Amz-Expires")
            if not seconds(stamp) - 15 * 60 <= time.time() <= seconds(stamp) + int(expires):
                raise Refusal(403, "AccessDenied", "Request has expired")
        else:
            raise Refusal(403, "AccessDenied", "nobody has signed it")
        names = names.split(";")
        if names != sorted(set(names)):
            raise Refusal(400, "AuthorizationHeaderMalformed", "the signed headers are in no order")
        needed |= {
            name for name in self.headers
            if name.startswith("x-amz-") or name in ("content-type", "content-md5", "if-none-match", "range")}
        if not needed <= set(names) <= self.headers.keys():
            raise Refusal(403, "AccessDenied", f"signed are {names}, sent were {sorted(self.headers)}")
        if scope[0] != ACCESS_KEY:
            raise Refusal(403, "InvalidAccessKeyId")
        if scope[1:] != [stamp[:8], REGION, "s3"]:
            raise Refusal(400, "AuthorizationHeaderMalformed", f"the scope is {scope}")
        pairs = sorted(pair for pair in self.pairs if pair[0] != "X-Amz-Signature")
        canonical = "\n".join([
            self.method, self.path, "&".join("=".join(pair) for pair in pairs),
            "".join(f"{name}:{' '.join(self.headers[name].split())}\n" for name in names), ";".join(names), payload])
        if signature(scope[1:] + ["aws4_request"], stamp, canonical) != signed:
            raise Refusal(403, "SignatureDoesNotMatch", canonical)
        self.query = {name: value for name, value in self.query.items() if name not in in_query}

    def check_digests(self):
        digest = hashlib.sha256(self.body)
        if self.headers.get("x-amz-content-sha256", digest.hexdigest()) != digest.hexdigest():
            raise Refusal(400, "XAmzContentSHA256Mismatch")
        for name, value in self.headers.items():
            if name == "x-amz-checksum-mode":
                continue
            if name.startswith("x-amz-checksum-") and name != "x-amz-checksum-sha256":
                raise Refusal(501, "NotImplemented", name)
            found = {"x-amz-checksum-sha256": digest.digest(), "content-md5": hashlib.md5(self.body).digest()}.get(name)
            if found and base64.b64encode(found).decode() != value:
                raise Refusal(400, "BadDigest", name)

    def takes(self, *names, **fixed):
        """Whether these are all the query's names, and those of a fixed value have it."""
        return self.query.keys() <= {*names, *fixed} and all(self.query.get(name) == fixed[name] for name in fixed)
