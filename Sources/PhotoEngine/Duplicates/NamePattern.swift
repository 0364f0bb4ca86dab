/// What a file's name tells of how the file came to be, as data: `IMG-########-WA####` is a WhatsApp copy.
///
/// `#` stands for one digit, `?` for any character, `*` for any number of them, `[_-]` for one of those; letters match
/// in either case. The pattern is held against the name without its extension.
public struct NamePattern: Codable, Hashable, Sendable {
    public var pattern: String
    /// What such a file is, after "a": `WhatsApp copy`.
    public var meaning: String
    /// Whether it is an edited version rather than a copy.
    public var isEdited: Bool

    public init(_ pattern: String, _ meaning: String, isEdited: Bool = false) {
        self.pattern = pattern
        self.meaning = meaning
        self.isEdited = isEdited
    }

    /// Those of the programs people have, most telling first.
    public static let standard = [
        NamePattern("IMG-########-WA####*", "WhatsApp copy"),
        NamePattern("VID-########-WA####*", "WhatsApp copy"),
        NamePattern("WhatsApp Image *", "WhatsApp copy"),
        NamePattern("FB_IMG_*", "Facebook copy"),
        NamePattern("received_#*", "Messenger copy"),
        NamePattern("signal-####-*", "Signal copy"),
        NamePattern("photo_####-##-##*", "Telegram copy"),
        NamePattern("Screenshot*", "screenshot"),
        NamePattern("*[_-~ ]edited", "edited version", isEdited: true),
        NamePattern("IMG_E####", "edited version", isEdited: true),
        NamePattern("*-COLLAGE", "collage", isEdited: true),
        NamePattern("* copy", "copy"),
        NamePattern("*[_-]copy", "copy"),
        NamePattern("* copy #*", "copy"),
        NamePattern("Copy of *", "copy"),
        NamePattern("* (#)", "numbered copy"),
        NamePattern("* (##)", "numbered copy"),
        NamePattern("*(#)", "numbered copy"),
        NamePattern("*(##)", "numbered copy"),
    ]

    /// Whether a file's name matches. Takes at most as many steps as the name's length times the pattern's.
    public func matches(filename: String) -> Bool {
        Matcher(self).matches(Self.characters(filename))
    }

    /// What patterns are held against.
    static func characters(_ filename: String) -> [Character] { Array(stem(filename).lowercased()) }

    /// The name without its last extension.
    static func stem(_ filename: String) -> Substring {
        guard let dot = filename.lastIndex(of: "."), dot != filename.startIndex else { return filename[...] }
        return filename[..<dot]
    }

    /// A pattern made ready to be held against many names.
    struct Matcher {
        let pattern: NamePattern
        private let tokens: [Token]

        init(_ pattern: NamePattern) {
            self.pattern = pattern
            tokens = NamePattern.tokens(pattern.pattern)
        }

        /// `name` is as `characters` makes it.
        func matches(_ name: [Character]) -> Bool {
            var (token, place) = (0, 0)
            var star: (token: Int, place: Int)?
            while place < name.count {
                if token < tokens.count, tokens[token] == .many {
                    star = (token, place)
                    token += 1
                } else if token < tokens.count, tokens[token].matches(name[place]) {
                    token += 1
                    place += 1
                } else if let last = star {
                    // The star takes one character more.
                    star = (last.token, last.place + 1)
                    token = last.token + 1
                    place = last.place + 1
                } else {
                    return false
                }
            }
            return tokens[token...].allSatisfy { $0 == .many }
        }
    }

    private enum Token: Equatable {
        case many, any, digit
        case one(of: [Character])

        func matches(_ character: Character) -> Bool {
            switch self {
            case .many, .any: true
            case .digit: character.isASCII && character.isNumber
            case .one(let characters): characters.contains(character)
            }
        }
    }

    private static func tokens(_ pattern: String) -> [Token] {
        var tokens: [Token] = []
        var rest = Array(pattern.lowercased())[...]
        while let character = rest.popFirst() {
            switch character {
            case "*": tokens.append(.many)
            case "?": tokens.append(.any)
            case "#": tokens.append(.digit)
            case "[":
                guard let end = rest.firstIndex(of: "]") else {
                    tokens.append(.one(of: ["["]))
                    continue
                }
                tokens.append(.one(of: Array(rest[..<end])))
                rest = rest[(end + 1)...]
            default: tokens.append(.one(of: [character]))
            }
        }
        return tokens
    }
}
