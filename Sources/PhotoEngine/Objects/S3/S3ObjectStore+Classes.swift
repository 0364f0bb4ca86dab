public import Core

extension S3ObjectStore {
    public func storageClass(of key: ObjectKey) async throws -> String? {
        guard let response = try await looked(at: key) else { return nil }
        return response.headers["x-amz-storage-class"] ?? StorageClasses.standard
    }

    public func setStorageClass(
        _ name: String, of key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest
    ) async throws {
        let missing = EngineError(
            .notFound, "there is no object \(key)",
            whatToDo: "the bucket has lost it: bring an earlier version of the object back at the provider")
        guard let before = try await looked(at: key) else { throw missing }
        if (before.headers["x-amz-storage-class"] ?? StorageClasses.standard) == name { return }
        guard before.headers["content-length"].flatMap(Int64.init) == byteCount.bytes else {
            throw EngineError(.corrupt, "what is stored under \(key) is not what was stored there")
        }
        var request = S3Client.Request(method: "PUT", key: prefix + key.description)
        let source = S3Signature.encoded(
            "\(client.location.bucket)/\(prefix)\(key)", keepsSlashes: true)
        // What was told of the object is told again: some servers take a copy onto itself for no change without it.
        request.headers =
            [
                ("x-amz-copy-source", "/" + source), ("x-amz-storage-class", name),
                ("x-amz-metadata-directive", "REPLACE"),
            ] + Self.headers(of: key) + [(Self.digestHeader, sha256.description)]
        request.mayFailLate = true
        let response = try await client.send(request)
        guard response.status == 200, S3Answer(response.body).text("Code") == nil else {
            throw await refusal(response, doing: "moving \(key) to \(name)")
        }
        guard let after = try await looked(at: key) else { throw missing }
        guard (after.headers["x-amz-storage-class"] ?? StorageClasses.standard) == name else {
            throw EngineError(
                .unsupported,
                "\(client.location.host) has no storage class \(name): it took the request and left \(key) where it is",
                whatToDo: "leave tier_warm_class and tier_cold_class empty")
        }
        // The copy is the provider's own; a tag that stays says that its bytes did, else they are looked at.
        var isWhole = after.headers["content-length"].flatMap(Int64.init) == byteCount.bytes
        if isWhole, after.headers["etag"] == nil || after.headers["etag"] != before.headers["etag"] {
            isWhole = try await verify(key, byteCount: byteCount, sha256: sha256) == true
        }
        guard isWhole else { throw EngineError(.corrupt, "what is stored under \(key) is not what was stored there") }
        guard let version = response.headers["x-amz-version-id"], try await traits().keepsVersions else { return }
        for old in try await versions(of: prefix + key.description) where old != version {
            var deletion = S3Client.Request(method: "DELETE", key: prefix + key.description)
            deletion.query = [("versionId", old)]
            let answer = try await client.send(deletion)
            guard [200, 202, 204, 404].contains(answer.status) else {
                throw await refusal(answer, doing: "deleting the version of \(key) that was moved")
            }
        }
    }

    private func looked(at key: ObjectKey) async throws -> HTTPResponse? {
        let response = try await client.send(S3Client.Request(method: "HEAD", key: prefix + key.description))
        switch response.status {
        case 200: return response
        case 404: return nil
        default: throw await refusal(response, doing: "looking for \(key)")
        }
    }
}
