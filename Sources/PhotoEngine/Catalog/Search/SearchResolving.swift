import Core

/// Finds out what of the library the words and names of a search mean.
struct SearchResolving {
    typealias Resolved = SearchPlan.Resolved

    let connection: any SQLConnection
    let owner: OwnerID
    let scope: SearchPlan.Scope
    let saved: SavedSearches
    private(set) var notes: [SearchNote] = []

    init(connection: any SQLConnection, owner: OwnerID, scope: SearchPlan.Scope, saved: SavedSearches) {
        (self.connection, self.owner, self.scope, self.saved) = (connection, owner, scope, saved)
    }

    /// More lists than these are no help.
    static let mostStreams = 2048
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
        if streams?.count ?? 0 > mostStreams { streams = nil }
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

    /// What has words in it: words of texts, names, tags, albums.
    private struct Found {
        /// nil where the photos can't be listed by them.
        var words: [(number: Int64, photos: Int)]? = []
        var names: [(number: Int64, photos: Int)] = []
        var tags: [(id: TagID, photos: Int)] = []
        var albums: [(id: AlbumID, photos: Int)] = []

        var isEmpty: Bool { words?.isEmpty == true && names.isEmpty && tags.isEmpty && albums.isEmpty }
    }

    private mutating func text(_ words: SearchWords) throws -> Resolved {
        let found = try find(words)
        if !found.isEmpty { return resolved(words, found) }
        guard words.words.count == 1, !words.isWhole, let word = words.words.first else { return .none }
        let meant = Misspelling.meant(by: word, among: try self.words(like: word))
        if meant.isEmpty { return .none }
        note(.takenFor(word, meant))
        return Self.either(
            try meant.map { word in
                let one = SearchWords(words: [word], isWhole: true)
                return resolved(one, try find(one))
            })
    }

    private func find(_ words: SearchWords) throws -> Found {
        var found = Found()
        found.words = try terms(words)
        found.names = try names([.camera, .lens, .place], words)
        found.tags = try tags(words)
        found.albums = try albums(words)
        return found
    }

