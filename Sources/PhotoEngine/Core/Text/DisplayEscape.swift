internal import Glibc
public import SystemPackage

/// Makes foreign text safe to show: whatever a file name, EXIF tag, broker or database holds, the result has no control
/// character, escape sequence, bidi override, line break or invisible character that could move the cursor, rewrite what
/// is on screen, or make two names look alike.
///
/// Bytes that aren't UTF-8 become `\xNN`, as do C0 and DEL. As `\u{…}` appear C1, bidi controls, line and paragraph
/// separators, zero-width and other default-ignorable characters, tags, private use, unassigned and surrogate scalars.
/// A zero-width joiner or variation selector inside an emoji sequence stays, as it is part of the picture. So do
/// combining marks on a character, eight in a row at most: more would climb over the lines above.
///
/// A backslash becomes two, so that what is shown has one reading and two texts never show alike: `\x1b` typed out in a
/// name shows as `\\x1b`. The result is for showing and is escaped once; it is never read back.
///
/// Plain ASCII is returned as it is after one pass over its bytes.
public func displayEscaped(_ text: String) -> String {
    var text = text
    let isPlain = text.withUTF8 { bytes in bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f && $0 != 0x5c } }
    if isPlain { return text }
    var escaper = DisplayEscaper()
    for scalar in text.unicodeScalars { escaper.take(scalar) }
    return escaper.finished()
}

/// As `displayEscaped(_:)`, for a path, whose bytes may not be UTF-8.
public func displayEscaped(_ path: FilePath) -> String {
    path.withPlatformString { string in
        // SAFETY: the string ends with a zero byte and outlives the closure.
        displayEscaped(bytes: UnsafeBufferPointer(start: string, count: strlen(string)).map { UInt8(bitPattern: $0) })
    }
}

/// As `displayEscaped(_:)`, for bytes that may not be UTF-8.
public func displayEscaped(bytes: some Collection<UInt8>) -> String {
    let bytes = Array(bytes)
    var escaper = DisplayEscaper()
    var place = 0
    while place < bytes.count {
        if let (scalar, length) = scalar(in: bytes, at: place) {
            escaper.take(scalar)
            place += length
        } else {
            escaper.take(invalidByte: bytes[place])
            place += 1
        }
    }
    return escaper.finished()
}

/// The scalar that begins at a place, by the Unicode Standard's table 3-7: no overlong forms, no surrogates, nothing
/// beyond U+10FFFF.
func scalar(in bytes: [UInt8], at place: Int) -> (Unicode.Scalar, Int)? {
    let first = bytes[place]
    if first < 0x80 { return (Unicode.Scalar(first), 1) }
    let length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2
    guard first >= 0xc2, first <= 0xf4, place + length <= bytes.count else { return nil }
    var value = UInt32(first) & (0x7f >> UInt32(length))
    for byte in bytes[(place + 1)..<(place + length)] {
        guard byte & 0xc0 == 0x80 else { return nil }
        value = value << 6 | UInt32(byte & 0x3f)
    }
    let isShortest = length == 2 || (length == 3 && value >= 0x800) || (length == 4 && value >= 0x1_0000)
    guard isShortest, let scalar = Unicode.Scalar(value) else { return nil }
    return (scalar, length)
}

/// Escapes scalar by scalar. A joiner or selector is held back until the scalar behind it tells whether it belongs.
private struct DisplayEscaper {
    private static let combiningLimit = 8
    private static let joiner: Unicode.Scalar = "\u{200d}"
    private static let enclosingKeycap: Unicode.Scalar = "\u{20e3}"

    private var result = String.UnicodeScalarView()
    private var held: Unicode.Scalar?
    private var previous = Previous.none
    /// Marks on the character so far. At the start there is nothing to combine with, so it begins at the limit.
    private var combiningCount = Self.combiningLimit

    private enum Previous { case none, emoji, keycapBase }

    mutating func take(_ scalar: Unicode.Scalar) {
        if let waiting = held {
            held = nil
            let belongs =
                waiting == Self.joiner
                ? Self.isEmoji(scalar) : scalar == Self.enclosingKeycap
            if belongs { result.append(waiting) } else { escape(waiting) }
        }
        if scalar.value < 0x80 {
            takeASCII(scalar)
            return
        }
        switch (scalar.value, previous) {
        case (0x200d, .emoji):
            held = scalar
        case (0xfe0e...0xfe0f, .emoji) where result.last?.value != 0xfe0f && result.last?.value != 0xfe0e:
            result.append(scalar)
        case (0xfe0f, .keycapBase):
            held = scalar
        default:
            takeOther(scalar)
        }
    }

    mutating func take(invalidByte byte: UInt8) {
        releaseHeld()
        escape(byte: byte)
    }

    mutating func finished() -> String {
        releaseHeld()
        return String(result)
    }

    private mutating func releaseHeld() {
        if let waiting = held { escape(waiting) }
        held = nil
    }

    private mutating func takeASCII(_ scalar: Unicode.Scalar) {
        let value = UInt8(scalar.value)
        if value < 0x20 || value == 0x7f {
            escape(byte: value)
            return
        }
        if scalar == "\\" { result.append(scalar) }
        result.append(scalar)
        previous = (0x30...0x39).contains(value) || value == 0x23 || value == 0x2a ? .keycapBase : .none
        combiningCount = 0
    }

    private mutating func takeOther(_ scalar: Unicode.Scalar) {
        if let byte = ByteText.byte(of: scalar) { return escape(byte: byte) }
        let properties = scalar.properties
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
            escape(scalar)
        case _ where properties.isDefaultIgnorableCodePoint:
            escape(scalar)
        case .nonspacingMark, .enclosingMark, .spacingMark:
            guard combiningCount < Self.combiningLimit else {
                escape(scalar)
                return
            }
            combiningCount += 1
            result.append(scalar)
            previous = .none
        default:
            result.append(scalar)
            combiningCount = 0
            previous = Self.isEmoji(scalar) ? .emoji : .none
        }
    }

    private mutating func escape(byte: UInt8) {
        let digits = String(byte, radix: 16)
        append("\\x" + (digits.count < 2 ? "0" : "") + digits)
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        append("\\u{" + String(scalar.value, radix: 16) + "}")
    }

    private mutating func append(_ escape: String) {
        result.append(contentsOf: escape.unicodeScalars)
        previous = .none
        combiningCount = Self.combiningLimit
    }

    private static func isEmoji(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value > 0xa0 && scalar.properties.isEmoji
    }
}
