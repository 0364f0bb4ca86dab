/// One command, as it goes over the wire.
struct RedisCommand: Hashable, Sendable {
    let bytes: [UInt8]

    init(_ name: String, _ arguments: RedisArgument...) {
        self.init(name, arguments)
    }

    init(_ name: String, _ arguments: [RedisArgument]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(arguments.reduce(32 + name.utf8.count) { $0 + $1.count + 16 })
        bytes.append(UInt8(ascii: "*"))
        bytes.append(contentsOf: String(arguments.count + 1).utf8)
        bytes.append(contentsOf: lineEnd)
        RedisArgument.text(name).write(to: &bytes)
        for argument in arguments { argument.write(to: &bytes) }
        self.bytes = bytes
    }
}

private let lineEnd: [UInt8] = [13, 10]

/// One word of a command: any bytes.
enum RedisArgument: Hashable, Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    case text(String)
    case bytes([UInt8])

    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .text(String(value)) }
    init(_ number: Int) { self = .text(String(number)) }

    fileprivate var count: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .bytes(let bytes): bytes.count
        }
    }

    fileprivate func write(to output: inout [UInt8]) {
        output.append(UInt8(ascii: "$"))
        output.append(contentsOf: String(count).utf8)
        output.append(contentsOf: lineEnd)
        switch self {
        case .text(let text): output.append(contentsOf: text.utf8)
        case .bytes(let bytes): output.append(contentsOf: bytes)
        }
        output.append(contentsOf: lineEnd)
    }
}
