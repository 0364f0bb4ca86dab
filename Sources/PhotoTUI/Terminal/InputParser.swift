import Grid

/// Turns the bytes of a keyboard into events: UTF-8, the escape sequences of VT220 and xterm (with the Linux console's
/// and rxvt's own), SGR mouse reports, focus reports and bracketed paste.
///
/// A pure value. An escape byte alone may be the key or the start of a sequence: after `feed`, a parser that
/// `isWaiting` gets `flush` when nothing follows for a moment. Sequences nobody knows are swallowed whole.
struct InputParser {
    private var bytes: [UInt8] = []
    private var paste: [UInt8]?
    /// Answers to questions, which are no events.
    private var replies: [[UInt8]] = []

    /// A paste beyond this is cut: it goes into a one-line field.
    static let pasteLimit = 1 << 20
    private static let sequenceLimit = 256
    private static let pasteEnd: [UInt8] = Array("\u{1b}[201~".utf8)

    /// Whether what came last may go on.
    var isWaiting: Bool { !bytes.isEmpty }

    /// Whether it is an answer of the terminal's, whose rest may be long on its way: no key begins so.
    var isInAnswer: Bool {
        guard bytes.count > 2, bytes[0] == 0x1b else { return false }
        return Self.stringStarts.contains(bytes[1]) || bytes.starts(with: [0x1b, UInt8(ascii: "["), UInt8(ascii: "?")])
    }

    /// Whether a sequence began of which nothing tells yet what it is.
    var isInSequence: Bool { bytes == [0x1b, UInt8(ascii: "[")] }

