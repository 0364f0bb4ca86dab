import Core
import Foundation

extension SQLCatalog {
    func photo(_ id: PhotoID) async throws -> Photo? {
        try await groups.photos.submit(id, isOnlyAsking: true) { [self] ids in
            // A key at a time, all in one round trip: with the owner beside a list of keys, SQLite reads all the owner has.
            let rows = try await database.read { [ownerValue] connection in
                try connection.rows(
                    "SELECT \(PhotoColumns.full) FROM photos WHERE id = ? AND owner = ?",
                    each: ids.map { [.id($0), ownerValue] })
            }
            return try rows.map { .success(try $0.first.map(PhotoColumns.photo)) }
        }
    }

    func photo(sha256: SHA256Digest) async throws -> Photo? {
        try await photos(where: "sha256 = ?", [.digest(sha256)]).first
    }

    func photos(after: PhotoID?, limit: Int) async throws -> [Photo] {
        try await photos(inOrderOfIDs: after == nil ? "1 = 1" : "id > ?", (after.map { [.id($0)] } ?? []), limit)
    }

    func photos(_ query: TimelineQuery) async throws -> [Photo] {
        let page = Timeline.page(query, columns: PhotoColumns.full, owner: ownerValue)
        return try await database.rows(page.sql, page.values).map(PhotoColumns.photo)
    }

    func photos(idPrefix prefix: String, limit: Int) async throws -> [Photo] {
        guard let range = IdentifierRange(prefix: prefix) else { return [] }
        return try await photos(
            inOrderOfIDs: "id >= ? AND id <= ?", [.bytes(range.first), .bytes(range.last)], limit)
    }

    private func photos(
        inOrderOfIDs condition: String, _ values: [SQLValue], _ limit: Int
    ) async throws -> [Photo] {
        try await database.rows(
            Self.photos(inOrderOfIDs: condition, dialect), [ownerValue] + values + [.int(max(0, limit))]
        ).map(PhotoColumns.photo)
    }

    /// The statement for photos in order of their ids, by a condition on these.
    static func photos(inOrderOfIDs condition: String, _ dialect: SQLDialect) -> String {
        """
        SELECT \(PhotoColumns.full) FROM photos WHERE \(dialect.unsought("owner")) = ? AND \(condition)
        ORDER BY id LIMIT ?
        """
    }

    func files(of photo: PhotoID) async throws -> [LibraryFile] {
        try await database.rows(
            "SELECT \(FileColumns.all) FROM files WHERE photo = ? AND owner = ? ORDER BY path",
            [.id(photo), ownerValue]
        ).map(FileColumns.file)
    }

    private func photos(
        where condition: String, _ values: [SQLValue]
    ) async throws -> [Photo] {
        try await database.rows(
            "SELECT \(PhotoColumns.full) FROM photos WHERE owner = ? AND \(condition)", [ownerValue] + values
        ).map(PhotoColumns.photo)
    }
}

/// The first and last id whose canonical text begins with a prefix.
struct IdentifierRange {
    let first: [UInt8]
    let last: [UInt8]

    /// nil when no id begins so, or nothing is given: that would name whatever is the only one.
    init?(prefix: String) {
        let characters = Array(prefix.utf8)
        guard !characters.isEmpty, characters.count <= 36 else { return nil }
        var digits = ""
        for (index, character) in characters.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard character == UInt8(ascii: "-") else { return nil }
            } else {
                digits.unicodeScalars.append(Unicode.Scalar(character))
            }
        }
        func filled(with digit: String) -> [UInt8]? {
            Hex.bytes(digits + String(repeating: digit, count: 32 - digits.utf8.count))
        }
        guard digits.utf8.count <= 32, let first = filled(with: "0"), let last = filled(with: "f") else { return nil }
        self.first = first
        self.last = last
    }
}
