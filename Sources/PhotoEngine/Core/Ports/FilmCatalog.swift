/// The films of live photos.
public protocol FilmCatalog: Sendable {
    /// The files that hold films of a live photo and are there, by what they share with it, in bytewise path order.
    func films(of identifier: String) async throws -> [LibraryFile]
    /// The library's own copies of such films, in the order of their digests.
    func storedFilms(of identifier: String) async throws -> [StoredFilm]
    func storedFilm(_ sha256: SHA256Digest) async throws -> StoredFilm?
    /// The photos that films of this identifier belong to, those in the trash too, in id order.
    func livePhotos(of identifier: String) async throws -> [PhotoID]
}
