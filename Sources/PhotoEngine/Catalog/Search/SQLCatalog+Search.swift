import Core

/// Photos whose months are counted one after the other.
private let countedAtOnce = 2000

extension SQLCatalog {
    func search(_ query: SearchQuery, after: TimelinePosition?, limit: Int) async throws -> SearchPage {
        try await database.read { [owner] connection in
            let plan = try SearchPlan(query, owner: owner, connection)
            let found = try Self.found(
                plan, columns: PhotoColumns.qualifiedEntry, owner, after: after, limit: max(0, limit), connection
            ) { row in
                let entry = try PhotoColumns.entry(row)
                return (entry.position, entry)
            }
            return SearchPage(entries: found, notes: plan.notes)
        }
    }

    func count(_ query: SearchQuery, upTo limit: Int) async throws -> SearchCount {
        try await database.read { [owner] connection in
            let plan = try SearchPlan(query, owner: owner, connection)
            let found = try Self.found(
                plan, columns: "photos.taken_at, photos.id", owner, after: nil, limit: max(0, limit) + 1, connection
            ) { row in
                var row = row
                let time = try row.int64()
                return (TimelinePosition(wallMicroseconds: time, id: try row.id()), 1)
            }
            return SearchCount(count: min(found.count, limit), isBounded: found.count > limit)
        }
    }

    func months(of query: SearchQuery) async throws -> [MonthCount] {
        if query.isEmpty { return try await months() }
        return try await database.read { [owner] connection in
            let plan = try SearchPlan(query, owner: owner, connection)
            var months: [MonthCount] = []
            var after: TimelinePosition?
            repeat {
                let found = try Self.found(
                    plan, columns: "photos.taken_at, photos.id", owner, after: after, limit: countedAtOnce, connection
                ) { row in
                    var row = row
                    let position = TimelinePosition(wallMicroseconds: try row.int64(), id: try row.id())
                    return (position, position)
                }
                for position in found {
                    let month = CaptureTime(
                        wallMicroseconds: position.wallMicroseconds, offsetMinutes: nil, source: .exif
                    ).month
                    let isSame = months.last?.month == month
                    let count = isSame ? months.removeLast().count : 0
                    months.append(MonthCount(month: month, count: count + 1))
                }
                after = found.count == countedAtOnce ? found.last : nil
            } while after != nil
            return months
        }
    }

    /// So many lists are asked at a time: what they have tells how far the others are of interest.
    private static let streamsAtOnce = 16

    /// The first of all the plan's lists together, each photo once.
    private static func found<Value>(
        _ plan: SearchPlan, columns: String, _ owner: OwnerID, after: TimelinePosition?, limit: Int,
        _ connection: any SQLConnection, _ take: (SQLRow) throws -> (TimelinePosition, Value)
    ) throws -> [Value] {
        var found: [(position: TimelinePosition, value: Value)] = []
        if limit == 0 { return [] }
        if let setting = connection.dialect.readsInOrder { try connection.send(setting, []) }
        for start in stride(from: 0, to: plan.streams.count, by: streamsAtOnce) {
            let streams = plan.streams[start..<min(start + streamsAtOnce, plan.streams.count)]
            let floor = found.count == limit ? found.last?.position.wallMicroseconds : nil
            let statements = streams.map {
                plan.statement($0, columns: columns, owner: owner, after: after, floor: floor)
            }
            var seen = Set(found.map(\.position.id))
            for (sql, values) in Dictionary(grouping: statements, by: \.sql) {
                let rows = try connection.rows(sql, each: values.map { $0.values + [.int(limit)] })
                for row in rows.joined() {
                    let (position, value) = try take(row)
                    if seen.insert(position.id).inserted { found.append((position, value)) }
                }
            }
            if streams.count > 1 || start > 0 {
                found.sort { $1.position.precedes($0.position) }
                found.removeLast(max(0, found.count - limit))
            }
        }
        return found.map(\.value)
    }

