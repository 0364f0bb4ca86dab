internal import Core
internal import Digest
internal import SystemPackage

extension Uploader {
    private static let reading = BlockingQueue(label: "phototui.upload.film")

    /// Sends the film of a live photo, unless the store has it, and records it. There is no ledger of films: one that is killed on
    /// its way is sent again by the next import, to the same key.
    func attempt(_ file: ScannedFile, filmOf identifier: String) async throws -> Outcome {
        if let absence { return .waiting(absence) }
        let sha256: SHA256Digest
        do {
            sha256 = try await Self.reading.run { try SHA256Hasher.digest(path: file.source).sha256 }
        } catch let error as EngineError {
            return error.code == .notFound ? .gone : .unreadable(error)
        }
        let copy: StoredFilm
        if let stored = try await catalog.storedFilm(sha256) {
            copy = stored
        } else {
            let key = try await catalog.unusedKey(like: filmKey(sha256, of: file.path), of: sha256)
            do {
                try await transfers.withSlot {
                    try await StoreFault.telling { try await store.putFile(file.source, at: key, sha256: sha256) }
                }
            } catch let fault as StoreFault where fault.error.code == .corrupt {
                return .changed
            } catch let fault as StoreFault {
                return try waits(for: fault)
            }
            copy = StoredFilm(identifier: identifier, sha256: sha256, fingerprint: file.fingerprint, key: key)
        }
        return .recorded(
            try await recordAlone(
                ScannedFile(
                    path: file.path, fingerprint: file.fingerprint,
                    content: .film(identifier: identifier, copy: copy))))
    }

    private func filmKey(_ sha256: SHA256Digest, of path: FilePath) -> ObjectKey {
        let digits = sha256.description
        return ObjectKey("\(originals)\(digits.prefix(2))/\(digits).\(Film.fileExtension(of: path))")
    }
}
