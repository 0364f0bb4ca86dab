internal import Core
internal import Glibc
internal import SystemPackage

extension ImportRun {
    /// Reads the sidecars that are new or changed, and those beside photos that are, and has the catalogue take up what they say.
    /// One that can't be read is rejected, as a picture is.
    func takeUp(_ sidecars: [ScannedFile], and photos: [FilePath], with coder: any SidecarCoder) async throws {
        var files: [ScannedFile] = []
        var read: [Sidecar] = []
        for file in sidecars {
            try Task.checkCancellation()
            do {
                read.append(Sidecar(path: file.path, marks: try await coder.read(sidecar: file.path)))
                files.append(file.with(.unsupported(reason: Sidecar.reason)))
            } catch let error as EngineError where error.code == .notFound {
                tally.vanished()
            } catch let error as EngineError {
                files.append(file.with(.rejected(reason: error.description)))
            }
        }
        let met = Set(sidecars.map(\.path))
        for photo in photos {
            for path in Sidecar.paths(beside: photo) where !met.contains(path) && path.isThere {
                // The file itself comes, or came, in its turn, and is rejected there.
                guard let marks = try? await coder.read(sidecar: path) else { continue }
                read.append(Sidecar(path: path, marks: marks))
            }
        }
        if !read.isEmpty { _ = try await importer.catalog.recordSidecars(read) }
        for (file, _) in zip(files, files.isEmpty ? [] : try await record(files)) {
            switch file.content {
            case .rejected(let reason):
                tally.add(file.path, .rejected, reason: reason)
                noteRejected()
            default: tally.add(file.path, .unsupported, reason: Sidecar.reason)
            }
        }
    }
}

extension ScannedFile {
    /// The same file as something else, where its bytes are.
    func with(_ content: Content) -> ScannedFile {
        ScannedFile(path: path, fingerprint: fingerprint, content: content, unpacked: unpacked)
    }
}
