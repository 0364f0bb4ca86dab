import Core
import SystemPackage

/// Reads promoted photos from rows of `photos`.
struct PromotedPhotos {
    let table: LibraryTable
    let owner: SQLValue
    let connection: any SQLConnection

    /// `withFiles` where the paths are needed, too.
    func photos(_ rows: [[SQLValue]], withFiles: Bool) throws -> [PromotedPhoto] {
        let ids = rows.map { $0[table.column("id")] }
        let earlier = try connection.rows(
            "SELECT path, object_key FROM promoted_originals WHERE photo = ? AND owner = ?",
            each: ids.map { [$0, owner] })
        let files =
            withFiles
            ? try connection.rows(
                "SELECT path FROM files WHERE photo = ? AND owner = ? ORDER BY is_missing, path",
                each: ids.map { [$0, owner] }) : []
        let removed = try connection.rows(
            "SELECT object_key FROM removed_originals WHERE owner = ? AND sha256 = ? AND object_key IS NOT NULL",
            each: rows.map { [owner, $0[table.column("sha256")]] })
        return try rows.indices.map { index in
            let row = rows[index]
            func value(_ column: String) -> SQLRow { SQLRow([row[table.column(column)]]) }
            var (id, sha256, mediaType, byteCount) = (
                value("id"), value("sha256"), value("media_type"), value("byte_count")
            )
            var (filename, takenAt, isMissing) = (value("filename"), value("taken_at"), value("is_missing"))
            let original = SQLRow([row[table.column("original_path")], row[table.column("original_key")]])
            let time = CaptureTime(wallMicroseconds: try takenAt.int64(), offsetMinutes: nil, source: .modified)
            return PromotedPhoto(
                id: try id.id(), sha256: try sha256.digest(), mediaType: try mediaType.choice(),
                byteCount: ByteCount(try byteCount.int64()), filename: try filename.text(),
                day: String(time.rfc3339.prefix(10)), original: try Self.location(original),
                isMissing: try isMissing.bool(), earlier: try earlier[index].first.map(Self.location),
                files: try withFiles
                    ? files[index].map { row in
                        var row = row
                        return try row.path()
                    } : [],
                unusedKey: RemovedKeys(
                    try removed[index].map { row in
                        var row = row
                        return try row.text()
                    }
                ).unused)
        }
    }

    /// Of a path and a key, one of which is null.
    static func location(_ row: SQLRow) throws -> OriginalLocation {
        var row = row
        let (path, key) = (try row.optionalBytes(), try row.optionalText())
        if let path { return .file(FilePath(pathBytes: path)) }
        return .object(try SQLRow.present(try ObjectKey(untrusted: SQLRow.present(key))))
    }

    static func values(_ location: OriginalLocation) -> (path: SQLValue, key: SQLValue) {
        switch location {
        case .file(let path): (.path(path), .null)
        case .object(let key): (.null, .text(key.description))
        }
    }
}
