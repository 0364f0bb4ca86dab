import CPostgres
import Core

/// Object ids of the types we use (pg_type.dat).
private enum TypeID {
    static let bool: Oid = 16
    static let bytes: Oid = 17
    static let name: Oid = 19
    static let int8: Oid = 20
    static let int2: Oid = 21
    static let int4: Oid = 23
    static let text: Oid = 25
    static let float8: Oid = 701
    static let varchar: Oid = 1043
}

/// Values in Postgres' binary formats: integers and doubles big-endian, text and bytes as they are.
struct PostgresParameters {
    var bytes: [UInt8] = []
    /// Where each value begins in `bytes`; nil for null.
    var offsets: [Int?] = []
    var lengths: [Int32] = []
    var types: [Oid] = []

    init(_ values: [SQLValue]) {
        for value in values {
            let start = bytes.count
            switch value {
            case .null:
                // Of no type: the statement says which.
                append(nil, 0)
                continue
            case .integer(let value):
                withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
                append(start, TypeID.int8)
            case .real(let value):
                withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes += $0 }
                append(start, TypeID.float8)
            case .text(let value):
                bytes += value.utf8
                append(start, TypeID.text)
            case .bytes(let value):
                bytes += value
                append(start, TypeID.bytes)
            }
        }
        // An empty value behind all others still needs an address.
        bytes.append(0)
    }

    private mutating func append(_ start: Int?, _ type: Oid) {
        offsets.append(start)
        lengths.append(Int32(bytes.count - (start ?? bytes.count)))
        types.append(type)
    }
}

extension SQLValue {
    init(binary bytes: UnsafeRawBufferPointer, type: Oid) throws {
        func integer<Number: FixedWidthInteger>(_: Number.Type) -> Int64 {
            Int64(Number(bigEndian: bytes.loadUnaligned(as: Number.self)))
        }
        switch (type, bytes.count) {
        case (TypeID.int8, 8): self = .integer(integer(Int64.self))
        case (TypeID.int4, 4): self = .integer(integer(Int32.self))
        case (TypeID.int2, 2): self = .integer(integer(Int16.self))
        case (TypeID.bool, 1): self = .integer(bytes[0] == 0 ? 0 : 1)
        case (TypeID.float8, 8): self = .real(Double(bitPattern: UInt64(bitPattern: integer(Int64.self))))
        case (TypeID.text, _), (TypeID.varchar, _), (TypeID.name, _):
            self = .text(String(decoding: bytes, as: UTF8.self))
        case (TypeID.bytes, _): self = .bytes(Array(bytes))
        default: throw EngineError(.internal, "a column has the type \(type), which the catalogue does not use")
        }
    }
}
