public import Core

/// The clusters near the viewport: one stretch of the list, however long that is.
///
/// It grows by pages at either end and drops what is far from the cursor, so that it stays small.
public struct ClusterWindow: Hashable, Sendable {
    /// Clusters asked for at once.
    public static let pageSize = 100
    /// Clusters kept.
    public static let capacity = 400

    public private(set) var clusters: [DuplicateCluster] = []
    /// Where the list goes on before and behind what is here; nil where it ends.
    private(set) var before: End?
    private(set) var after: End?
    /// The place in the whole list of the first cluster here; nil while nobody counted.
    private(set) var firstOrdinal: Int?

    enum End: Hashable, Sendable {
        /// Nothing of the list is known yet.
        case unknown
        case position(ClusterPosition)

        var position: ClusterPosition? {
            if case .position(let position) = self { return position }
            return nil
        }
    }

    /// Begins at the list's first cluster.
    init() {
        after = .unknown
        firstOrdinal = 0
    }

    private init(before: End) {
        self.before = before
    }

    /// Begins at the list's last cluster, and grows backward.
    static func fromEnd() -> ClusterWindow { ClusterWindow(before: .unknown) }

    /// Whether it is known to hold the whole list.
    var isWhole: Bool { before == nil && after == nil }

    mutating func append(_ page: ClusterPage) {
        let known = Set(clusters.map(\.id))
        clusters += page.clusters.filter { !known.contains($0.id) }
        after = page.reached.map { .position($0) }
    }

    /// Returns how many came before those that were here. `total` is how many the list has, if that is known.
    mutating func prepend(_ page: ClusterPage, total: Int?) -> Int {
        let known = Set(clusters.map(\.id))
        let new = page.clusters.reversed().filter { !known.contains($0.id) }
        clusters = new + clusters
        before = page.reached.map { .position($0) }
        if let firstOrdinal {
            self.firstOrdinal = max(0, firstOrdinal - new.count)
        } else if after == nil, let total {
            firstOrdinal = max(0, total - clusters.count)
        }
        if before == nil { firstOrdinal = 0 }
        return new.count
    }

    /// What to ask for to see again what is here.
    func anchor(in order: ClusterQuery.Order) -> ClusterPosition? {
        guard before != nil, let first = clusters.first else { return nil }
        let position = ClusterPosition(first, in: order)
        // The next id, which no cluster has: what follows it begins with the first one here.
        var bytes = position.id.bytes
        for index in bytes.indices.reversed() {
            bytes[index] &+= 1
            if bytes[index] != 0 { break }
        }
        return ClusterPosition(value: position.value, id: ClusterID(bytes: bytes) ?? position.id)
    }

    /// Puts what the list has there now in the place of what was here.
    mutating func replace(_ page: ClusterPage) {
        clusters = page.clusters
        after = page.reached.map { .position($0) }
        // What comes before may have changed as well.
        firstOrdinal = before == nil ? 0 : nil
    }

    mutating func remove(_ id: ClusterID) { clusters.removeAll { $0.id == id } }

    /// Drops what is far from the cursor, at whose index it is; returns how many went before it.
    mutating func trim(around cursor: Int, order: ClusterQuery.Order) -> Int {
        guard clusters.count > Self.capacity else { return 0 }
        let start = max(0, min(cursor - Self.capacity / 2, clusters.count - Self.capacity))
        let end = start + Self.capacity
        if end < clusters.count { after = .position(ClusterPosition(clusters[end - 1], in: order)) }
        if start > 0 {
            before = .position(ClusterPosition(clusters[start], in: order))
            firstOrdinal = firstOrdinal.map { $0 + start }
        }
        clusters = Array(clusters[start..<end])
        return start
    }
}
