/// Arguments as Celery writes them for people, read back where that is certain.
///
/// Celery's `saferepr` (celery/utils/saferepr.py) is no Python literal: in a text it puts a backslash before `'` and escapes nothing
/// else, cuts what is long or deep with `...`, and writes bytes as text or as hexadecimal digits without saying which. Applications
/// may put something else in place of what is secret. What may be any of that is refused.
struct PythonLiteral {
    /// Why, in a sentence without its subject and full stop.
    struct Fault: Error, Hashable {
        let reason: String

        init(_ reason: String) { self.reason = reason }

        static let cut = Fault("its arguments were cut when they were told")
        static let object = Fault("among its arguments is what is no plain value")
        static let masked = Fault("its arguments were told with something hidden (***)")
        static let bytes = Fault("among its arguments are bytes, which are not told whole")
        static let backslash = Fault("a backslash in its arguments may stand for itself or not")
        static let set = Fault("among its arguments is a set, which JSON has not")
    }

    /// Deeper ones Celery cuts.
    private static let mostLevels = 16

    private var rest: Substring.UnicodeScalarView

    private init(_ text: String) { rest = text[...].unicodeScalars }

    /// The value as Celery's JSON has it: tuples are lists there.
    static func parse(_ text: String) throws(Fault) -> JSONValue {
        var parser = PythonLiteral(text)
        let value = try parser.value(level: 0)
        parser.skipBlanks()
        guard parser.rest.isEmpty else { throw parser.unexpected }
        return value
    }

    private mutating func skipBlanks() {
        while let next = rest.first, next == " " || next == "\n" || next == "\t" { rest.removeFirst() }
    }

    private mutating func take(_ text: String) -> Bool {
        let wanted = text.unicodeScalars
        guard rest.starts(with: wanted) else { return false }
        rest.removeFirst(wanted.count)
        return true
    }

    /// What stands here instead of a value.
    private var unexpected: Fault {
        if rest.isEmpty || rest.starts(with: "...".unicodeScalars) || rest.first == "…" { return .cut }
        if rest.first == "*" { return .masked }
        return .object
    }

    private mutating func value(level: Int) throws(Fault) -> JSONValue {
        guard level < Self.mostLevels else { throw .cut }
        skipBlanks()
        guard let first = rest.first else { throw .cut }
        switch first {
        case "(":
            rest.removeFirst()
            return .array(try items(until: ")", level: level))
        case "[":
            rest.removeFirst()
            return .array(try items(until: "]", level: level))
        case "{":
            rest.removeFirst()
            return try dictionary(level: level)
        case "'", "\"": return .string(try string())
        case "b" where rest.starts(with: "b'".unicodeScalars) || rest.starts(with: "b\"".unicodeScalars): throw .bytes
        case "0"..."9", "-": return try number()
        default: return try word()
        }
    }

    private mutating func word() throws(Fault) -> JSONValue {
        for (word, value) in [("None", JSONValue.null), ("True", .bool(true)), ("False", .bool(false))] {
            guard take(word) else { continue }
            if let next = rest.first, next.properties.isAlphabetic || next == "(" || next == "_" { throw .object }
            return value
        }
        if rest.starts(with: "set(".unicodeScalars) || rest.starts(with: "frozenset(".unicodeScalars) { throw .set }
        throw unexpected
    }

    private mutating func items(until end: Unicode.Scalar, level: Int) throws(Fault) -> [JSONValue] {
        var items: [JSONValue] = []
        var hasComma = false
        while true {
            skipBlanks()
            if rest.first == end {
                rest.removeFirst()
                // `(1)` is 1, and no tuple.
                if end == ")", items.count == 1, !hasComma { throw .object }
                return items
            }
            if !items.isEmpty, !hasComma { throw unexpected }
            items.append(try value(level: level + 1))
            skipBlanks()
            hasComma = take(",")
        }
    }

    private mutating func dictionary(level: Int) throws(Fault) -> JSONValue {
        var members: [JSONMember] = []
        var hasComma = true
        while true {
            skipBlanks()
            if take("}") { return .object(members) }
            if !hasComma { throw unexpected }
            let key = try value(level: level + 1)
            skipBlanks()
            guard take(":") else {
                throw rest.first == "," || rest.first == "}" ? .set : unexpected
            }
            let name: String =
                switch key {
                case .string(let text): text
                // As `json.dumps` writes such keys.
                case .null, .bool: String(decoding: key.encoded, as: UTF8.self)
                case .number(let digits): digits
                case .array, .object: throw .object
                }
            let value = try value(level: level + 1)
            members.append(JSONMember(name, value))
            skipBlanks()
            hasComma = take(",")
        }
    }

    private mutating func number() throws(Fault) -> JSONValue {
        let digits = String(String.UnicodeScalarView(rest.prefix { "0123456789.eE+-".unicodeScalars.contains($0) }))
        rest.removeFirst(digits.unicodeScalars.count)
        // Dates and addresses without quotes, complex numbers.
        if let next = rest.first, next.properties.isAlphabetic || next == "_" { throw .object }
        // What JSON takes for a number is one of Python's; Python writes none that begins with 0, or ends with a point.
        guard case .number(digits)? = JSONValue(parsing: Array(digits.utf8)) else { throw .object }
        return .number(digits)
    }

    private mutating func string() throws(Fault) -> String {
        let quote = rest.removeFirst()
        var text = String.UnicodeScalarView()
        while let next = rest.popFirst() {
            if next == quote {
                let text = String(text)
                if text.hasSuffix("...") || text.hasSuffix("…") { throw .cut }
                if text.contains("***") { throw .masked }
                return text
            }
            if next == "\\" {
                guard quote == "'", rest.first == "'" else { throw .backslash }
                rest.removeFirst()
                text.append("'")
            } else {
                text.append(next)
            }
        }
        throw .cut
    }
}
