internal import Core

extension Uploader {
    /// Microseconds.
    private static let week: Int64 = 7 * 24 * 3600 * 1_000_000

    /// What was done with uploads that nobody went on with.
    public struct Upkeep: Hashable, Sendable {
        /// Their bytes were there and whole, and only the confirmation was missing.
        public var confirmed = 0
        public var abandoned = 0

        public init() {}
    }

    /// Ends uploads that were begun more than a week ago: those whose bytes are there are confirmed, the others given up, and
    /// what the provider keeps of their parts with them. Any process may do so at any time; nothing is done while the store is
    /// away.
    public func endForgotten() async throws -> Upkeep {
        var upkeep = Upkeep()
        guard await isStoreThere() else { return upkeep }
        let limit = clock.microseconds - Self.week
        var after: UploadID?
        while !Task.isCancelled {
            let page = try await catalog.uploads(state: .begun, after: after, limit: 200)
            for upload in page {
                guard upload.createdAt < limit else { continue }
                let content = upload.content
                let isThere = try await store.verify(upload.key, byteCount: content.byteCount, sha256: content.sha256)
                if isThere == true, try await confirm(upload) {
                    upkeep.confirmed += 1
                } else {
                    if let multipart = upload.multipart {
                        try await store.abortMultipart(upload.key, token: multipart.token)
                    }
                    if try await catalog.abandonUpload(upload.id) { upkeep.abandoned += 1 }
                }
            }
            guard page.count == 200, let last = page.last else { break }
            after = last.id
        }
        return upkeep
    }

    /// False when what is there was removed for good, or the owner's quota has no room for it: then it goes.
    private func confirm(_ upload: Upload) async throws -> Bool {
        do {
            try await scan(upload)
            guard case .overQuota = try await catalog.confirmUpload(upload.id, file: nil) else { return true }
            try await store.delete(upload.key)
            return false
        } catch let error as EngineError where error.code == .conflict || error.code == .permissionDenied {
            return false
        }
    }
}
