public import Grid

/// Keeps rendered thumbnails up to a number of bytes; the least recently used goes first. A value: its owner guards it.
public struct ThumbnailCache<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var grid: Grid
        var lastUse: UInt64
    }
    /// The most bytes of cells kept.
    public let capacity: Int
    /// Bytes of cells kept now, never above `capacity`.
    public private(set) var byteCount = 0
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0

    public init(capacity: Int) { self.capacity = capacity }

    public var count: Int { entries.count }

    /// The thumbnail, which counts as used now.
    public mutating func thumbnail(for key: Key) -> Grid? {
        uses += 1
        entries[key]?.lastUse = uses
        return entries[key]?.grid
    }

    /// Keeps a thumbnail; one larger than the whole cache isn't kept.
    public mutating func insert(_ grid: Grid, for key: Key) {
        remove(key)
        let size = Self.bytes(of: grid)
        guard size <= capacity else { return }
        if byteCount + size > capacity { makeRoom(for: size) }
        uses += 1
        entries[key] = Entry(grid: grid, lastUse: uses)
        byteCount += size
    }

    public mutating func remove(_ key: Key) {
        if let entry = entries.removeValue(forKey: key) { byteCount -= Self.bytes(of: entry.grid) }
    }

    public mutating func removeAll() {
        entries.removeAll()
        byteCount = 0
    }

    // An eighth more than needed goes at once, so that sorting by age is paid seldom.
    private mutating func makeRoom(for size: Int) {
        for (key, _) in entries.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            if byteCount + size <= capacity - capacity / 8 || byteCount == 0 { return }
            remove(key)
        }
    }

    static func bytes(of grid: Grid) -> Int { grid.cells.count * MemoryLayout<Cell>.stride + 64 }
}
