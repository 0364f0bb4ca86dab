/// What a person changes of photos, of albums or of tags.
public enum EditChange: Hashable, Sendable {
    case favourite(Bool)
    /// 0 to 5; nil takes it away.
    case rating(Int?)
    /// nil takes it away.
    case caption(String?)
    /// Archived photos leave the timeline and stay in albums.
    case archived(Bool)
    /// Out of the timeline, albums and clusters, with their files where they are, until they are taken back or the trash is emptied.
    case trash
    /// Tags that are not there yet begin with this.
    case addTags([CollectionName])
    case removeTags([TagID])
    /// Behind the last, in the order of the request's photos.
    case addToAlbum(AlbumID)
    case removeFromAlbum(AlbumID)
    /// In front of a photo of the album, or to its end, in the order of the request's photos.
    case moveInAlbum(AlbumID, before: PhotoID?)

    // What follows takes no photos of the request's.
    /// Albums that an import fills, each begun where it is not there yet; `source` is what was imported.
    case gatherAlbums([GatheredAlbum], source: String)
    /// With a `query`, as people type it, a saved search: it holds what that finds, and nothing can be put into it.
    case createAlbum(CollectionName, description: String, query: String? = nil)
    /// With the albums nested in it.
    case renameAlbum(AlbumID, CollectionName)
    /// The albums nested in a name that none has itself.
    case renameNested(CollectionName, CollectionName)
    case describeAlbum(AlbumID, String)
    /// nil leaves it to the album's order.
    case setCover(AlbumID, PhotoID?)
    case orderAlbum(AlbumID, Album.Order)
    /// The photos stay, and so do the albums nested in it.
    case deleteAlbum(AlbumID)
    /// No event is proposed of photos taken from one moment of the wall clock to another, in microseconds; `name` is what it was
    /// proposed as.
    case refuseEvent(ClosedRange<Int64>, name: String)
    case renameTag(TagID, CollectionName)
    /// Photos with one of the tags have the last-named one, and the others are gone.
    case mergeTags([TagID], into: TagID)
}

/// An album that is to have these photos besides those it has.
public struct GatheredAlbum: Hashable, Sendable {
    public var name: CollectionName
    /// Of one that is begun; another's stays.
    public var description: String
    /// Behind the last, in this order.
    public var photos: [PhotoID]

    public init(name: CollectionName, description: String = "", photos: [PhotoID]) {
        (self.name, self.description, self.photos) = (name, description, photos)
    }
}

public struct EditRequest: Hashable, Sendable {
    public var change: EditChange
    /// Those in the trash and unknown ones are passed over.
    public var photos: [PhotoID]
    public var actor: String
    /// Why, in the person's words; empty where nothing was given.
    public var reason: String
    /// The edit that this is a further part of, undone together with it.
    public var continuing: EditID?

    /// As many photos as one transaction takes.
    public static let mostPhotos = 10_000

    public init(
        _ change: EditChange, photos: [PhotoID] = [], actor: String, reason: String = "", continuing: EditID? = nil
    ) {
        self.change = change
        self.photos = photos
        self.actor = actor
        self.reason = reason
        self.continuing = continuing
    }
}

/// A change that was made, and can be taken back.
public struct Edit: Hashable, Sendable {
    /// What was done.
    public enum Kind: String, Sendable, CaseIterable {
        case favourite
        case unfavourite
        case rate
        case caption
        case archive
        case unarchive
        case trash
        case tag
        case untag
        case addToAlbum = "add_to_album"
        case removeFromAlbum = "remove_from_album"
        case moveInAlbum = "move_in_album"
        case createAlbum = "create_album"
        case renameAlbum = "rename_album"
        case describeAlbum = "describe_album"
        case setCover = "set_cover"
        case orderAlbum = "order_album"
        case deleteAlbum = "delete_album"
        case renameTag = "rename_tag"
        case mergeTags = "merge_tags"
        case refuseEvent = "refuse_event"
        case gatherAlbums = "gather_albums"

        /// For a person, in front of the edit's subject.
        public var words: String { rawValue.replacing("_", with: " ") }
    }

    public let id: EditID
    public let kind: Kind
    /// What it was about, as it was called then: a tag, an album, a rating. Untrusted.
    public let subject: String
    /// How many photos it changed.
    public let photoCount: Int
    public let actor: String
    public let reason: String
    /// Unix microseconds.
    public let madeAt: Int64
    public let undone: Resolution.Undoing?

    public init(
        id: EditID, kind: Kind, subject: String, photoCount: Int, actor: String, reason: String, madeAt: Int64,
        undone: Resolution.Undoing? = nil
    ) {
        self.id = id
        self.kind = kind
        self.subject = subject
        self.photoCount = photoCount
        self.actor = actor
        self.reason = reason
        self.madeAt = madeAt
        self.undone = undone
    }
}

/// What taking back a part of an edit came to.
public struct UndoneEdit: Hashable, Sendable {
    public let edit: Edit
    /// Photos that are as they were before the edit.
    public let restored: Int
    /// What could not be as it was, because it changed since.
    public let conflicts: [Conflict]
    /// Whether all of the edit is taken back.
    public let isComplete: Bool

    public enum Conflict: Hashable, Sendable {
        /// The photo is no longer in the catalogue.
        case gone(PhotoID)
        /// The photo is in the trash.
        case inTrash(PhotoID)
        /// What the edit had set was changed since, and stays.
        case changedPhoto(PhotoID)
        /// The tag or album was changed since, and stays.
        case changedTag(String)
        case changedAlbum(String)
        /// The album was deleted since.
        case goneAlbum(String)
    }

    public init(edit: Edit, restored: Int, conflicts: [Conflict], isComplete: Bool) {
        self.edit = edit
        self.restored = restored
        self.conflicts = conflicts
        self.isComplete = isComplete
    }
}
