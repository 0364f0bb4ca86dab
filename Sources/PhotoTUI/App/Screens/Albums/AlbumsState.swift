public import Core
import Grid

/// An album with the photo that stands for it.
public struct ListedAlbum: Hashable, Sendable {
    public var album: Album
    public var cover: TimelineEntry?
    /// Whether somebody has a link to it.
    public var isShared: Bool

    public init(album: Album, cover: TimelineEntry?, isShared: Bool = false) {
        (self.album, self.cover, self.isShared) = (album, cover, isShared)
    }
}

/// What a saved search finds.
public struct FoundSummary: Hashable, Sendable {
    /// The newest.
    public let cover: TimelineEntry?
    public let count: SearchCount
    /// Why it finds nothing. Untrusted.
    public let problem: String?

    public init(cover: TimelineEntry?, count: SearchCount, problem: String? = nil) {
        (self.cover, self.count, self.problem) = (cover, count, problem)
    }
}

/// The wall of albums: those of the first level, then those nested in each album.
public struct AlbumsState: Sendable {
    public enum Phase: Sendable {
        case loading, ready
        case failed(EngineError)
    }

    public var phase = Phase.loading
    /// As they stand on the wall.
    private(set) var albums: [ListedAlbum] = []
    private(set) var wall = AlbumsWall()
    var summaries: [AlbumID: FoundSummary] = [:]
    public var cursor = 0
    /// The first row of the wall shown.
    public var top = 0
    var isComplete = false
    /// Behind it more follow.
    var last: CollectionName?
    /// Whether what is here has to be read again.
    var isStale = true
    var request: RequestID?
    /// Whether what is on its way follows what is here.
    var isContinuing = false
    var retryTimer: RequestID?
    var summaryRequest: RequestID?
    /// Saved searches whose summary is on its way, or was shown since the library changed.
    var asked: Set<AlbumID> = []
    var events = AlbumsEvents()
    var area = Rect(GridSize(columns: 0, rows: 0))

    /// Albums read at once.
    static let page = 500
    /// Below a picture: a name, and how many photos.
    static let captionRows = 2

    public init() {}

    var cursorAlbum: ListedAlbum? { albums.indices.contains(cursor) ? albums[cursor] : nil }
    /// Below the heading.
    var wallArea: Rect { area.splitTop(1).rest }

    mutating func show(_ found: [ListedAlbum], tilesPerLine: Int, tileRows: Int) {
        let before = cursorAlbum?.album.id
        let event = cursorEvent.map { _ in cursor - albums.count }
        let all = isContinuing ? albums + found : found
        let levels = all.map { ($0, AlbumLevels($0.album.name)) }
        albums = levels.enumerated().sorted { one, other in
            (one.element.1.parentKey, one.offset) < (other.element.1.parentKey, other.offset)
        }.map(\.element.0)
        phase = .ready
        lay(tilesPerLine: tilesPerLine, tileRows: tileRows)
        move(to: event.map { albums.count + $0 } ?? albums.firstIndex { $0.album.id == before } ?? cursor)
    }

    mutating func showEvents(_ found: [ListedEvent], tilesPerLine: Int, tileRows: Int) {
        let before = cursorEvent?.id
        events.found = found
        lay(tilesPerLine: tilesPerLine, tileRows: tileRows)
        if let index = found.firstIndex(where: { $0.id == before }) { move(to: albums.count + index) }
    }

    /// Albums and events.
    var tileCount: Int { albums.count + shownEvents.count }

    mutating func lay(tilesPerLine: Int, tileRows: Int) {
        wall = AlbumsWall(
            parents: albums.map { AlbumLevels($0.album.name).parent }, events: shownEvents.count,
            columns: tilesPerLine, tileRows: tileRows)
        move(to: cursor)
    }

    mutating func move(to index: Int) {
        cursor = min(max(0, index), max(0, tileCount - 1))
        guard let row = wall.row(of: cursor) else {
            top = 0
            return
        }
        let rows = wallArea.rows
        // With its heading, where that stands above its line.
        let first = wall.headingRow(of: cursor).map { $0 == row - 1 ? $0 : row } ?? row
        top = min(max(top, row + wall.tileRows - rows), first)
        top = max(0, min(top, wall.rows - rows))
    }

    /// The albums that show at least in part.
    var visible: [Int] { wall.visible(rows: top..<top + wallArea.rows) }

    /// The saved searches on screen whose photos were not looked at yet.
    var unsummarized: [Album] {
        visible.filter(albums.indices.contains).map { albums[$0].album }.filter {
            $0.query != nil && !asked.contains($0.id)
        }
    }

    mutating func markStale() {
        (isStale, events.isStale) = (true, true)
        asked = []
    }
}

/// The name of an album, apart from those it is nested in.
struct AlbumLevels: Hashable {
    let name: String
    /// Empty for an album of the first level.
    let parent: String

    init(_ text: String) {
        let levels = text.split(separator: "/", omittingEmptySubsequences: false)
        name = String(levels.last ?? "")
        parent = levels.dropLast().joined(separator: "/")
    }

    var parentKey: String { CollectionName.key(of: parent) }
}
