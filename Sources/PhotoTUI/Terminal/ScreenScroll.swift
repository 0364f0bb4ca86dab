/// Lines of the screen that a terminal moved, as curses has it do where that is shorter than to write them anew.
struct ScreenScroll: Hashable {
    /// Rows, the last included.
    let rows: ClosedRange<Int>
    /// Upwards; downwards where it is negative.
    let lines: Int

    /// What curses' bytes move, in order; nil where they move lines in a way that isn't followed here.
    static func all(in text: [UInt8], rows: Int) -> [ScreenScroll]? {
        var scrolls: [ScreenScroll] = []
        var region: ClosedRange<Int>?
        var place = 0
        while place < text.count {
            defer { place += 1 }
            if text[place] == 0x0a, let region { scrolls.append(ScreenScroll(rows: region, lines: 1)) }
            guard text[place] == 0x1b, place + 1 < text.count else { continue }
            place += 1
            // Reverse index.
            if text[place] == UInt8(ascii: "M") {
                guard let region else { return nil }
                scrolls.append(ScreenScroll(rows: region, lines: -1))
            }
            guard text[place] == UInt8(ascii: "[") else { continue }
            var numbers = [0]
            place += 1
            while place < text.count, !(0x40...0x7e).contains(text[place]) {
                switch text[place] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"):
                    numbers[numbers.count - 1] = (numbers[numbers.count - 1] * 10 + Int(text[place]) - 0x30) % 10_000
                case UInt8(ascii: ";"): numbers.append(0)
                default: break
                }
                place += 1
            }
            guard place < text.count else { break }
            switch text[place] {
            case UInt8(ascii: "r"):
                guard numbers.count == 2, 1...rows ~= numbers[0], numbers[0]...rows ~= numbers[1] else { return nil }
                let isWhole = numbers == [1, rows]
                region = isWhole ? nil : numbers[0] - 1...numbers[1] - 1
            case UInt8(ascii: "S"):
                scrolls.append(ScreenScroll(rows: region ?? 0...rows - 1, lines: max(1, numbers[0])))
            case UInt8(ascii: "T"):
                scrolls.append(ScreenScroll(rows: region ?? 0...rows - 1, lines: -max(1, numbers[0])))
            case UInt8(ascii: "L"), UInt8(ascii: "M"): return nil
            default: break
            }
        }
        return scrolls
    }

    /// Moves what a screen's cells hold; nothing is in lines that come in.
    func move<Content>(_ cells: inout [Content?], columns: Int) {
        guard cells.count >= (rows.upperBound + 1) * columns else { return }
        let before = cells
        for row in rows {
            let source = row + lines
            for column in 0..<columns {
                cells[row * columns + column] = rows.contains(source) ? before[source * columns + column] : nil
            }
        }
    }
}
