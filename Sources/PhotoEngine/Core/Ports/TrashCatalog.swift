internal import Foundation
public import SystemPackage

/// Photos that decisions took out of the timeline, until somebody takes them back or removes them for good.
public protocol TrashCatalog: Sendable {
    /// Those put there last first, of one moment by falling id, behind `after`.
    func trash(after: TrashPosition?, limit: Int) async throws -> [TrashedPhoto]
    /// How many there are, and their originals' bytes.
    func trashSums() async throws -> (photos: Int, byteCount: ByteCount)
    /// Takes photos out of the trash, whatever had put them there; each waits to be compared anew. Returns those that were
    /// there. `reason` is the person's, for the journal. Throws `.notFound` for an unknown photo.
    func restore(_ photos: [PhotoID], actor: String, reason: String) async throws -> [PhotoID]
    /// For each of the photos that a decision which stands put there at `moment` (Unix microseconds), what it has kept instead, the
    /// keeper first.
    func kept(insteadOf photos: Set<PhotoID>, trashedAt moment: Int64) async throws -> [PhotoID: [PhotoID]]
    /// Removes a photo for good, with all that is known of it. The files in `gone` are forgotten; the others stay known as no
    /// photo, so that an import leaves them alone as long as they don't change. Returns what is to be deleted of it; nil, and
    /// nothing changes, when it is not in the trash since `moment` (Unix microseconds), is being processed, or `keeper` is
    /// missing or gone.
    func remove(
        _ photo: PhotoID, trashedAt moment: Int64, keeping keeper: PhotoID?, forgetting gone: [FilePath], actor: String,
        reason: String
    ) async throws -> RemovedOriginal?
    /// What was removed and not yet said to be deleted, in the order of removal, behind `after`.
    func removedOriginals(after: RemovedOriginalID?, limit: Int) async throws -> [RemovedOriginal]
    /// Nothing of these is left in the store.
    func markDeleted(_ originals: [RemovedOriginalID]) async throws
}

public typealias RemovedOriginalID = Identifier<RemovedOriginal>

/// What is left in the object store of a photo that was removed for good. No photo is ever stored under its key again, so that
/// whoever knows of it may delete it at any time, however often.
public struct RemovedOriginal: Hashable, Sendable {
    public let id: RemovedOriginalID
    public let sha256: SHA256Digest
    /// nil where the library had no copy, and only renditions are left.
    public let key: ObjectKey?
    /// The copies of its films, which nothing else refers to.
    public var films: [RemovedOriginal] = []

    public init(id: RemovedOriginalID, sha256: SHA256Digest, key: ObjectKey?) {
        (self.id, self.sha256, self.key) = (id, sha256, key)
    }
}

/// A photo in the trash, and where files with its bytes are.
public struct TrashedPhoto: Hashable, Sendable {
    public let photo: Photo
    /// Unix microseconds.
    public let trashedAt: Int64
    /// In order of path.
    public let files: [LibraryFile]

    public init(photo: Photo, trashedAt: Int64, files: [LibraryFile]) {
        self.photo = photo
        self.trashedAt = trashedAt
        self.files = files
    }
}

/// A keyset cursor: where a photo is in the trash, written `<moment>_<id>`.
public struct TrashPosition: Hashable, Sendable, CustomStringConvertible {
    /// Unix microseconds.
    public let trashedAt: Int64
    public let photo: PhotoID

    public init(trashedAt: Int64, photo: PhotoID) {
        self.trashedAt = trashedAt
        self.photo = photo
    }

    public init(_ trashed: TrashedPhoto) {
        self.init(trashedAt: trashed.trashedAt, photo: trashed.photo.id)
    }

    /// What follows it was put there before this moment, Unix microseconds.
    public init(before moment: Int64) {
        self.init(
            trashedAt: moment, photo: PhotoID(uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))))
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let moment = Int64(parts[0]), let photo = PhotoID(String(parts[1])) else { return nil }
        self.init(trashedAt: moment, photo: photo)
    }

    public var description: String { "\(trashedAt)_\(photo)" }
}
