import Core

/// How a search is carried out: what each condition means of a photo's row, and from which list of photos in timeline order those
/// are picked that are found. Lists are as many as a condition has words, names or tags, and are read no further than a page is
/// long; the condition with the fewest photos is the one whose lists are read.
struct SearchPlan {
    /// More lists than these are no help.
    static let mostStreams = 2048

    /// Lists that take longer to ask than as many photos to look at.
    private static let manyStreams = 16

    /// A list of photos in timeline order.
    enum Stream: Hashable {
        case term(Int64)
        case tag(TagID, isShown: Bool)
        case album(AlbumID, isShown: Bool)
        /// The timeline, or what is not in it; of these months, or all.
        case timeline(isIn: Bool, ClosedRange<Int>?)
        /// Photos of this rating, of the timeline or not in it.
        case rated(Int, isIn: Bool)
    }

    /// What a condition comes to.
    struct Resolved {
        var condition: Timeline.Condition
        /// Lists with all the photos for which it holds; nil where there are none, or too many.
        var streams: Set<Stream>?
        /// How many photos they have together.
        var count = 0
        /// Whether it holds for all of their photos.
        var isExact = true

        static let none = Resolved(condition: Timeline.Condition(sql: "1 = 0", values: []), streams: [])
    }

    private(set) var streams: [Stream] = []
    private(set) var condition = Timeline.Condition(sql: "", values: [])
    /// The moments within which all of it is, where the query says so.
    private(set) var bounds: Range<Int64> = .min..<(.max)
    private(set) var notes: [SearchNote] = []

    init(_ query: SearchQuery, owner: OwnerID, _ connection: any SQLConnection) throws {
        let saved = try SavedSearches(in: query, owner: owner, connection)
        let scope = Scope([query] + saved.all)
        condition = Timeline.Condition(sql: scope.sql, values: [])
        var resolving = SearchResolving(connection: connection, owner: owner, scope: scope, saved: saved)
        var clauses: [Resolved] = []
        var figures: [(SearchQuery.Number, SearchBounds)] = []
        var isDated = false
        for clause in query.clauses {
            let only = clause.parts.count == 1 && clause.parts[0].isExcluded == false ? clause.parts[0] : nil
            if case .number(let number, let bounds) = only?.condition, number != .rating {
                figures.append((number, bounds))
                continue
            }
            if case .taken(let range) = only?.condition {
                isDated = true
                bounds =
                    max(
                        bounds.lowerBound, range.lowerBound)..<max(
                        max(bounds.lowerBound, range.lowerBound), min(bounds.upperBound, range.upperBound))
                continue
            }
            clauses.append(try resolving.resolve(clause))
        }
        if !figures.isEmpty { clauses.append(try resolving.figures(figures)) }
        notes = resolving.notes
        if bounds.isEmpty || SearchContradiction.isIn(query) { return }
        var best: (index: Int, count: Int)?
        for (index, clause) in clauses.enumerated() {
            if clause.streams != nil, clause.count < best?.count ?? .max { best = (index, clause.count) }
        }
        // Each list takes a statement: of few months the timeline has less to read than many lists.
        if let chosen = best, clauses[chosen.index].streams?.count ?? 0 > Self.manyStreams, isDated {
            let months = try resolving.taken(bounds)
            if months.streams != nil, months.count < chosen.count / 8 { best = nil }
        }
        streams =
            best.flatMap { clauses[$0.index].streams.map(Array.init) }
            ?? scope.timelines.map { .timeline(isIn: $0, nil) }
        let others = clauses.indices.filter { $0 != best?.index || !clauses[$0].isExact }
        func rarity(_ clause: Resolved) -> Int { clause.streams == nil ? .max : clause.count }
        // The rarest first: what it leaves is little to ask the others of.
        for index in others.sorted(by: { (rarity(clauses[$0]), $0) < (rarity(clauses[$1]), $1) }) {
            condition.and(clauses[index].condition.sql, clauses[index].condition.values)
        }
    }

    /// Which photos are looked for at all.
    struct Scope {
        let namesHidden: Bool
        let namesTrash: Bool

        init(_ queries: [SearchQuery]) {
            let states = queries.flatMap(\.clauses).flatMap(\.parts).compactMap { part -> SearchQuery.State? in
                if case .state(let state) = part.condition { state } else { nil }
            }
            namesTrash = states.contains(.trashed)
            namesHidden = namesTrash || states.contains(.archived) || states.contains(.unreadable)
        }

