import Core
import Search

/// Finds out how a search could go on.
enum SearchProposals {
    /// For what is typed in front of the cursor: choices first, then names, those with the most photos first.
    static func of(
        _ text: String, cursor: Int, limit: Int, in catalog: any SearchCatalog
    ) async throws -> [SearchProposal] {
        guard let completion = SearchCompletion(text, cursor: cursor) else { return [] }
        func proposal(_ text: String, _ count: Int? = nil) -> SearchProposal {
            SearchProposal(text: text, place: completion.place, photoCount: count)
        }
        switch completion.kind {
        case .choices(let choices): return choices.prefix(limit).map { proposal(completion.field + $0) }
        case .names(let kinds, let beginning, let choices):
            var found: [SearchProposal] = []
            for kind in kinds {
                for name in try await catalog.suggestions(kind, beginning: beginning, limit: limit) {
                    // A name alone would be looked for anywhere: its field says what it is.
                    let text =
                        if completion.field.isEmpty, case .name(let field) = kind {
                            "\(fieldName(field)):\(SearchText.quoted(name.text))"
                        } else { completion.text(of: name.text) }
                    found.append(proposal(text, name.photoCount))
                }
            }
            found.sort { ($0.photoCount ?? 0) > ($1.photoCount ?? 0) }
            return Array((choices.map { proposal(completion.field + $0) } + found).prefix(limit))
        }
    }

    private static func fieldName(_ name: SearchQuery.Name) -> String { name == .place ? "in" : name.rawValue }
}
