import Core
import Testing

@Suite("Display escape")
struct DisplayEscapeTests {
    @Test(
        "What isn't printable is shown as an escape",
        arguments: [
            ("\u{1b}]52;c;aGk=\u{7}", "\\x1b]52;c;aGk=\\x07"),
            ("\u{1b}]8;;http://a\u{1b}\\b\u{1b}]8;;\u{1b}\\", "\\x1b]8;;http://a\\x1b\\\\b\\x1b]8;;\\x1b\\\\"),
            ("\u{1b}P1$tx\u{1b}\\", "\\x1bP1$tx\\x1b\\\\"),
            ("\u{1b}[2J", "\\x1b[2J"),
            ("\u{1b}[", "\\x1b["),
            ("\u{1b}", "\\x1b"),
            ("a\tb\nc\rd\u{0}e\u{7f}", "a\\x09b\\x0ac\\x0dd\\x00e\\x7f"),
            ("\u{9b}2J\u{90}x\u{9c}\u{85}", "\\u{9b}2J\\u{90}x\\u{9c}\\u{85}"),
            ("a\u{202e}gpj.exe\u{202c}", "a\\u{202e}gpj.exe\\u{202c}"),
            ("\u{2066}x\u{2069}\u{200e}\u{200f}\u{61c}", "\\u{2066}x\\u{2069}\\u{200e}\\u{200f}\\u{61c}"),
            ("a\u{2028}b\u{2029}", "a\\u{2028}b\\u{2029}"),
            ("a\u{200b}b\u{feff}c\u{ad}d\u{2060}", "a\\u{200b}b\\u{feff}c\\u{ad}d\\u{2060}"),
            ("\u{3164}\u{115f}", "\\u{3164}\\u{115f}"),
            ("\u{e000}\u{f0000}\u{378}\u{ffff}", "\\u{e000}\\u{f0000}\\u{378}\\u{ffff}"),
            ("x\u{e0041}\u{e007f}", "x\\u{e0041}\\u{e007f}"),
            ("C:\\x1b", "C:\\\\x1b"),
        ])
    func escapes(text: String, shown: String) {
        #expect(displayEscaped(text) == shown)
        #expect(displayEscaped(bytes: Array(text.utf8)) == shown)
    }

    @Test(
        "Letters of every script, wide and 4-byte characters stay",
        arguments: [
            "IMG_2041.jpg", "Müller é", "e\u{301}", "写真　東京.jpg", "한국어", "עברית", "العربية", "हिन्दी", "𝒳 𠮷",
            "🏞️", "👩‍👩‍👧‍👦", "👍🏽", "🇵🇹", "❤️‍🔥", "1️⃣", "",
        ])
    func keeps(text: String) {
        #expect(displayEscaped(text) == text)
        #expect(displayEscaped(bytes: Array(text.utf8)) == text)
    }

    @Test("A joiner or selector outside an emoji sequence is shown")
    func strayJoiners() {
        #expect(displayEscaped("a\u{200d}b") == "a\\u{200d}b")
        #expect(displayEscaped("👩\u{200d}") == "👩\\u{200d}")
        #expect(displayEscaped("👩\u{200d}a") == "👩\\u{200d}a")
        #expect(displayEscaped("👩\u{200d}\u{200d}👩") == "👩\\u{200d}\\u{200d}👩")
        #expect(displayEscaped("a\u{fe0f}") == "a\\u{fe0f}")
        #expect(displayEscaped("1\u{fe0f}.jpg") == "1\\u{fe0f}.jpg")
        #expect(displayEscaped("❤\u{fe0f}\u{fe0f}") == "❤\u{fe0f}\\u{fe0f}")
    }

    @Test("Combining marks are capped at eight, and need something to combine with")
    func combiningMarks() {
        let flood = "e" + String(repeating: "\u{301}", count: 1000)
        let shown = displayEscaped(flood)
        #expect(shown.unicodeScalars.filter { $0 == "\u{301}" }.count == 8)
        #expect(displayEscaped("\u{301}e") == "\\u{301}e")
        #expect(displayEscaped("\u{1b}\u{301}") == "\\x1b\\u{301}")
    }

    @Test(
        "Bytes that aren't UTF-8 are shown one by one",
        arguments: [
            ([0x61, 0xff, 0x62], "a\\xffb"),
            ([0xc3], "\\xc3"),
            ([0xc3, 0x28], "\\xc3("),
            ([0xe2, 0x82], "\\xe2\\x82"),
            ([0xf0, 0x9f, 0x98], "\\xf0\\x9f\\x98"),
            ([0xc0, 0x9b], "\\xc0\\x9b"),
            ([0xc1, 0xbf], "\\xc1\\xbf"),
            ([0xe0, 0x80, 0x9b], "\\xe0\\x80\\x9b"),
            ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),
            ([0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"),
            ([0xf5, 0x80], "\\xf5\\x80"),
            ([0x9b, 0x32, 0x4a], "\\x9b2J"),
            ([0xf0, 0x9f, 0x98, 0x80], "😀"),
        ] as [([UInt8], String)])
    func invalidBytes(bytes: [UInt8], shown: String) {
        #expect(displayEscaped(bytes: bytes) == shown)
    }

    @Test("Random bytes give printable text with one reading")
    func randomBytes() {
        var random = SplitMix(state: 20_240_712)
        let openers: [[UInt8]] = [
            [0x1b], [0x1b, 0x5d], [0xe2, 0x80], [0xf0, 0x9f], [0xcc], [0xf3, 0xa0], [0x5c, 0x78], [0xef, 0xb8, 0x8f],
            [0xe2, 0x80, 0x8d], [0xc2],
        ]
        for _ in 0..<4000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<24, using: &random) {
                if Bool.random(using: &random) { bytes += openers.randomElement(using: &random)! }
                bytes.append(UInt8.random(in: 0...255, using: &random))
            }
            let shown = displayEscaped(bytes: bytes)
            for scalar in shown.unicodeScalars {
                let value = scalar.value
                #expect(value >= 0x20 && !(0x7f..<0xa0).contains(value), "U+\(String(value, radix: 16))")
                #expect(!(0x202a...0x202e).contains(value) && !(0x2066...0x2069).contains(value))
                #expect(!(0xe0000...0xe0fff).contains(value) && value != 0x200b && value != 0xfeff)
            }
            #expect(unescaped(shown) == bytes)
        }
    }

    /// Reads an escaped text back: the proof that it has one reading.
    private func unescaped(_ shown: String) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = Substring(shown).unicodeScalars
        while let scalar = rest.popFirst() {
            guard scalar == "\\", let kind = rest.popFirst(), kind != "\\" else {
                bytes += Array(String(Character(scalar)).utf8)
                continue
            }
            if kind == "x" {
                bytes.append(UInt8(String(Substring(rest.prefix(2))), radix: 16)!)
                rest = rest.dropFirst(2)
            } else {
                let digits = rest.dropFirst().prefix { $0 != "}" }
                bytes += Array(String(Unicode.Scalar(UInt32(String(Substring(digits)), radix: 16)!)!).utf8)
                rest = rest.dropFirst(digits.count + 2)
            }
        }
        return bytes
    }
}

/// Steele, Lea, Flood: "Fast splittable pseudorandom number generators"; a failure repeats.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
