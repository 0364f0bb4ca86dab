import Core

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

    /// Those of `marks` that a file may hold.
    init(_ marks: [PhotoMark]) {
        self = marks.reduce(into: []) { own, mark in
            switch mark {
            case .favourite: own.insert(.favourite)
            case .rating: own.insert(.rating)
            case .caption: own.insert(.caption)
            case .position: own.insert(.position)
            case .keywords: own.insert(.keywords)
            case .albums, .tags, .faces, .archived: break
            }
        }
    }

    init(rawValue: Int) { self.rawValue = rawValue }

    var marks: Set<PhotoMark> {
        let all: [(OwnMarks, PhotoMark)] = [
            (.rating, .rating), (.caption, .caption), (.position, .position), (.keywords, .keywords),
            (.favourite, .favourite),
        ]
        return Set(all.filter { contains($0.0) || contains(.all) }.map(\.1))
    }
}
