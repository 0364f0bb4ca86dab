public import SystemPackage

/// The films of a library that is promoted, or of the one that it becomes. What it shares with `FilmCatalog` is as there.
public protocol PromotedFilms: Sendable {
    func films(of identifier: String) async throws -> [LibraryFile]
    func storedFilms(of identifier: String) async throws -> [StoredFilm]
    func storedFilm(_ sha256: SHA256Digest) async throws -> StoredFilm?
    /// The files that hold films and are there, in bytewise path order behind `last`, a few hundred at most.
    func films(behind last: FilePath?) async throws -> [LibraryFile]
    /// The library's own copies, in the order of their digests behind `last`, a few hundred at most.
    func storedFilms(behind last: SHA256Digest?) async throws -> [StoredFilm]
    /// What is there already stays as it is.
    func add(_ film: StoredFilm) async throws
    /// As `FileCatalog.unusedKey(like:of:)`.
    func unusedKey(like key: ObjectKey, of sha256: SHA256Digest) async throws -> ObjectKey
}
