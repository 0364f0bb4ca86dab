import Core

/// Finds out what of the library the words and names of a search mean.
struct SearchResolving {
    typealias Resolved = SearchPlan.Resolved

    let connection: any SQLConnection
    let owner: OwnerID
    let scope: SearchPlan.Scope
    let saved: SavedSearches
    private let vocabulary: SearchVocabulary
    private(set) var notes: [SearchNote] = []

    init(connection: any SQLConnection, owner: OwnerID, scope: SearchPlan.Scope, saved: SavedSearches) {
        (self.connection, self.owner, self.scope, self.saved) = (connection, owner, scope, saved)
        vocabulary = SearchVocabulary(connection: connection, owner: owner)
    }

    /// Photos that no counter has are counted so far; more of them are taken for so many.
    private static let mostCounted = 1000
    private static let assumed = 20_000

    private var dialect: SQLDialect { connection.dialect }
    private var ownerValue: SQLValue { .id(owner) }

    mutating func resolve(_ clause: SearchQuery.Clause) throws -> Resolved {
        var parts: [Resolved] = []
        for part in clause.parts {
            var resolved = try resolve(part.condition)
            if part.isExcluded {
                resolved.condition.sql = "NOT (\(resolved.condition.sql))"
                resolved.streams = nil
            }
            parts.append(resolved)
        }
        return Self.either(parts)
    }

    /// All that a saved search asks for.
    private mutating func resolve(_ query: SearchQuery) throws -> Resolved {
        let clauses = try query.clauses.map { try resolve($0) }
        let listed = clauses.filter { $0.streams != nil }.min { $0.count < $1.count }
        guard var all = listed ?? clauses.first else {
            return Resolved(condition: Timeline.Condition(sql: "1 = 1", values: []))
        }
        all.isExact = all.isExact && clauses.count == 1
        all.condition = Timeline.Condition(
            sql: "(" + clauses.map(\.condition.sql).joined(separator: " AND ") + ")",
            values: clauses.flatMap(\.condition.values))
        return all
    }

    /// One of them holds.
    private static func either(_ parts: [Resolved]) -> Resolved {
        if parts.count == 1 { return parts[0] }
        var streams: Set<SearchPlan.Stream>? = []
        for part in parts { streams = streams.flatMap { all in part.streams.map(all.union) } }
        if streams?.count ?? 0 > SearchPlan.mostStreams { streams = nil }
        return Resolved(
            condition: Timeline.Condition(
                sql: "(" + parts.map { "(\($0.condition.sql))" }.joined(separator: " OR ") + ")",
                values: parts.flatMap(\.condition.values)),
            streams: streams, count: parts.reduce(0) { $0 + $1.count }, isExact: parts.allSatisfy(\.isExact))
    }

    private mutating func resolve(_ condition: SearchQuery.Condition) throws -> Resolved {
        switch condition {
        case .text(let words): return try text(words)
        case .name(let name, let words): return try self.name(name, words)
        case .number(.rating, let bounds): return try rated(bounds)
        case .number(let number, let bounds): return try figures([(number, bounds)])
        case .taken(let range): return try taken(range)
        case .monthOfYear(let month): return try monthOfYear(month)
        case .state(let state): return try self.state(state)
        case .lacks(let lack): return Resolved(condition: SearchConditions.lacks(lack))
        case .media(let type): return try media(type)
        case .video:
            note(.noVideos)
            return .none
        case .near(let latitude, let longitude, let metres): return try near(latitude, longitude, metres)
        }
    }

    private mutating func note(_ note: SearchNote) {
        if !notes.contains(note) { notes.append(note) }
    }

    // MARK: words

    private mutating func text(_ words: SearchWords) throws -> Resolved {
        let found = try vocabulary.find(words)
        if !found.isEmpty { return resolved(words, found) }
        guard words.words.count == 1, !words.isWhole, let word = words.words.first else { return .none }
        let meant = Misspelling.meant(by: word, among: try vocabulary.words(like: word))
        if meant.isEmpty { return .none }
        note(.takenFor(word, meant))
        return Self.either(
            try meant.map { word in
                let one = SearchWords(words: [word], isWhole: true)
                return resolved(one, try vocabulary.find(one))
            })
    }

