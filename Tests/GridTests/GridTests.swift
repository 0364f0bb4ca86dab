import Grid
import Testing
import Widgets

@Suite("Grid")
struct GridTests {
    private func line(_ columns: Int) -> Grid { Grid(size: GridSize(columns: columns, rows: 1)) }

    @Test("A cell takes 24 bytes")
    func cellSize() { #expect(MemoryLayout<Cell>.stride <= 24) }

    @Test("Wide characters take two columns and are never cut in half")
    func wide() {
        var grid = line(6)
        let took = grid.write("写真é", at: Position(row: 0, column: 0))
        #expect(took == 5)
        #expect(grid.textLines == ["写真é"])
        grid.write("x", at: Position(row: 0, column: 1))
        #expect(grid.textLines == [" x真é"])
        var narrow = line(3)
        let tookNarrow = narrow.write("写真", at: Position(row: 0, column: 0), truncation: .clip)
        #expect(tookNarrow == 3)
        #expect(narrow.textLines == ["写"])
    }

    @Test("Text too long ends in an ellipsis, or loses its middle")
    func truncation() {
        #expect("IMG_2041.jpg".truncated(to: 6) == "IMG_2…")
        #expect("IMG_2041.jpg".truncated(to: 9, .middle) == "IMG_….jpg")
        #expect("写真写真".truncated(to: 4, ascii: true) == "写~")
        #expect("abc".truncated(to: 3) == "abc")
    }

    @Test("Joined emoji stand apart and marks stay on their letter")
    func clusters() {
        #expect("👩‍👧".displayWidth == 4)
        #expect("👍🏽".displayWidth == 2)
        #expect("e\u{301}".displayWidth == 1)
        var grid = line(4)
        grid.write("e\u{301}x", at: Position(row: 0, column: 0))
        #expect(grid[0, 0].text == "e\u{301}" && grid[0, 1].text == "x")
    }

    @Test("Only what differs is a run")
    func differences() {
        var (one, two) = (line(10), line(10))
        #expect(two.differences(from: one).isEmpty)
        two.write("写", at: Position(row: 0, column: 4))
        #expect(two.differences(from: one) == [Grid.Run(row: 0, columns: 4..<6)])
        one = two
        two.repaint(Rect(row: 0, column: 4, rows: 1, columns: 2), role: .cursor)
        #expect(two.differences(from: one) == [Grid.Run(row: 0, columns: 4..<6)])
        #expect(two.roleLines == ["4-5 cursor"])
    }

    @Test("Each role and key has a name that reads back")
    func names() {
        for role in StyleRole.allCases { #expect(StyleRole(name: role.name) == role) }
        #expect(StyleRole.tabActive.name == "tab_active")
        for name in ["ctrl-d", "alt-x", "shift-up", "space", "f12", "pageup", "-", "G"] {
            #expect(KeyPress(name: name)?.description == name)
        }
        #expect(KeyPress(name: "ctrl-") == nil && KeyPress(name: "f99") == nil)
    }

    @Test("Palette colours are their own nearest")
    func quantisation() {
        for index in 16...231 {
            let color = RGBColor(indexed256: UInt8(index))
            #expect(RGBColor(indexed256: color.nearestIndexed256) == color)
        }
        #expect(RGBColor(hexadecimal: "#fa0")?.description == "#ffaa00")
        #expect(RGBColor(hexadecimal: "#ggg") == nil)
        let (black, white) = (RGBColor(packed: 0), RGBColor(packed: 0xffffff))
        #expect(abs(black.contrast(with: white) - 21) < 0.01)
    }
}

@Suite("Widgets")
struct WidgetTests {
    @Test("A field edits by what a person sees as characters")
    func field() {
        var field = TextField("caf")
        field.insert("e")
        field.insert("\u{301}")
        #expect(field.text == "cafe\u{301}" && field.cursor == 4)
        let tookBackspace = field.handle(KeyPress(.backspace))
        #expect(tookBackspace)
        #expect(field.text == "caf")
        field.insert("a\nb\u{1b}c")
        #expect(field.text == "cafa bc")
        let tookWord = field.handle(KeyPress("w", .control))
        #expect(tookWord && field.text == "cafa ")
        let tookEnter = field.handle(KeyPress(.enter))
        #expect(!tookEnter)
    }

    @Test("The cursor's line is always on screen")
    func scrolling() {
        var state = ScrollState()
        state.move(to: 57, count: 100, perLine: 5, visibleLines: 4)
        #expect(state.cursor == 57 && state.offset == 8)
        state.move(to: 1000, count: 100, perLine: 5, visibleLines: 4)
        #expect(state.cursor == 99 && state.offset == 16)
        state.scroll(by: -100, count: 100, perLine: 5, visibleLines: 4)
        #expect(state.offset == 0 && (15..<20).contains(state.cursor))
        state.move(to: 5, count: 0, visibleLines: 4)
        #expect(state.cursor == 0 && state.offset == 0)
    }

    @Test("A dialog wraps its text and draws in ASCII where it must")
    func dialog() {
        var grid = Grid(size: GridSize(columns: 30, rows: 8))
        Dialog(title: "Delete", paragraphs: ["Move 3 photos to the trash?"], buttons: ["Yes", "No"])
            .draw(into: &grid, in: grid.bounds, lines: .ascii)
        #expect(grid.textLines.joined(separator: "\n").contains("[ Yes ] [ No ]"))
        #expect(grid.textLines.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
        #expect("one two three".wrapped(to: 7) == ["one two", "three"])
        #expect("abcdefgh".wrapped(to: 3) == ["abc", "def", "gh"])
    }

    @Test("Progress tells what is known")
    func progress() {
        #expect(
            ProgressBar(done: 1220, total: 2000, unit: "photos", rate: 48).text == "61% 1,220/2,000 photos 48/s 0:17")
        #expect(ProgressBar(done: 5, total: nil).text == "5")
        #expect(ProgressBar.duration(3600) == "1:00:00")
    }

    @Test("A wall finds the box under the mouse")
    func wall() {
        let wall = WallLayout(
            area: Rect(row: 2, column: 0, rows: 20, columns: 50), box: GridSize(columns: 12, rows: 8))
        #expect(wall.boxesPerLine == 3 && wall.wholeLines == 2 && wall.partialLines == 3)
        #expect(wall.item(at: wall.rect(of: 4, offset: 0).origin, offset: 0, count: 10) == 4)
        #expect(wall.item(at: Position(row: 3, column: 12), offset: 0, count: 10) == nil)
    }

    @Test("A footer leaves out what doesn't fit, but never its last hint")
    func footer() {
        let hints = ["open", "mark", "favourite"].map { FooterBar.Hint(key: "x", action: $0) }
        func text(_ columns: Int, status: String = "") -> String {
            var grid = Grid(size: GridSize(columns: columns, rows: 1))
            FooterBar(hints: hints, last: FooterBar.Hint(key: "?", action: "help"), status: status)
                .draw(into: &grid, in: grid.bounds, lines: .unicode)
            return grid.textLines[0]
        }
        #expect(text(40) == "x open  x mark  x favourite  ? help")
        #expect(text(35) == "x open  x mark  x favourite  ? help")
        #expect(text(34) == "x open  x mark  ? help")
        #expect(text(6) == "? help")
        #expect(text(5) == "")
        #expect(text(30, status: "3 marked") == "x open  ? help        3 marked")
    }
}
