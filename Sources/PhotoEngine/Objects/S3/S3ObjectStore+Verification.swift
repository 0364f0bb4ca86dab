public import Core

extension S3ObjectStore {
    public func requireAnswer() async throws {
        var request = S3Client.Request(method: "HEAD", key: prefix + "phototui-answers")
        request.isProbe = true
        _ = try await client.send(request)
    }

    public func verify(_ key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest) async throws -> Bool? {
        var request = S3Client.Request(method: "HEAD", key: prefix + key.description)
        if try await traits().takesChecksums { request.headers = [("x-amz-checksum-mode", "ENABLED")] }
        let response = try await client.send(request)
        switch response.status {
        case 200: break
        case 404: return nil
        default: throw await refusal(response, doing: "looking for \(key)")
        }
        guard response.headers["content-length"].flatMap(Int64.init) == byteCount.bytes else { return false }
        // That of an object in parts is one of its parts' digests.
        if let checksum = response.headers["x-amz-checksum-sha256"], !checksum.contains("-"),
            response.headers["x-amz-checksum-type"] != "COMPOSITE"
        {
            return checksum == Checksum.base64(sha256)
        }
        return try await digestOfObject(key) == sha256
    }
}
