/// Photos that somebody put together, in an order; a photo may be in any number of albums.
public struct Album: Hashable, Sendable {
    /// In which order its photos are shown.
    public enum Order: String, Sendable, CaseIterable, Codable {
        /// By capture time, newest first, as in the timeline.
        case date
        /// As a person put them; those added last are at the end.
        case hand
    }

    public let id: AlbumID
    /// `Trips/Lisbon` is nested in `Trips`.
    public let name: String
    /// Empty where nobody wrote one.
    public let description: String
    /// The photo chosen to stand for it, else the first in its order; nil for an empty album.
    public let cover: PhotoID?
    public let order: Order
    /// Without those in the trash; 0 for a saved search, whose photos are not counted.
    public let photoCount: Int
    /// What a saved search looks for, as it was typed; nil for an album that photos are put into. Untrusted.
    public let query: String?

    public init(
        id: AlbumID, name: String, description: String, cover: PhotoID?, order: Order, photoCount: Int,
        query: String? = nil
    ) {
        self.id = id
        self.name = name
        self.description = description
        self.cover = cover
        self.order = order
        self.photoCount = photoCount
        self.query = query
    }
}

/// A word on photos; it is there as long as a photo has it.
public struct Tag: Hashable, Sendable {
    public let id: TagID
    public let name: String
    /// Without those in the trash.
    public let photoCount: Int

    public init(id: TagID, name: String, photoCount: Int) {
        self.id = id
        self.name = name
        self.photoCount = photoCount
    }
}

/// Something that photos are in.
public enum PhotoCollection: Hashable, Sendable {
    case album(AlbumID)
    case tag(TagID)
}

/// The names of what a photo is in, each in order.
public struct PhotoCollections: Hashable, Sendable {
    public var albums: [String]
    public var tags: [String]

    public init(albums: [String] = [], tags: [String] = []) {
        self.albums = albums
        self.tags = tags
    }
}

/// A photo in the order of an album or tag.
public struct CollectedPhoto: Hashable, Sendable {
    public let photo: Photo
    public let position: CollectionPosition

    public init(photo: Photo, position: CollectionPosition) {
        self.photo = photo
        self.position = position
    }
}

/// What a wall shows of a photo in the order of an album or tag.
public struct CollectedEntry: Hashable, Sendable {
    public let entry: TimelineEntry
    public let position: CollectionPosition

    public init(entry: TimelineEntry, position: CollectionPosition) {
        self.entry = entry
        self.position = position
    }
}

/// A keyset cursor: where a photo is in an album or under a tag, written `<value>_<id>`.
public struct CollectionPosition: Hashable, Sendable, CustomStringConvertible {
    /// Microseconds of the wall clock, or the place that a person gave it, as the order has it.
    public let value: Int64
    public let photo: PhotoID

    public init(value: Int64, photo: PhotoID) {
        self.value = value
        self.photo = photo
    }

    public init?(_ text: String) {
        let parts = text.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, let value = Int64(parts[0]), let photo = PhotoID(String(parts[1])) else { return nil }
        self.init(value: value, photo: photo)
    }

    public var description: String { "\(value)_\(photo)" }
}

/// A word that photos' files or sidecars give them.
public struct Keyword: Hashable, Sendable {
    /// Untrusted, as a photo that had it first writes it.
    public let name: String
    /// With those in the trash.
    public let photoCount: Int

    public init(name: String, photoCount: Int) { (self.name, self.photoCount) = (name, photoCount) }
}
