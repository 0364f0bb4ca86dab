public import Core
public import Grid

/// The timeline: months with counts, the entries near the viewport, the cursor and the marks.
public struct TimelineState: Sendable {
    public enum Phase: Sendable {
        case loading, ready
        case failed(EngineError)
    }

    public var phase = Phase.loading
    public var search = SearchState()
    public var layout = TimelineLayout()
    public var windows = EntryWindows()
    public var places: [Month: [String]] = [:]
    /// Ordinal of the photo the keyboard is on.
    public var cursor = 0
    /// Its id, once its entry is here: what the cursor holds on to while the catalogue changes.
    public var cursorPhoto: PhotoID?
    /// The first row of the timeline shown.
    public var top = 0
    /// Marked photos, with whether each was a favourite.
    public var marks: [PhotoID: Bool] = [:]
    /// Where a range began.
    public var rangeStart: Int?
    /// Index into `thumbnailWidths`.
    public var thumbnailSize = 1
    public var thumbnails = ThumbnailCache()
    /// Whether the user has moved: before, the view stays at the newest photo while photos stream in.
    public var hasMoved = false

    var area = Rect(GridSize(columns: 0, rows: 0))
    var aspect = 0.5
    var direction = 1
    var isDirty = false
    var monthsRequest: RequestID?
    var locateRequest: RequestID?
    var rangeRequest: RequestID?
    var chunkRequests: [RequestID: EntryWindows.ChunkKey] = [:]
    var placeRequests: [RequestID: Month] = [:]
    /// What was asked for in vain, and is not asked for again until the timer fires.
    var unansweredChunks: Set<EntryWindows.ChunkKey> = []
    var unansweredPlaces: Set<Month> = []
    var retryTimer: RequestID?
    var wanted: [ThumbnailKey] = []

    /// Columns of a thumbnail, by size.
    public static let thumbnailWidths = [8, 14, 20, 28, 40, 60]
    /// Seconds until what got no answer is asked for again.
    static let retryPause = 2.0
    /// Blank columns between tiles, and left of the first.
    static let gap = 2

    public init() {}

    /// Cells of a picture at this size, at most what the area holds.
    public var pictureSize: GridSize {
        let columns = min(Self.thumbnailWidths[thumbnailSize], max(4, area.columns - 2 * Self.gap))
        let rows = max(2, Int((Double(columns) * aspect * 0.75).rounded()))
        return GridSize(columns: columns, rows: min(rows, max(2, area.rows - 3)))
    }

    /// Tiles on a line.
    var tilesPerLine: Int { tilesPerLine(of: area) }

    func tilesPerLine(of area: Rect) -> Int { max(1, (area.columns - 1) / (pictureSize.columns + Self.gap)) }

    /// The column of a tile's picture.
    func column(ofTile tile: Int) -> Int { area.column + 1 + tile * (pictureSize.columns + Self.gap) }

    public var cursorPlace: TimelineLayout.Place? { layout.place(ordinal: cursor) }

    public var cursorEntry: TimelineEntry? {
        cursorPlace.flatMap(entry)
    }

    public func entry(_ place: TimelineLayout.Place) -> TimelineEntry? {
        if search.isActive {
            let ordinal = layout.ordinal(of: place)
            return ordinal < search.entries.count ? search.entries[ordinal] : nil
        }
        return windows.entry(month: layout.months[place.month].month, index: place.index)
    }

    /// The ordinals being selected.
    public var range: ClosedRange<Int>? {
        rangeStart.map { min($0, cursor)...max($0, cursor) }
    }

    mutating func resize(area: Rect, look: Look) {
        (self.area, aspect) = (area, look.cellAspectRatio)
        relayout(layout.months)
    }

    /// Lays the timeline out anew, with the cursor on the same row of the screen where that can be.
    mutating func relayout(_ months: [MonthCount]) {
        let screenRow = cursorPlace.map { layout.row(of: $0) - top }
        layout = TimelineLayout(months: months, columns: tilesPerLine, tileRows: pictureSize.rows + 1)
        cursor = min(cursor, max(0, layout.count - 1))
        if let screenRow, let place = cursorPlace { top = layout.row(of: place) - screenRow }
        showCursor()
    }

    /// Scrolls as little as shows the cursor's tile whole, below the sticky heading.
    mutating func showCursor() {
        guard let place = cursorPlace else {
            top = 0
            return
        }
        let row = layout.row(of: place)
        top = max(top, row + layout.tileRows - area.rows)
        // The row above the tile: the first line shows its heading there, other lines lie under the sticky one.
        top = min(top, row - 1)
        clampTop()
    }

    mutating func clampTop() { top = max(0, min(top, layout.rows - 1 - area.rows)) }

    mutating func move(to ordinal: Int) {
        let target = min(max(0, ordinal), max(0, layout.count - 1))
        direction = target < cursor ? -1 : 1
        cursor = target
        cursorPhoto = cursorEntry?.id
        hasMoved = true
        showCursor()
    }

    /// Scrolls without the keyboard; the cursor comes along when it would leave the screen.
    mutating func scroll(rows: Int) {
        direction = rows < 0 ? -1 : 1
        top += rows
        clampTop()
        guard let place = cursorPlace else { return }
        let row = layout.row(of: place)
        var lines = 0
        if row <= top { lines = (top - row) / layout.tileRows + 1 }
        if row + layout.tileRows > top + area.rows {
            lines = -((row + layout.tileRows - top - area.rows + layout.tileRows - 1) / layout.tileRows)
        }
        if lines != 0 {
            cursor = layout.ordinal(of: layout.place(lines: lines, from: place))
            cursorPhoto = cursorEntry?.id
        }
        hasMoved = true
    }

    /// Keeps a thumbnail that came, which is not wanted any more.
    mutating func store(_ outcome: ThumbnailCache.Outcome, for key: ThumbnailKey) {
        thumbnails.store(outcome, for: key)
        if let index = wanted.firstIndex(of: key) { wanted.remove(at: index) }
    }

    /// Lines of tiles on a screen.
    var linesPerScreen: Int { max(1, (area.rows - 1) / layout.tileRows) }
}

/// Thumbnails drawn or failed, those not seen for longest dropped beyond a number of cells.
public struct ThumbnailCache: Sendable {
    public enum Outcome: Sendable {
        case drawn(Grid)
        case failed(String)
    }

    private var outcomes: [ThumbnailKey: (outcome: Outcome, lastUse: Int)] = [:]
    private var tick = 0
    private var cells = 0
    /// Cells kept beside those on screen: 24 bytes each, so 12 MB.
    static let capacity = 500_000

    public init() {}

    public subscript(key: ThumbnailKey) -> Outcome? { outcomes[key]?.outcome }

    public mutating func store(_ outcome: Outcome, for key: ThumbnailKey) {
        if outcomes[key] == nil { cells += key.columns * key.rows }
        outcomes[key] = (outcome, tick)
    }

    /// Notes what is on screen and drops what is not, oldest first, while there is too much.
    public mutating func use(_ keys: [ThumbnailKey]) {
        tick += 1
        for key in keys { outcomes[key]?.lastUse = tick }
        guard cells > Self.capacity else { return }
        for (key, value) in outcomes.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard cells > Self.capacity * 3 / 4, value.lastUse < tick else { break }
            outcomes[key] = nil
            cells -= key.columns * key.rows
        }
    }

    /// Forgets what failed, so that it is tried again.
    public mutating func forgetFailures() {
        for (key, value) in outcomes {
            if case .failed = value.outcome {
                outcomes[key] = nil
                cells -= key.columns * key.rows
            }
        }
    }
}