    func photos(_ ids: [PhotoID]) async throws -> [Photo] {
        try await database.read { [ownerValue] connection in
            try connection.rows(
                "SELECT \(PhotoColumns.full) FROM photos WHERE id = ? AND owner = ?",
                each: ids.map { [.id($0), ownerValue] }
            ).joined().map(PhotoColumns.photo)
        }
    }

    func suggestions(
        _ kind: SuggestionKind, beginning text: String, limit: Int
    ) async throws -> [SearchSuggestion] {
        let words = SearchWords(text, isQuoted: false).map { SearchWords(words: $0.words, isWhole: false) }
        if words == nil, !text.isEmpty { return [] }
        let most = SQLValue.int(max(0, limit))
        func like(_ column: String) -> (sql: String, values: [SQLValue]) {
            words.map { (" AND \(dialect.includes(column))", [.text($0.pattern)]) } ?? ("", [])
        }
        let statement: (sql: String, values: [SQLValue])
        switch kind {
        case .name(.tag):
            let (tags, keywords) = (like("folded"), like("content"))
            // A name that is both: as many as have it in either way, where one way is the other's copy.
            statement = (
                """
                SELECT min(name) AS name, max(photos) AS photos FROM (
                    SELECT * FROM (SELECT folded, name, photos FROM tags WHERE owner = ?\(tags.sql)
                        ORDER BY photos DESC, folded LIMIT ?) AS named
                    UNION ALL
                    SELECT * FROM (SELECT content AS folded, name, photos FROM search_terms
                        WHERE owner = ? AND kind = 'keyword'\(keywords.sql) ORDER BY photos DESC, content LIMIT ?) AS written
                ) AS found GROUP BY folded ORDER BY photos DESC, folded LIMIT ?
                """, [ownerValue] + tags.values + [most, ownerValue] + keywords.values + [most, most]
            )
        case .name(.album):
            let filter = like("folded")
            statement = (
                "SELECT name, photos FROM albums WHERE owner = ?\(filter.sql) ORDER BY photos DESC, name_key LIMIT ?",
                [ownerValue] + filter.values + [most]
            )
        case .name(let name):
            let filter = like("content")
            statement = (
                """
                SELECT name, photos FROM search_terms WHERE owner = ? AND kind = ?\(filter.sql)
                ORDER BY photos DESC, content LIMIT ?
                """, [ownerValue, .text(name.rawValue)] + filter.values + [most]
            )
        case .word:
            guard let words, words.words.count == 1 else { return [] }
            statement = (
                """
                SELECT content, photos FROM search_terms
                WHERE owner = ? AND kind = 'word' AND content >= ? AND content < ?
                ORDER BY photos DESC, content LIMIT ?
                """, [ownerValue, .text(words.words[0]), .text(words.words[0] + "\u{10FFFF}"), most]
            )
        case .year:
            let rows = try await database.rows(
                """
                SELECT month / 12, CAST(sum(photos) AS BIGINT) FROM month_counts WHERE owner = ? AND photos > 0
                GROUP BY month / 12 ORDER BY 1 DESC
                """, [ownerValue])
            let years = try rows.map { row in
                var row = row
                return SearchSuggestion(text: "\(try row.int())", photoCount: try row.int())
            }
            return Array(years.lazy.filter { $0.text.hasPrefix(text) }.prefix(max(0, limit)))
        }
        return try await database.rows(statement.sql, statement.values).map { row in
            var row = row
            return SearchSuggestion(text: try row.text(), photoCount: try row.int())
        }
    }

    func searches(limit: Int) async throws -> [PastSearch] {
        try await database.rows(
            "SELECT query, searched_at FROM search_history WHERE owner = ? ORDER BY searched_at DESC, query LIMIT ?",
            [ownerValue, .int(max(0, limit))]
        ).map { row in
            var row = row
            return PastSearch(text: try row.text(), searchedAt: try row.int64())
        }
    }

