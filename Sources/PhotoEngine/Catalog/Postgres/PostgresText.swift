import Synchronization

/// Statements as Postgres numbers their parameters.
enum PostgresText {
    private static let known = Mutex<[String: String]>([:])
    /// Statements are few; what composes them from foreign text would be a mistake, and must not fill the memory.
    private static let capacity = 2000

    /// A pattern of `*`, `?` and `[…]` as the regular expression that fits the same texts.
    static func expression(forPattern pattern: String) -> String {
        var expression = "^"
        var isInClass = false
        for character in pattern {
            switch character {
            case "*" where !isInClass: expression += ".*"
            case "?" where !isInClass: expression += "."
            case "[" where !isInClass:
                isInClass = true
                expression += "["
            case "]":
                expression += isInClass ? "]" : "\\]"
                isInClass = false
            case "^" where isInClass, "-" where isInClass: expression.append(character)
            default:
                let isPlain = character.isLetter || character.isNumber || !character.isASCII || character == "_"
                expression += (isPlain ? "" : "\\") + String(character)
            }
        }
        // One that nothing closes stands for itself nowhere.
        return isInClass ? "^\\m\\M$" : expression + "$"
    }

    /// `a = ? AND b = '?'` becomes `a = $1 AND b = '?'`.
    static func numbered(_ sql: String) -> String {
        if let text = known.withLock({ $0[sql] }) { return text }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(sql.utf8.count + 16)
        var count = 0
        var isQuoted = false
        for byte in sql.utf8 {
            if byte == UInt8(ascii: "'") { isQuoted.toggle() }
            if byte == UInt8(ascii: "?"), !isQuoted {
                count += 1
                bytes += Array("$\(count)".utf8)
            } else {
                bytes.append(byte)
            }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        known.withLock { known in
            if known.count >= capacity { known.removeAll() }
            known[sql] = text
        }
        return text
    }
}
