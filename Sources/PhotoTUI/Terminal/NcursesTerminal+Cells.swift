import CNcurses
import Glibc
import Grid

extension NcursesTerminal {
    func put(_ grid: Grid, row: Int, column: Int, used: inout Set<ColorPairs.Colors>?) {
        let cell = grid[row, column]
        guard cell.width > 0 else { return }
        if cell.isImage { return putImage(cell, row: row, column: column, used: &used, grid) }
        let look = look(of: cell)
        let pair = pair(of: look.colors, &used, grid)
        let attributes = look.attributes | curses(cell.attributes)
        // SAFETY: terminated by the zero behind the scalar and at most four marks; the buffer has six places.
        withUnsafeTemporaryAllocation(of: wchar_t.self, capacity: 6) { text in
            text.initialize(repeating: 0)
            text[0] = wchar_t(bitPattern: shownScalar(cell))
            if capabilities.isUnicode, text[0] == wchar_t(bitPattern: cell.scalar.value) {
                for (place, mark) in cell.combiningMarks.prefix(4).enumerated() {
                    guard nc_width(wchar_t(bitPattern: mark.value)) == 0 else { break }
                    text[place + 1] = wchar_t(bitPattern: mark.value)
                }
            }
            nc_put_cell(Int32(row), Int32(column), text.baseAddress, attributes, pair)
            if cell.width == 2, text[0] == 0x3f {
                text[1] = 0
                nc_put_cell(Int32(row), Int32(column + 1), text.baseAddress, attributes, pair)
            }
        }
    }

    private func pair(of colors: ColorPairs.Colors, _ used: inout Set<ColorPairs.Colors>?, _ grid: Grid) -> Int32 {
        pairs.number(for: colors) {
            if used == nil { used = Set(grid.cells.lazy.map { self.look(of: $0).colors }) }
            return used ?? []
        }
    }

    /// A placeholder, or what curses takes for text, so that it never clears a line's end through a picture: a no-break
    /// space.
    private func putImage(
        _ cell: Cell, row: Int, column: Int, used: inout Set<ColorPairs.Colors>?, _ grid: Grid
    ) {
        var text: [wchar_t] = [0xa0, 0]
        if images?.placements.capabilities.isMadeOfCells == true, let piece = cell.piece,
            piece.row < PlaceholderMarks.count, piece.column < PlaceholderMarks.count
        {
            text = [
                0x10eeee, wchar_t(bitPattern: PlaceholderMarks.scalar(piece.row)),
                wchar_t(bitPattern: PlaceholderMarks.scalar(piece.column)), 0,
            ]
        }
        let pair = pair(of: look(of: cell).colors, &used, grid)
        // SAFETY: terminated by a zero.
        nc_put_cell(Int32(row), Int32(column), text, 0, pair)
    }

    /// The scalar as this terminal shows it: "?" for what it hasn't got, or what curses would count otherwise.
    private func shownScalar(_ cell: Cell) -> UInt32 {
        let value = cell.scalar.value
        if value < 0x7f { return value < 0x20 ? 0x3f : value }
        guard capabilities.isUnicode, nc_width(wchar_t(bitPattern: value)) == Int32(cell.width) else { return 0x3f }
        return value
    }

    private func look(of cell: Cell) -> ResolvedStyle {
        if cell.isImage {
            // The number of the picture is the placeholder's colour; what shows through is the ordinary background.
            var colors = resolved[Int(StyleRole.text.rawValue)].colors
            if let slot = cell.piece.flatMap({ images?.placeholderSlot(of: $0.image) }) {
                colors.foreground = Int32(slot.number)
            }
            return ResolvedStyle(colors: colors, attributes: 0)
        }
        return switch cell.paint {
        case .role(let role): resolved[Int(role.rawValue)]
        case .colors(let foreground, let background):
            ResolvedStyle(
                colors: ColorPairs.Colors(foreground: number(.rgb(foreground)), background: number(.rgb(background))),
                attributes: 0)
        }
    }

    func resolve(_ style: Style) -> ResolvedStyle {
        ResolvedStyle(
            colors: ColorPairs.Colors(foreground: number(style.foreground), background: number(style.background)),
            attributes: curses(style.attributes))
    }

    private func number(_ color: TerminalColor) -> Int32 {
        switch (color, capabilities.colorDepth) {
        case (.standard, _), (_, .mono): return -1
        case (.indexed(let index), .truecolor):
            // Direct entries keep the first eight numbers for the user's palette.
            return index < 8 ? Int32(index) : number(.rgb(RGBColor(indexed256: index)))
        case (.rgb(let color), .truecolor):
            return color.packed < 8 ? 0x010101 : Int32(color.packed)
        case (.indexed(let index), .indexed256): return Int32(index)
        case (.rgb(let color), .indexed256): return Int32(color.nearestIndexed256)
        case (.indexed(let index), .ansi16):
            return ansi(index < 16 ? index : RGBColor(indexed256: index).nearestANSI16)
        case (.rgb(let color), .ansi16): return ansi(color.nearestANSI16)
        }
    }

    private func ansi(_ index: UInt8) -> Int32 { Int32(index) < nc_color_count() ? Int32(index) : Int32(index & 7) }

    private func curses(_ attributes: TextAttributes) -> attr_t {
        var result: attr_t = 0
        if attributes.contains(.bold) { result |= nc_bold() }
        if attributes.contains(.dim) { result |= nc_dim() }
        if attributes.contains(.italic) { result |= nc_italic() }
        if attributes.contains(.underline) { result |= nc_underline() }
        if attributes.contains(.reverse) { result |= nc_reverse() }
        return result
    }
}
