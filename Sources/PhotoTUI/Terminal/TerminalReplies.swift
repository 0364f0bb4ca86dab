public import Grid

/// What a terminal answered to the questions asked at the start. Nothing is in it of one that ignores them.
public struct TerminalReplies: Hashable, Sendable {
    /// As they came, from the first escape to the last byte.
    public private(set) var raw: [[UInt8]] = []
    /// Its name and version, as XTVERSION tells.
    public private(set) var version: String?
    /// Whether it answered that it shows pictures by kitty's protocol, and by its placeholders.
    public private(set) var knowsKitty = false
    public private(set) var knowsPlaceholders = false
    /// A cell in pixels.
    public private(set) var cell: CellPixels?
    public private(set) var background: RGBColor?
    public private(set) var foreground: RGBColor?
    /// Its primary device attributes: 4 is sixel. They are asked for last, and every terminal tells them.
    public private(set) var attributes: [Int]?

    /// A cell's size in pixels.
    public struct CellPixels: Hashable, Sendable {
        public let width: Int
        public let height: Int
    }

    public init() {}

    /// Whether nothing more is to come.
    public var isComplete: Bool { attributes != nil }

    /// One write, so that no key comes between; the primary device attributes last, which even terminals tell that ignore
    /// all else.
    /// - Parameter asksKitty: not of terminals that would print the question: rxvt, and those inside tmux or screen.
    static func questions(asksKitty: Bool) -> String {
        let kitty =
            "\u{1b}_Gi=\(kittyQuestion),a=q,t=d,f=24,s=1,v=1;AAAA\u{1b}\\"
            + "\u{1b}_Gi=\(placeholderQuestion),U=1,a=q,t=d,f=24,s=1,v=1;AAAA\u{1b}\\"
        return "\u{1b}[>0q" + (asksKitty ? kitty : "") + "\u{1b}[16t\u{1b}]10;?\u{1b}\\\u{1b}]11;?\u{1b}\\\u{1b}[c"
    }

    private static let kittyQuestion = 31
    private static let placeholderQuestion = 44

    /// More would be no terminal, but somebody who fills the memory.
    private static let rawLimit = 32

    /// Takes an answer; what is none is kept with the raw ones alone.
    mutating func note(_ reply: [UInt8]) {
        guard raw.count < Self.rawLimit else { return }
        raw.append(reply)
        var text = String(decoding: reply.dropFirst(), as: UTF8.self)
        for ending in ["\u{1b}\\", "\u{7}"] where text.hasSuffix(ending) { text.removeLast(ending.count) }
        if text.hasPrefix("P>|") {
            version = String(text.dropFirst(3))
        } else if text.hasPrefix("_G") {
            let parts = text.dropFirst(2).split(separator: ";", maxSplits: 1)
            guard parts.count == 2, parts[1] == "OK" else { return }
            let keys = parts[0].split(separator: ",")
            if keys.contains("i=\(Self.kittyQuestion)") { knowsKitty = true }
            if keys.contains("i=\(Self.placeholderQuestion)") { knowsPlaceholders = true }
        } else if text.hasPrefix("]10;") {
            foreground = Self.color(text.dropFirst(4))
        } else if text.hasPrefix("]11;") {
            background = Self.color(text.dropFirst(4))
        } else if text.hasPrefix("[?"), text.hasSuffix("c") {
            attributes = text.dropFirst(2).dropLast().split(separator: ";").compactMap { Int($0) }
        } else if text.hasPrefix("[6;"), text.hasSuffix("t") {
            let numbers = text.dropFirst(3).dropLast().split(separator: ";").compactMap { Int($0) }
            guard numbers.count == 2, (1...512).contains(numbers[0]), (1...512).contains(numbers[1]) else { return }
            cell = CellPixels(width: numbers[1], height: numbers[0])
        }
    }

    /// `rgb:ffff/ffff/ffff`, of one to four digits each.
    private static func color(_ text: Substring) -> RGBColor? {
        guard text.hasPrefix("rgb:") else { return nil }
        let channels = text.dropFirst(4).split(separator: "/").compactMap { digits -> UInt8? in
            guard (1...4).contains(digits.count), let value = Int(digits, radix: 16) else { return nil }
            return UInt8(value * 255 / ((1 << (4 * digits.count)) - 1))
        }
        return channels.count == 3 ? RGBColor(red: channels[0], green: channels[1], blue: channels[2]) : nil
    }
}
