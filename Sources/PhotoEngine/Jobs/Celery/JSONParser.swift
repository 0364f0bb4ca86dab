extension JSONValue {
    /// Parses one document of JSON as Python's `json` module writes it; nil when it is anything else.
    ///
    /// Lone surrogates become U+FFFD. At most 128 levels deep.
    public init?(parsing bytes: some Collection<UInt8>) {
        let value = bytes.withContiguousStorageIfAvailable { storage -> JSONValue? in
            var parser = JSONParser(UnsafeRawBufferPointer(storage))
            return parser.document()
        }
        guard let value = value ?? Self.copied(Array(bytes)) else { return nil }
        self = value
    }

    private static func copied(_ bytes: [UInt8]) -> JSONValue? {
        bytes.withUnsafeBytes { storage in
            var parser = JSONParser(storage)
            return parser.document()
        }
    }
}

// SAFETY: used only while the closure that lends `bytes` runs; every index is checked against `bytes.count`.
struct JSONParser {
    private let bytes: UnsafeRawBufferPointer
    private var place = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func document() -> JSONValue? {
        guard let value = value(depth: 0) else { return nil }
        skipBlanks()
        return place == bytes.count ? value : nil
    }

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 32 || byte == 10 || byte == 13 || byte == 9 { place += 1 }
    }

    private mutating func skip(_ word: StaticString) -> Bool {
        let count = word.utf8CodeUnitCount
        guard place + count <= bytes.count else { return false }
        for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
        place += count
        return true
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth < 128 else { return nil }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        case UInt8(ascii: "t"): return skip("true") ? .bool(true) : nil
        case UInt8(ascii: "f"): return skip("false") ? .bool(false) : nil
        case UInt8(ascii: "n"): return skip("null") ? .null : nil
        case UInt8(ascii: "N"): return skip("NaN") ? .number("NaN") : nil
        case UInt8(ascii: "I"): return skip("Infinity") ? .number("Infinity") : nil
        default: return number()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        place += 1
        var members: [JSONMember] = []
        skipBlanks()
        if next == UInt8(ascii: "}") {
            place += 1
            return .object([])
        }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\""), let name = string() else { return nil }
            skipBlanks()
            guard next == UInt8(ascii: ":") else { return nil }
            place += 1
            guard let value = value(depth: depth + 1) else { return nil }
            members.append(JSONMember(name, value))
            skipBlanks()
            let end = next
            place += 1
            if end == UInt8(ascii: "}") { return .object(members) }
            guard end == UInt8(ascii: ",") else { return nil }
        }
    }

    private mutating func array(depth: Int) -> JSONValue? {
        place += 1
        var values: [JSONValue] = []
        skipBlanks()
        if next == UInt8(ascii: "]") {
            place += 1
            return .array([])
        }
        while true {
            guard let value = value(depth: depth + 1) else { return nil }
            values.append(value)
            skipBlanks()
            let end = next
            place += 1
            if end == UInt8(ascii: "]") { return .array(values) }
            guard end == UInt8(ascii: ",") else { return nil }
        }
    }

    private mutating func number() -> JSONValue? {
        let start = place
        if next == UInt8(ascii: "-") {
            place += 1
            if next == UInt8(ascii: "I") { return skip("Infinity") ? .number("-Infinity") : nil }
        }
        let whole = digits()
        guard whole > 0, whole == 1 || bytes[place - whole] != UInt8(ascii: "0") else { return nil }
        if next == UInt8(ascii: ".") {
            place += 1
            guard digits() > 0 else { return nil }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            place += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { place += 1 }
            guard digits() > 0 else { return nil }
        }
        // SAFETY: `start` and `place` are within `bytes`, and the text is a copy.
        return .number(String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<place]), as: UTF8.self))
    }

    private mutating func digits() -> Int {
        let start = place
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
        return place - start
    }

    private mutating func string() -> String? {
        place += 1
        let start = place
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { place += 1 }
        // SAFETY: `start` and `place` are within `bytes`; what is made of it is a copy.
        let plain = UnsafeRawBufferPointer(rebasing: bytes[start..<place])
        if next == UInt8(ascii: "\"") {
            place += 1
            return String(validating: plain, as: UTF8.self)
        }
        return escapedString(Array(plain))
    }

    private mutating func escapedString(_ plain: [UInt8]) -> String? {
        var text = plain
        while let byte = next {
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let scalar = escape() else { return nil }
                text.append(contentsOf: String(Character(scalar)).utf8)
            case 0..<0x20: return nil
            default: text.append(byte)
            }
        }
        return nil
    }

    private mutating func escape() -> Unicode.Scalar? {
        guard let byte = next else { return nil }
        place += 1
        switch byte {
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "u"):
            guard let first = hexadecimal() else { return nil }
            guard (0xD800..<0xDC00).contains(first) else { return Unicode.Scalar(first) ?? "\u{FFFD}" }
            let start = place
            guard skip("\\u"), let second = hexadecimal(), (0xDC00..<0xE000).contains(second) else {
                place = start
                return "\u{FFFD}"
            }
            return Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        default: return nil
        }
    }

    private mutating func hexadecimal() -> UInt32? {
        guard place + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[place])).hexDigitValue else { return nil }
            value = value << 4 | UInt32(digit)
            place += 1
        }
        return value
    }
}

extension JSONParser {
    /// The text of the first element of a list, as it was written.
    static func firstElement(ofArray text: [UInt8]) -> [UInt8]? {
        text.withUnsafeBytes { bytes in
            var parser = JSONParser(bytes)
            return parser.firstElement().map { Array($0) }
        }
    }

    private mutating func firstElement() -> UnsafeRawBufferPointer.SubSequence? {
        skipBlanks()
        guard next == UInt8(ascii: "[") else { return nil }
        place += 1
        skipBlanks()
        let start = place
        return value(depth: 0).map { _ in bytes[start..<place] }
    }
}