    private func resolved(_ words: SearchWords, _ found: SearchVocabulary.Found) -> Resolved {
        let pattern = SQLValue.text(words.pattern)
        var conditions = [SearchConditions.text(dialect, pattern)]
        if !found.tags.isEmpty {
            conditions.append(SearchConditions.tagged(found.tags.map(\.id), scope.shown, dialect, pattern))
        }
        if !found.albums.isEmpty {
            conditions.append(SearchConditions.inAlbum(found.albums.map(\.id), scope.shown, dialect, pattern))
        }
        var streams: Set<SearchPlan.Stream>?
        if let terms = found.words {
            var all = Set((terms + found.names).map { SearchPlan.Stream.term($0.number) })
            for isShown in scope.shown {
                all.formUnion(found.tags.map { .tag($0.id, isShown: isShown) })
                all.formUnion(found.albums.map { .album($0.id, isShown: isShown) })
            }
            streams = all.count > SearchPlan.mostStreams ? nil : all
        }
        let count =
            ((found.words ?? []) + found.names).reduce(0) { $0 + $1.photos }
            + found.tags.reduce(0) { $0 + $1.photos } + found.albums.reduce(0) { $0 + $1.photos }
        return Resolved(
            condition: Timeline.Condition(
                sql: "(" + conditions.map(\.sql).joined(separator: " OR ") + ")", values: conditions.flatMap(\.values)),
            // Several words are listed by one of them.
            streams: streams, count: count, isExact: words.words.count == 1)
    }

    // MARK: names

    private mutating func name(_ name: SearchQuery.Name, _ words: SearchWords) throws -> Resolved {
        if let found = try named(name, words) { return found }
        if name == .place, try vocabulary.names(.place, SearchWords(words: [], isWhole: false)).isEmpty {
            note(.noPlaces)
            return .none
        }
        if words.words.count == 1, !words.isWhole, let word = words.words.first {
            let meant = Misspelling.meant(by: word, among: try vocabulary.words(like: word))
            let found = try meant.compactMap { word in
                try named(name, SearchWords(words: [word], isWhole: true)).map { (word, $0) }
            }
            if !found.isEmpty {
                note(.takenFor(word, found.map(\.0)))
                return Self.either(found.map(\.1))
            }
        }
        note(.unknown(name, words.words.joined(separator: " ")))
        return .none
    }

    /// nil where nothing is called so.
    private mutating func named(_ name: SearchQuery.Name, _ words: SearchWords) throws -> Resolved? {
        func resolved(_ condition: String, _ values: [SQLValue], _ streams: [SearchPlan.Stream], _ count: Int)
            -> Resolved
        {
            Resolved(
                condition: Timeline.Condition(sql: condition, values: values), streams: Set(streams), count: count)
        }
        switch name {
        case .camera, .lens, .place:
            let kind: SearchTerm.Kind = name == .camera ? .camera : name == .lens ? .lens : .place
            let found = try vocabulary.names(kind, words)
            if found.isEmpty { return nil }
            let condition = SearchConditions.terms(found.map(\.number))
            return resolved(
                condition.sql, condition.values, found.map { .term($0.number) }, found.reduce(0) { $0 + $1.photos })
        case .tag:
            let tags = try vocabulary.tags(words)
            let keywords = try vocabulary.names(.keyword, words)
            var found: [Resolved] = []
            if !tags.isEmpty {
                let condition = SearchConditions.tagged(tags.map(\.id), scope.shown, dialect, .text(words.pattern))
                found.append(
                    resolved(
                        condition.sql, condition.values,
                        scope.shown.flatMap { isShown in tags.map { .tag($0.id, isShown: isShown) } },
                        tags.reduce(0) { $0 + $1.photos }))
            }
            if !keywords.isEmpty {
                let condition = SearchConditions.keywords(
                    keywords.map(\.number), dialect, .text(words.pattern))
                found.append(
                    resolved(
                        condition.sql, condition.values, keywords.map { .term($0.number) },
                        keywords.reduce(0) { $0 + $1.photos }))
            }
            return found.isEmpty ? nil : Self.either(found)
        case .album:
            let found = try vocabulary.albums(words)
            let searches = saved.queries[words.words] ?? []
            if found.isEmpty, searches.isEmpty { return nil }
            var all = try searches.map { try resolve($0) }
            if !found.isEmpty {
                let condition = SearchConditions.inAlbum(found.map(\.id), scope.shown, dialect, .text(words.pattern))
                all.append(
                    resolved(
                        condition.sql, condition.values,
                        scope.shown.flatMap { isShown in found.map { .album($0.id, isShown: isShown) } },
                        found.reduce(0) { $0 + $1.photos }))
            }
            return Self.either(all)
        }
    }

