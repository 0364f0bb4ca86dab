import Core

/// How files are read from their rows.
enum FileColumns {
    static let all = "path, byte_count, modified, outcome, reason, photo, is_missing"

    /// Of what was taken away with the trash while its file stays.
    static let removedReason = "it was removed with the trash; an import that names the file itself takes it in again"

    static func file(_ row: SQLRow) throws -> LibraryFile {
        var row = row
        let path = try row.path()
        let fingerprint = try FileFingerprint(byteCount: row.int64(), modified: row.int64())
        let kind = try row.text()
        let reason = try row.optionalText() ?? ""
        let outcome: FileOutcome =
            switch kind {
            case "photo": .photo
            case "unsupported": .unsupported(reason: reason)
            default: .rejected(reason: reason)
            }
        return try LibraryFile(
            path: path, fingerprint: fingerprint, outcome: outcome, photo: row.optionalID(), isMissing: row.bool())
    }

    /// The values of `outcome` and `reason`.
    static func values(_ outcome: FileOutcome) -> [SQLValue] {
        switch outcome {
        case .photo: [.text("photo"), .null]
        case .unsupported(let reason): [.text("unsupported"), .string(reason)]
        case .rejected(let reason): [.text("rejected"), .string(reason)]
        }
    }
}
