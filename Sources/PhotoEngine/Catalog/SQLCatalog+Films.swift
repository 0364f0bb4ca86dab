import Core
import SystemPackage

extension SQLCatalog {
    func films(of identifier: String) async throws -> [LibraryFile] {
        try await database.read { [ownerValue] in try FilmRows(connection: $0, owner: ownerValue).files(of: identifier)
        }
    }

    func storedFilms(of identifier: String) async throws -> [StoredFilm] {
        try await database.read { [ownerValue] in try FilmRows(connection: $0, owner: ownerValue).copies(of: identifier)
        }
    }

    func storedFilm(_ sha256: SHA256Digest) async throws -> StoredFilm? {
        try await database.read { [ownerValue] in try FilmRows(connection: $0, owner: ownerValue).copy(sha256) }
    }

    func livePhotos(of identifier: String) async throws -> [PhotoID] {
        try await database.rows(
            "SELECT photo FROM live_photos WHERE owner = ? AND identifier = ? ORDER BY photo",
            [ownerValue, .string(identifier)]
        ).map { row in
            var row = row
            return try row.id()
        }
    }
}

/// Films, the library's copies of them, and the photos they belong to, inside a transaction.
struct FilmRows {
    private static let columns = "identifier, sha256, byte_count, modified, object_key, earlier_path"
    private static let isFilm = "owner = ? AND outcome = 'unsupported' AND is_missing = 0"

    let connection: any SQLConnection
    let owner: SQLValue

    private static func film(_ row: SQLRow) throws -> StoredFilm {
        var row = row
        let (identifier, sha256) = try (row.text(), row.digest())
        let fingerprint = try FileFingerprint(byteCount: row.int64(), modified: row.int64())
        return StoredFilm(
            identifier: identifier, sha256: sha256, fingerprint: fingerprint,
            key: try SQLRow.present(ObjectKey(untrusted: row.text())),
            earlier: try row.optionalBytes().map { FilePath(pathBytes: $0) })
    }

    func files(of identifier: String) throws -> [LibraryFile] {
        try connection.rows(
            "SELECT \(FileColumns.all) FROM files WHERE \(Self.isFilm) AND reason = ? ORDER BY path",
            [owner, .string(Film.reason(identifier))]
        ).map(FileColumns.file)
    }

    func files(behind last: FilePath?, limit: Int) throws -> [LibraryFile] {
        try connection.rows(
            """
            SELECT \(FileColumns.all) FROM files
            WHERE \(Self.isFilm) AND reason LIKE ? AND path > ? ORDER BY path LIMIT ?
            """, [owner, .string(Film.reason("%")), last.map { .path($0) } ?? .bytes([]), .int(limit)]
        ).map(FileColumns.file)
    }

    func copies(of identifier: String) throws -> [StoredFilm] {
        try connection.rows(
            "SELECT \(Self.columns) FROM films WHERE owner = ? AND identifier = ? ORDER BY sha256",
            [owner, .string(identifier)]
        ).map(Self.film)
    }

    func copies(behind last: SHA256Digest?, limit: Int) throws -> [StoredFilm] {
        try connection.rows(
            "SELECT \(Self.columns) FROM films WHERE owner = ? AND sha256 > ? ORDER BY sha256 LIMIT ?",
            [owner, last.map { .digest($0) } ?? .bytes([]), .int(limit)]
        ).map(Self.film)
    }

    func copy(_ sha256: SHA256Digest) throws -> StoredFilm? {
        try connection.row(
            "SELECT \(Self.columns) FROM films WHERE owner = ? AND sha256 = ?", [owner, .digest(sha256)]
        ).map(Self.film)
    }

    /// What is there already stays as it is.
    func insert(_ films: [StoredFilm]) throws {
        try connection.insert(
            into: "films (owner, \(Self.columns))", row: "(?, ?, ?, ?, ?, ?, ?)",
            values: films.map { film in
                [
                    owner, .string(film.identifier), .digest(film.sha256), .int(film.fingerprint.byteCount),
                    .int(film.fingerprint.modified), .text(film.key.description),
                    film.earlier.map { .path($0) } ?? .null,
                ]
            }, onConflict: "ON CONFLICT (owner, sha256) DO NOTHING")
    }

    /// A photo that is removed takes its films along, unless another one has them, too: their files are none of its any more, and an
    /// import leaves them alone. Returns the copies that nothing refers to any more.
    func leave(_ photo: PhotoID) throws -> [StoredFilm] {
        let left = try connection.row(
            "SELECT identifier FROM live_photos WHERE photo = ? AND owner = ?", [.id(photo), owner])
        guard var left else { return [] }
        let identifier = try left.text()
        // Whoever removes another of its photos meanwhile waits, so that the last one of them takes the films along.
        let lock = connection.dialect.hasOneWriter ? "" : " FOR UPDATE"
        let photos = try connection.rows(
            "SELECT photo FROM live_photos WHERE owner = ? AND identifier = ? ORDER BY photo\(lock)",
            [owner, .string(identifier)])
        try connection.send("DELETE FROM live_photos WHERE photo = ? AND owner = ?", [.id(photo), owner])
        if photos.count > 1 { return [] }
        try connection.send(
            "UPDATE files SET reason = ? WHERE owner = ? AND reason = ?",
            [.text(FileColumns.removedReason), owner, .string(Film.reason(identifier))])
        return try connection.rows(
            "DELETE FROM films WHERE owner = ? AND identifier = ? RETURNING \(Self.columns)",
            [owner, .string(identifier)]
        ).map(Self.film)
    }
}
