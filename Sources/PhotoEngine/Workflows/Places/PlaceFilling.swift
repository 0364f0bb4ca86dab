public import Core

/// Looks up where photos were taken that nobody looked up yet.
public struct PlaceFilling: Sendable {
    private let catalog: any PlaceCatalog
    private let table: PlaceTable
    private static let page = 1000

    public struct Report: Hashable, Sendable {
        public var photos = 0
        /// Of these, how many are near a city.
        public var placed = 0
    }

    public init(catalog: any PlaceCatalog, table: PlaceTable) {
        (self.catalog, self.table) = (catalog, table)
    }

    /// All there are, a transaction for every thousand: whoever stops goes on with those that are left. Throws `.notFound`, where
    /// there are any, and no table.
    public func run(progress: @Sendable (_ done: Int, _ of: Int) -> Void = { _, _ in }) async throws -> Report {
        var report = Report()
        var after: PhotoID?
        var total: Int?
        while true {
            let page = try await catalog.unplaced(after: after, limit: Self.page)
            guard let last = page.last else { return report }
            if total == nil { total = page.count < Self.page ? page.count : try await catalog.unplacedCount() }
            var found: [PhotoID: FoundPlace] = [:]
            for photo in page {
                try Task.checkCancellation()
                found[photo.photo] = try await table.place(at: photo.position, photo.captureTime)
            }
            report.photos += try await catalog.setPlaces(found)
            report.placed += found.values.count { $0.city != nil }
            after = last.photo
            progress(min(report.photos, total ?? 0), total ?? 0)
        }
    }
}
