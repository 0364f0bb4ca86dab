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

extension RedisCommand {
    /// Its name and what it reads, writes or tells: keys and channels, never values. For messages about refusals.
    var rights: (name: String, places: [String]) {
        let words = words
        guard let name = words.first else { return ("", []) }
        let texts = words.map { String(decoding: $0, as: UTF8.self) }
        switch name {
        case Array("EVALSHA".utf8), Array("EVAL".utf8), Array("EVALSHA_RO".utf8), Array("EVAL_RO".utf8):
            let count = texts.count > 2 ? Int(texts[2]) ?? 0 : 0
            return (texts[0], Array(texts.dropFirst(3).prefix(count)))
        case Array("SCRIPT".utf8): return (texts.prefix(2).joined(separator: "|"), [])
        case Array("PUBSUB".utf8): return (texts.prefix(2).joined(separator: "|"), Array(texts.dropFirst(2)))
        case Array("AUTH".utf8), Array("PING".utf8), Array("SELECT".utf8): return (texts[0], [])
        case Array("BLMOVE".utf8), Array("LMOVE".utf8): return (texts[0], Array(Set(texts.dropFirst().prefix(2))))
        default: return (texts[0], Array(texts.dropFirst().prefix(1)))
        }
    }

    /// The right that a refusal says its user lacks, as it is written in an ACL rule. No value is among it: only commands, keys and
    /// channels. `script` is what the command runs, where it runs one.
    func right(missingIn refusal: String, script: RedisScript? = nil) -> String {
        let (name, places) = rights
        let shown = places.prefix(4).joined(separator: " or ")
        if refusal.contains("channels") { return "\(name) on the channel \(shown) (a rule with &)" }
        if refusal.contains("keys") { return "\(name) on the key \(shown) (a rule with ~)" }
        let inner = script?.command(refusedIn: refusal) ?? name
        return "the command \(inner) (+\(inner.lowercased()))"
    }

    private var words: [[UInt8]] {
        var rest = bytes[...]
        func number() -> Int {
            let end = rest.firstIndex(of: 13) ?? rest.endIndex
            defer { rest = rest[min(end + 2, rest.endIndex)...] }
            return Int(String(decoding: rest[(rest.startIndex + 1)..<end], as: UTF8.self)) ?? 0
        }
        return (0..<number()).map { _ in
            let count = number()
            defer { rest = rest.dropFirst(count + 2) }
            return Array(rest.prefix(count))
        }
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
