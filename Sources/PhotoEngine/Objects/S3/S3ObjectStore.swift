public import Core
internal import Digest
internal import Foundation
internal import Synchronization
public import SystemPackage

/// Objects in a bucket of Backblaze B2, Cloudflare R2, AWS or anything that speaks S3's API, whose keys may have a prefix.
public final class S3ObjectStore: RemoteObjectStore {
    /// Larger files go up in parts.
    static let multipartThreshold: Int64 = 32 << 20
    static let partByteCount: Int64 = 16 << 20
    static let digestHeader = "x-amz-meta-sha256"

    let client: S3Client
    let prefix: String
    let partsAtATime: Int
    let known: Mutex<StoreTraits?>
    /// The finding out that all who ask meanwhile wait for.
    let asked = Mutex<Task<StoreTraits, any Error>?>(nil)

    /// `prefix` stands before every key, and ends with a slash or is empty. Nothing is sent before the first call. `onTraffic`
    /// hears of each request that was sent, on any thread, and must not wait.
    public init(
        _ location: S3Location, credentials: S3Credentials, prefix: String = "", traits: StoreTraits? = nil,
        partsAtATime: Int = 4, attempts: Int = 7, clock: any EngineClock = SystemClock(),
        random: any RandomSource = SystemRandom(), onTraffic: @escaping @Sendable (StorageTraffic) -> Void = { _ in }
    ) {
        client = S3Client(
            location, credentials: credentials, clock: clock, random: random, attempts: attempts, onTraffic: onTraffic)
        self.prefix = prefix
        self.partsAtATime = max(1, partsAtATime)
        known = Mutex(traits)
    }

    public func put(_ data: [UInt8], at key: ObjectKey, sha256: SHA256Digest?) async throws {
        let digest = SHA256Hasher.digest(data)
        guard sha256 == nil || sha256 == digest else { throw Self.otherBytes(key) }
        try await put(.bytes(data), at: key, digest: digest)
    }

    public func putFile(_ file: FilePath, at key: ObjectKey, sha256: SHA256Digest) async throws {
        let (opened, byteCount) = try await blocking.run {
            let opened = try OpenedFile(file)
            return (opened, try opened.descriptor.seek(offset: 0, from: .end))
        }
        guard byteCount > Self.multipartThreshold else {
            return try await put(.file(opened.descriptor, 0..<byteCount), at: key, digest: sha256)
        }
        // Its parts go up under digests of their own.
        let (stamp, found) = try await blocking.run { (try FileStamp(file), try SHA256Hasher.digest(path: file)) }
        guard found.sha256 == sha256 else { throw Self.otherBytes(key) }
        try await putParts(of: file, stamp: stamp, byteCount: found.byteCount, at: key, sha256: sha256)
    }

    /// What a file holds may be other than what was announced: a provider that compares what it gets with the digest refuses it
    /// then; for any other the bytes are compared as they are sent.
    static func checked(_ body: HTTPBody, _ digest: SHA256Digest, _ traits: StoreTraits) -> HTTPBody {
        guard case .file(let file, let range, _) = body, !traits.takesChecksums, !traits.checksPayloads else {
            return body
        }
        return .file(file, range, sha256: digest)
    }

    /// What is told of an object beside its bytes. Under one key there is never anything else, so that it may be kept.
    static func headers(of key: ObjectKey) -> [(name: String, value: String)] {
        let suffix = key.description.split(separator: ".").last.map(String.init) ?? ""
        let type =
            suffix == "html"
            ? "text/html; charset=utf-8" : MediaType.allCases.first { $0.fileExtension == suffix }?.rawValue
        // What is shared is to be gone once it is taken back.
        let isShared = key.description.hasPrefix("shares/")
        return [
            ("cache-control", isShared ? "private, no-store" : "max-age=31536000, immutable"),
            ("content-type", type ?? "application/octet-stream"),
        ]
    }

    private func put(_ body: HTTPBody, at key: ObjectKey, digest: SHA256Digest) async throws {
        let traits = try await traits()
        // Where the provider can't refuse a taken key by itself, a look first is the best there is.
        if !traits.takesConditions, try await holds(digest, byteCount: body.byteCount, at: key) { return }
        var request = S3Client.Request(method: "PUT", key: prefix + key.description)
        request.body = Self.checked(body, digest, traits)
        request.payload = digest.description
        request.headers = Self.headers(of: key) + [(Self.digestHeader, digest.description)]
        if traits.takesChecksums { request.headers.append(("x-amz-checksum-sha256", Checksum.base64(digest))) }
        if traits.takesConditions { request.headers.append(("if-none-match", "*")) }
        let response = try await client.send(request)
        switch response.status {
        case 200, 201, 204: return
        case 409, 412:
            guard try await holds(digest, byteCount: body.byteCount, at: key) else {
                throw await refusal(response, doing: "storing \(key)")
            }
        default: throw await refusal(response, doing: "storing \(key)")
        }
    }

    /// Whether the key holds these bytes; throws `.conflict` when it holds others, false when it holds nothing.
    func holds(_ digest: SHA256Digest, byteCount: Int64, at key: ObjectKey) async throws -> Bool {
        guard let response = try await headResponse(key) else { return false }
        if response.headers["content-length"].flatMap(Int64.init) == byteCount {
            if let text = response.headers[Self.digestHeader] {
                if text == digest.description { return true }
            } else if try await digestOfObject(key) == digest {
                return true
            }
        }
        throw EngineError(.conflict, "other bytes are stored under \(key) already")
    }

