/// Values as Python's `repr` writes them: what Celery's tools show of a task's arguments. For people only, so at most 1,024
/// characters, as Celery itself cuts them.
enum PythonText {
    static func tuple(_ values: [JSONValue]) -> String {
        let inner = values.map(text).joined(separator: ", ")
        return cut(values.count == 1 ? "(\(inner),)" : "(\(inner))")
    }

    static func dictionary(_ members: [JSONMember]) -> String {
        cut("{" + members.map { "\(quoted($0.name)): \(text($0.value))" }.joined(separator: ", ") + "}")
    }

    static func text(_ value: JSONValue) -> String {
        switch value {
        case .null: "None"
        case .bool(let flag): flag ? "True" : "False"
        case .number(let digits): digits
        case .string(let text): quoted(text)
        case .array(let values): "[" + values.map(text).joined(separator: ", ") + "]"
        case .object(let members):
            "{" + members.map { "\(quoted($0.name)): \(text($0.value))" }.joined(separator: ", ") + "}"
        }
    }

    private static func quoted(_ text: String) -> String {
        let quote: Character = text.contains("'") && !text.contains("\"") ? "\"" : "'"
        var result = String(quote)
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "'" where quote == "'": result += "\\'"
            case _ where character.value < 32 || character.value == 127:
                let digits = String(character.value, radix: 16)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(character)
            }
        }
        return result + String(quote)
    }

    private static func cut(_ text: String) -> String {
        text.count > 1024 ? text.prefix(1021) + "..." : text
    }
}
