public import Grid

/// The strip at the timeline's side: years and months from newest to oldest, with a mark where the view is.
public struct Scrubber {
    /// A stop: a month, or whatever the list is divided by.
    public struct Stop: Hashable, Sendable {
        /// Shown where there is room: "2024" at a year's first stop, "Jul" else.
        public var label: String
        /// Whether the label is worth more room than its neighbours', as a year.
        public var isMajor: Bool

        public init(_ label: String, isMajor: Bool = false) { (self.label, self.isMajor) = (label, isMajor) }
    }

    public var stops: [Stop]
    public var current: Int
    public var lines: LineSet

    public init(stops: [Stop], current: Int, lines: LineSet) {
        (self.stops, self.lines) = (stops, lines)
        self.current = min(max(0, current), max(0, stops.count - 1))
    }

    /// The stop a row stands for: each its own while they fit, else spread evenly over the rows.
    public func stop(atRow row: Int, in area: Rect) -> Int? {
        guard !stops.isEmpty, row >= area.row, row < area.endRow else { return nil }
        let line = row - area.row
        if stops.count <= area.rows { return line < stops.count ? line : nil }
        return area.rows == 1 ? current : line * (stops.count - 1) / (area.rows - 1)
    }

    public func draw(into grid: inout Grid, in area: Rect) {
        guard area.columns >= 2, stops.indices.contains(self.current) else { return }
        let firstRow = area.row
        var current = -1
        for row in firstRow..<area.endRow {
            if let stop = stop(atRow: row, in: area), stop <= self.current { current = row }
        }
        var before = -1
        for row in firstRow..<area.endRow {
            grid[row, area.column] = Cell(lines.isASCII ? "|" : "┆", paint: .role(.scrubber))
            guard let stop = stop(atRow: row, in: area) else { continue }
            // A row that stands for many stops shows the year that begins among them, if one does.
            let major = stops[(before + 1)...max(before + 1, stop)].first(where: \.isMajor)
            let shown = row == current ? stops[self.current] : major ?? stops[stop]
            before = max(before, stop)
            guard row == current || shown.isMajor || stops.count <= area.rows else { continue }
            let text = shown.isMajor ? shown.label : (lines.isASCII ? "> " : "▪ ") + shown.label
            let plain = shown.isMajor ? shown.label : "  " + shown.label
            grid.write(
                row == current ? text : plain, at: Position(row: row, column: area.column + 1),
                role: row == current ? .scrubberCurrent : .scrubber, maxWidth: area.columns - 1,
                ascii: lines.isASCII)
        }
    }
}
