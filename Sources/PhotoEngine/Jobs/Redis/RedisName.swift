/// Names on a server as text. A name is any bytes: those that are no UTF-8 are spelled `\x80` to `\xff`. So that each spelling is one
/// name's, a backslash is `\x5c` in a name that has such a spelling in itself; every other name is spelled as it is.
enum RedisName {
    static func text(_ bytes: [UInt8]) -> String {
        if let text = String(validating: bytes, as: UTF8.self), Self.bytes(of: text) == nil { return text }
        var spelled: [UInt8] = []
        var place = 0
        while place < bytes.count {
            if byte(spelledAt: place, in: bytes) != nil {
                spelled += spelling(backslash)
                place += 1
                continue
            }
            let length = (1...4).first { length in
                place + length <= bytes.count
                    && String(validating: bytes[place..<(place + length)], as: UTF8.self) != nil
            }
            spelled += length.map { Array(bytes[place..<(place + $0)]) } ?? spelling(bytes[place])
            place += length ?? 1
        }
        return String(decoding: spelled, as: UTF8.self)
    }

    /// What a spelling stands for; nil where that is the text itself.
    static func bytes(of text: String) -> [UInt8]? {
        let utf8 = Array(text.utf8)
        guard utf8.contains(backslash) else { return nil }
        var bytes: [UInt8] = []
        var place = 0
        while place < utf8.count {
            let byte = Self.byte(spelledAt: place, in: utf8)
            bytes.append(byte ?? utf8[place])
            place += byte == nil ? 1 : 4
        }
        return bytes.count == utf8.count ? nil : bytes
    }

    private static let backslash = UInt8(ascii: "\\")

    private static func byte(spelledAt place: Int, in text: [UInt8]) -> UInt8? {
        guard place + 4 <= text.count, text[place] == backslash, text[place + 1] == UInt8(ascii: "x"),
            let byte = UInt8(String(decoding: text[(place + 2)..<(place + 4)], as: UTF8.self), radix: 16),
            byte >= 0x80 || byte == backslash, spelling(byte) == Array(text[place..<(place + 4)])
        else { return nil }
        return byte
    }

    private static func spelling(_ byte: UInt8) -> [UInt8] { Array("\\x\(String(byte, radix: 16))".utf8) }
}

extension RedisArgument {
    /// A key by the spelling of its name.
    static func key(_ name: String) -> RedisArgument {
        RedisName.bytes(of: name).map(RedisArgument.bytes) ?? .text(name)
    }
}
