import Grid

/// Pictures as lines of text with the terminal's colours (ECMA-48 SGR), for commands that draw no screen.
enum PictureText {
    /// The grid's rows from left to right, without the end of a line; as many columns wide as the grid.
    static func lines(_ grid: Grid, depth: ColorDepth) -> [String] {
        (0..<grid.rows).map { row in
            var line = ""
            var paint = Paint.role(.text)
            for column in 0..<grid.columns {
                let cell = grid[row, column]
                if cell.paint != paint {
                    paint = cell.paint
                    line += sequence(for: paint, depth)
                }
                line += cell.text
            }
            return paint == .role(.text) ? line : line + reset
        }
    }

    private static let reset = "\u{1b}[0m"

    private static func sequence(for paint: Paint, _ depth: ColorDepth) -> String {
        guard case .colors(let foreground, let background) = paint else { return reset }
        switch depth {
        case .mono: return ""
        case .ansi16:
            func code(_ color: RGBColor, _ base: Int) -> Int {
                let index = Int(color.nearestANSI16)
                return index < 8 ? base + index : base + 52 + index
            }
            return "\u{1b}[\(code(foreground, 30));\(code(background, 40))m"
        case .indexed256:
            return "\u{1b}[38;5;\(foreground.nearestIndexed256);48;5;\(background.nearestIndexed256)m"
        case .truecolor:
            func code(_ color: RGBColor) -> String { "\(color.red);\(color.green);\(color.blue)" }
            return "\u{1b}[38;2;\(code(foreground));48;2;\(code(background))m"
        }
    }
}
