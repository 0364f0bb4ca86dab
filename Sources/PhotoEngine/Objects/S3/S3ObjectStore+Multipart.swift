public import Core
internal import Digest
internal import Synchronization
public import SystemPackage

extension S3ObjectStore {
    public func beginMultipart(_ key: ObjectKey, sha256: SHA256Digest) async throws -> String {
        var request = S3Client.Request(method: "POST", key: prefix + key.description)
        request.query = [("uploads", "")]
        request.headers = Self.headers(of: key) + [(Self.digestHeader, sha256.description)]
        let response = try await client.send(request)
        guard response.status == 200, let token = S3Answer(response.body).text("UploadId") else {
            throw await refusal(response, doing: "beginning the upload of \(key)")
        }
        return token
    }

    public func putPart(
        _ number: Int, of file: FilePath, range: Range<Int64>, key: ObjectKey, token: String
    ) async throws -> UploadPart {
        let (opened, stamp) = try await blocking.run {
            let opened = try OpenedFile(file)
            return (opened, try FileStamp(opened.descriptor))
        }
        return try await putPart(number, of: opened, stamp: stamp, range: range, key: key, token: token)
    }

    /// `stamp` is the file's from before anything of it was read.
    private func putPart(
        _ number: Int, of file: OpenedFile, stamp: FileStamp, range: Range<Int64>, key: ObjectKey, token: String
    ) async throws -> UploadPart {
        let digest = try await blocking.run { try Self.digest(file.descriptor, range) }
        let part = try await putPart(
            number, of: file.descriptor, range: range, sha256: digest, key: key, token: token)
        guard try FileStamp(file.descriptor) == stamp else {
            throw Self.changed(key)
        }
        return part
    }

    public func putPart(
        _ number: Int, of file: FileDescriptor, range: Range<Int64>, sha256: SHA256Digest, key: ObjectKey, token: String
    ) async throws -> UploadPart {
        let traits = try await traits()
        var request = S3Client.Request(method: "PUT", key: prefix + key.description)
        request.query = [("partNumber", "\(number)"), ("uploadId", token)]
        request.body = Self.checked(.file(file, range), sha256, traits)
        request.payload = sha256.description
        if !traits.checksPayloads, traits.takesChecksums {
            // Only where it is needed: S3 itself refuses it for uploads that were not begun with it.
            request.headers = [("x-amz-checksum-sha256", Checksum.base64(sha256))]
        }
        let response = try await client.send(request)
        guard response.status == 200, let tag = response.headers["etag"] else {
            throw await refusal(response, doing: "storing part \(number) of \(key)")
        }
        return UploadPart(number: number, byteCount: request.body.byteCount, entityTag: tag)
    }

    private static func digest(_ file: FileDescriptor, _ range: Range<Int64>) throws -> SHA256Digest {
        var hasher = SHA256Hasher()
        // SAFETY: owned by this call, seen by the read and the hasher while it is allocated.
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
        defer { block.deallocate() }
        var offset = range.lowerBound
        while offset < range.upperBound {
            let wanted = Int(min(Int64(block.count), range.upperBound - offset))
            let part = UnsafeMutableRawBufferPointer(rebasing: block[..<wanted])
            let count = try file.read(fromAbsoluteOffset: offset, into: part)
            guard count > 0 else { throw EngineError(.corrupt, "the file became shorter while it was sent") }
            hasher.update(UnsafeRawBufferPointer(rebasing: block[..<count]))
            offset += Int64(count)
        }
        return hasher.finish()
    }

    public func completeMultipart(
        _ key: ObjectKey, token: String, parts: [UploadPart], sha256: SHA256Digest?
    ) async throws {
        let lines = parts.sorted { $0.number < $1.number }.map {
            "<Part><PartNumber>\($0.number)</PartNumber><ETag>\(S3Answer.escaped($0.entityTag))</ETag></Part>"
        }
        var request = S3Client.Request(method: "POST", key: prefix + key.description)
        request.query = [("uploadId", token)]
        request.body = .bytes(
            Array("<CompleteMultipartUpload>\(lines.joined())</CompleteMultipartUpload>".utf8))
        request.mayFailLate = true
        let response = try await client.send(request)
        let code = S3Answer(response.body).text("Code")
        if response.status == 200, code == nil { return }
        // The answer of an attempt that did it may have been lost.
        if code == "NoSuchUpload" {
            let byteCount = parts.reduce(0) { $0 + $1.byteCount }
            if let sha256 {
                if try await holds(sha256, byteCount: byteCount, at: key) { return }
            } else if try await head(key)?.bytes == byteCount {
                return
            }
        }
        throw await refusal(response, doing: "completing the upload of \(key)")
    }

    public func abortMultipart(_ key: ObjectKey, token: String) async throws {
        var request = S3Client.Request(method: "DELETE", key: prefix + key.description)
        request.query = [("uploadId", token)]
        let response = try await client.send(request)
        guard [200, 204, 404].contains(response.status) else {
            throw await refusal(response, doing: "giving up the upload of \(key)")
        }
    }

    /// A large file, some parts at a time. `stamp` is the file's from before its digest was taken.
    func putParts(
        of file: FilePath, stamp: FileStamp, byteCount: Int64, at key: ObjectKey, sha256: SHA256Digest
    ) async throws {
        if try await holds(sha256, byteCount: byteCount, at: key) { return }
        let opened = try await blocking.run { try OpenedFile(file) }
        let token = try await beginMultipart(key, sha256: sha256)
        do {
            let parts = try await withThrowingTaskGroup(of: UploadPart.self) { group in
                let ranges = Self.partRanges(byteCount, partByteCount: Self.partByteCount)
                var next = 0
                func add() {
                    guard next < ranges.count else { return }
                    let (number, range) = (next + 1, ranges[next])
                    next += 1
                    group.addTask {
                        try await self.putPart(
                            number, of: opened, stamp: stamp, range: range, key: key, token: token)
                    }
                }
                for _ in 0..<partsAtATime { add() }
                var parts: [UploadPart] = []
                while let part = try await group.next() {
                    parts.append(part)
                    add()
                }
                return parts
            }
            // Each part was checked on its way, but nothing checks that they are parts of the same bytes.
            guard try FileStamp(opened.descriptor) == stamp else { throw Self.changed(key) }
            try await completeMultipart(key, token: token, parts: parts, sha256: sha256)
        } catch {
            // A task of its own: what was cancelled must not leave parts that are paid for.
            await Task { try? await self.abortMultipart(key, token: token) }.value
            throw error
        }
    }

    /// Equal parts, but for the last (R2 asks for it).
    static func partRanges(_ byteCount: Int64, partByteCount: Int64) -> [Range<Int64>] {
        // At most 10,000 parts, S3's limit.
        let size = max(partByteCount, (byteCount + 9_999) / 10_000)
        return stride(from: 0, to: byteCount, by: Int64.Stride(size)).map { $0..<min($0 + size, byteCount) }
    }

    /// Makes the bucket, private; one that is there and ours is a success.
    public func createBucket() async throws {
        let response = try await client.send(S3Client.Request(method: "PUT"))
        let code = S3Answer(response.body).text("Code")
        guard response.status == 200 || code == "BucketAlreadyOwnedByYou" || code == "BucketAlreadyExists" else {
            throw client.refusal(response, doing: "creating the bucket")
        }
    }
}
