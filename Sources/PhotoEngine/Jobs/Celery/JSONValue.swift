/// A JSON document as it was written: members stay in order and numbers keep their digits, so that what passes through is
/// not changed (1.0 stays 1.0, and an integer of forty digits stays one).
public indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The digits as they stand in the text. Python's NaN, Infinity and -Infinity too.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([JSONMember])

    public static func integer(_ value: some BinaryInteger) -> JSONValue { .number(String(value)) }
    public static func real(_ value: Double) -> JSONValue {
        value.isFinite ? .number(String(describing: value)) : .null
    }
    public static func text(_ value: String?) -> JSONValue { value.map(JSONValue.string) ?? .null }
    public static func members(_ members: KeyValuePairs<String, JSONValue>) -> JSONValue {
        .object(members.map { JSONMember($0.key, $0.value) })
    }

    /// The member of an object; null where there is none, as Python's `get`.
    public subscript(name: String) -> JSONValue {
        get {
            guard case .object(let members) = self else { return .null }
            return members.last { $0.name == name }?.value ?? .null
        }
        set {
            if members != nil { self = setting(name, newValue) }
        }
    }

    /// With this member alone of its name: in its place, or else the first.
    func setting(_ name: String, _ value: JSONValue) -> JSONValue {
        var members = self.members ?? []
        let places = members.indices.filter { members[$0].name == name }
        if places.count == 1 {
            members[places[0]].value = value
        } else {
            members = [JSONMember(name, value)] + members.filter { $0.name != name }
        }
        return .object(members)
    }

    public var string: String? { if case .string(let text) = self { text } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var integer: Int? { if case .number(let digits) = self { Int(digits) } else { nil } }
    public var real: Double? { if case .number(let digits) = self { Double(digits) } else { nil } }
    public var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }
    public var members: [JSONMember]? { if case .object(let members) = self { members } else { nil } }
    public var isNull: Bool { self == .null }
}

public struct JSONMember: Hashable, Sendable {
    public let name: String
    public var value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

extension JSONValue {
    /// The text, as Python's `json.dumps(ensure_ascii=False)` has it, without blanks.
    public var encoded: [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(256)
        write(to: &output)
        return output
    }

    public func write(to output: inout [UInt8]) {
        switch self {
        case .null: output.append(contentsOf: "null".utf8)
        case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
        case .number(let digits): output.append(contentsOf: digits.utf8)
        case .string(let text): Self.write(text, to: &output)
        case .array(let values):
            output.append(UInt8(ascii: "["))
            for (index, value) in values.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                value.write(to: &output)
            }
            output.append(UInt8(ascii: "]"))
        case .object(let members):
            output.append(UInt8(ascii: "{"))
            for (index, member) in members.enumerated() {
                if index > 0 { output.append(UInt8(ascii: ",")) }
                Self.write(member.name, to: &output)
                output.append(UInt8(ascii: ":"))
                member.value.write(to: &output)
            }
            output.append(UInt8(ascii: "}"))
        }
    }

    static func write(_ text: String, to output: inout [UInt8]) {
        output.append(UInt8(ascii: "\""))
        defer { output.append(UInt8(ascii: "\"")) }
        // Nearly every text is of this kind, and appended whole.
        if text.utf8.allSatisfy({ !needsEscape($0) }) { return output.append(contentsOf: text.utf8) }
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                output.append(UInt8(ascii: "\\"))
                output.append(byte)
            case 0..<0x20, 0x7F:
                let digits: [UInt8] = Array("0123456789abcdef".utf8)
                output.append(contentsOf: "\\u00".utf8)
                output.append(digits[Int(byte >> 4)])
                output.append(digits[Int(byte & 15)])
            default: output.append(byte)
            }
        }
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }
}
