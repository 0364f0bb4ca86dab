/// Reads plain values as Celery and Python write them for people. Nil for all that may be cut short, escaped or of another type: a
/// task must never run with arguments that it never had.
///
/// Celery writes quotes in texts as `\'` and all else in them as it is (`celery.utils.saferepr`), Python's `repr` escapes more: a
/// text with a backslash is not to be told from another. What either leaves out is `...`.
struct PythonLiteral {
    private var rest: Substring.UnicodeScalarView
    private static let deepest = 16

    private init?(_ text: String) {
        if text.contains("\\") || text.contains("...") || text.contains("…") { return nil }
        rest = text[...].unicodeScalars
    }

    /// `(1, 'abc')`.
    static func arguments(_ text: String) -> [JSONValue]? { value(text)?.array }

    /// `{'user': 17}`.
    static func keywords(_ text: String) -> [JSONMember]? { value(text)?.members }

    private static func value(_ text: String) -> JSONValue? {
        guard var literal = PythonLiteral(text), let value = literal.read(depth: 0) else { return nil }
        return literal.rest.isEmpty ? value : nil
    }

    private mutating func take(_ text: String) -> Bool {
        guard rest.starts(with: text.unicodeScalars) else { return false }
        rest.removeFirst(text.unicodeScalars.count)
        return true
    }

    private mutating func read(depth: Int) -> JSONValue? {
        guard depth < Self.deepest, let first = rest.first else { return nil }
        switch first {
        case "'", "\"": return text().map(JSONValue.string)
        case "(": return list(end: ")", depth: depth)
        case "[": return list(end: "]", depth: depth)
        case "{": return dictionary(depth: depth)
        default:
            if take("None") { return .null }
            if take("True") { return .bool(true) }
            if take("False") { return .bool(false) }
            return number()
        }
    }

    private mutating func text() -> String? {
        let quote = rest.removeFirst()
        guard let end = rest.firstIndex(of: quote) else { return nil }
        let text = String(rest[..<end])
        rest = rest[rest.index(after: end)...]
        return text
    }

    /// A tuple of one ends with a comma, and no other does.
    private mutating func list(end: String, depth: Int) -> JSONValue? {
        rest.removeFirst()
        var values: [JSONValue] = []
        if take(end) { return .array([]) }
        while let value = read(depth: depth + 1) {
            values.append(value)
            if end == ")", values.count == 1 {
                if take(",)") { return .array(values) }
            } else if take(end) {
                return .array(values)
            }
            guard take(", ") else { return nil }
        }
        return nil
    }

    private mutating func dictionary(depth: Int) -> JSONValue? {
        rest.removeFirst()
        var members: [JSONMember] = []
        if take("}") { return .object([]) }
        while let first = rest.first, first == "'" || first == "\"", let name = text(), take(": "),
            let value = read(depth: depth + 1)
        {
            guard !members.contains(where: { $0.name == name }) else { return nil }
            members.append(JSONMember(name, value))
            if take("}") { return .object(members) }
            guard take(", ") else { return nil }
        }
        return nil
    }

    /// In JSON's grammar, which is what Python's finite numbers are in.
    private mutating func number() -> JSONValue? {
        let digits = rest.prefix { "+-.0123456789e".unicodeScalars.contains($0) }
        guard let value = JSONValue(parsing: Array(String(digits).utf8)), case .number = value else { return nil }
        rest = rest[digits.endIndex...]
        return value
    }
}
