public import Grid

extension Grid {
    /// Draws the newest values as bars, one column each, the highest as tall as the area; the oldest that don't fit are
    /// left out. Negative values count as 0.
    public mutating func drawSparkline(
        _ values: [Double], in area: Rect, role: StyleRole = .sparkline, lines: LineSet
    ) {
        let shown = values.suffix(area.columns)
        guard let highest = shown.max(), highest > 0, !area.isEmpty else { return }
        for (place, value) in shown.enumerated() {
            var eighths = Int((max(0, value) / highest * Double(area.rows * 8)).rounded())
            if value > 0 { eighths = max(1, eighths) }
            for line in 0..<area.rows {
                let filled = min(8, max(0, eighths - line * 8))
                guard filled > 0 else { break }
                self[area.endRow - 1 - line, area.endColumn - shown.count + place] = Cell(
                    lines.isASCII ? Self.asciiBars[filled] : Self.bars[filled], paint: .role(role))
            }
        }
    }

    private static let bars: [Unicode.Scalar] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    private static let asciiBars: [Unicode.Scalar] = [" ", "_", "_", ".", ".", ":", ":", "|", "|"]
}
