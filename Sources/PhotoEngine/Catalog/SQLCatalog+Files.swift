import Core
import SystemPackage

extension SQLCatalog {
    func folders() async throws -> [WatchedFolder] {
        try await database.rows("SELECT id, path FROM folders WHERE owner = ? ORDER BY path", [ownerValue]).map { row in
            var row = row
            return try WatchedFolder(id: row.id(), path: row.path())
        }
    }

    func addFolder(_ path: FilePath) async throws -> WatchedFolder {
        let id: FolderID = newIdentifier()
        return try await database.write { [ownerValue] connection in
            try connection.execute(
                "INSERT INTO folders (id, owner, path) VALUES (?, ?, ?) ON CONFLICT (owner, path) DO NOTHING",
                [.id(id), ownerValue, .path(path)])
            var row = try SQLRow.present(
                try connection.row(
                    "SELECT id, path FROM folders WHERE owner = ? AND path = ?", [ownerValue, .path(path)]))
            return try WatchedFolder(id: row.id(), path: row.path())
        }
    }

    func removeFolder(_ id: FolderID) async throws {
        try await database.write { [ownerValue] connection in
            _ = try connection.execute("DELETE FROM folders WHERE id = ? AND owner = ?", [.id(id), ownerValue])
        }
    }

    func file(at path: FilePath) async throws -> LibraryFile? {
        try await database.row(
            "SELECT \(FileColumns.all) FROM files WHERE owner = ? AND path = ?", [ownerValue, .path(path)]
        ).map(FileColumns.file)
    }

    func files(under folder: FilePath, after: FilePath?, limit: Int) async throws -> [LibraryFile] {
        // Everything below `a/b` lies from `a/b/` to before `a/b0`: 0 follows / in ASCII. The folder's own path, when it is
        // that of a file, comes first.
        let path = folder.pathBytes
        let slash = UInt8(ascii: "/")
        let prefix = path.last == slash ? path : path + [slash]
        let first = SQLValue.bytes(prefix)
        let end = SQLValue.bytes(prefix.dropLast() + [slash + 1])
        let after = after.map(\.pathBytes) ?? []
        let limit = max(0, limit)
        return try await database.read { [ownerValue] connection in
            var rows: [SQLRow] = []
            if limit > 0, after.lexicographicallyPrecedes(path) {
                rows = try connection.rows(
                    "SELECT \(FileColumns.all) FROM files WHERE owner = ? AND path = ?", [ownerValue, .bytes(path)])
            }
            rows += try connection.rows(
                """
                SELECT \(FileColumns.all) FROM files WHERE owner = ? AND path > ? AND path < ?
                ORDER BY path LIMIT ?
                """,
                [
                    ownerValue, after.lexicographicallyPrecedes(prefix) ? first : .bytes(after), end,
                    .int(limit - rows.count),
                ])
            return try rows.map(FileColumns.file)
        }
    }

    func record(_ files: [ScannedFile]) async throws -> [RecordOutcome] {
        if files.isEmpty { return [] }
        return try await recording { recording, _ in try recording.record(files) }
    }

    func markMissing(_ paths: [FilePath]) async throws {
        try await mark(paths, missing: true)
    }

    func markPresent(_ paths: [FilePath]) async throws {
        try await mark(paths, missing: false)
    }

    private func mark(_ paths: [FilePath], missing: Bool) async throws {
        if paths.isEmpty { return }
        try await database.write { [self] connection in
            var recording = FileRecording(connection: connection, catalog: self, now: 0)
            for path in paths {
                let row = try connection.row(
                    """
                    UPDATE files SET is_missing = ? WHERE owner = ? AND path = ? AND is_missing <> ? RETURNING photo
                    """, [.bool(missing), ownerValue, .path(path), .bool(missing)])
                guard var row, let photo: PhotoID = try row.optionalID() else { continue }
                try recording.settle(photo)
            }
            try recording.end()
        }
    }
}
