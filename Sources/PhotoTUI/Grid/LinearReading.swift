/// A screen as words in the order in which one is told of them, found by what its cells are: for who hears a screen rather than
/// sees it. Pictures, borders, curves and key hints are left out.
public struct LinearReading: Equatable, Sendable {
    /// A line that is typed.
    public struct Field: Equatable, Sendable {
        public let label: String
        public let text: String
    }

    /// Which view it is, with what is told beside.
    public private(set) var title = ""
    /// The heading that what the keyboard is on stands under.
    public private(set) var heading = ""
    /// What the keyboard is on, a table's columns named; empty where it is on nothing.
    public private(set) var item = ""
    /// What is told of it below.
    public private(set) var details = ""
    /// The lines of a screen of facts.
    public private(set) var facts: [String] = []
    /// The lines of the dialog over the screen; empty without one.
    public private(set) var dialog: [String] = []
    /// The dialog's line that the keyboard is on.
    public private(set) var choice = ""
    /// What happened, or went wrong.
    public private(set) var news = ""
    /// What goes on.
    public private(set) var progress = ""
    public private(set) var field: Field?

    /// - Parameter cursor: where text is typed.
    public init(_ grid: Grid, cursor: Position?) {
        guard grid.rows > 3 else { return }
        let dialogRect = grid.bounds(of: [.dialog, .dialogBorder, .dialogTitle])
        title = grid.words(row: 0) { $0 == .tabActive || $0 == .dim || $0 == .warning }
        readBody(grid, dialogRect)
        let status = grid.rows - 1
        news = grid.words(row: status) { [.warning, .error, .success].contains($0) }
        // A notice, which takes the whole line, or how many are marked.
        if news.isEmpty { news = grid.words(row: status) { $0 == .status } }
        progress = grid.words(row: status) { $0 == .statusProgress }
        if let dialogRect { readDialog(grid, dialogRect) }
        if let cursor { readField(grid, at: cursor, dialogRect) }
    }

    /// This screen's news, with what another one told of the rest.
    func keeping(_ other: LinearReading) -> LinearReading {
        var kept = other
        (kept.news, kept.progress) = (news, progress)
        return kept
    }

    private mutating func readBody(_ grid: Grid, _ covered: Rect?) {
        let body = 1..<grid.rows - 2
        let isFree = { (row: Int) in covered?.rowRange.contains(row) != true }
        let cursorRows = body.filter { isFree($0) && grid.role(.cursor, isInRow: $0) }
        let upTo = cursorRows.first ?? 1
        if let row = (1...upTo).last(where: { grid.role(.heading, isInRow: $0) }) { heading = grid.words(row: row) }
        item = cursorRows.map { grid.words(row: $0, under: grid.headerRow(above: $0)) }
            .filter { !$0.isEmpty }.joined(separator: ", ")
        details = isFree(grid.rows - 2) ? grid.words(row: grid.rows - 2) : ""
        let hasFacts = body.contains { grid.role(.value, isInRow: $0) || grid.role(.different, isInRow: $0) }
        // The names below a wall's pictures are no facts.
        guard hasFacts || cursorRows.isEmpty && !body.contains(where: { grid.hasPicture(row: $0) }) else { return }
        let told = Set(cursorRows)
        // Of a table with facts below only the line of the cursor, and they, are news.
        let start = grid.headerRow(above: cursorRows.last ?? 0) == nil ? 1 : (cursorRows.last ?? 0) + 1
        facts = body.filter { $0 >= start && isFree($0) && !told.contains($0) }
            .filter { !grid.role(.heading, isInRow: $0) && grid.isFact(row: $0, among: hasFacts) }
            .map { grid.words(row: $0) }.filter { !$0.isEmpty }
    }

    private mutating func readDialog(_ grid: Grid, _ rect: Rect) {
        let isText = { (role: StyleRole) in role != .dialogBorder && role != .border }
        for row in rect.rowRange {
            let line = grid.words(row: row, columns: rect.columnRange, where: isText)
            guard !line.isEmpty else { continue }
            dialog.append(line)
            let focus = grid.words(row: row, columns: rect.columnRange) { $0 == .cursor || $0 == .buttonFocused }
            if !focus.isEmpty { choice = focus }
        }
    }

    private mutating func readField(_ grid: Grid, at cursor: Position, _ dialogRect: Rect?) {
        let columns = dialogRect?.contains(cursor) == true ? dialogRect!.columnRange : 0..<grid.columns
        let text = grid.words(row: cursor.row, columns: columns, separator: " ") { $0 == .fieldFocused || $0 == .error }
        let label = grid.words(row: cursor.row, columns: columns.lowerBound..<max(columns.lowerBound, cursor.column)) {
            ![.fieldFocused, .placeholder, .dialogBorder, .error].contains($0)
        }
        field = Field(label: label, text: text)
    }
}

