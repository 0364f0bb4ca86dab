internal import Core
internal import Foundation

/// A regular expression for errors, and what each error it fits must hold, by which an index finds the few to look at.
struct ErrorPattern: Sendable {
    private let expression: NSRegularExpression
    /// Parts of three characters and more, without regard to case.
    let parts: [String]

    init(_ pattern: String) throws {
        do {
            expression = try NSRegularExpression(pattern: pattern)
        } catch {
            throw EngineError(
                .invalidInput, "\(pattern.prefix(200)) is no regular expression",
                whatToDo: "put a backslash before each of ( ) [ ] { } * + ? . that means itself")
        }
        parts = Self.literals(in: pattern).filter { $0.count >= 3 }
    }

    /// Nil when it takes so long that it is given up: a pattern can be made that ends with no text of some length.
    func fits(_ text: String, patience: Duration = .milliseconds(200)) -> Bool? {
        let end = ContinuousClock.now + patience
        var isFound = false
        var isGivenUp = false
        expression.enumerateMatches(
            in: text, options: .reportProgress, range: NSRange(location: 0, length: text.utf16.count)
        ) { match, _, stop in
            if match != nil {
                isFound = true
                stop.pointee = true
            } else if ContinuousClock.now > end {
                isGivenUp = true
                stop.pointee = true
            }
        }
        return isGivenUp ? nil : isFound
    }

    /// Threes of characters that the parts hold: those with digits, the most first, which fewer errors have mostly.
    static func trigrams(of parts: [String]) -> [String] {
        var threes: [String] = []
        for part in parts {
            let characters = Array(part.lowercased())
            for start in 0..<max(0, characters.count - 2) {
                let three = String(characters[start..<(start + 3)])
                if !threes.contains(three) { threes.append(three) }
            }
            if threes.count > 200 { break }
        }
        var byDigits = Array(repeating: [String](), count: 4)
        for three in threes { byDigits[3 - three.count(where: \.isNumber)].append(three) }
        return Array(byDigits.joined())
    }

    /// Of what the parts hold, the texts that fewest errors do: numbers of three digits and more, else shorter ones with what
    /// stands beside them, else the parts.
    static func rareTexts(of parts: [String]) -> [String] {
        var numbers: [String] = []
        var windows: [String] = []
        for part in parts {
            let characters = Array(part)
            var start = 0
            while start < characters.count {
                guard characters[start].isNumber else {
                    start += 1
                    continue
                }
                let end = characters[start...].firstIndex { !$0.isNumber } ?? characters.count
                if end - start >= 3 { numbers.append(String(characters[start..<end])) }
                let window = characters[max(0, start - 2)..<min(characters.count, end + 2)]
                if window.count >= 3 { windows.append(String(window)) }
                start = end
            }
        }
        return numbers.isEmpty ? (windows.isEmpty ? parts : windows) : numbers
    }

    /// What stands in the pattern as itself, at its outermost level and always; nothing where that isn't certain.
    static func literals(in pattern: String) -> [String] {
        var found: [String] = []
        var part = ""
        var depth = 0
        var isInClass = false
        var characters = pattern[...]
        func end() {
            if !part.isEmpty { found.append(part) }
            part = ""
        }
        while let character = characters.popFirst() {
            if isInClass {
                if character == "\\" { _ = characters.popFirst() }
                // A class within a class, and what ICU makes of it, is not followed.
                if character == "[" { return [] }
                if character == "]" { isInClass = false }
                continue
            }
            switch character {
            case "|": if depth == 0 { return [] }
            case "\\":
                guard let next = characters.popFirst() else { return [] }
                if next == "Q" || next == "E" { return [] }
                if depth > 0 { continue }
                if next.isLetter || next.isNumber {
                    end()
                    // What follows may belong to it: \x41, \p{L}.
                    if "xuUNpPcko0123456789".contains(next) { return [] }
                } else {
                    part.append(next)
                }
            case "(":
                // Flags may make blanks mean nothing.
                if characters.hasPrefix("?"), characters.dropFirst().first.map({ $0.isLetter }) == true,
                    !characters.hasPrefix("?i)")
                {
                    return []
                }
                end()
                depth += 1
            case ")":
                end()
                depth -= 1
            case "[":
                end()
                isInClass = true
                // A bracket at the start of a class is one of its characters.
                if characters.first == "^" { _ = characters.popFirst() }
                if characters.first == "]" { _ = characters.popFirst() }
            case "?", "*", "{":
                if depth == 0, !part.isEmpty { part.removeLast() }
                end()
                if character == "{" { while let inner = characters.popFirst(), inner != "}" {} }
            case "+", ".", "^", "$": end()
            default:
                // Others' case is not told alike by the index.
                if depth == 0, character.isASCII { part.append(character) } else { end() }
            }
        }
        end()
        return found
    }
}
