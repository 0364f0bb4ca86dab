/// Finding photos by what is known of them. What is found follows every change at once.
public protocol SearchCatalog: Sendable {
    /// Up to `limit` photos in timeline order, behind `after`.
    func search(_ query: SearchQuery, after: TimelinePosition?, limit: Int) async throws -> SearchPage
    /// How many photos a search finds, counted up to `limit`.
    func count(_ query: SearchQuery, upTo limit: Int) async throws -> SearchCount
    /// The months that have photos which a search finds, newest first, with how many. All of them are read.
    func months(of query: SearchQuery) async throws -> [MonthCount]
    /// Photos in full, in the order they are named; unknown ones are left out.
    func photos(_ ids: [PhotoID]) async throws -> [Photo]
    /// What things are called, of names that have a word beginning as `text`; those with the most photos first.
    func suggestions(_ kind: SuggestionKind, beginning text: String, limit: Int) async throws -> [SearchSuggestion]

    /// The last searches, the newest first; at most `PastSearch.most` are kept.
    func searches(limit: Int) async throws -> [PastSearch]
    /// Notes that somebody searched for this: the same text once, as the newest.
    func noteSearch(_ text: String) async throws
    /// Forgets one search, or all of them; returns how many.
    func forgetSearches(_ text: String?) async throws -> Int

    /// Makes what searches read anew, and returns in how many places it was not as it should be.
    func rebuildSearch() async throws -> Int
}

public enum SuggestionKind: Hashable, Sendable {
    case name(SearchQuery.Name)
    case year
    /// Of file names, captions and keywords.
    case word
}

extension PastSearch {
    public static let most = 200
}