    private func resolved(_ words: SearchWords, _ found: Found) -> Resolved {
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
            streams = all.count > Self.mostStreams ? nil : all
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

    /// The words of texts by which photos with all of `words` are listed: those of one of them, the rarest.
    private func terms(_ words: SearchWords) throws -> [(number: Int64, photos: Int)]? {
        var best: [(number: Int64, photos: Int)]?
        for (index, word) in words.words.enumerated() {
            let isWhole = index < words.words.count - 1 || words.isWhole
            if SearchTerm.endings.contains(where: { isWhole ? $0 == word : $0.hasPrefix(word) }) { continue }
            let found = try isWhole ? whole(word) : beginning(word)
            guard found.count <= Self.mostStreams else { continue }
            let count = found.reduce(0) { $0 + $1.photos }
            if best == nil || count < best?.reduce(0, { $0 + $1.photos }) ?? 0 { best = found }
        }
        return best
    }

    private func term(_ kind: SearchTerm.Kind, _ content: String) -> Int64 {
        SearchTerm(kind: kind, content: content).number(of: owner)
    }

    private func whole(_ word: String) throws -> [(number: Int64, photos: Int)] {
        var row = try connection.row(
            "SELECT photos FROM search_terms WHERE owner = ? AND kind = 'word' AND content = ?",
            [ownerValue, .text(word)])
        return try row.map { _ in [(term(.word, word), try row!.int())] } ?? []
    }

    private func beginning(_ word: String) throws -> [(number: Int64, photos: Int)] {
        try connection.rows(
            """
            SELECT content, photos FROM search_terms WHERE owner = ? AND kind = 'word' AND content >= ? AND content < ?
            LIMIT ?
            """, [ownerValue, .text(word), .text(word + "\u{10FFFF}"), .int(Self.mostStreams + 1)]
        ).map { row in
            var row = row
            return (term(.word, try row.text()), try row.int())
        }
    }

    private func names(_ kinds: [SearchTerm.Kind], _ words: SearchWords) throws -> [(number: Int64, photos: Int)] {
        try kinds.flatMap { kind in
            try connection.rows(
                """
                SELECT content, photos FROM search_terms
                WHERE owner = ? AND kind = ? AND \(dialect.includes("content")) LIMIT ?
                """, [ownerValue, .text(kind.rawValue), .text(words.pattern), .int(Self.mostStreams)]
            ).map { row in
                var row = row
                return (term(kind, try row.text()), try row.int())
            }
        }
    }

    private func tags(_ words: SearchWords) throws -> [(id: TagID, photos: Int)] {
        try connection.rows(
            "SELECT id, photos FROM tags WHERE owner = ? AND \(dialect.includes("folded")) LIMIT ?",
            [ownerValue, .text(words.pattern), .int(Self.mostStreams)]
        ).map { row in
            var row = row
            return (try row.id(), try row.int())
        }
    }

    private func albums(_ words: SearchWords) throws -> [(id: AlbumID, photos: Int)] {
        try connection.rows(
            "SELECT id, photos FROM albums WHERE owner = ? AND query IS NULL AND \(dialect.includes("folded")) LIMIT ?",
            [ownerValue, .text(words.pattern), .int(Self.mostStreams)]
        ).map { row in
            var row = row
            return (try row.id(), try row.int())
        }
    }

    /// Words of the library that begin with the same letter and are about as long, with how many photos each is on.
    private func words(like word: String) throws -> [String: Int] {
        guard Misspelling.changes(in: word) > 0, let first = word.unicodeScalars.first else { return [:] }
        let letter = String(first)
        var words: [String: Int] = [:]
        func add(_ rows: [SQLRow]) throws {
            for var row in rows {
                let (content, photos) = try (row.text(), row.int())
                for word in content.split(separator: " ") where word.hasPrefix(letter) {
                    words[String(word), default: 0] += photos
                }
            }
        }
        let count = word.unicodeScalars.count
        try add(
            connection.rows(
                """
                SELECT content, photos FROM search_terms WHERE owner = ? AND kind = 'word' AND content >= ? AND content < ?
                    AND length(content) >= ? AND length(content) <= ?
                """,
                [ownerValue, .text(letter), .text(letter + "\u{10FFFF}"), .int(count - 2), .int(count + 2)]))
        try add(
            connection.rows(
                """
                SELECT content, photos FROM search_terms WHERE owner = ? AND kind IN ('camera', 'lens', 'place')
                    AND \(dialect.includes("content"))
                """, [ownerValue, .text(" " + letter)]))
        for table in ["tags", "albums"] {
            try add(
                connection.rows(
                    "SELECT folded, photos FROM \(table) WHERE owner = ? AND \(dialect.includes("folded"))",
                    [ownerValue, .text(" " + letter)]))
        }
        return words
    }

    // MARK: names

    private mutating func name(_ name: SearchQuery.Name, _ words: SearchWords) throws -> Resolved {
        if let found = try named(name, words) { return found }
        if name == .place, try names([.place], SearchWords(words: [], isWhole: false)).isEmpty {
            note(.noPlaces)
            return .none
        }
        if words.words.count == 1, !words.isWhole, let word = words.words.first {
            let meant = Misspelling.meant(by: word, among: try self.words(like: word))
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
            let found = try names([kind], words)
            if found.isEmpty { return nil }
            let condition = SearchConditions.terms(found.map(\.number))
            return resolved(
                condition.sql, condition.values, found.map { .term($0.number) }, found.reduce(0) { $0 + $1.photos })
        case .tag:
            let tags = try tags(words)
            let keywords = try names([.keyword], words)
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
            let found = try albums(words)
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
            """, [ownerValue] + steps.flatMap(\.values) + [.int(Self.mostStreams + 1)])
        if rows.count > Self.mostStreams { return resolved }
        resolved.streams = []
        for var row in rows {
            resolved.streams?.insert(.term(term(.figures, try row.text())))
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

    /// The ratings that are among those asked for, each a list of its own.
    private func rated(_ bounds: SearchBounds) throws -> Resolved {
        var resolved = Resolved(condition: SearchConditions.number(.rating, bounds, dialect), streams: [])
        for rating in 0...5 where bounds.contains(Double(rating)) {
            for isIn in scope.timelines {
                let found = try count(
                    "photos.in_timeline = ? AND photos.rating = ?", [.bool(isIn), .int(rating)])
                if found == 0 { continue }
                resolved.streams?.insert(.rated(rating, isIn: isIn))
                resolved.count += found
            }
        }
        return resolved
    }

    /// Of an owner's photos.
    private func count(_ condition: String, _ values: [SQLValue] = []) throws -> Int {
        var row = try SQLRow.present(
            connection.row(
                """
                SELECT count(*) FROM (SELECT 1 FROM photos WHERE photos.owner = ? AND \(condition) LIMIT ?) AS counted
                """, [ownerValue] + values + [.int(Self.mostCounted)]))
        let found = try row.int()
        return found == Self.mostCounted ? Self.assumed : found
    }

    private func media(_ type: MediaType) throws -> Resolved {
        var resolved = Resolved(
            condition: Timeline.Condition(sql: "photos.media_type = ?", values: [.text(type.rawValue)]))
        if type == .jpeg { return resolved }
        var row = try connection.row(
            "SELECT photos FROM search_terms WHERE owner = ? AND kind = 'media' AND content = ?",
            [ownerValue, .text(type.rawValue)])
        resolved.count = try row?.int() ?? 0
        resolved.streams = resolved.count == 0 ? [] : [.term(term(.media, type.rawValue))]
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
                resolved.streams?.insert(.term(term(.cell, try row.text())))
                resolved.count += try row.int()
            }
        }
        return resolved
    }

    private func taken(_ range: Range<Int64>) throws -> Resolved {
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
