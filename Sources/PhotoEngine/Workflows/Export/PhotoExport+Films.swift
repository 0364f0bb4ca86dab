internal import Core
internal import SystemPackage

extension PhotoExport {
    /// Copies the film of a live photo to where its photo went, under that name. The photo is exported whether or not it can be.
    func writeFilm(
        of photo: Photo, beside path: FilePath, _ request: ExportRequest, _ item: inout ExportItem
    ) async throws {
        do {
            guard let film = try await originals.film(of: photo) else { return }
            let target = path.withExtension(film.fileExtension)
            item.film = try await originals.withFilm(film, in: path.removingLastComponent()) { part in
                let patches = request.keepsPosition ? [] : try await eraser.positionErasure(part)
                return try await blocking.run {
                    try Self.write(patches, to: part)
                    try OriginalFetch.setModified(part, film.fingerprint.modified)
                    try OriginalFetch.settleFilm(part, target, replaces: false)
                    return target
                }
            }
        } catch let error as EngineError {
            item.reason = "without its film: \(error.description)"
        }
    }

    private static func write(_ patches: [BytePatch], to part: FilePath) throws {
        if patches.isEmpty { return }
        do {
            let file = try FileDescriptor.open(part, .readWrite, options: .closeOnExec)
            try file.closeAfter {
                for patch in patches {
                    try patch.bytes.withUnsafeBytes { _ = try file.writeAll(toAbsoluteOffset: Int64(patch.offset), $0) }
                }
            }
        } catch let error as Errno {
            throw EngineError(error, doing: "writing \(String(decoding: part.removingLastComponent()))")
        }
    }
}
