/// What people and their programs noted on a photo, apart from the picture: what a keeper takes over from its duplicates.
public struct PhotoMarks: Hashable, Sendable, Codable {
    public var isFavourite: Bool
    /// 0 to 5; nil when unrated.
    public var rating: Int?
    public var caption: String?
    public var position: GeoPosition?
    public var keywords: [String]
    /// The names of the albums and tags it is in, in order.
    public var albums: [String]
    public var tags: [String]
    /// Left to right.
    public var faces: [Face]
    /// Out of the timeline.
    public var isArchived: Bool

    public init(
        isFavourite: Bool = false, rating: Int? = nil, caption: String? = nil, position: GeoPosition? = nil,
        keywords: [String] = [], albums: [String] = [], tags: [String] = [], faces: [Face] = [],
        isArchived: Bool = false
    ) {
        self.isFavourite = isFavourite
        self.rating = rating
        self.caption = caption
        self.position = position
        self.keywords = keywords
        self.albums = albums
        self.tags = tags
        self.faces = faces
        self.isArchived = isArchived
    }

    public init(of photo: Photo, in collections: PhotoCollections = PhotoCollections(), faces: [Face] = []) {
        self.init(
            isFavourite: photo.isFavourite, rating: photo.metadata.rating, caption: photo.metadata.caption,
            position: photo.metadata.position, keywords: photo.metadata.keywords, albums: collections.albums,
            tags: collections.tags, faces: faces, isArchived: photo.isArchived)
    }

    /// An older phototui wrote neither albums nor tags nor faces, nor whether it was archived.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isFavourite = try container.decode(Bool.self, forKey: .isFavourite)
        rating = try container.decodeIfPresent(Int.self, forKey: .rating)
        caption = try container.decodeIfPresent(String.self, forKey: .caption)
        position = try container.decodeIfPresent(GeoPosition.self, forKey: .position)
        keywords = try container.decode([String].self, forKey: .keywords)
        albums = try container.decodeIfPresent([String].self, forKey: .albums) ?? []
        tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
        faces = try container.decodeIfPresent([Face].self, forKey: .faces) ?? []
        isArchived = try container.decodeIfPresent(Bool.self, forKey: .isArchived) ?? false
    }

    /// A favourite when one of them is, the highest rating, every keyword, album and tag; one's own caption, then what each other's
    /// says besides; one's own position, else the first that another has; the faces that one lacks (`Face.added`), of the others
    /// turned to stand as oneself; in the timeline when one of them is.
    public func merging(_ others: [PhotoMarks]) -> PhotoMarks {
        var merged = self
        for other in others {
            merged.isFavourite = merged.isFavourite || other.isFavourite
            if let rating = other.rating { merged.rating = max(rating, merged.rating ?? rating) }
            merged.caption = Self.caption(merged.caption, with: other.caption)
            merged.position = merged.position ?? other.position
            for keyword in other.keywords where !merged.keywords.contains(keyword) { merged.keywords.append(keyword) }
        }
        merged.albums = CollectionName.union(albums, others.map(\.albums))
        merged.tags = CollectionName.union(tags, others.map(\.tags))
        merged.faces += Face.added(to: faces, from: others.flatMap(\.faces))
        merged.isArchived = isArchived && others.allSatisfy(\.isArchived)
        return merged
    }

    /// Both, unless one says it all. What people wrote is nowhere else.
    private static func caption(_ one: String?, with other: String?) -> String? {
        guard let other, !other.isEmpty else { return one }
        guard let one, !one.isEmpty else { return other }
        if one.contains(other) { return one }
        return other.contains(one) ? other : "\(one) / \(other)"
    }

    /// What differs, in order.
    public func differences(from other: PhotoMarks) -> [PhotoMark] {
        PhotoMark.allCases.filter { mark in
            switch mark {
            case .favourite: isFavourite != other.isFavourite
            case .rating: rating != other.rating
            case .caption: caption != other.caption
            case .position: position != other.position
            case .keywords: keywords != other.keywords
            case .albums: albums != other.albums
            case .tags: tags != other.tags
            case .faces: faces != other.faces
            case .archived: isArchived != other.isArchived
            }
        }
    }

    /// Sets a mark as another photo has it.
    public mutating func take(_ mark: PhotoMark, of other: PhotoMarks) {
        switch mark {
        case .favourite: isFavourite = other.isFavourite
        case .rating: rating = other.rating
        case .caption: caption = other.caption
        case .position: position = other.position
        case .keywords: keywords = other.keywords
        case .albums: albums = other.albums
        case .tags: tags = other.tags
        case .faces: faces = other.faces
        case .archived: isArchived = other.isArchived
        }
    }

    /// What a mark says, as untrusted text; nil where it isn't set.
    public func text(of mark: PhotoMark) -> String? {
        func list(_ names: [String]) -> String? { names.isEmpty ? nil : names.joined(separator: ", ") }
        return switch mark {
        case .favourite: isFavourite ? "yes" : nil
        case .rating: rating.map { "\($0)" }
        case .caption: caption
        case .position: position.map { "\($0.latitude), \($0.longitude)" }
        case .keywords: list(keywords)
        case .albums: list(albums)
        case .tags: list(tags)
        case .faces: Face.summary(faces)
        case .archived: isArchived ? "yes" : nil
        }
    }
}

