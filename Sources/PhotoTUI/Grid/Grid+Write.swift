/// What happens to text that is too long.
public enum Truncation: Sendable {
    /// It ends at the edge.
    case clip
    /// Its last column becomes "…", or "~" in ASCII.
    case ellipsis
    /// Its middle is left out, so that a file name keeps its ending.
    case middle
}

extension Grid {
    /// Writes text on one row from a place to the right, and gives the columns it took.
    ///
    /// The text takes `maxWidth` columns at most and stays within the grid. A wide scalar that doesn't fit whole at the
    /// edge leaves a blank. Text from photos, files or brokers must be display-escaped before.
    /// - Parameter ascii: whether the ellipsis has to be ASCII.
    @discardableResult
    public mutating func write(
        _ text: String, at position: Position, role: StyleRole = .text, attributes: TextAttributes = [],
        maxWidth: Int = .max, truncation: Truncation = .ellipsis, ascii: Bool = false
    ) -> Int {
        write(
            text, at: position, paint: .role(role), attributes: attributes, maxWidth: maxWidth,
            truncation: truncation, ascii: ascii)
    }

    /// As `write(_:at:role:…)`, with any paint.
    @discardableResult
    public mutating func write(
        _ text: String, at position: Position, paint: Paint, attributes: TextAttributes = [],
        maxWidth: Int = .max, truncation: Truncation = .ellipsis, ascii: Bool = false
    ) -> Int {
        guard position.row >= 0, position.row < rows, position.column < columns, maxWidth > 0 else { return 0 }
        let room = min(maxWidth, columns - max(0, position.column) + max(0, -position.column))
        let text = truncation == .clip ? text : text.truncated(to: room, truncation, ascii: ascii)
        let end = position.column + room
        var column = position.column
        for piece in DisplayText(text) {
            guard column < end else { break }
            if column + piece.width > end {
                self[position.row, column] = Cell(" ", paint: paint, attributes: attributes)
                column += 1
                break
            }
            if column < 0, column + piece.width > 0 {
                self[position.row, 0] = Cell(" ", paint: paint, attributes: attributes)
            } else {
                self[position.row, column] = Cell(
                    piece.scalar, combining: CombiningTable.number(of: piece.combining), width: piece.width,
                    paint: paint, attributes: attributes)
            }
            column += piece.width
        }
        return column - position.column
    }

    /// The rows as text, trailing blanks cut: what a golden screen shows.
    public var textLines: [String] {
        (0..<rows).map { row in
            var line = ""
            for column in 0..<columns { line += self[row, column].isImage ? "▒" : self[row, column].text }
            while line.last == " " { line.removeLast() }
            return line
        }
    }

    /// For each row, which roles colour which columns, ordinary text left out: `0-9 title, 12-20 tab_active+bold`.
    /// Cells with a picture's colours count as `picture`.
    public var roleLines: [String] {
        (0..<rows).map { row in
            var runs: [(name: String, start: Int, end: Int)] = []
            for column in 0..<columns {
                let name = self[row, column].styleName
                if let last = runs.last, last.name == name {
                    runs[runs.count - 1].end = column
                } else {
                    runs.append((name, column, column))
                }
            }
            return runs.filter { $0.name != "text" }.map { "\($0.start)-\($0.end) \($0.name)" }
                .joined(separator: ", ")
        }
    }
}

extension Cell {
    fileprivate var styleName: String {
        if isImage { return "image" }
        var name = "picture"
        if case .role(let role) = paint { name = role.name }
        let names: [(TextAttributes, String)] = [
            (.bold, "+bold"), (.dim, "+dim"), (.italic, "+italic"), (.underline, "+underline"), (.reverse, "+reverse"),
        ]
        for (attribute, suffix) in names where attributes.contains(attribute) { name += suffix }
        return name
    }
}

extension String {
    /// The text cut to that many columns, whole when it fits.
    public func truncated(to width: Int, _ truncation: Truncation = .ellipsis, ascii: Bool = false) -> String {
        guard utf8.count > width, displayWidth > width else { return self }
        guard width > 0 else { return "" }
        let mark = ascii ? "~" : "…"
        switch truncation {
        case .clip: return prefix(columns: width)
        case .ellipsis: return prefix(columns: width - 1) + mark
        case .middle:
            let tail = (width - 1) / 2
            return prefix(columns: width - 1 - tail) + mark + suffix(columns: tail)
        }
    }

    /// The text with blanks behind it up to that many columns, or cut to them.
    public func padded(to width: Int) -> String {
        let text = truncated(to: width)
        return text + String(repeating: " ", count: Swift.max(0, width - text.displayWidth))
    }

    /// Lines of at most that many columns that together are the text, broken behind a blank or comma where there is one in their
    /// second half. One pass: arguments of a task may be long, and without any blank.
    public func pieces(atMost width: Int) -> [String] {
        var lines: [String] = []
        var line = String.UnicodeScalarView()
        var (used, breakAt, usedAtBreak) = (0, 0, 0)
        var count = 0
        for piece in DisplayText(self) {
            if used + piece.width > width, used > 0 {
                let kept = breakAt > 0 && usedAtBreak * 2 >= width ? breakAt : count
                lines.append(String(line.prefix(kept)))
                line.removeFirst(kept)
                used -= kept == count ? used : usedAtBreak
                count -= kept
                (breakAt, usedAtBreak) = (0, 0)
            }
            line.append(piece.scalar)
            line.append(contentsOf: piece.combining)
            count += 1 + piece.combining.count
            used += piece.width
            if piece.scalar == " " || piece.scalar == "," { (breakAt, usedAtBreak) = (count, used) }
        }
        lines.append(String(line))
        return lines
    }

    private func prefix(columns: Int) -> String {
        var (text, used) = ("", 0)
        for piece in DisplayText(self) {
            guard used + piece.width <= columns else { break }
            text.append(piece)
            used += piece.width
        }
        return text
    }

    private func suffix(columns: Int) -> String {
        var used = 0
        var kept: [DisplayText.Piece] = []
        for piece in Array(DisplayText(self)).reversed() {
            guard used + piece.width <= columns else { break }
            kept.append(piece)
            used += piece.width
        }
        return kept.reversed().reduce(into: "") { $0.append($1) }
    }

    private mutating func append(_ piece: DisplayText.Piece) {
        unicodeScalars.append(piece.scalar)
        unicodeScalars.append(contentsOf: piece.combining)
    }
}
