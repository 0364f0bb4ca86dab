internal import Core
internal import SystemPackage

extension Uploader {
    /// Sends what the store has not got of it: all of a small file, the missing parts of a large one. False when the file is no
    /// longer what was read.
    func send(_ file: ScannedFile, _ upload: Upload) async throws -> Bool {
        let size = upload.content.byteCount.bytes
        do {
            guard let step = Self.partByteCount(of: size) else { return try await sendWhole(file.source, upload) }
            return try await sendLarge(file, upload, step)
        } catch let fault as StoreFault where fault.error.code == .conflict {
            // Other bytes under a key that no photo has: a client has sent what it had not announced.
            try await StoreFault.telling { try await store.delete(upload.key) }
            guard let step = Self.partByteCount(of: size) else { return try await sendWhole(file.source, upload) }
            return try await sendLarge(file, upload, step)
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

    private func sendLarge(_ file: ScannedFile, _ upload: Upload, _ step: Int64) async throws -> Bool {
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
        if let multipart = upload.multipart {
            do {
                return try await sendParts(of: file, upload, multipart)
            } catch let fault as StoreFault where fault.error.code == .notFound {
                // The provider has dropped parts that the ledger remembers.
                try? await store.abortMultipart(upload.key, token: multipart.token)
            }
        }
        return try await sendParts(of: file, upload, begin(upload, step))
    }

    /// Each part is sent from the file, under its digest, so that no change of the file can come between the two, and little of
    /// it is in memory. Where the scan took the parts' digests with the file's, it need not be read for them once more.
    private func sendParts(of file: ScannedFile, _ upload: Upload, _ multipart: MultipartUpload) async throws -> Bool {
        let (key, token) = (upload.key, multipart.token)
        let there = Dictionary(
            try await catalog.parts(of: upload.id).map { ($0.number, $0) }, uniquingKeysWith: { $1 })
        // What the ledger has is told by the provider's tags, which are no SHA-256.
        let known = file.parts.flatMap { parts in
            there.isEmpty && parts.partByteCount == multipart.partByteCount
                && parts.byteCount == upload.content.byteCount.bytes ? parts : nil
        }
        let reader = try PartReader(file.source, known: known)
        do {
            let parts = try await sendParts(from: reader, upload, multipart, there)
            if try await reader.isAtEnd(of: upload.content) {
                try await StoreFault.telling {
                    try await store.completeMultipart(key, token: token, parts: parts, sha256: upload.content.sha256)
                }
                return true
            }
        } catch let fault as StoreFault where fault.error.code == .corrupt {
            // A part is no longer what was read.
        }
        try? await store.abortMultipart(key, token: token)
        return false
    }

    /// All parts but those that are `there`, as many at a time as there are slots for; the tags of them all.
    private func sendParts(
        from reader: PartReader, _ upload: Upload, _ multipart: MultipartUpload, _ there: [Int: UploadPart]
    ) async throws -> [UploadPart] {
        let count = Int((upload.content.byteCount.bytes + multipart.partByteCount - 1) / multipart.partByteCount)
        let hasFailed = CancellationFlag()
        return try await withThrowingTaskGroup(of: UploadPart.self) { group in
            var parts: [UploadPart] = []
            for number in 1...count {
                let known = there[number]
                // Ahead of a slot, so that one is never held for reading alone.
                let read = try await reader.next(multipart.partByteCount, tagging: known != nil)
                if let known, read.isStored(as: known) {
                    parts.append(known)
                    continue
                }
                try await transfers.take()
                guard !hasFailed.isSet else {
                    transfers.give()
                    break
                }
                group.addTask { [self] in
                    do {
                        let part = try await put(number, read, of: reader, upload.key, multipart)
                        try await catalog.addPart(part, to: upload.id)
                        return part
                    } catch {
                        hasFailed.set()
                        throw error
                    }
                }
            }
            for try await part in group { parts.append(part) }
            return parts
        }
    }

    /// Sends a part, and gives its slot to the next while the ledger is written.
    private func put(
        _ number: Int, _ read: PartReader.Part, of reader: PartReader, _ key: ObjectKey, _ multipart: MultipartUpload
    ) async throws -> UploadPart {
        defer { transfers.give() }
        return try await StoreFault.telling {
            try await store.putPart(
                number, of: reader.file, range: read.range, sha256: read.sha256, key: key, token: multipart.token)
        }
    }

    private func begin(_ upload: Upload, _ partByteCount: Int64) async throws -> MultipartUpload {
        let token = try await StoreFault.telling {
            try await store.beginMultipart(upload.key, sha256: upload.content.sha256)
        }
        let multipart = MultipartUpload(token: token, partByteCount: partByteCount)
        try await catalog.setMultipart(multipart, of: upload.id)
        return multipart
    }
}