/// A kind of mark, by the name that people read.
public enum PhotoMark: String, CaseIterable, Sendable, Codable {
    case favourite, rating, caption, position, keywords, albums, tags, faces, archived
}

/// What a person wants of a cluster.
public struct ResolutionRequest: Hashable, Sendable {
    /// Photos that are kept beside one another at once; of more, a person tells nothing apart, and their pairs grow with the square.
    public static let mostDistinct = 200

    public var cluster: ClusterID
    /// Takes over the others' marks.
    public var keeper: PhotoID
    /// Left as they are beside the keeper.
    public var alsoKept: Set<PhotoID>
    /// All photos of the cluster, as the person saw them.
    public var members: Set<PhotoID>
    public var actor: String
    /// Why, in the person's words; empty where nothing was given.
    public var reason: String

    public init(
        cluster: ClusterID, keeper: PhotoID, alsoKept: Set<PhotoID> = [], members: Set<PhotoID>, actor: String,
        reason: String = ""
    ) {
        self.cluster = cluster
        self.keeper = keeper
        self.alsoKept = alsoKept
        self.members = members
        self.actor = actor
        self.reason = reason
    }
}

/// A decision on photos that look alike that was carried out, and can be taken back.
public struct Resolution: Hashable, Sendable {
    /// What was decided.
    public enum Verdict: Hashable, Sendable {
        /// One shows what the others do, which went to the trash.
        case duplicates
        /// They don't show the same: all are kept, and no scan puts two of them into one cluster.
        case distinct
        /// They belong together without being duplicates: all are kept.
        case stack(StackReason)
    }

    public let id: ResolutionID
    public let verdict: Verdict
    /// The cluster that was decided on; where photos of none or of several were, that which the first would begin.
    public let cluster: ClusterID
    /// What is kept; where all are, the one that the others were decided to differ from, or that stands for the stack.
    public let keeper: PhotoID
    public let alsoKept: [PhotoID]
    /// In order of id.
    public let trashed: [PhotoID]
    /// Of the originals in the trash together.
    public let byteCount: ByteCount
    /// The keeper's marks before and after.
    public let before: PhotoMarks
    public let after: PhotoMarks
    public let actor: String
    public let reason: String
    /// Unix microseconds.
    public let resolvedAt: Int64
    public let undone: Undoing?

    public struct Undoing: Hashable, Sendable {
        /// Unix microseconds.
        public let at: Int64
        public let actor: String
        /// Why, in the person's words; empty where nothing was given.
        public let reason: String

        public init(at: Int64, actor: String, reason: String = "") {
            self.at = at
            self.actor = actor
            self.reason = reason
        }
    }

    public init(
        id: ResolutionID, verdict: Verdict = .duplicates, cluster: ClusterID, keeper: PhotoID, alsoKept: [PhotoID],
        trashed: [PhotoID], byteCount: ByteCount, before: PhotoMarks, after: PhotoMarks, actor: String, reason: String,
        resolvedAt: Int64, undone: Undoing?
    ) {
        self.id = id
        self.verdict = verdict
        self.cluster = cluster
        self.keeper = keeper
        self.alsoKept = alsoKept
        self.trashed = trashed
        self.byteCount = byteCount
        self.before = before
        self.after = after
        self.actor = actor
        self.reason = reason
        self.resolvedAt = resolvedAt
        self.undone = undone
    }
}

/// What taking back a resolution came to.
public struct UndoneResolution: Hashable, Sendable {
    public let resolution: Resolution
    /// Those that came back from the trash.
    public let restored: [PhotoID]
    /// What could not be as it was, because it changed since.
    public let conflicts: [Conflict]

    public enum Conflict: Hashable, Sendable {
        /// The photo is no longer in the catalogue.
        case gone(PhotoID)
        /// It is not where the resolution put it: taken out of the trash, or put there anew by something else.
        case moved(PhotoID)
        /// This mark of the keeper was changed since, and stays.
        case changedMark(PhotoMark)
        /// The album that the keeper took over was changed since, and stays as it is.
        case changedAlbum(String)
        /// It was deleted since.
        case goneAlbum(String)
        /// The keeper keeps all it took over, as not all of those that it took it from came back.
        case keptMarks
        /// The cluster's photos changed since: those that came back, or had left it, wait to be compared again.
        case changedCluster
    }

    public init(resolution: Resolution, restored: [PhotoID], conflicts: [Conflict]) {
        self.resolution = resolution
        self.restored = restored
        self.conflicts = conflicts
    }
}

/// What a decision that photos don't show the same came to.
public struct DistinctDecision: Hashable, Sendable {
    /// How many pairs were not decided before.
    public let newPairs: Int
    /// nil where all of them were.
    public let resolution: Resolution?

    public init(newPairs: Int, resolution: Resolution?) {
        self.newPairs = newPairs
        self.resolution = resolution
    }
}