    func digestOfObject(_ key: ObjectKey) async throws -> SHA256Digest {
        let hashing = StreamedDigest()
        var request = S3Client.Request(method: "GET", key: prefix + key.description)
        let nowhere = try await blocking.run { try OpenedFile("/dev/null", .writeOnly) }
        request.sink = .file(nowhere.descriptor, { hashing.update($0) })
        request.reset = { hashing.reset() }
        let response = try await client.send(request)
        guard response.status == 200 else { throw await refusal(response, doing: "reading \(key)") }
        return hashing.finish()
    }

    public func get(_ key: ObjectKey, range: Range<Int64>?) async throws -> [UInt8] {
        var request = S3Client.Request(method: "GET", key: prefix + key.description)
        request.sink = .memory(limit: 256 << 20)
        if let range {
            guard !range.isEmpty else {
                guard try await head(key) != nil else { throw EngineError(.notFound, "there is no object \(key)") }
                return []
            }
            request.headers = [("range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        }
        let response = try await client.send(request)
        switch response.status {
        case 200 where range != nil:
            // A server that doesn't know ranges, or an empty object.
            let whole = response.body
            let start = Int(min(range!.lowerBound, Int64(whole.count)))
            return Array(whole[start..<Int(min(range!.upperBound, Int64(whole.count)))])
        case 200, 206: return response.body
        case 416: return []
        default: throw await refusal(response, doing: "reading \(key)")
        }
    }

    public func head(_ key: ObjectKey) async throws -> ByteCount? {
        try await headResponse(key)?.headers["content-length"].flatMap(Int64.init).map(ByteCount.init)
    }

    private func headResponse(_ key: ObjectKey) async throws -> HTTPResponse? {
        let response = try await client.send(S3Client.Request(method: "HEAD", key: prefix + key.description))
        switch response.status {
        case 200: return response
        case 404: return nil
        default: throw await refusal(response, doing: "looking for \(key)")
        }
    }

    public func delete(_ key: ObjectKey) async throws {
        try await deleteAll(of: prefix + key.description, hasVersions: try await traits().keepsVersions)
    }

    /// The object, or each version of it.
    func deleteAll(of name: String, hasVersions: Bool) async throws {
        guard hasVersions else { return try await delete(name, version: nil) }
        for version in try await versions(of: name) { try await delete(name, version: version) }
    }

    private func delete(_ name: String, version: String?) async throws {
        var request = S3Client.Request(method: "DELETE", key: name)
        if let version { request.query = [("versionId", version)] }
        let response = try await client.send(request)
        guard [200, 202, 204, 404].contains(response.status) else {
            throw await refusal(response, doing: "deleting \(name)")
        }
    }

    public func fetch(_ key: ObjectKey, to file: FilePath, sha256: SHA256Digest) async throws {
        let written = try await blocking.run {
            try OpenedFile(file, .writeOnly, options: [.create, .exclusiveCreate])
        }
        do {
            let hashing = StreamedDigest()
            var request = S3Client.Request(method: "GET", key: prefix + key.description)
            request.sink = .file(written.descriptor, { hashing.update($0) })
            request.reset = {
                try written.empty()
                hashing.reset()
            }
            let response = try await client.send(request)
            guard response.status == 200 else { throw await refusal(response, doing: "fetching \(key)") }
            guard hashing.finish() == sha256 else {
                throw EngineError(
                    .corrupt, "what \(client.location.host) has under \(key) is not what was stored there",
                    whatToDo: "restore the object from a copy")
            }
        } catch {
            try? await blocking.run { try FileManager.default.removeItem(atPath: file.string) }
            guard let error = error as? EngineError, error.code == .noSpace else { throw error }
            let folder = String(decoding: file.removingLastComponent())
            throw EngineError(
                .noSpace, "\(error.whatHappened), in \(folder)", whatToDo: error.whatToDo, cause: error.cause)
        }
    }

    let blocking = BlockingQueue(label: "phototui.s3")

    static func otherBytes(_ key: ObjectKey) -> EngineError {
        EngineError(.corrupt, "the bytes for \(key) are not those that were announced")
    }

    static func changed(_ key: ObjectKey) -> EngineError {
        EngineError(.corrupt, "the file for \(key) changed while it was sent", whatToDo: "send it again")
    }

    // Presigned requests

    public func presignPut(
        _ key: ObjectKey, byteCount: ByteCount, sha256: SHA256Digest, seconds: Int
    ) async throws -> PresignedRequest {
        var headers = [("content-length", "\(byteCount.bytes)")] + Self.headers(of: key)
        if try await traits().takesChecksums {
            // Only what the provider checks is said of the bytes: the digest would be believed later.
            headers += [
                (Self.digestHeader, sha256.description), ("x-amz-checksum-sha256", Checksum.base64(sha256)),
            ]
        }
        let url = client.presign("PUT", key: prefix + key.description, headers: headers, seconds: seconds)
        return PresignedRequest(
            method: "PUT", url: url, headers: Dictionary(headers, uniquingKeysWith: { $1 }))
    }

    public func presignGet(_ key: ObjectKey, seconds: Int) -> PresignedRequest {
        let url = client.presign("GET", key: prefix + key.description, headers: [], seconds: seconds)
        return PresignedRequest(method: "GET", url: url, headers: [:])
    }
}
