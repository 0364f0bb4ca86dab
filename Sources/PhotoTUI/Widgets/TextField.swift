public import Grid

/// One line of text being typed.
///
/// The cursor moves by what a person sees as a character, so that an accent or emoji is deleted whole.
public struct TextField: Hashable, Sendable {
    public private(set) var characters: [Character]
    /// Between 0 and the number of characters; typing goes in front of the character there.
    public private(set) var cursor: Int

    public init(_ text: String = "") {
        characters = Array(text)
        cursor = characters.count
    }

    public var text: String { String(characters) }

    /// Takes a key, and tells whether it meant anything here: what it doesn't take (enter, esc, tab, up, down) is the
    /// screen's.
    public mutating func handle(_ press: KeyPress) -> Bool {
        switch (press.key, press.modifiers) {
        case (.character(let character), let modifiers) where modifiers.subtracting(.shift).isEmpty:
            insert(String(character))
        case (.left, .control), (.left, .alt), (.character("b"), .alt): cursor = wordStart
        case (.right, .control), (.right, .alt), (.character("f"), .alt): cursor = wordEnd
        case (.left, _), (.character("b"), .control): cursor = max(0, cursor - 1)
        case (.right, _), (.character("f"), .control): cursor = min(characters.count, cursor + 1)
        case (.home, _), (.character("a"), .control): cursor = 0
        case (.end, _), (.character("e"), .control): cursor = characters.count
        case (.backspace, .alt), (.character("w"), .control), (.backspace, .control): remove(wordStart..<cursor)
        case (.backspace, _), (.character("h"), .control): remove(max(0, cursor - 1)..<cursor)
        case (.delete, _), (.character("d"), .control): remove(cursor..<min(characters.count, cursor + 1))
        case (.character("u"), .control): remove(0..<cursor)
        case (.character("k"), .control): remove(cursor..<characters.count)
        default: return false
        }
        return true
    }

    /// Puts text at the cursor, as from a paste; line breaks become blanks and other controls are left out.
    public mutating func insert(_ text: String) {
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\r" || scalar == "\t" {
                cleaned.append(" ")
            } else if scalar.value >= 0x20, !(0x7f..<0xa0).contains(scalar.value) {
                cleaned.append(scalar)
            }
        }
        // A combining mark may join the character before it, so the count is taken from the whole.
        let head = String(characters[..<cursor]) + String(cleaned)
        let tail = characters[cursor...]
        characters = Array(head) + tail
        cursor = characters.count - tail.count
    }

    /// Draws the field on one row, scrolled so that the cursor shows, and gives the cursor's place. Characters `marking` are
    /// shown as wrong.
    @discardableResult
    public func draw(
        into grid: inout Grid, in area: Rect, placeholder: String = "", isFocused: Bool = true,
        marking faulty: Range<Int>? = nil, lines: LineSet
    ) -> Position {
        let row = area.splitTop(1).top
        guard !row.isEmpty else { return area.origin }
        let role: StyleRole = isFocused ? .fieldFocused : .field
        grid.fill(row, with: Cell(" ", paint: .role(role)))
        if characters.isEmpty {
            grid.write(placeholder, at: row.origin, role: .placeholder, maxWidth: row.columns, ascii: lines.isASCII)
            return row.origin
        }
        let widths = characters.map { String($0).displayWidth }
        var first = 0
        var before = widths[..<cursor].reduce(0, +)
        while before >= row.columns, first < cursor {
            before -= widths[first]
            first += 1
        }
        let shown = String(characters[first...])
        grid.write(shown, at: row.origin, role: role, maxWidth: row.columns, truncation: .clip)
        if let faulty {
            let start = widths[first..<max(first, min(faulty.lowerBound, widths.count))].reduce(0, +)
            let end = widths[first..<max(first, min(faulty.upperBound, widths.count))].reduce(0, +)
            let mark = Rect(row: row.row, column: row.column + start, rows: 1, columns: max(1, end - start))
            grid.repaint(mark.intersection(row), role: .error, adding: .underline)
        }
        return Position(row: row.row, column: row.column + min(before, row.columns - 1))
    }

    /// Puts the cursor in front of a character.
    public mutating func place(cursor: Int) { self.cursor = min(max(0, cursor), characters.count) }

    private mutating func remove(_ range: Range<Int>) {
        characters.removeSubrange(range)
        cursor = range.lowerBound
    }

    private var wordStart: Int {
        var place = cursor
        while place > 0, !isWord(characters[place - 1]) { place -= 1 }
        while place > 0, isWord(characters[place - 1]) { place -= 1 }
        return place
    }

    private var wordEnd: Int {
        var place = cursor
        while place < characters.count, !isWord(characters[place]) { place += 1 }
        while place < characters.count, isWord(characters[place]) { place += 1 }
        return place
    }

    private func isWord(_ character: Character) -> Bool { character.isLetter || character.isNumber }
}
