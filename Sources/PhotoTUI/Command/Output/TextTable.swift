import Grid

/// Rows in columns that line up, whatever the width of their characters; the last column is never padded.
struct TextTable {
    enum Alignment { case left, right }

    private let columns: [(title: String, alignment: Alignment)]
    private var rows: [[String]] = []

    init(_ columns: [(title: String, alignment: Alignment)]) {
        self.columns = columns
    }

    /// Cells must be safe to show.
    mutating func add(_ cells: [String]) {
        precondition(cells.count == columns.count)
        rows.append(cells)
    }

    var isEmpty: Bool { rows.isEmpty }

    /// The lines, each ended and without blanks at the end, the titles above them when asked.
    func text(showsTitles: Bool = true) -> String {
        let titles = columns.map(\.title)
        let widths = columns.indices.map { index in
            (rows + (showsTitles ? [titles] : [])).map { $0[index].displayWidth }.max() ?? 0
        }
        func line(_ cells: [String]) -> String {
            var text = cells.enumerated().map { index, cell in
                let blanks = String(repeating: " ", count: max(0, widths[index] - cell.displayWidth))
                if columns[index].alignment == .right { return blanks + cell }
                return index == cells.count - 1 ? cell : cell + blanks
            }.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }
        return (showsTitles ? Ink.bold(line(titles)) + "\n" : "") + rows.map { line($0) + "\n" }.joined()
    }
}
