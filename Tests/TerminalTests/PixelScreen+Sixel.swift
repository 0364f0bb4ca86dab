import Grid

extension PixelScreen {
    /// Paints sixels at the cursor, which is put back where it was: who sends them moves it anyway.
    func paint(_ data: [UInt8]) {
        let (left, top) = (cursor.column * cellWidth, cursor.row * cellHeight)
        var (x, y, color, place) = (0, 0, UInt32(0), 0)
        var register: Int?
        var palette = hasPrivateRegisters ? [:] : registers
        defer { if !hasPrivateRegisters { share(palette) } }
        func numbers() -> [Int] {
            var found = [0]
            while place < data.count, (0x30...0x39).contains(data[place]) || data[place] == UInt8(ascii: ";") {
                if data[place] == UInt8(ascii: ";") {
                    found.append(0)
                } else {
                    found[found.count - 1] = found.last! * 10 + Int(data[place]) - 0x30
                }
                place += 1
            }
            return found
        }
        while place < data.count {
            let character = data[place]
            place += 1
            var count = 1
            switch character {
            case UInt8(ascii: "\""): _ = numbers()
            case UInt8(ascii: "$"): x = 0
            case UInt8(ascii: "-"): (x, y) = (0, y + 6)
            case UInt8(ascii: "#"):
                let values = numbers()
                if values.count == 5, values[1] == 2 {
                    let channels = values[2...].map { UInt32(($0 * 255 + 50) / 100) }
                    palette[values[0]] = channels[0] << 16 | channels[1] << 8 | channels[2]
                }
                color = palette[values[0]] ?? 0
                register = hasPrivateRegisters ? nil : values[0]
            case UInt8(ascii: "!"):
                count = numbers()[0]
                guard place < data.count else { return }
                let sixel = data[place] - 0x3f
                place += 1
                set(sixel, count, left + x, top + y, color, register)
                x += count
            case 0x3f...0x7e:
                set(character - 0x3f, 1, left + x, top + y, color, register)
                x += 1
            default: break
            }
        }
    }

    /// As xterm does: a new colour of a shared register changes what it painted before.
    private func share(_ palette: [Int: UInt32]) {
        let changed = palette.filter { registers[$0.key] != nil && registers[$0.key] != $0.value }
        registers = palette
        guard !changed.isEmpty else { return }
        for place in paintedBy.indices {
            if let register = paintedBy[place], let color = changed[register] { painted[place] = color }
        }
    }

    private func set(
        _ sixel: UInt8, _ count: Int, _ left: Int, _ top: Int, _ color: UInt32, _ register: Int?
    ) {
        for bit in 0..<6 where sixel >> UInt8(bit) & 1 == 1 {
            for x in left..<left + count where x < pixelColumns && top + bit < pixelRows {
                painted[(top + bit) * pixelColumns + x] = color
                paintedBy[(top + bit) * pixelColumns + x] = register
            }
        }
    }
}
