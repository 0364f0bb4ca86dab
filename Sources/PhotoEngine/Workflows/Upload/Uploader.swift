public import Core
internal import Foundation
internal import SystemPackage

/// Brings originals into a store behind a network: begins an upload in the ledger, sends what is missing of it, and confirms it
/// with the photo's row, so that a photo never shows without durable bytes.
public final class Uploader: Sendable {
    public typealias LedgerCatalog = UploadCatalog & FileCatalog & PhotoCatalog

    private let catalog: any LedgerCatalog
    private let store: any RemoteObjectStore
    private let owner: String
    /// Uploads at a time.
    private let parallel: Int
    private static let partByteCount: Int64 = 16 << 20
    private static let multipartThreshold: Int64 = 32 << 20
    private static let presignedSeconds = 15 * 60

    /// `owner` stands in the keys: letters, digits, dots, dashes.
    public init(catalog: any LedgerCatalog, store: any RemoteObjectStore, owner: String, parallel: Int = 4) {
        self.catalog = catalog
        self.store = store
        self.owner = owner
        self.parallel = max(1, parallel)
    }

    /// Where an original goes: `originals/<owner>/<first two digits>/<SHA-256>.<extension>`.
    public func key(of sha256: SHA256Digest, mediaType: MediaType) -> ObjectKey {
        let digits = sha256.description
        return ObjectKey("originals/\(owner)/\(digits.prefix(2))/\(digits).\(mediaType.fileExtension)")
    }

    /// Uploads and records files; their outcomes in their order. What is no photo is only recorded.
    public func record(_ files: [ScannedFile]) async throws -> [RecordOutcome] {
        try await withThrowingTaskGroup(of: (Int, RecordOutcome).self) { group in
            var outcomes = [RecordOutcome?](repeating: nil, count: files.count)
            var next = 0
            func add() {
                guard next < files.count else { return }
                let (index, file) = (next, files[next])
                next += 1
                group.addTask { (index, try await self.record(file)) }
            }
            for _ in 0..<parallel { add() }
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                add()
            }
            return outcomes.compactMap { $0 }
        }
    }

    private func record(_ file: ScannedFile) async throws -> RecordOutcome {
        guard case .photo(let sha256, let mediaType, let provisional, _) = file.content else {
            return try await recordAlone(file)
        }
        let content = UploadContent(
            sha256: sha256, byteCount: ByteCount(file.fingerprint.byteCount), mediaType: mediaType,
            filename: file.path.lastComponent?.string ?? "", provisional: provisional)
        let id = UploadID(clock: SystemClock(), random: SystemRandom())
        switch try await catalog.beginUpload(id, of: content, at: key(of: sha256, mediaType: mediaType)) {
        case .known: return try await recordAlone(file)
        case .begun(let upload):
            try await send(file.path, upload)
            return try await catalog.confirmUpload(upload.id, file: file)
        }
    }

    /// One more path of a photo that is stored, or a file that is none.
    private func recordAlone(_ file: ScannedFile) async throws -> RecordOutcome {
        guard let outcome = try await catalog.record([file]).first else {
            throw EngineError(.internal, "a file was not accounted for")
        }
        return outcome
    }

    /// Sends what the store has not got of it: all of a small file, the missing parts of a large one.
    private func send(_ file: FilePath, _ upload: Upload) async throws {
        let size = upload.content.byteCount.bytes
        guard size > Self.multipartThreshold else {
            return try await store.putFile(file, at: upload.key, sha256: upload.content.sha256)
        }
        if try await store.head(upload.key) == upload.content.byteCount { return }
        do {
            try await sendParts(of: file, upload, multipart: upload.multipart)
        } catch let error as EngineError where error.code == .notFound && upload.multipart != nil {
            // The provider has dropped the parts that the ledger remembers.
            try await sendParts(of: file, upload, multipart: nil)
        }
    }

    private func sendParts(of file: FilePath, _ upload: Upload, multipart known: MultipartUpload?) async throws {
        let (sha256, size) = (upload.content.sha256, upload.content.byteCount.bytes)
        let multipart: MultipartUpload
        if let known {
            multipart = known
        } else {
            let token = try await store.beginMultipart(upload.key, sha256: sha256)
            // At most 10,000 parts, S3's limit.
            multipart = MultipartUpload(token: token, partByteCount: max(Self.partByteCount, (size + 9_999) / 10_000))
            try await catalog.setMultipart(multipart, of: upload.id)
        }
        let there = try await catalog.parts(of: upload.id)
        let numbers = Set(there.map(\.number))
        let step = multipart.partByteCount
        let missing = (1...Int((size + step - 1) / step)).filter { !numbers.contains($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = missing.makeIterator()
            func add() {
                guard let number = rest.next() else { return }
                let start = Int64(number - 1) * step
                group.addTask { [self] in
                    let part = try await store.putPart(
                        number, of: file, range: start..<min(start + step, size), key: upload.key,
                        token: multipart.token)
                    try await catalog.addPart(part, to: upload.id)
                }
            }
            for _ in 0..<parallel { add() }
            while try await group.next() != nil { add() }
        }
        try await store.completeMultipart(
            upload.key, token: multipart.token, parts: try await catalog.parts(of: upload.id))
    }

    // For other clients

    /// Begins an upload that another client sends: the request to send, good for a quarter of an hour; nil when the owner has
    /// the photo already.
    public func presign(
        _ id: UploadID, sha256: SHA256Digest, byteCount: ByteCount, mediaType: MediaType, filename: String
    ) async throws -> PresignedRequest? {
        // Until its metadata is read the photo is dated by its name, else by now.
        let content = UploadContent(
            sha256: sha256, byteCount: byteCount, mediaType: mediaType, filename: filename,
            provisional: CaptureTime(filename: filename, modified: SystemClock().microseconds * 1000))
        let key = key(of: content.sha256, mediaType: content.mediaType)
        guard case .begun(let upload) = try await catalog.beginUpload(id, of: content, at: key) else { return nil }
        return store.presignPut(
            upload.key, byteCount: content.byteCount, sha256: content.sha256, seconds: Self.presignedSeconds)
    }

    /// Ends an upload that another client has sent. Throws `.notFound` while its bytes are not there, `.corrupt` when they are
    /// others.
    public func confirm(_ id: UploadID) async throws -> RecordOutcome {
        guard let upload = try await catalog.upload(id) else {
            throw EngineError(.notFound, "there is no upload \(id)", whatToDo: "begin it with: phototui upload presign")
        }
        if upload.state == .begun {
            guard let size = try await store.head(upload.key) else {
                throw EngineError(
                    .notFound, "nothing has been stored for upload \(id) yet", whatToDo: "send the bytes, then confirm")
            }
            guard size == upload.content.byteCount else {
                throw EngineError(
                    .corrupt, "upload \(id) has \(size.bytes) bytes instead of \(upload.content.byteCount.bytes)",
                    whatToDo: "send the whole file again")
            }
        }
        return try await catalog.confirmUpload(id, file: nil)
    }
}