extension Rect {
    fileprivate var rowRange: Range<Int> { row..<endRow }
    fileprivate var columnRange: Range<Int> { column..<endColumn }
}

extension Grid {
    /// Of which nothing is told.
    private static let silent: Set<StyleRole> = [
        .border, .borderFocused, .dialogBorder, .sparkline, .progress, .progressTrack, .scrubber, .scrubberCurrent,
        .thumbnailEmpty, .key, .keyDescription, .placeholder,
    ]

    private func role(row: Int, column: Int) -> StyleRole? {
        let cell = self[row, column]
        guard !cell.isImage, cell.piece == nil, case .role(let role) = cell.paint else { return nil }
        return role
    }

    fileprivate func role(_ role: StyleRole, isInRow row: Int) -> Bool {
        (0..<columns).contains { self.role(row: row, column: $0) == role && self[row, $0].text != " " }
    }

    fileprivate func hasPicture(row: Int) -> Bool {
        (0..<columns).contains { column in
            let cell = self[row, column]
            return cell.isImage || cell.piece != nil || cell.paint == .role(.thumbnailEmpty)
                || cell.paint == .role(.thumbnailFailed)
        }
    }

    fileprivate func bounds(of roles: Set<StyleRole>) -> Rect? {
        var found: Rect?
        for row in 0..<rows {
            for column in 0..<columns where self.role(row: row, column: column).map(roles.contains) == true {
                let left = min(found?.column ?? column, column)
                let right = max(found?.endColumn ?? 0, column + 1)
                let top = found?.row ?? row
                found = Rect(row: top, column: left, rows: row + 1 - top, columns: right - left)
            }
        }
        return found
    }

    /// A row's text in runs that two blanks or more part, with the columns where they stand.
    private func runs(
        row: Int, columns: Range<Int>, where isWanted: (StyleRole) -> Bool
    ) -> [(text: String, columns: Range<Int>)] {
        var runs: [(text: String, columns: Range<Int>)] = []
        for column in columns {
            let cell = self[row, column]
            guard let role = role(row: row, column: column), isWanted(role), cell.scalar != " " else { continue }
            if let last = runs.last, column - last.columns.upperBound < 2 {
                runs[runs.count - 1].text += (column > last.columns.upperBound ? " " : "") + cell.text
                runs[runs.count - 1].columns = last.columns.lowerBound..<column + 1
            } else {
                runs.append((cell.text, column..<column + 1))
            }
        }
        return runs
    }

    fileprivate func words(
        row: Int, columns: Range<Int>? = nil, separator: String = ", ",
        where isWanted: (StyleRole) -> Bool = { !silent.contains($0) }
    ) -> String {
        runs(row: row, columns: columns ?? 0..<self.columns, where: isWanted).map(\.text).joined(separator: separator)
    }

    /// The head of the table that a row belongs to.
    fileprivate func headerRow(above row: Int) -> Int? { (0..<max(0, row)).last { role(.tableHeader, isInRow: $0) } }

    /// A table's row with each text behind its column's name; what the cursor is on alone, where there is no head.
    fileprivate func words(row: Int, under header: Int?) -> String {
        guard let header else { return words(row: row) { $0 == .cursor } }
        let names = runs(row: header, columns: 0..<columns) { $0 == .tableHeader }
        // Columns that touch are one run of text: cut where a column's name begins or ends, whichever it is set to.
        return runs(row: row, columns: 0..<columns) { !Self.silent.contains($0) }.map { run in
            let name = names.max { overlap($0.columns, run.columns) < overlap($1.columns, run.columns) }
            guard let name, overlap(name.columns, run.columns) > 0 else { return run.text }
            return "\(name.text) \(run.text)"
        }.joined(separator: ", ")
    }

    private func overlap(_ one: Range<Int>, _ other: Range<Int>) -> Int {
        min(one.upperBound, other.upperBound) - max(one.lowerBound, other.lowerBound)
    }

    /// Whether a row is worth telling on a screen of facts: all are where there is nothing else.
    fileprivate func isFact(row: Int, among hasFacts: Bool) -> Bool {
        !hasFacts || role(.value, isInRow: row) || role(.different, isInRow: row) || role(.dim, isInRow: row)
            || role(.label, isInRow: row) || role(.text, isInRow: row)
    }
}
