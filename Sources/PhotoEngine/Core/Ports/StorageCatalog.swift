/// What the storage is to have of the owner's photos and their films, in the order of its keys.
public protocol StorageCatalog: Sendable {
    /// Originals in the object store, and copies of films, in the bytewise order of their keys, behind `after`.
    func storedOriginals(after: ObjectKey?, limit: Int) async throws -> [OriginalObject]
    /// Photos in the order of their digests, which is that of their renditions' keys, behind `after`.
    func picturedPhotos(after: SHA256Digest?, limit: Int) async throws -> [PicturedPhoto]
    /// Of any number of digests those that a photo or a film's copy has, with the key of its original where that is in the object store;
    /// in one query.
    func originals(of digests: [SHA256Digest]) async throws -> [SHA256Digest: ObjectKey?]
}

/// An original that is to be in the object store.
public struct OriginalObject: Hashable, Sendable {
    /// nil for the copy of a film.
    public let photo: PhotoID?
    public let key: ObjectKey
    public let sha256: SHA256Digest
    public let byteCount: ByteCount

    public init(photo: PhotoID?, key: ObjectKey, sha256: SHA256Digest, byteCount: ByteCount) {
        (self.photo, self.key, self.sha256, self.byteCount) = (photo, key, sha256, byteCount)
    }
}

/// A photo, by what its renditions are called after.
public struct PicturedPhoto: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// Whether renditions were made of it.
    public let isProcessed: Bool

    public init(photo: PhotoID, sha256: SHA256Digest, isProcessed: Bool) {
        (self.photo, self.sha256, self.isProcessed) = (photo, sha256, isProcessed)
    }
}
