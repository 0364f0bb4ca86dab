/// Which of a photo's marks are not its file's alone: processing it again leaves those. `photos.has_own_marks`.
struct OwnMarks: OptionSet {
    let rawValue: Int

    /// As an older phototui wrote it: any of them.
    static let all = OwnMarks(rawValue: 1)
    static let rating = OwnMarks(rawValue: 2)
    static let caption = OwnMarks(rawValue: 4)
    static let position = OwnMarks(rawValue: 8)
    static let keywords = OwnMarks(rawValue: 16)
    static let favourite = OwnMarks(rawValue: 32)

    /// Whether a mark is among a photo's own, as a condition on its row.
    func condition(_ column: String = "has_own_marks") -> String {
        "(\(column) & \(union(.all).rawValue)) <> 0"
    }

    /// By the names that `PhotoMarks.differences` gives.
    init(named names: [String]) {
        self = names.reduce(into: []) { marks, name in
            switch name {
            case "favourite": marks.insert(.favourite)
            case "rating": marks.insert(.rating)
            case "caption": marks.insert(.caption)
            case "position": marks.insert(.position)
            case "keywords": marks.insert(.keywords)
            default: break
            }
        }
    }

    init(rawValue: Int) { self.rawValue = rawValue }
}
