import Foundation
import Testing

/// boto3, as it is installed for tests.
enum S3Peer {
    static var python: String? { ProcessInfo.processInfo.environment["PHOTOTUI_PEERS_PYTHON"] }
    /// Without it a suite is skipped; where everything must be there, it runs and fails.
    static let isUsable =
        S3Server.isAvailable && (python != nil || ProcessInfo.processInfo.environment["CI"] == "true")
    static let reason: Comment = "needs S3 (scripts/services/start.sh) and PHOTOTUI_PEERS_PYTHON (scripts/peers.sh)"

    /// Has boto3 do one thing, and answers what it tells of it. `more` are variables for another server than the tests' own.
    static func run(_ action: String, _ asked: [String: Any], _ more: [String: String] = [:]) throws -> [String: Any] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(python))
        process.arguments = ["-c", program, action]
        process.environment = ["PATH": "/usr/bin:/bin", "HOME": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true"]
            .merging(S3Server.environment.filter { $0.key.hasPrefix("PHOTOTUI_TEST_S3_") }) { $1 }.merging(more) { $1 }
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: JSONSerialization.data(withJSONObject: asked))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "boto3 failed; see its words above")
        return try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    private static let program = #"""
        import base64, hashlib, io, json, os, sys, urllib.error, urllib.request
        from urllib.parse import parse_qsl, urlsplit
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.awsrequest import AWSResponse
        from botocore.config import Config

        settings = {name: os.environ["PHOTOTUI_TEST_S3_" + name]
                    for name in ("ENDPOINT", "BUCKET", "ACCESS_KEY", "SECRET_KEY", "REGION")}
        bucket = settings["BUCKET"]
        client = boto3.client(
            "s3", endpoint_url=settings["ENDPOINT"], aws_access_key_id=settings["ACCESS_KEY"],
            aws_secret_access_key=settings["SECRET_KEY"], region_name=settings["REGION"],
            config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 3},
                          request_checksum_calculation="when_required",
                          response_checksum_validation="when_required"))

        def text(value):
            return value.decode() if isinstance(value, bytes) else str(value)

        class Raw(io.BytesIO):
            def stream(self, *_, **__):
                yield self.read()

        def sign(asked):
            caught = []

            def catch(request, **_):
                caught.append(request)
                return AWSResponse(request.url, 200, {}, Raw(b"<ListBucketResult></ListBucketResult>"))

            client.meta.events.register("before-send.s3", catch)
            signed = []
            for case in asked["cases"]:
                operation, key = case["operation"], case["key"]
                given = {"Bucket": bucket}
                if operation == "list_objects_v2":
                    given.update(Prefix=case["prefix"], StartAfter=key, Delimiter="/")
                else:
                    given.update(Key=key)
                if operation == "put_object":
                    given.update(Body=key.encode(), Metadata={"note": case["value"]}, IfNoneMatch="*")
                if operation == "get_object":
                    given.update(Range="bytes=0-9")
                getattr(client, operation)(**given)
                request = caught.pop()
                url = urlsplit(request.url)
                answer = {
                    "method": request.method, "host": url.netloc, "path": url.path,
                    "query": parse_qsl(url.query, keep_blank_values=True),
                    "headers": {name.lower(): text(value) for name, value in request.headers.items()}}
                if operation == "get_object":
                    answer["presigned"] = client.generate_presigned_url(
                        operation, Params={"Bucket": bucket, "Key": key}, ExpiresIn=900)
                signed.append(answer)
            return {"signed": signed}

        def read(asked):
            found = []
            for entry in client.list_objects_v2(Bucket=bucket, Prefix=asked["prefix"]).get("Contents", []):
                one = client.get_object(Bucket=bucket, Key=entry["Key"])
                body = one["Body"].read()
                found.append({
                    "key": entry["Key"], "size": len(body), "sha256": hashlib.sha256(body).hexdigest(),
                    "metadata": one["Metadata"], "type": one["ContentType"], "cache": one["CacheControl"]})
            return {"objects": sorted(found, key=lambda one: one["key"])}

        def write(asked):
            whole, parts = asked["prefix"] + "whole.bin", asked["prefix"] + "parts.bin"
            with open(asked["file"], "rb") as file:
                client.put_object(Bucket=bucket, Key=whole, Body=file)
            client.upload_file(asked["file"], bucket, parts, Config=TransferConfig(
                multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
            return {}

        def presigned(asked):
            body, statuses = base64.b64decode(asked["body"]), []

            def send(method, url, headers={}, data=None):
                request = urllib.request.Request(url, data=data, headers=headers, method=method)
                try:
                    with urllib.request.urlopen(request, timeout=60) as answer:
                        statuses.append(answer.status)
                        return answer.read()
                except urllib.error.HTTPError as error:
                    statuses.append(error.code)

            send("PUT", asked["put"], asked["headers"], bytes([body[0] ^ 1]) + body[1:])
            send("PUT", asked["put"], asked["headers"], body)
            found = send("GET", asked["get"])
            theirs = client.generate_presigned_url(
                "get_object", Params={"Bucket": bucket, "Key": asked["key"]}, ExpiresIn=900)
            return {"statuses": statuses, "read": base64.b64encode(found or b"").decode(), "theirs": theirs}

        print(json.dumps(globals()[sys.argv[1]](json.load(sys.stdin))))
        """#
}
