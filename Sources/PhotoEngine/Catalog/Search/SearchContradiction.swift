import Core

/// Whether two conditions of a search rule each other out, whatever the library holds: then nothing need be read.
enum SearchContradiction {
    static func isIn(_ query: SearchQuery) -> Bool {
        let single = query.clauses.compactMap { $0.parts.count == 1 ? $0.parts[0] : nil }
        let stated = single.filter { !$0.isExcluded }.map(\.condition)
        let denied = Set(single.filter(\.isExcluded).map(\.condition))
        if stated.contains(where: denied.contains) { return true }
        let lacking = Set(
            stated.compactMap { condition in if case .lacks(let lack) = condition { lack } else { nil } })
        return stated.contains { condition in need(of: condition).map(lacking.contains) ?? false }
    }

    /// What a photo for which it holds doesn't lack. A saved search is called like an album, and needs none.
    private static func need(of condition: SearchQuery.Condition) -> SearchQuery.Lack? {
        switch condition {
        case .name(.camera, _): .camera
        case .name(.lens, _): .lens
        case .name(.place, _): .place
        case .name(.tag, _): .tag
        case .number(.rating, _): .rating
        case .near: .position
        case .name(.album, _), .text, .number, .taken, .monthOfYear, .state, .lacks, .media, .video: nil
        }
    }
}
