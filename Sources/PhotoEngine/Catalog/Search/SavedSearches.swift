import Core
import Search

/// What the saved searches ask for that a search names with `album:`, and those that they name in turn. Each is meant by its whole
/// name only, and stands for its text.
struct SavedSearches {
    /// By the words of their names; several where names differ in signs alone.
    private(set) var queries: [[String]: [SearchQuery]] = [:]

    /// Terms of all that is named, each as often as it is: every one asks the catalogue something.
    private static let mostTerms = 8 * SearchText.mostTerms

    /// Throws `.conflict` for searches that name one another, or that are not understood.
    init(in query: SearchQuery, owner: OwnerID, _ connection: any SQLConnection) throws {
        var sizes: [[String]: Int] = [:]
        _ = try add(query, below: [], &sizes, owner, connection)
    }

    /// All that photos are looked for by, together with what the query says itself.
    var all: [SearchQuery] { queries.values.flatMap { $0 } }

    /// Throws as `init` where a saved search, as it is called and as others are, can't be carried out.
    static func requireSound(_ album: AlbumRow, owner: OwnerID, _ connection: any SQLConnection) throws {
        let name = SearchWords(words: FoldedText.words(album.name), isWhole: true)
        _ = try SavedSearches(
            in: SearchQuery([.init([.init(.name(.album, name))])]), owner: owner, connection)
    }

    /// Returns how many terms it comes to.
    private mutating func add(
        _ query: SearchQuery, below path: [(words: [String], name: String)], _ sizes: inout [[String]: Int],
        _ owner: OwnerID, _ connection: any SQLConnection
    ) throws -> Int {
        var size = 0
        for part in query.clauses.flatMap(\.parts) {
            size += 1
            guard case .name(.album, let asked) = part.condition else { continue }
            let words = asked.words
            if sizes[words] == nil {
                let saved = try Self.saved(words, owner, connection)
                if let start = path.firstIndex(where: { $0.words == words }) {
                    let round = (path[start...].map(\.name) + [path[start].name]).joined(separator: " → ")
                    throw EngineError(
                        .conflict, "the saved search \(path[start].name) looks into itself: \(round)",
                        whatToDo: "rename or delete one of them: phototui albums")
                }
                var below = 0
                for (name, query) in saved {
                    below += try add(query, below: path + [(words, name)], &sizes, owner, connection)
                }
                sizes[words] = below
                if !saved.isEmpty { queries[words] = saved.map(\.query) }
            }
            size += sizes[words] ?? 0
            guard size <= Self.mostTerms else {
                throw EngineError(
                    .limitExceeded, "with the saved searches it names, the search has more than \(Self.mostTerms) terms"
                )
            }
        }
        return size
    }

    private static func saved(
        _ words: [String], _ owner: OwnerID, _ connection: any SQLConnection
    ) throws -> [(name: String, query: SearchQuery)] {
        try connection.rows(
            "SELECT name, query FROM albums WHERE owner = ? AND query IS NOT NULL AND folded = ? ORDER BY name_key",
            [.id(owner), .text(FoldedText.spaced(words))]
        ).map { row in
            var row = row
            let (name, text) = try (row.text(), row.text())
            return (name, try query(text, of: name))
        }
    }

    /// Throws `.conflict` for what is not understood.
    static func query(_ text: String, of name: String) throws -> SearchQuery {
        do {
            return try SearchText.query(text)
        } catch {
            throw EngineError(
                .conflict, "the saved search \(name) is not understood: \(error.description)",
                whatToDo: "delete it and make it anew: phototui albums create NAME --search QUERY")
        }
    }
}
