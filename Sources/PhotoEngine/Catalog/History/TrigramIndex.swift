import Core

/// An FTS5 table of errors by trigrams: which of those that a text must hold lead to the fewest rows.
struct TrigramIndex {
    let table: String

    /// As many, the rarest of all, leave hardly more rows to look at than all trigrams do, each of which is a list to go through.
    private static let most = 4
    /// So few rows are not worth looking for fewer.
    private static let few = 100
    /// Trigrams of a long text that are counted.
    private static let mostCounted = 64

    /// What to MATCH for the rows that hold the rarest trigrams of the parts; nil where no row holds all. Rows are counted up to
    /// the limit, and no more trigrams than it takes to find some below it.
    func rarest(of parts: [String], limit: Int, _ connection: any SQLConnection) throws -> String? {
        var counted: [(term: String, count: Int)] = []
        for trigram in ErrorPattern.trigrams(of: parts).prefix(Self.mostCounted) {
            let term = "\"\(trigram.replacing("\"", with: "\"\""))\""
            var row = try connection.row(
                "SELECT count(*) FROM (SELECT 1 FROM \(table) WHERE \(table) MATCH ? LIMIT ?)",
                [.string(term), .int(limit + 1)])
            let count = try row?.int() ?? 0
            if count == 0 { return nil }
            counted.append((term, count))
            if count <= Self.few || counted.count(where: { $0.count <= limit }) == Self.most { break }
        }
        // Stable, so that of equally many those with digits come first.
        let rarest = counted.enumerated().sorted { ($0.element.count, $0.offset) < ($1.element.count, $1.offset) }
        return rarest.prefix(Self.most).map(\.element.term).joined(separator: " AND ")
    }
}