    private static let stringStarts: [UInt8] = [UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_")]

    /// What a terminal answered since the last call.
    mutating func takeReplies() -> [[UInt8]] {
        defer { replies = [] }
        return replies
    }

    mutating func feed(_ input: some Sequence<UInt8>) -> [InputEvent] {
        bytes += input
        return parse(isFinal: false)
    }

    /// Takes what is waiting for what it is.
    mutating func flush() -> [InputEvent] { parse(isFinal: true) }

    private mutating func parse(isFinal: Bool) -> [InputEvent] {
        var events: [InputEvent] = []
        var place = 0
        while place < bytes.count {
            if paste != nil {
                guard let next = takePaste(from: place, isFinal: isFinal, into: &events) else { break }
                place = next
                continue
            }
            guard let (event, length) = step(at: place, isFinal: isFinal) else { break }
            place += length
            if let event { events.append(event) }
        }
        bytes.removeFirst(place)
        return events
    }

    /// The event that begins at a place, nil inside for one to ignore; nil when more has to come.
    private mutating func step(at place: Int, isFinal: Bool) -> (InputEvent?, Int)? {
        let first = bytes[place]
        guard first == 0x1b else { return character(at: place, isFinal: isFinal).map { (.key($0), $1) } }
        guard place + 1 < bytes.count else { return isFinal ? (.key(KeyPress(.escape)), 1) : nil }
        switch bytes[place + 1] {
        case UInt8(ascii: "["): return controlSequence(at: place, isFinal: isFinal)
        case UInt8(ascii: "O"):
            guard place + 2 < bytes.count else {
                return isFinal ? (.key(KeyPress("O", .alt)), 2) : nil
            }
            guard let key = Self.finalKeys[bytes[place + 2]] else { return (nil, 3) }
            return (.key(KeyPress(key)), 3)
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"):
            return string(at: place, isFinal: isFinal)
        case 0x1b: return (.key(KeyPress(.escape)), 1)
        default:
            guard let (press, length) = character(at: place + 1, isFinal: isFinal) else { return nil }
            return (.key(KeyPress(press.key, press.modifiers.union(.alt))), length + 1)
        }
    }

    private func character(at place: Int, isFinal: Bool) -> (KeyPress, Int)? {
        let first = bytes[place]
        switch first {
        case 0x0d, 0x0a: return (KeyPress(.enter), 1)
        case 0x09: return (KeyPress(.tab), 1)
        case 0x7f, 0x08: return (KeyPress(.backspace), 1)
        case 0x00: return (KeyPress(" ", .control), 1)
        case 0x01...0x1a: return (KeyPress(Character(Unicode.Scalar(first + 0x60)), .control), 1)
        case 0x1b: return (KeyPress(.escape), 1)
        case 0x1c...0x1f: return (KeyPress(Character(Unicode.Scalar(first + 0x40)), .control), 1)
        case 0x20..<0x7f: return (KeyPress(Character(Unicode.Scalar(first))), 1)
        default: break
        }
        let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1
        if place + length > bytes.count, !isFinal { return nil }
        let end = min(bytes.count, place + length)
        guard let text = String(validating: bytes[place..<end], as: UTF8.self), let character = text.first else {
            return (KeyPress("\u{fffd}"), 1)
        }
        return (KeyPress(character), end - place)
    }

    /// An operating system command, device control or application string: an answer.
    private mutating func string(at place: Int, isFinal: Bool) -> (InputEvent?, Int)? {
        for end in (place + 2)..<max(place + 2, bytes.count) {
            var length: Int?
            if bytes[end] == 0x07 { length = end + 1 - place }
            if bytes[end] == 0x1b, end + 1 < bytes.count, bytes[end + 1] == 0x5c { length = end + 2 - place }
            guard let length else { continue }
            replies.append(Array(bytes[place..<place + length]))
            return (nil, length)
        }
        if bytes.count - place == 2, isFinal {
            return (.key(KeyPress(Character(Unicode.Scalar(bytes[place + 1])), .alt)), 2)
        }
        return isFinal || bytes.count - place > Self.sequenceLimit ? (nil, bytes.count - place) : nil
    }

    private mutating func controlSequence(at place: Int, isFinal: Bool) -> (InputEvent?, Int)? {
        var end = place + 2
        // The Linux console sends F1 to F5 as ESC [ [ A to E.
        if end < bytes.count, bytes[end] == UInt8(ascii: "[") {
            guard end + 1 < bytes.count else { return isFinal ? (nil, 3) : nil }
            let number = Int(bytes[end + 1]) - 0x40
            return ((1...5).contains(number) ? .key(KeyPress(.function(number))) : nil, 4)
        }
        while end < bytes.count, (0x20..<0x40).contains(bytes[end]) { end += 1 }
        guard end < bytes.count else {
            if end == place + 2, isFinal { return (.key(KeyPress("[", .alt)), 2) }
            return isFinal || end - place > Self.sequenceLimit ? (nil, bytes.count - place) : nil
        }
        // An escape inside a sequence begins another one.
        guard (0x40...0x7e).contains(bytes[end]) || bytes[end] == UInt8(ascii: "$") else { return (nil, end - place) }
        let parameters = bytes[(place + 2)..<end]
        let length = end + 1 - place
        if parameters.first == UInt8(ascii: "<") {
            return (mouse(parameters.dropFirst(), isRelease: bytes[end] == UInt8(ascii: "m")), length)
        }
        if (parameters.first == UInt8(ascii: "?") && bytes[end] == UInt8(ascii: "c")) || bytes[end] == UInt8(ascii: "t")
        {
            replies.append(Array(bytes[place..<place + length]))
            return (nil, length)
        }
        let numbers = Self.numbers(parameters)
        if bytes[end] == UInt8(ascii: "~"), numbers.first == 200 {
            paste = []
            return (nil, length)
        }
        return (key(numbers, final: bytes[end]), length)
    }

    private func key(_ numbers: [Int], final: UInt8) -> InputEvent? {
        let modifiers = numbers.count > 1 ? Self.modifiers(numbers[1] - 1) : []
        switch final {
        case UInt8(ascii: "I") where numbers.isEmpty: return .focus(true)
        case UInt8(ascii: "O") where numbers.isEmpty: return .focus(false)
        case UInt8(ascii: "Z"): return .key(KeyPress(.tab, .shift))
        case UInt8(ascii: "~"):
            return numbers.first.flatMap { Self.numberedKeys[$0] }.map { .key(KeyPress($0, modifiers)) }
        case UInt8(ascii: "u"):
            guard let code = numbers.first, let scalar = Unicode.Scalar(UInt32(code)) else { return nil }
            return .key(Self.press(scalar, modifiers))
        default: return Self.finalKeys[final].map { .key(KeyPress($0, modifiers)) }
        }
    }

    /// The "CSI u" form some terminals send for keys that have no byte of their own, as ctrl-enter.
    private static func press(_ scalar: Unicode.Scalar, _ modifiers: KeyModifiers) -> KeyPress {
        switch scalar.value {
        case 9: KeyPress(.tab, modifiers)
        case 13: KeyPress(.enter, modifiers)
        case 27: KeyPress(.escape, modifiers)
        case 127: KeyPress(.backspace, modifiers)
        default: KeyPress(Character(scalar), modifiers.subtracting(.shift))
        }
    }

    private func mouse(_ parameters: ArraySlice<UInt8>, isRelease: Bool) -> InputEvent? {
        let numbers = Self.numbers(parameters)
        guard numbers.count == 3 else { return nil }
        let buttons: [MouseEvent.Button] = [.left, .middle, .right]
        let (code, number) = (numbers[0], numbers[0] & 3)
        var modifiers: KeyModifiers = []
        if code & 4 != 0 { modifiers.insert(.shift) }
        if code & 8 != 0 { modifiers.insert(.alt) }
        if code & 16 != 0 { modifiers.insert(.control) }
        let action: MouseEvent.Action
        if code & 64 != 0 {
            guard !isRelease, number < 2 else { return nil }
            action = number == 0 ? .wheelUp : .wheelDown
        } else {
            guard number < 3 else { return nil }
            action =
                isRelease
                ? .release(buttons[number]) : code & 32 != 0 ? .drag(buttons[number]) : .press(buttons[number])
        }
        let position = Position(row: max(0, numbers[2] - 1), column: max(0, numbers[1] - 1))
        return .mouse(MouseEvent(action, at: position, modifiers: modifiers))
    }

    private mutating func takePaste(from place: Int, isFinal: Bool, into events: inout [InputEvent]) -> Int? {
        var end = place
        while end < bytes.count {
            let rest = bytes[end...].prefix(Self.pasteEnd.count)
            if rest.first == 0x1b, Self.pasteEnd.starts(with: rest) {
                if rest.count < Self.pasteEnd.count, !isFinal { break }
                if rest.count == Self.pasteEnd.count {
                    appendPaste(bytes[place..<end])
                    events.append(.paste(String(decoding: paste ?? [], as: UTF8.self)))
                    paste = nil
                    return end + rest.count
                }
            }
            end += 1
        }
        appendPaste(bytes[place..<end])
        return end > place ? end : nil
    }

    private mutating func appendPaste(_ piece: ArraySlice<UInt8>) {
        let room = max(0, Self.pasteLimit - (paste?.count ?? 0))
        paste?.append(contentsOf: piece.prefix(room))
    }

    private static func numbers(_ parameters: ArraySlice<UInt8>) -> [Int] {
        if parameters.isEmpty { return [] }
        return parameters.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { digits in
            digits.prefix(6).reduce(0) { (48...57).contains($1) ? $0 * 10 + Int($1) - 48 : $0 }
        }
    }

    private static func modifiers(_ bits: Int) -> KeyModifiers { KeyModifiers(rawValue: UInt8(max(0, bits) & 7)) }

    private static let finalKeys: [UInt8: Key] = Dictionary(
        uniqueKeysWithValues: [
            ("A", .up), ("B", .down), ("C", .right), ("D", .left), ("H", .home), ("F", .end), ("M", .enter),
            ("P", .function(1)), ("Q", .function(2)), ("R", .function(3)), ("S", .function(4)),
        ].map { (name: Unicode.Scalar, key: Key) in (UInt8(ascii: name), key) })

    private static let numberedKeys: [Int: Key] = [
        1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
        11: .function(1), 12: .function(2), 13: .function(3), 14: .function(4), 15: .function(5), 17: .function(6),
        18: .function(7), 19: .function(8), 20: .function(9), 21: .function(10), 23: .function(11), 24: .function(12),
    ]
}