        var sql: String {
            namesTrash ? "1 = 1" : namesHidden ? "photos.trashed_at IS NULL" : "photos.in_timeline = 1"
        }

        var timelines: [Bool] { namesHidden ? [true, false] : [true] }
        var shown: [Bool] { namesTrash ? [true, false] : [true] }
    }
}

extension SearchPlan {
    /// The statement for photos of a list; `after` and `floor` bound them: what is older than `floor` is not wanted. It takes how
    /// many are wanted as its last value.
    func statement(
        _ stream: Stream, columns: String, owner: OwnerID, after: TimelinePosition?, floor: Int64?
    ) -> Timeline.Condition {
        let low = max(bounds.lowerBound, floor ?? .min)
        switch stream {
        case .timeline(let isIn, let months): return timeline(isIn, nil, months, columns, owner, after, low)
        case .rated(let rating, let isIn): return timeline(isIn, rating, nil, columns, owner, after, low)
        case .term, .tag, .album: break
        }
        let (table, key): (String, [SQLValue]) =
            switch stream {
            case .term(let number): ("photo_terms AS s CROSS JOIN photos WHERE s.term = ?", [.integer(number)])
            case .tag(let id, let isShown):
                ("photo_tags AS s CROSS JOIN photos WHERE s.tag = ? AND s.is_shown = ?", [.id(id), .bool(isShown)])
            case .album(let id, let isShown):
                (
                    "album_photos AS s CROSS JOIN photos WHERE s.album = ? AND s.is_shown = ?",
                    [.id(id), .bool(isShown)]
                )
            case .timeline, .rated: ("", [])
            }
        var found = Timeline.Condition(
            sql: "SELECT \(columns) FROM \(table) AND s.owner = ? AND photos.id = s.photo", values: key + [.id(owner)])
        if let after { found.and("(s.taken_at, s.photo) < (?, ?)", [.int(after.wallMicroseconds), .id(after.id)]) }
        if low > .min { found.and("s.taken_at >= ?", [.int(low)]) }
        if bounds.upperBound < .max { found.and("s.taken_at < ?", [.int(bounds.upperBound)]) }
        found.and(SearchConditions.on(condition.sql, photo: "s.photo", takenAt: "s.taken_at"), condition.values)
        found.sql += " ORDER BY s.taken_at DESC, s.photo DESC LIMIT ?"
        return found
    }

    private func timeline(
        _ isIn: Bool, _ rating: Int?, _ months: ClosedRange<Int>?, _ columns: String, _ owner: OwnerID,
        _ after: TimelinePosition?, _ low: Int64
    ) -> Timeline.Condition {
        var found = Timeline.Condition(
            sql: "SELECT \(columns) FROM photos WHERE photos.owner = ? AND photos.in_timeline = ?",
            values: [.id(owner), .bool(isIn)])
        if let rating { found.and("photos.rating = ?", [.int(rating)]) }
        func month(_ moment: Int64) -> Int {
            CaptureTime(wallMicroseconds: moment, offsetMinutes: nil, source: .exif).month.ordinal
        }
        var first = low > .min ? month(low) : nil
        var last = bounds.upperBound < .max ? month(bounds.upperBound - 1) : nil
        if let months {
            first = max(first ?? .min, months.lowerBound)
            last = min(last ?? .max, months.upperBound)
        }
        if let first { found.and("photos.month >= ?", [.int(first)]) }
        if let last { found.and("photos.month <= ?", [.int(last)]) }
        if low > .min { found.and("photos.taken_at >= ?", [.int(low)]) }
        if bounds.upperBound < .max { found.and("photos.taken_at < ?", [.int(bounds.upperBound)]) }
        if let after {
            found.and(
                "(photos.month, photos.taken_at, photos.id) < (?, ?, ?)",
                [.int(month(after.wallMicroseconds)), .int(after.wallMicroseconds), .id(after.id)])
        }
        found.and(
            SearchConditions.on(condition.sql, photo: "photos.id", takenAt: "photos.taken_at"), condition.values)
        found.sql += " ORDER BY photos.month DESC, photos.taken_at DESC, photos.id DESC LIMIT ?"
        return found
    }
}
