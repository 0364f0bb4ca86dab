import Testing

@testable import Terminal

extension TerminalTests {
    @Suite("Colours that change nothing")
    struct ScreenColorTests {
        private func reduced(_ text: String) -> String {
            var economy = ColorEconomy()
            return String(decoding: economy.reduced(Array(text.utf8)), as: UTF8.self)
        }

        @Test("A colour goes once, and only when something shows it")
        func once() {
            let (red, blue, on) = ("\u{1b}[38:2::200:0:0m", "\u{1b}[38:2::0:0:200m", "\u{1b}[48:2::9:9:9m")
            #expect(reduced("\u{1b}[m\(red)\(on)a\(blue)\(on)b") == "\u{1b}[m\(red)\(on)a\(blue)b")
            // Blanks have none in front.
            #expect(reduced("\u{1b}[m\(red)\(on)  \u{1b}[K\(blue)\(on)x") == "\u{1b}[m\(on)  \u{1b}[K\(blue)x")
            // Unless they are underlined.
            #expect(reduced("\u{1b}[4m\(red) ") == "\u{1b}[4m\(red) ")
            #expect(reduced("\u{1b}[31m\u{1b}[32m\u{1b}[38;5;99mx\u{1b}[38;5;99my") == "\u{1b}[38;5;99mxy")
        }

        @Test("What sets attributes back sets colours back")
        func resets() {
            let red = "\u{1b}[38:2::200:0:0m"
            let text = "\u{1b}[m\(red)a\u{1b}(B\u{1b}[0;1m\(red)b\u{1b}[39;49m\(red)c"
            #expect(reduced(text) == text)
        }

        @Test("A screen shows what it showed with all of them, whatever curses wrote", arguments: 0..<40)
        func sameScreen(seed: Int) {
            var random = SeededNumbers(seed: UInt64(seed) + 1)
            var economy = ColorEconomy()
            let (whole, spare) = (
                PixelScreen(.kitty, columns: 40, rows: 12), PixelScreen(.kitty, columns: 40, rows: 12)
            )
            var (wholeCount, spareCount) = (0, 0)
            for _ in 0..<8 {
                var bytes: [UInt8] = []
                for _ in 0..<120 { bytes += Array(Self.token(&random).utf8) }
                let fewer = economy.reduced(bytes)
                wholeCount += bytes.count
                spareCount += fewer.count
                whole.feed(bytes)
                spare.feed(fewer)
                for row in 0..<12 {
                    for column in 0..<40 {
                        let (wanted, found) = (whole.cell(row, column), spare.cell(row, column))
                        #expect(wanted.scalars == found.scalars && wanted.background == found.background)
                        let isBlank = wanted.scalars.isEmpty || wanted.scalars == [" "]
                        #expect(isBlank || wanted.foreground == found.foreground, "\(row),\(column)")
                    }
                }
            }
            #expect(spareCount < wholeCount * 9 / 10)
        }

        /// Something that curses writes.
        private static func token(_ random: inout SeededNumbers) -> String {
            func number(_ range: Range<Int>) -> Int { Int.random(in: range, using: &random) }
            let value = number(0..<3) * 90
            return switch number(0..<16) {
            case 0...2: "\u{1b}[38:2::\(value):10:10m"
            case 3...5: "\u{1b}[48:2::10:\(value):10m"
            case 6: "\u{1b}[48;5;\(number(0..<4))m"
            case 7: ["\u{1b}[39;49m", "\u{1b}(B\u{1b}[m", "\u{1b}(B\u{1b}[0;1m", "\u{1b}[32m"][number(0..<4)]
            case 8: "\u{1b}[\(number(1..<13));\(number(1..<41))H"
            case 9: ["\u{1b}[K", "\u{1b}[1K", "\u{1b}[7X", "\r\n", "\u{1b}M", "\u{1b}[2J", "\u{1b}[3S"][number(0..<7)]
            case 10...11: String(repeating: " ", count: number(1..<9))
            default: "word"
            }
        }
    }
}

/// Numbers that are the same in every run (SplitMix64).
private struct SeededNumbers: RandomNumberGenerator {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed &+= 0x9e37_79b9_7f4a_7c15
        var value = (seed ^ seed >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }
}
