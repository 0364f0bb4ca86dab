internal import Core
internal import Digest
internal import SystemPackage

extension ImportRun {
    private static let reading = BlockingQueue(label: "phototui.import.film")

    /// A video as it is to be recorded: as the film of a live photo, copied where photos are, or as none, so that the next import need
    /// not look. nil where it is accounted for already.
    func recognised(_ file: ScannedFile) async throws -> ScannedFile? {
        guard let coder = importer.sidecars, Film.isName(file.path),
            case .unsupported(FileReader.otherReason) = file.content
        else { return file }
        // What a decoder fails on is a video like any other.
        guard let identifier = try? await coder.identifier(film: file.source) else {
            return file.with(.unsupported(reason: Film.otherReason))
        }
        guard importer.uploader != nil || request.copies || file.unpacked != nil else {
            return file.with(.film(identifier: identifier, copy: nil))
        }
        if let refusal = room.limits.refusal(of: ByteCount(file.fingerprint.byteCount)) {
            tally.add(file.path, .rejected, reason: refusal)
            return nil
        }
        do {
            let sha256 = try await Self.reading.run { try SHA256Hasher.digest(path: file.source).sha256 }
            switch try await gate?.refusal(of: file.source, holding: sha256) {
            case .left(let reason)?:
                tally.add(file.path, .left, reason: reason)
                return nil
            case .unreadable(let reason)?:
                tally.add(file.path, .rejected, reason: reason)
                return nil
            default: break
            }
            let copy = importer.uploader == nil ? try await copy(file, filmOf: identifier, sha256) : nil
            return file.with(.film(identifier: identifier, copy: copy))
        } catch let error as EngineError where [.corrupt, .notFound, .conflict].contains(error.code) {
            tally.add(file.path, .rejected, reason: "it changed while it was copied: import again when it is at rest")
            return nil
        }
    }

    /// Copies a film into the library, unless its bytes are there.
    func copy(
        _ file: ScannedFile, filmOf identifier: String, _ sha256: SHA256Digest
    ) async throws -> StoredFilm {
        if let stored = try await importer.catalog.storedFilm(sha256) { return stored }
        let proposed = Importer.filmKey(of: sha256, fileExtension: Film.fileExtension(of: file.path))
        let key = try await importer.catalog.unusedKey(like: proposed, of: sha256)
        try await importer.objects.putFile(file.source, at: key, sha256: sha256)
        return StoredFilm(identifier: identifier, sha256: sha256, fingerprint: file.fingerprint, key: key)
    }
}
