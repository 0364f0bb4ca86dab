/// What the journal says of an action on a console, in one line: what came of it, why somebody wanted it, and which action it was,
/// as its beginning and its end are two entries.
public struct ActionOutcome: Hashable, Sendable {
    public let words: String
    /// Empty where none was given.
    public let reason: String
    /// Eight hexadecimal digits; nil for what is none of these.
    public let action: String?

    public init(_ words: String, reason: String, action: String) {
        (self.words, self.reason, self.action) = (words, reason, action)
    }

    /// `12 done (the deploy was bad), action 0a1b2c3d`.
    public var text: String {
        words + (reason.isEmpty ? "" : " (\(reason))") + (action.map { Self.mark + $0 } ?? "")
    }

    private static let mark = ", action "

    /// Reads what `text` wrote; anything else is its words.
    public init(reading text: String) {
        let action = text.suffix(8)
        let rest = text.dropLast(8)
        guard action.utf8.count == 8, action.allSatisfy({ $0.isASCII && $0.isHexDigit }), rest.hasSuffix(Self.mark)
        else {
            (words, reason, self.action) = (text, "", nil)
            return
        }
        let told = rest.dropLast(Self.mark.count)
        self.action = String(action)
        if let open = Self.lastBracket(of: told), open != told.startIndex, told[told.index(before: open)] == " " {
            words = String(told[..<told.index(before: open)])
            reason = String(told[told.index(after: open)...].dropLast())
        } else {
            (words, reason) = (String(told), "")
        }
    }

    /// Where the brackets begin that close at the end: a reason may hold some, too.
    private static func lastBracket(of text: Substring) -> Substring.Index? {
        guard text.last == ")" else { return nil }
        var depth = 0
        for place in text.indices.reversed() {
            if text[place] == ")" { depth += 1 }
            if text[place] == "(" { depth -= 1 }
            if depth == 0 { return place }
        }
        return nil
    }
}
