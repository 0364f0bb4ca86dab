internal import Core

extension ImportRun {
    /// A video is remembered as the film of a live photo, or as none: the next import need not look.
    func recognised(_ file: ScannedFile) async -> ScannedFile {
        guard let coder = importer.sidecars, Film.isName(file.path), file.unpacked == nil,
            case .unsupported(FileReader.otherReason) = file.content
        else { return file }
        // What a decoder fails on is a video like any other.
        let identifier = try? await coder.identifier(film: file.path)
        return ScannedFile(
            path: file.path, fingerprint: file.fingerprint,
            content: .unsupported(reason: identifier.map(Film.reason) ?? Film.otherReason))
    }
}