    // MARK: what photos are

    /// All of them hold.
    func figures(_ figures: [(number: SearchQuery.Number, bounds: SearchBounds)]) throws -> Resolved {
        let all = figures.map { SearchConditions.number($0.number, $0.bounds, dialect) }
        var resolved = Resolved(
            condition: Timeline.Condition(
                sql: "(" + all.map(\.sql).joined(separator: " AND ") + ")", values: all.flatMap(\.values)),
            isExact: false)
        let steps = figures.compactMap { SearchFigures.condition($0.number, $0.bounds) }
        if steps.isEmpty { return resolved }
        let rows = try connection.rows(
            """
            SELECT content, photos FROM search_terms
            WHERE owner = ? AND kind = 'figures' AND \(steps.map(\.sql).joined(separator: " AND ")) LIMIT ?
            """, [ownerValue] + steps.flatMap(\.values) + [.int(SearchPlan.mostStreams + 1)])
        if rows.count > SearchPlan.mostStreams { return resolved }
        resolved.streams = []
        for var row in rows {
            resolved.streams?.insert(.term(vocabulary.term(.figures, try row.text())))
            resolved.count += try row.int()
        }
        return resolved
    }

    /// Favourites and missing photos have an index of their own each, in the timeline's order; what is out of the timeline is
    /// looked for there alone.
    private func state(_ state: SearchQuery.State) throws -> Resolved {
        var resolved = Resolved(condition: SearchConditions.state(state), isExact: false)
        switch state {
        case .favourite, .missing: resolved.streams = Set(scope.timelines.map { .timeline(isIn: $0, nil) })
        case .archived, .trashed, .unreadable: resolved.streams = [.timeline(isIn: false, nil)]
        }
        let isListed = state == .favourite || state == .missing
        resolved.count = try count(isListed ? resolved.condition.sql : "photos.in_timeline = 0")
        return resolved.count == 0 ? .none : resolved
    }

    /// The ratings that are among those asked for, each a list of its own. One statement counts them; what it counts hangs on
    /// another list, so that Postgres starts no processes for it, which takes ten times as long.
    private func rated(_ bounds: SearchBounds) throws -> Resolved {
        var resolved = Resolved(condition: SearchConditions.number(.rating, bounds, dialect), streams: [])
        let ratings = (0...5).filter { bounds.contains(Double($0)) }
        let lists = ratings.flatMap { rating in scope.timelines.map { "(\(rating), \($0 ? 1 : 0))" } }
        if lists.isEmpty { return resolved }
        let rows = try connection.rows(
            """
            SELECT column1, column2, (SELECT count(*) FROM (
                SELECT 1 FROM photos WHERE photos.owner = ? AND photos.in_timeline = asked.column2
                    AND photos.rating = asked.column1 LIMIT ?) AS counted)
            FROM (VALUES \(lists.joined(separator: ", "))) AS asked
            """, [ownerValue, .int(Self.mostCounted)])
        for var row in rows {
            let (rating, isIn, found) = try (row.int(), row.bool(), row.int())
            if found == 0 { continue }
            resolved.streams?.insert(.rated(rating, isIn: isIn))
            resolved.count += Self.estimated(found)
        }
        return resolved
    }

