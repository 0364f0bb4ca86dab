public import Core
import Grid

/// A photo in the trash, as its list shows it.
public struct ListedTrash: Hashable, Sendable {
    public let photo: PhotoID
    public let sha256: SHA256Digest
    /// The file's name, to be escaped when drawn.
    public let name: String
    public let byteCount: ByteCount
    /// Where its bytes are; safe to show.
    public let place: String
    /// Whether they are the library's own copy, which emptying deletes.
    public let isCopy: Bool
    public let isMissing: Bool
    public let position: TrashPosition

    public init(
        photo: PhotoID, sha256: SHA256Digest, name: String, byteCount: ByteCount, place: String, isCopy: Bool,
        isMissing: Bool, position: TrashPosition
    ) {
        (self.photo, self.sha256, self.name, self.byteCount) = (photo, sha256, name, byteCount)
        (self.place, self.isCopy, self.isMissing, self.position) = (place, isCopy, isMissing, position)
    }
}

/// A part of the trash, and what all of it comes to.
public struct TrashPage: Hashable, Sendable {
    /// Those put there last first.
    public let photos: [ListedTrash]
    /// Whether more follow.
    public let hasMore: Bool
    public let count: Int
    public let byteCount: ByteCount
    /// When it was read, Unix microseconds.
    public let readAt: Int64

    public init(photos: [ListedTrash], hasMore: Bool, count: Int, byteCount: ByteCount, readAt: Int64) {
        (self.photos, self.hasMore, self.count) = (photos, hasMore, count)
        (self.byteCount, self.readAt) = (byteCount, readAt)
    }
}

/// What emptying the trash would remove for good, or did.
public struct TrashEmptyingSums: Hashable, Sendable {
    public var removed = 0
    public var byteCount = ByteCount(0)
    /// Left, as their files lie in folders of the owner's.
    public var inPlace = 0
    /// Left for another reason.
    public var failed = 0
    /// Of the first of those; safe to show.
    public var reason = ""

    public init() {}
}

/// What was taken out of the timeline, and may be taken back.
public struct TrashState: Sendable {
    public enum Phase: Sendable {
        case loading, ready
        case failed(EngineError)
    }

    /// What a person asked for, to be told when it is done.
    enum Change: Hashable, Sendable {
        case restore
        /// Only told of.
        case plan
        case empty
    }

    public var phase = Phase.loading
    public var photos: [ListedTrash] = []
    public var marks: Set<PhotoID> = []
    public var count = 0
    public var byteCount = ByteCount(0)
    /// When it was read, Unix microseconds.
    public var readAt: Int64 = 0
    public var cursor = 0
    /// The first photo shown.
    public var top = 0
    var hasMore = false
    /// Whether what is here has to be read again.
    var isStale = true
    var area = Rect(GridSize(columns: 0, rows: 0))
    var pageRequest: (id: RequestID, isMore: Bool)?
    var retryTimer: RequestID?
    var change: (id: RequestID, change: Change)?

    /// Photos asked for at once.
    static let pageSize = 100
    /// Days after which emptying removes a photo.
    public static let days = 30

    public init() {}

    var cursorPhoto: ListedTrash? { photos.indices.contains(cursor) ? photos[cursor] : nil }

    /// The marked photos, else the one under the cursor.
    var chosen: [PhotoID] { marks.isEmpty ? [cursorPhoto?.photo].compactMap { $0 } : marks.sorted() }

    var rowHeight: Int { area.columns < 44 || area.rows < 9 ? 1 : 3 }
    var visibleCount: Int { max(1, (area.rows - 1) / rowHeight) }
    var visible: Range<Int> { min(top, photos.count)..<min(top + visibleCount, photos.count) }

    /// Cells of a photo's picture; none where there is one line for each.
    var picture: GridSize? { rowHeight > 1 ? GridSize(columns: 6, rows: 2) : nil }

    mutating func resize(area: Rect) {
        self.area = area
        move(to: cursor)
    }

    mutating func move(to index: Int) {
        cursor = min(max(0, index), max(0, photos.count - 1))
        top = min(max(top, cursor - visibleCount + 1), cursor)
        top = max(0, min(top, photos.count - visibleCount))
    }

    /// Whole days that a photo has been there, at the moment of reading.
    func age(_ photo: ListedTrash) -> Int { Int(max(0, readAt - photo.position.trashedAt) / 86_400_000_000) }
}