    func noteSearch(_ text: String) async throws {
        let now = clock.microseconds
        try await database.write { [ownerValue] connection in
            try connection.send(
                """
                INSERT INTO search_history (owner, query, searched_at) VALUES (?, ?, ?)
                ON CONFLICT (owner, query) DO UPDATE SET searched_at = excluded.searched_at
                """, [ownerValue, .string(text), .int(now)])
            try connection.send(
                """
                DELETE FROM search_history WHERE owner = ? AND query IN (
                    SELECT query FROM search_history WHERE owner = ? ORDER BY searched_at DESC, query LIMIT 1000 OFFSET ?)
                """, [ownerValue, ownerValue, .int(PastSearch.most)])
        }
    }

    func forgetSearches(_ text: String?) async throws -> Int {
        try await database.write { [ownerValue] connection in
            try connection.execute(
                "DELETE FROM search_history WHERE owner = ?\(text == nil ? "" : " AND query = ?")",
                [ownerValue] + (text.map { [.string($0)] } ?? []))
        }
    }

    func rebuildSearch() async throws -> Int {
        try await database.write { [owner] connection in
            let before = try SearchContents(owner, connection)
            for table in ["photo_terms", "photo_texts", "search_terms"] {
                try connection.execute("DELETE FROM \(table) WHERE owner = ?", [.id(owner)])
            }
            try SearchBackfill.fill(owner, connection, readsRemovals: true)
            return before.differences(from: try SearchContents(owner, connection))
        }
    }
}

/// All that searches read of an owner's photos, for comparison.
private struct SearchContents {
    private var texts: [PhotoID: Int] = [:]
    private var terms: [Int64: Int] = [:]
    private var counts: [SearchTerm: Int] = [:]

    init(_ owner: OwnerID, _ connection: any SQLConnection) throws {
        try Self.pages(
            "SELECT photo, taken_at, content FROM photo_texts WHERE owner = ? AND photo > ? ORDER BY photo LIMIT ?",
            from: [.bytes([])], keys: 1, owner, connection
        ) { row in
            var hasher = Hasher()
            let photo: PhotoID = try row.id()
            hasher.combine(try row.int64())
            hasher.combine(try row.text())
            texts[photo] = hasher.finalize()
        }
        try Self.pages(
            """
            SELECT term, taken_at, photo FROM photo_terms WHERE owner = ? AND (term, taken_at, photo) > (?, ?, ?)
            ORDER BY term, taken_at, photo LIMIT ?
            """, from: [.integer(.min), .integer(.min), .bytes([])], keys: 3, owner, connection
        ) { row in
            var hasher = Hasher()
            let term = try row.int64()
            hasher.combine(try row.int64())
            hasher.combine(try row.bytes())
            terms[term, default: 0] ^= hasher.finalize()
        }
        try Self.pages(
            """
            SELECT kind, content, photos FROM search_terms WHERE owner = ? AND (kind, content) > (?, ?)
            ORDER BY kind, content LIMIT ?
            """, from: [.text(""), .text("")], keys: 2, owner, connection
        ) { row in
            let kind = try SQLRow.present(SearchTerm.Kind(rawValue: row.text()))
            let term = SearchTerm(kind: kind, content: try row.text())
            counts[term] = try row.int()
        }
    }

    /// All rows, some at a time: there may be millions. The first columns are the key.
    private static func pages(
        _ sql: String, from first: [SQLValue], keys: Int, _ owner: OwnerID, _ connection: any SQLConnection,
        _ take: (inout SQLRow) throws -> Void
    ) throws {
        let limit = 20_000
        var last = first
        while true {
            let rows = try connection.rows(sql, [.id(owner)] + last + [.int(limit)])
            for var row in rows { try take(&row) }
            guard rows.count == limit, var end = rows.last else { return }
            last = try (0..<keys).map { _ in try end.value() }
        }
    }

    func differences(from other: SearchContents) -> Int {
        func count<Key: Hashable>(_ one: [Key: Int], _ other: [Key: Int]) -> Int {
            Set(one.keys).union(other.keys).count { one[$0] != other[$0] }
        }
        return count(texts, other.texts) + count(terms, other.terms) + count(counts, other.counts)
    }
}

extension TimelinePosition {
    /// Whether it is the older of two.
    fileprivate func precedes(_ other: TimelinePosition) -> Bool {
        (wallMicroseconds, id) < (other.wallMicroseconds, other.id)
    }
}
