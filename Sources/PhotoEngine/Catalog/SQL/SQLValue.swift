import Core

/// A bound or returned value, in the types that both databases share.
enum SQLValue: Hashable, Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case bytes([UInt8])
}

extension SQLValue {
    /// Foreign text; NUL, which neither database keeps in text, becomes U+FFFD.
    static func string(_ text: String?) -> SQLValue {
        guard let text else { return .null }
        guard text.utf8.contains(0) else { return .text(text) }
        return .text(String(text.unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : Character($0) }))
    }

    static func int(_ value: Int?) -> SQLValue { value.map { .integer(Int64($0)) } ?? .null }
    static func int(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
    static func bool(_ value: Bool?) -> SQLValue { value.map { .integer($0 ? 1 : 0) } ?? .null }
    /// A value that isn't finite is unknown.
    static func double(_ value: Double?) -> SQLValue { value.flatMap { $0.isFinite ? .real($0) : nil } ?? .null }
    static func id<Subject>(_ id: Identifier<Subject>?) -> SQLValue { id.map { .bytes($0.bytes) } ?? .null }
    static func digest(_ digest: SHA256Digest) -> SQLValue { .bytes(digest.bytes) }
}

/// A row's values in the order of its columns, taken one after the other.
///
/// A value of an unexpected type means a damaged or altered file: `.corrupt`.
struct SQLRow: Sendable {
    /// Those of all rows of an answer, one behind the other: a page is one array.
    private let values: [SQLValue]
    private var index: Int
    private let end: Int

    init(_ values: [SQLValue]) {
        self.init(values, in: values.indices)
    }

    init(_ values: [SQLValue], in range: Range<Int>) {
        self.values = values
        (index, end) = (range.lowerBound, range.upperBound)
    }

    /// The place of the next value.
    private mutating func next() throws -> Int {
        guard index < end else { throw SQLRow.mismatch }
        defer { index += 1 }
        return index
    }

    /// As it is.
    mutating func value() throws -> SQLValue { values[try next()] }

    mutating func optionalInt64() throws -> Int64? {
        switch values[try next()] {
        case .null: nil
        case .integer(let value): value
        default: throw SQLRow.mismatch
        }
    }

    mutating func optionalDouble() throws -> Double? {
        switch values[try next()] {
        case .null: nil
        case .real(let value): value
        case .integer(let value): Double(value)
        default: throw SQLRow.mismatch
        }
    }

    mutating func optionalText() throws -> String? {
        switch values[try next()] {
        case .null: nil
        case .text(let value): value
        default: throw SQLRow.mismatch
        }
    }

    mutating func optionalBytes() throws -> [UInt8]? {
        switch values[try next()] {
        case .null: nil
        case .bytes(let value): value
        default: throw SQLRow.mismatch
        }
    }

    mutating func optionalInt() throws -> Int? { try optionalInt64().map(Int.init) }
    mutating func optionalBool() throws -> Bool? { try optionalInt64().map { $0 != 0 } }

    mutating func int64() throws -> Int64 { try SQLRow.present(optionalInt64()) }
    mutating func int() throws -> Int { try Int(int64()) }
    mutating func bool() throws -> Bool { try int64() != 0 }
    mutating func text() throws -> String { try SQLRow.present(optionalText()) }
    mutating func bytes() throws -> [UInt8] { try SQLRow.present(optionalBytes()) }

    mutating func id<Subject>() throws -> Identifier<Subject> { try SQLRow.present(Identifier(bytes: bytes())) }
    mutating func optionalID<Subject>() throws -> Identifier<Subject>? {
        try optionalBytes().map { try SQLRow.present(Identifier(bytes: $0)) }
    }
    mutating func digest() throws -> SHA256Digest { try SQLRow.present(SHA256Digest(bytes: bytes())) }

    mutating func choice<Choice: RawRepresentable>() throws -> Choice where Choice.RawValue == String {
        try SQLRow.present(Choice(rawValue: text()))
    }

    static func present<Value>(_ value: Value?) throws -> Value {
        guard let value else { throw mismatch }
        return value
    }

    private static var mismatch: EngineError {
        EngineError(
            .corrupt, "the catalogue holds a value that cannot be read",
            whatToDo:
                "run `phototui doctor`; if it finds faults, restore a copy or import the folders into a new library")
    }
}
