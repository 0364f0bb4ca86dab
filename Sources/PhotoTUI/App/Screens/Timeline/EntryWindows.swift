public import Core

/// The entries near the viewport, in chunks of a fixed size; those not looked at for longest are dropped.
public struct EntryWindows: Sendable {
    /// Entries of one chunk.
    public static let chunkSize = 200
    /// Chunks kept.
    public static let capacity = 24

    /// A chunk's place: entries `index * chunkSize ..< (index + 1) * chunkSize` of its month.
    public struct ChunkKey: Hashable, Sendable {
        public let month: Month
        public let index: Int

        public init(month: Month, index: Int) {
            (self.month, self.index) = (month, index)
        }

        /// The chunk that has an entry.
        public init(month: Month, entry: Int) {
            self.init(month: month, index: entry / EntryWindows.chunkSize)
        }

        var range: Range<Int> {
            index * EntryWindows.chunkSize..<(index + 1) * EntryWindows.chunkSize
        }
    }

    private struct Chunk: Sendable {
        var entries: [TimelineEntry]
        var lastUse: Int
        var isStale: Bool
    }

    private var chunks: [ChunkKey: Chunk] = [:]
    private var tick = 0

    public init() {}

    public var chunkCount: Int { chunks.count }

    public func entry(month: Month, index: Int) -> TimelineEntry? {
        let key = ChunkKey(month: month, entry: index)
        guard let chunk = chunks[key] else { return nil }
        let offset = index - key.range.lowerBound
        return offset < chunk.entries.count ? chunk.entries[offset] : nil
    }

    /// Whether the chunk has to be loaded: it isn't there, or the catalogue has changed since.
    public func needs(_ key: ChunkKey) -> Bool { chunks[key]?.isStale ?? true }

    /// Notes that these are on screen, and drops the oldest beyond the capacity.
    public mutating func use(_ keys: [ChunkKey]) {
        tick += 1
        for key in keys { chunks[key]?.lastUse = tick }
        while chunks.count > max(Self.capacity, keys.count),
            let oldest = chunks.min(by: { $0.value.lastUse < $1.value.lastUse })?.key
        {
            chunks[oldest] = nil
        }
    }

    public mutating func store(_ entries: [TimelineEntry], at key: ChunkKey) {
        chunks[key] = Chunk(entries: entries, lastUse: tick, isStale: false)
    }

    /// The catalogue has changed: what is here is shown until it is loaded again.
    public mutating func markStale() {
        for key in chunks.keys { chunks[key]?.isStale = true }
    }

    public mutating func removeAll() { chunks = [:] }

    /// Where a photo is among the entries of a month that are here.
    public func index(of photo: PhotoID, month: Month) -> Int? {
        for (key, chunk) in chunks where key.month == month {
            if let offset = chunk.entries.firstIndex(where: { $0.id == photo }) {
                return key.range.lowerBound + offset
            }
        }
        return nil
    }

    /// Changes the favourite flag of photos that are here, before the catalogue says so.
    public mutating func setFavourite(_ isFavourite: Bool, photos: Set<PhotoID>) {
        for (key, chunk) in chunks where chunk.entries.contains(where: { photos.contains($0.id) }) {
            chunks[key]?.entries = chunk.entries.map {
                photos.contains($0.id) ? $0.withFavourite(isFavourite) : $0
            }
        }
    }
}

extension TimelineEntry {
    func withFavourite(_ isFavourite: Bool) -> TimelineEntry {
        TimelineEntry(
            id: id, sha256: sha256, filename: filename, captureTime: captureTime, pixelSize: pixelSize,
            mediaType: mediaType, status: status, rating: rating, isFavourite: isFavourite, isMissing: isMissing)
    }
}
