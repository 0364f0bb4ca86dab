public import Core
public import SystemPackage

extension LibraryRows: PromotedFilms {
    private static let atOnce = 500

    public func films(of identifier: String) async throws -> [LibraryFile] {
        try await read { try $0.files(of: identifier) }
    }

    public func storedFilms(of identifier: String) async throws -> [StoredFilm] {
        try await read { try $0.copies(of: identifier) }
    }

    public func storedFilm(_ sha256: SHA256Digest) async throws -> StoredFilm? {
        try await read { try $0.copy(sha256) }
    }

    public func films(behind last: FilePath?) async throws -> [LibraryFile] {
        try await read { try $0.files(behind: last, limit: Self.atOnce) }
    }

    public func storedFilms(behind last: SHA256Digest?) async throws -> [StoredFilm] {
        try await read { try $0.copies(behind: last, limit: Self.atOnce) }
    }

    public func add(_ film: StoredFilm) async throws {
        try await database.write(.soon) { [ownerValue] in
            try FilmRows(connection: $0, owner: ownerValue).insert([film])
        }
    }

    public func unusedKey(like key: ObjectKey, of sha256: SHA256Digest) async throws -> ObjectKey {
        try await database.read { [ownerValue] in
            try RemovedKeys(of: sha256, owner: ownerValue, connection: $0).unused(like: key)
        }
    }

    private func read<Value: Sendable>(_ body: @escaping @Sendable (FilmRows) throws -> Value) async throws -> Value {
        try await database.read { [ownerValue] in try body(FilmRows(connection: $0, owner: ownerValue)) }
    }
}
