public import Core
import Grid

/// The list of clusters, and the one that is looked at.
public struct DuplicatesState: Sendable {
    public enum Phase: Sendable {
        case loading, ready
        case failed(EngineError)
    }

    public var phase = Phase.loading
    public var order = ClusterQuery.Order.bytesToWin
    public var filter = DuplicatesFilter()
    public var filterText = ""
    public var window = ClusterWindow()
    /// Index into the window's clusters.
    public var cursor = 0
    /// The first cluster shown.
    public var top = 0
    public var totals: ClusterTotals?
    public var summaries: [ClusterID: Summary] = [:]
    /// Shown until they are read again.
    var staleSummaries: Set<ClusterID> = []
    /// Index into `rowHeights`.
    public var size = 1
    /// What went to the trash in this session, and came back from it.
    public var won: Int64 = 0
    /// What was resolved in this session and not taken back, the last one last.
    public var resolutions: [Resolution] = []
    /// Runs while the key that accepts may still be held down from the cluster before.
    var restTimer: RequestID?
    public var comparison: ComparisonState?
    public var scan: ScanStatus?

    public enum Summary: Hashable, Sendable {
        case known(ClusterSummary)
        /// Its photos went while it was read.
        case gone
        case failed(String)
    }

    /// What a person asked for, to be told when it is done.
    enum Change: Hashable, Sendable {
        case resolve(ClusterID)
        case distinct(ClusterID, photos: Int)
        case stack(ClusterID)
        case undo(Resolution)
    }

    var area = Rect(GridSize(columns: 0, rows: 0))
    var totalsRequest: RequestID?
    var lastDecisionRequest: RequestID?
    var isTotalsStale = true
    var pageRequest: (id: RequestID, kind: PageKind)?
    /// Whether what is here has to be read again.
    var isStale = false
    /// Whether a page got no answer, and is not asked for again until the timer fires.
    var isUnanswered = false
    var retryTimer: RequestID?
    var filterTimer: RequestID?
    var summariesRequest: (id: RequestID, left: Set<ClusterID>)?
    var change: (id: RequestID, change: Change)?
    var scanRequest: RequestID?
    /// A cluster that the cursor goes to once it is in the list.
    var sought: ClusterID?
    /// How many clusters a search for certain ones has looked at.
    var examined = 0

    enum PageKind: Hashable, Sendable { case append, prepend, replace }

    /// Rows of a cluster, by size; of the larger ones the last is blank.
    static let rowHeights = [1, 4, 7]

    public init() {}

    public var cursorCluster: DuplicateCluster? {
        window.clusters.indices.contains(cursor) ? window.clusters[cursor] : nil
    }

    /// Rows of a cluster; one where there is no room for more.
    var rowHeight: Int { area.columns < 44 || area.rows < 9 ? 1 : Self.rowHeights[size] }

    /// Clusters on a screen, below the heading.
    var visibleCount: Int { max(1, (area.rows - 1 + (rowHeight > 1 ? 1 : 0)) / rowHeight) }

    /// Cells of a cluster's pictures, and how many stand side by side.
    var pictures: (size: GridSize, count: Int) {
        guard rowHeight > 1 else { return (GridSize(columns: 0, rows: 0), 0) }
        let rows = rowHeight - 1
        let columns = rows * 8 / 3
        return (GridSize(columns: columns, rows: rows), area.columns >= 140 ? 3 : area.columns >= 100 ? 2 : 1)
    }

    /// What shows of the list.
    var visible: Range<Int> { min(top, window.clusters.count)..<min(top + visibleCount, window.clusters.count) }

    mutating func resize(area: Rect) {
        self.area = area
        showCursor()
    }

    mutating func move(to index: Int) {
        cursor = min(max(0, index), max(0, window.clusters.count - 1))
        sought = nil
        showCursor()
    }

    mutating func showCursor() {
        cursor = min(max(0, cursor), max(0, window.clusters.count - 1))
        top = min(max(top, cursor - visibleCount + 1), cursor)
        top = max(0, min(top, window.clusters.count - visibleCount))
    }

    mutating func scroll(by rows: Int) {
        let last = max(0, window.clusters.count - visibleCount)
        top = min(max(0, top + rows), last)
        cursor = min(max(cursor, top), top + visibleCount - 1)
        showCursor()
    }

    /// Takes a cluster out of the list, as it was resolved; the cursor is then on the one behind it.
    mutating func remove(_ id: ClusterID) {
        if let index = window.clusters.firstIndex(where: { $0.id == id }), index < cursor { cursor -= 1 }
        window.remove(id)
        summaries[id] = nil
        showCursor()
    }

    /// Begins the list anew, for another order or filter.
    mutating func restart(fromEnd: Bool = false) {
        window = fromEnd ? ClusterWindow.fromEnd() : ClusterWindow()
        (cursor, top, examined, sought) = (0, 0, 0, nil)
        (phase, isStale, isUnanswered) = (.loading, false, false)
    }
}

/// What of the list shows.
public struct DuplicatesFilter: Hashable, Sendable {
    /// Text that one of a cluster's photos has.
    public var text = ""
    /// Only clusters of nearly equal hashes.
    public var sameOnly = false
    /// Only clusters of the same pixels.
    public var exactOnly = false
    /// Only clusters whose proposal nothing speaks against.
    public var certainOnly = false

    public init() {}

    public var isEmpty: Bool { self == DuplicatesFilter() }

    /// Reads what was typed: `is:exact`, `is:same` and `is:certain` are conditions, all else is text to be found.
    public init(typed text: String) {
        var words: [Substring] = []
        for word in text.split(separator: " ") {
            switch word {
            case "is:exact": exactOnly = true
            case "is:same": sameOnly = true
            case "is:certain": certainOnly = true
            default: words.append(word)
            }
        }
        self.text = words.joined(separator: " ")
    }

    /// What is typed for it.
    var typed: String {
        let conditions = [exactOnly ? "is:exact" : "", sameOnly ? "is:same" : "", certainOnly ? "is:certain" : ""]
        return (conditions + [text]).filter { !$0.isEmpty }.joined(separator: " ")
    }

    var clusterFilter: ClusterFilter {
        ClusterFilter(text: text, mostDistance: sameOnly ? ClusterFilter.sameDistance : nil)
    }
}
