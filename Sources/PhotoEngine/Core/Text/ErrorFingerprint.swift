/// What errors that differ only in their particulars have in common: numbers, ids, addresses, quoted words and paths are left out,
/// so that "user 17 not found" and "user 42 not found" are one group.
public struct ErrorFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The first line of the error with its particulars replaced: `user N not found`. Untrusted text.
    public let description: String

    /// The longest that is read of an error.
    private static let mostBytes = 600

    public init(_ error: String) {
        let line = error.utf8.prefix(Self.mostBytes)
        let text = String(decoding: line, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        var words: [String] = []
        for word in Self.withoutQuotes(Self.asRaised(text)).split(separator: " ") { words.append(Self.general(word)) }
        description = words.joined(separator: " ")
    }

    /// What is stored, and found by.
    public var number: Int64 { Int64(bitPattern: StableHash.of(description.utf8)) }

    /// An exception as Python's `repr` writes it, `ValueError('user 17 not found')`, in the words its trace ends with:
    /// `ValueError: user 17 not found`. Its quotes are not of what it says, nor is the number of an `OSError`.
    private static func asRaised(_ text: Substring) -> Substring {
        guard let open = text.firstIndex(of: "("), text.first?.isLetter == true,
            text[..<open].allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
        else { return text }
        var rest = text[text.index(after: open)...]
        let number = rest.prefix { $0.isNumber }
        if !number.isEmpty, rest[number.endIndex...].hasPrefix(", ") { rest = rest[number.endIndex...].dropFirst(2) }
        guard let quote = rest.popFirst(), quote == "'" || quote == "\"" else { return text }
        var said = ""
        var isEscaped = false
        for character in rest {
            if isEscaped {
                // The end of its first line.
                if character == "n" { break }
                isEscaped = false
                // Others stand for what can't be shown, `\x1b`, and stay as Python wrote them.
                if !"'\"\\".contains(character) { said.append("\\") }
            } else if character == "\\" {
                isEscaped = true
                continue
            } else if character == quote {
                break
            }
            said.append(character)
        }
        return text[..<open] + (said.isEmpty ? "" : ": ") + said
    }

    /// Quoted parts become `'…'`; a quote that nothing ends, or an apostrophe within a word, is left.
    private static func withoutQuotes(_ text: Substring) -> String {
        var result = ""
        var rest = text
        var before: Character = " "
        while let character = rest.first {
            let isOpening = "'\"`".contains(character) && !before.isLetter && !before.isNumber
            if isOpening, let end = rest.dropFirst().firstIndex(of: character) {
                result += "\(character)…\(character)"
                rest = rest[rest.index(after: end)...]
            } else {
                result.append(character)
                rest = rest.dropFirst()
            }
            before = character
        }
        return result
    }

    private static func general(_ word: Substring) -> String {
        let core = word.filter { $0.isHexDigit || $0 == "-" }
        if core.count >= 16, core.count * 10 >= word.count * 8, word.contains(where: \.isNumber) { return "ID" }
        if word.dropFirst().contains("/") { return "PATH" }
        var result = ""
        var isInNumber = false
        for character in word {
            if character.isNumber {
                if !isInNumber { result += "N" }
                isInNumber = true
            } else if isInNumber, character == "." || character == "," || character == ":" {
                // Within a number, or behind it: decided by what follows.
                result.append(character)
                isInNumber = false
            } else {
                result.append(character)
                isInNumber = false
            }
        }
        while let range = result.firstRange(of: "N.N") { result.replaceSubrange(range, with: "N") }
        return result
    }
}
