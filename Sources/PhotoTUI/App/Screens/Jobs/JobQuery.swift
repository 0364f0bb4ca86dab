/// What is typed to find jobs: `state:failed task:photo.* since:2h no space`. The words before a colon are the options of
/// `phototui jobs list`; the rest must be in the error, or `/fit it/`. Quotes keep blanks together.
public struct JobQuery: Hashable, Sendable {
    /// As `phototui jobs list` takes them.
    public let words: [String]

    private static let options: [String: String] = [
        "state": "--state", "task": "--task", "kind": "--task", "queue": "--queue", "worker": "--worker",
        "match": "--match", "error": "--match", "regex": "--regex", "since": "--since", "until": "--until",
        "sort": "--sort", "photo": "--photo", "owner": "--owner",
    ]

    public init(_ text: String) {
        var words: [String] = []
        var rest: [String] = []
        for token in Self.tokens(of: text) {
            if let colon = token.text.firstIndex(of: ":"), !token.isQuoted,
                let option = Self.options[token.text[..<colon].lowercased()]
            {
                let value = token.text[token.text.index(after: colon)...]
                if !value.isEmpty { words += [option, String(value)] }
            } else {
                rest.append(token.text)
            }
        }
        let sought = rest.joined(separator: " ")
        if sought.count > 2, sought.hasPrefix("/"), sought.hasSuffix("/") {
            words += ["--regex", String(sought.dropFirst().dropLast())]
        } else if !sought.isEmpty {
            words += ["--match", sought]
        }
        self.words = words
    }

    public var isEmpty: Bool { words.isEmpty }

    /// Whose jobs, where they are not the library's own owner's.
    public var owner: String? {
        words.lastIndex(of: "--owner").flatMap { words.indices.contains($0 + 1) ? words[$0 + 1] : nil }
    }

    /// Parts between blanks; a quoted part keeps its own.
    private static func tokens(of text: String) -> [(text: String, isQuoted: Bool)] {
        var found: [(text: String, isQuoted: Bool)] = []
        var part = ""
        var (isInQuotes, beganQuoted, hasPart) = (false, false, false)
        func end() {
            if hasPart { found.append((part, beganQuoted)) }
            (part, beganQuoted, hasPart) = ("", false, false)
        }
        for character in text {
            switch character {
            case "\"":
                if !hasPart { beganQuoted = true }
                hasPart = true
                isInQuotes.toggle()
            case " " where !isInQuotes: end()
            default:
                part.append(character)
                hasPart = true
            }
        }
        end()
        return found
    }
}
