import Core
import Foundation
import SystemPackage

/// A JSON value (RFC 8259) whose fields keep their order.
///
/// Strings are whole: what a terminal could take for a command (controls, bidi and zero-width characters) is written
/// `\uXXXX`, which any reader turns back into the same text.
indirect enum JSON {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([(name: String, value: JSON)])

    static func object(_ fields: KeyValuePairs<String, JSON>) -> JSON {
        .object(fields.map { (name: $0.key, value: $0.value) })
    }

    static func text(_ text: String?) -> JSON { text.map { .string($0) } ?? .null }
    /// Text that may hold paths as `RawArguments` writes them: bytes that aren't UTF-8 become U+FFFD.
    static func rawText(_ text: String) -> JSON {
        .string(String(decoding: RawArguments.bytes(of: text), as: UTF8.self))
    }
    static func count(_ value: Int?) -> JSON { value.map { .integer(Int64($0)) } ?? .null }
    static func decimal(_ value: Double?) -> JSON { value.map { $0.isFinite ? .number($0) : .null } ?? .null }

    /// A moment in Unix microseconds as RFC 3339 in UTC.
    static func moment(_ microseconds: Int64?) -> JSON { text(microseconds.map(rfc3339(microseconds:))) }

    /// `"path"`, and `"path_bytes"` in Base64 beside it when the name isn't UTF-8, where `path` alone would lie.
    static func path(_ path: FilePath, name: String = "path") -> [(name: String, value: JSON)] {
        self.name(path.nameBytes, as: name)
    }

    /// As `path`, for the bytes of any name.
    static func name(_ bytes: [UInt8], as name: String) -> [(name: String, value: JSON)] {
        let text = String(decoding: bytes, as: UTF8.self)
        let field: (name: String, value: JSON) = (name, .string(text))
        guard String(validating: bytes, as: UTF8.self) == nil else { return [field] }
        return [field, ("\(name)_bytes", .string(Data(bytes).base64EncodedString()))]
    }

    /// Indented by two blanks a level, or on one line.
    func encoded(isIndented: Bool = true) -> String {
        var output = ""
        write(into: &output, depth: isIndented ? 0 : nil)
        return output
    }

    private func write(into output: inout String, depth: Int?) {
        switch self {
        case .null: output += "null"
        case .bool(let value): output += value ? "true" : "false"
        case .integer(let value): output += String(value)
        case .number(let value):
            output += value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
        case .string(let text): Self.quote(text, into: &output)
        case .array(let values):
            Self.enclose("[", "]", values.count, &output, depth) { index, inner, output in
                values[index].write(into: &output, depth: inner)
            }
        case .object(let fields):
            Self.enclose("{", "}", fields.count, &output, depth) { index, inner, output in
                Self.quote(fields[index].name, into: &output)
                output += inner == nil ? ":" : ": "
                fields[index].value.write(into: &output, depth: inner)
            }
        }
    }

    private static func enclose(
        _ open: String, _ close: String, _ count: Int, _ output: inout String, _ depth: Int?,
        element: (Int, Int?, inout String) -> Void
    ) {
        output += open
        for index in 0..<count {
            if index > 0 { output += "," }
            if let depth { output += "\n" + String(repeating: "  ", count: depth + 1) }
            element(index, depth.map { $0 + 1 }, &output)
        }
        if count > 0, let depth { output += "\n" + String(repeating: "  ", count: depth) }
        output += close
    }

    private static func quote(_ text: String, into output: inout String) {
        output += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": output += "\\\""
            case "\\": output += "\\\\"
            case "\n": output += "\\n"
            case "\t": output += "\\t"
            case "\r": output += "\\r"
            case " "..."~": output.unicodeScalars.append(scalar)
            default:
                if isShown(scalar) {
                    output.unicodeScalars.append(scalar)
                } else {
                    for unit in String(scalar).utf16 {
                        output += "\\u" + Hex.string([UInt8(unit >> 8), UInt8(unit & 0xFF)])
                    }
                }
            }
        }
        output += "\""
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
        default: !scalar.properties.isDefaultIgnorableCodePoint
        }
    }
}

/// Unix microseconds as RFC 3339 in UTC, to the millisecond.
func rfc3339(microseconds: Int64) -> String {
    CaptureTime(wallMicroseconds: microseconds / 1000 * 1000, offsetMinutes: 0, source: .modified).rfc3339
}
