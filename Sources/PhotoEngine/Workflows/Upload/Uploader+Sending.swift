internal import Core
internal import Digest
internal import Foundation
internal import SystemPackage

extension Uploader {
    /// Sends what the store has not got of it: all of a small file, the missing parts of a large one. False when the file is no
    /// longer what was read.
    func send(_ file: ScannedFile, _ upload: Upload) async throws -> Bool {
        let size = upload.content.byteCount.bytes
        do {
            guard size > Self.multipartThreshold else { return try await sendWhole(file.path, upload) }
            return try await sendLarge(file.path, upload)
        } catch let fault as StoreFault where fault.error.code == .conflict {
            // Other bytes under a key that no photo has: a client has sent what it had not announced.
            try await StoreFault.telling { try await store.delete(upload.key) }
            guard size > Self.multipartThreshold else { return try await sendWhole(file.path, upload) }
            return try await sendLarge(file.path, upload)
        }
    }

    private func sendWhole(_ file: FilePath, _ upload: Upload) async throws -> Bool {
        try await transfers.withSlot { () async throws -> Bool in
            do {
                try await StoreFault.telling {
                    try await store.putFile(file, at: upload.key, sha256: upload.content.sha256)
                }
                return true
            } catch let fault as StoreFault where fault.error.code == .corrupt {
                return false
            } catch let fault as StoreFault {
                // The store reads the file by itself: what it says of it is told apart from what it says of the bucket.
                _ = try PartReader(file)
                throw fault
            }
        }
    }

    private func sendLarge(_ file: FilePath, _ upload: Upload) async throws -> Bool {
        let content = upload.content
        let isThere = try await StoreFault.telling {
            try await store.verify(upload.key, byteCount: content.byteCount, sha256: content.sha256)
        }
        if let isThere {
            guard isThere else {
                throw StoreFault(error: EngineError(.conflict, "other bytes are stored under \(upload.key)"))
            }
            return true
        }
        do {
            return try await sendParts(of: file, upload, multipart: upload.multipart)
        } catch let fault as StoreFault where fault.error.code == .notFound && upload.multipart != nil {
            // The provider has dropped the parts that the ledger remembers.
            return try await sendParts(of: file, upload, multipart: nil)
        }
    }

    /// Reads the file once, in order: what is hashed is in memory then, and is sent from there, so that no change of the file
    /// can come between its digest and its parts.
    private func sendParts(of file: FilePath, _ upload: Upload, multipart known: MultipartUpload?) async throws -> Bool
    {
        let multipart = try await multipart(upload, known)
        let (key, token) = (upload.key, multipart.token)
        let there = Dictionary(
            try await catalog.parts(of: upload.id).map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        let count = Int((upload.content.byteCount.bytes + multipart.partByteCount - 1) / multipart.partByteCount)
        let reader = try PartReader(file)
        let hasFailed = CancellationFlag()
        let parts = try await withThrowingTaskGroup(of: UploadPart.self) { group in
            var parts: [UploadPart] = []
            for number in 1...count {
                try await transfers.take()
                guard !hasFailed.isSet else {
                    transfers.give()
                    break
                }
                do {
                    let bytes = try await reader.next(Int(multipart.partByteCount))
                    if let part = there[number], PartReader.isStored(bytes, as: part) {
                        parts.append(part)
                        transfers.give()
                        continue
                    }
                    group.addTask { [self] in
                        defer { transfers.give() }
                        do {
                            let part = try await StoreFault.telling {
                                try await store.putPart(
                                    number, bytes, sha256: await PartReader.digest(bytes), key: key, token: token)
                            }
                            try await catalog.addPart(part, to: upload.id)
                            return part
                        } catch {
                            hasFailed.set()
                            throw error
                        }
                    }
                } catch {
                    transfers.give()
                    throw error
                }
            }
            for try await part in group { parts.append(part) }
            return parts
        }
        guard try await reader.finish() == upload.content.sha256 else {
            try? await store.abortMultipart(key, token: token)
            return false
        }
        try await StoreFault.telling {
            try await store.completeMultipart(key, token: token, parts: parts, sha256: upload.content.sha256)
        }
        return true
    }

    private func multipart(_ upload: Upload, _ known: MultipartUpload?) async throws -> MultipartUpload {
        if let known { return known }
        let token = try await StoreFault.telling {
            try await store.beginMultipart(upload.key, sha256: upload.content.sha256)
        }
        // At most 10,000 parts, S3's limit.
        let step = max(Self.partByteCount, (upload.content.byteCount.bytes + 9_999) / 10_000)
        let multipart = MultipartUpload(token: token, partByteCount: step)
        try await catalog.setMultipart(multipart, of: upload.id)
        return multipart
    }
}

/// A file read from its start to its end, part by part, and the digest of all that was read.
final class PartReader: Sendable {
    // SAFETY: read and changed on `reading` alone, which runs one body at a time.
    private final class State: @unchecked Sendable {
        var hasher: SHA256Hasher? = SHA256Hasher()
        var offset: Int64 = 0
    }

    private let file: FileDescriptor
    private let state = State()
    private let reading = BlockingQueue(label: "phototui.upload.read", isSerial: true)
    private static let hashing = BlockingQueue(label: "phototui.upload.hash")
    /// What stays in the processor's cache between being read and being hashed.
    private static let blockByteCount = 256 << 10

    /// Throws `FileFault`.
    init(_ path: FilePath) throws {
        do {
            file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
        } catch {
            throw FileFault(
                error: (error as? Errno).map { EngineError($0, doing: "opening a file") }
                    ?? EngineError(.internal, "a file can't be opened", cause: error))
        }
    }

    deinit { try? file.close() }

    /// The next `count` bytes; fewer at the file's end.
    func next(_ count: Int) async throws -> [UInt8] {
        try await reading.run { [self] in
            do {
                return try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                    while filled < count {
                        // SAFETY: within the buffer, which lives until this closure returns.
                        let block = UnsafeMutableRawBufferPointer(
                            rebasing: UnsafeMutableRawBufferPointer(buffer)[
                                filled..<min(count, filled + Self.blockByteCount)])
                        let read = try file.read(fromAbsoluteOffset: state.offset, into: block)
                        guard read > 0 else { return }
                        state.hasher?.update(UnsafeRawBufferPointer(rebasing: block[..<read]))
                        state.offset += Int64(read)
                        filled += read
                    }
                }
            } catch {
                throw FileFault(
                    error: (error as? Errno).map { EngineError($0, doing: "reading a file") }
                        ?? EngineError(.internal, "a file can't be read", cause: error))
            }
        }
    }

    /// The digest of the whole file, what lies behind its announced end included.
    func finish() async throws -> SHA256Digest {
        // A file that grew is another one.
        _ = try await next(1)
        return try await reading.run { [state] in
            let hasher = state.hasher.take() ?? SHA256Hasher()
            return hasher.finish()
        }
    }

    static func digest(_ bytes: [UInt8]) async -> SHA256Digest {
        (try? await hashing.run { SHA256Hasher.digest(bytes) }) ?? SHA256Hasher.digest(bytes)
    }

    /// Whether the provider's tag of a part, where it is an MD5, says that it has these bytes: a file may have changed and
    /// changed back since.
    static func isStored(_ bytes: [UInt8], as part: UploadPart) -> Bool {
        guard part.byteCount == Int64(bytes.count), let digest = MD5Hasher.digest(bytes) else { return false }
        return part.entityTag.trimmingCharacters(in: CharacterSet(charactersIn: "\"")).lowercased() == digest
    }
}
