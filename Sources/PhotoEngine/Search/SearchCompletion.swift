public import Core

/// What of a search could be completed where the cursor is.
public struct SearchCompletion: Hashable, Sendable {
    public enum Kind: Hashable, Sendable {
        /// These, whose counts nobody asks for.
        case choices([String])
        /// What the catalogue has of these that begins with the text; and the choices that do.
        case names([SuggestionKind], beginning: String, choices: [String])
    }

    public let kind: Kind
    /// The characters that the completion takes the place of.
    public let place: Range<Int>
    /// What stands in front of a name there, as `album:`.
    public let field: String

    /// Of the characters of `text` in front of `cursor`; nil where there is nothing to complete.
    public init?(_ text: String, cursor: Int) {
        let before = String(text.prefix(cursor))
        guard let token = SearchText.tokens(before).last, token.place.upperBound == before.count, !token.isOr else {
            return nil
        }
        let start = token.place.lowerBound + (token.isExcluded ? 1 : 0)
        place = start..<token.place.upperBound
        guard let name = token.field else {
            field = ""
            if token.isQuoted || token.value.isEmpty { return nil }
            let fields = SearchField.all.map { "\($0.name):" }.filter { $0.hasPrefix(token.value.lowercased()) }
            let kinds: [SuggestionKind] =
                token.value.allSatisfy(\.isNumber)
                ? [.year] : [.name(.tag), .name(.album), .name(.place), .name(.camera), .name(.lens), .word]
            kind = .names(kinds, beginning: token.value, choices: fields)
            return
        }
        guard let known = SearchField.named(name) else { return nil }
        field = "\(name):"
        let value = token.value
        switch known.value {
        case .name(let name): kind = .names([.name(name)], beginning: value, choices: [])
        case .date:
            kind = .names([.year], beginning: value, choices: SearchValue.months.filter { $0.hasPrefix(value) })
        case .state, .lack, .has, .media:
            let choices = known.choices.filter { $0.hasPrefix(value.lowercased()) }
            if choices.isEmpty { return nil }
            kind = .choices(choices)
        case .number, .near: return nil
        }
    }

    /// What a name is written as, in the place of what was typed.
    public func text(of name: String) -> String {
        field + SearchText.quoted(name)
    }
}

extension SearchText {
    /// A name so that it is read as one term, word for word.
    public static func quoted(_ name: String) -> String {
        let isPlain = !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber }
        return isPlain ? name : "\"\(name.replacing("\"", with: " "))\""
    }
}

/// How a search could go on.
public struct SearchProposal: Hashable, Sendable {
    /// What takes the place of what was typed. Untrusted.
    public let text: String
    /// In characters of what was typed.
    public let place: Range<Int>
    /// nil where nobody counts.
    public let photoCount: Int?

    public init(text: String, place: Range<Int>, photoCount: Int?) {
        (self.text, self.place, self.photoCount) = (text, place, photoCount)
    }
}