    /// Of an owner's photos.
    private func count(_ condition: String) throws -> Int {
        var row = try SQLRow.present(
            connection.row(
                """
                SELECT count(*) FROM (SELECT 1 FROM photos WHERE photos.owner = ? AND \(condition) LIMIT ?) AS counted
                """, [ownerValue, .int(Self.mostCounted)]))
        return Self.estimated(try row.int())
    }

    private static func estimated(_ counted: Int) -> Int { counted == mostCounted ? assumed : counted }

    private func media(_ type: MediaType) throws -> Resolved {
        var resolved = Resolved(
            condition: Timeline.Condition(sql: "photos.media_type = ?", values: [.text(type.rawValue)]))
        if type == .jpeg { return resolved }
        var row = try connection.row(
            "SELECT photos FROM search_terms WHERE owner = ? AND kind = 'media' AND content = ?",
            [ownerValue, .text(type.rawValue)])
        resolved.count = try row?.int() ?? 0
        resolved.streams = resolved.count == 0 ? [] : [.term(vocabulary.term(.media, type.rawValue))]
        return resolved
    }

    /// Of the cells around; of too many the timeline is the better list.
    private func near(_ latitude: Double, _ longitude: Double, _ metres: Double) throws -> Resolved {
        var resolved = Resolved(condition: SearchConditions.near(latitude, longitude, metres), isExact: false)
        guard let cells = SearchConditions.cells(latitude, longitude, metres) else { return resolved }
        resolved.streams = []
        for list in KeyList.lists(cells.map { .text(SearchTerm.cell($0).content) }) {
            let rows = try connection.rows(
                """
                SELECT content, photos FROM search_terms WHERE owner = ? AND kind = 'cell' AND content IN \(list.marks)
                """, [ownerValue] + list.keys)
            for var row in rows {
                resolved.streams?.insert(.term(vocabulary.term(.cell, try row.text())))
                resolved.count += try row.int()
            }
        }
        return resolved
    }

    func taken(_ range: Range<Int64>) throws -> Resolved {
        var resolved = Resolved(
            condition: Timeline.Condition(
                sql: "(photos.taken_at >= ? AND photos.taken_at < ?)",
                values: [.int(range.lowerBound), .int(range.upperBound)]), isExact: false)
        func month(_ moment: Int64) -> Int {
            CaptureTime(wallMicroseconds: moment, offsetMinutes: nil, source: .exif).month.ordinal
        }
        guard range.lowerBound > .min, range.upperBound < .max else { return resolved }
        let months = month(range.lowerBound)...month(range.upperBound - 1)
        var row = try SQLRow.present(
            connection.row(
                """
                SELECT CAST(coalesce(sum(photos), 0) AS BIGINT) FROM month_counts
                WHERE owner = ? AND month >= ? AND month <= ?
                """, [ownerValue, .int(months.lowerBound), .int(months.upperBound)]))
        resolved.count = try row.int()
        resolved.streams = Set(scope.timelines.map { .timeline(isIn: $0, months) })
        return resolved
    }

    private func monthOfYear(_ month: Int) throws -> Resolved {
        var resolved = Resolved(
            condition: Timeline.Condition(sql: "photos.month % 12 = ?", values: [.int(month - 1)]))
        if scope.namesHidden { return resolved }
        resolved.streams = []
        for var row in try connection.rows(
            "SELECT month, photos FROM month_counts WHERE owner = ? AND photos > 0 AND month % 12 = ?",
            [ownerValue, .int(month - 1)])
        {
            let ordinal = try row.int()
            resolved.streams?.insert(.timeline(isIn: true, ordinal...ordinal))
            resolved.count += try row.int()
        }
        return resolved
    }
}
