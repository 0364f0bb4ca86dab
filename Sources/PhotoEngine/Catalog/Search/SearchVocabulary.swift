import Core

/// The words and names of a library that those of a search may mean, each with how many photos it is on.
struct SearchVocabulary {
    typealias Term = (number: Int64, photos: Int)

    let connection: any SQLConnection
    let owner: OwnerID

    private var dialect: SQLDialect { connection.dialect }
    private var ownerValue: SQLValue { .id(owner) }
    private var most: SQLValue { .int(SearchPlan.mostStreams) }

    /// What has words in it.
    struct Found {
        /// Words of texts; nil where the photos can't be listed by them.
        var words: [Term]?
        /// Of cameras, lenses and places.
        var names: [Term] = []
        var tags: [(id: TagID, photos: Int)] = []
        var albums: [(id: AlbumID, photos: Int)] = []

        var isEmpty: Bool { words?.isEmpty == true && names.isEmpty && tags.isEmpty && albums.isEmpty }
    }

    func find(_ words: SearchWords) throws -> Found {
        var found = Found(words: try terms(words))
        let pattern = SQLValue.text(words.pattern)
        // One statement, as each takes its way to a server.
        let rows = try connection.rows(
            """
            SELECT kind, photos, content, id FROM (
                SELECT 'tag' AS kind, photos, '' AS content, id FROM tags
                WHERE owner = ? AND \(dialect.includes("folded")) LIMIT ?) AS found_tags
            UNION ALL SELECT kind, photos, content, id FROM (
                SELECT 'album' AS kind, photos, '' AS content, id FROM albums
                WHERE owner = ? AND query IS NULL AND \(dialect.includes("folded")) LIMIT ?) AS found_albums
            UNION ALL SELECT kind, photos, content, owner FROM (
                SELECT kind, photos, content, owner FROM search_terms
                WHERE owner = ? AND kind IN ('camera', 'lens', 'place') AND \(dialect.includes("content")) LIMIT ?
            ) AS found_names
            """,
            [ownerValue, pattern, most, ownerValue, pattern, most, ownerValue, pattern]
                + [.int(3 * SearchPlan.mostStreams)])
        for var row in rows {
            let (kind, photos, content) = try (row.text(), row.int(), row.text())
            switch kind {
            case "tag": found.tags.append((try row.id(), photos))
            case "album": found.albums.append((try row.id(), photos))
            default:
                if let kind = SearchTerm.Kind(rawValue: kind) { found.names.append((term(kind, content), photos)) }
            }
        }
        return found
    }

    /// The words of texts by which photos with all of `words` are listed: those of one of them, the rarest.
    private func terms(_ words: SearchWords) throws -> [Term]? {
        var best: [Term]?
        for (index, word) in words.words.enumerated() {
            let isWhole = index < words.words.count - 1 || words.isWhole
            if SearchTerm.endings.contains(where: { isWhole ? $0 == word : $0.hasPrefix(word) }) { continue }
            let found = try isWhole ? whole(word) : beginning(word)
            guard found.count <= SearchPlan.mostStreams else { continue }
            let count = found.reduce(0) { $0 + $1.photos }
            if best == nil || count < best?.reduce(0, { $0 + $1.photos }) ?? 0 { best = found }
        }
        return best
    }

    func term(_ kind: SearchTerm.Kind, _ content: String) -> Int64 {
        SearchTerm(kind: kind, content: content).number(of: owner)
    }

    private func whole(_ word: String) throws -> [Term] {
        var row = try connection.row(
            "SELECT photos FROM search_terms WHERE owner = ? AND kind = 'word' AND content = ?",
            [ownerValue, .text(word)])
        return try row.map { _ in [(term(.word, word), try row!.int())] } ?? []
    }

    private func beginning(_ word: String) throws -> [Term] {
        try connection.rows(
            """
            SELECT content, photos FROM search_terms WHERE owner = ? AND kind = 'word' AND content >= ? AND content < ?
            LIMIT ?
            """, [ownerValue, .text(word), .text(word + "\u{10FFFF}"), .int(SearchPlan.mostStreams + 1)]
        ).map { row in
            var row = row
            return (term(.word, try row.text()), try row.int())
        }
    }

    func names(_ kind: SearchTerm.Kind, _ words: SearchWords) throws -> [Term] {
        try connection.rows(
            """
            SELECT content, photos FROM search_terms
            WHERE owner = ? AND kind = ? AND \(dialect.includes("content")) LIMIT ?
            """, [ownerValue, .text(kind.rawValue), .text(words.pattern), most]
        ).map { row in
            var row = row
            return (term(kind, try row.text()), try row.int())
        }
    }

    func tags(_ words: SearchWords) throws -> [(id: TagID, photos: Int)] {
        try connection.rows(
            "SELECT id, photos FROM tags WHERE owner = ? AND \(dialect.includes("folded")) LIMIT ?",
            [ownerValue, .text(words.pattern), most]
        ).map { row in
            var row = row
            return (try row.id(), try row.int())
        }
    }

    func albums(_ words: SearchWords) throws -> [(id: AlbumID, photos: Int)] {
        try connection.rows(
            "SELECT id, photos FROM albums WHERE owner = ? AND query IS NULL AND \(dialect.includes("folded")) LIMIT ?",
            [ownerValue, .text(words.pattern), most]
        ).map { row in
            var row = row
            return (try row.id(), try row.int())
        }
    }

    /// Words of the library that begin with the same letter and are about as long, with how many photos each is on.
    func words(like word: String) throws -> [String: Int] {
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
}
