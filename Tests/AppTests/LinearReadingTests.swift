import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Screens in words")
struct LinearReadingTests {
    private let look = Look(lines: LineSet(isUnicode: false), isStill: true)

    private func timeline() -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", 14), ("2024-05", 3)]), columns: 160, rows: 50, look: look)
        app.start()
        return app
    }

    private func reading(_ app: RunningApp) -> LinearReading {
        var grid = Grid(size: app.state.size)
        let cursor = draw(app.state, into: &grid)
        return LinearReading(grid, cursor: cursor)
    }

    @Test("The photo under the cursor is told with its month, and pictures and keys are not")
    func photo() {
        var app = timeline()
        app.loadThumbnails()
        let reading = reading(app)
        #expect(reading.title == "Timeline, 17 photos - Pictures")
        #expect(reading.heading.hasPrefix("July 2024"))
        #expect(reading.item == "IMG_1000.jpg")
        #expect(reading.details.hasPrefix("IMG_1000.jpg, 12 Jul 2024"))
        #expect(reading.facts.isEmpty && reading.dialog.isEmpty && reading.field == nil)
    }

    @Test("Another photo is told alone, and nothing twice")
    func movement() {
        var app = timeline()
        var speech = LinearSpeech()
        let first = speech.lines(for: reading(app), isAsked: true)
        #expect(first.first == "Timeline, 17 photos - Pictures")
        #expect(speech.lines(for: reading(app), isAsked: true).isEmpty)
        app.press("l")
        let next = speech.lines(for: reading(app), isAsked: true)
        #expect(next.map { $0.prefix(14) } == ["IMG_1001.jpg, "])
        speech.forget()
        let anew = speech.lines(for: reading(app), isAsked: true)
        #expect(anew.count == 3, "\(anew)")
    }

    @Test("What changes unasked waits for a key; news do not")
    func unasked() {
        var app = timeline()
        var speech = LinearSpeech()
        _ = speech.lines(for: reading(app), isAsked: true)
        app.press("l")
        #expect(speech.lines(for: reading(app), isAsked: false).isEmpty)
        _ = update(&app.state, .noticed(Notice(.warning, "the disk is full\u{1b}[2J")))
        #expect(speech.lines(for: reading(app), isAsked: false) == [#"the disk is full\x1b[2J"#])
        app.press("l")
        let lines = speech.lines(for: reading(app), isAsked: true)
        #expect(lines.count == 1 && lines[0].hasPrefix("IMG_1002.jpg"))
    }

    @Test("The end of an import is told as such, and is a cause of what changes then")
    func end() {
        var app = timeline()
        var speech = LinearSpeech()
        _ = speech.lines(for: reading(app), isAsked: true)
        #expect(!speech.isEnd(reading(app)))
        _ = update(
            &app.state,
            .importProgressed(
                ImportStatus(
                    found: 40, indexed: 20, toProcess: 0, processed: 0, isScanning: false, photosPerSecond: 0,
                    secondsLeft: nil)))
        #expect(speech.lines(for: reading(app), isAsked: false) == ["indexing 50 %"])
        #expect(!speech.isEnd(reading(app)))
        _ = update(&app.state, .importEnded(Notice(.information, "40 files: 40 new, 0 known")))
        #expect(speech.isEnd(reading(app)))
        #expect(speech.lines(for: reading(app), isAsked: true).suffix(2) == ["40 files: 40 new, 0 known", "done"])
        #expect(!speech.isEnd(reading(app)))
    }

    @Test("How many are marked is told as they are marked, and their unmarking is no end of work")
    func markedCount() {
        var app = timeline()
        var speech = LinearSpeech()
        _ = speech.lines(for: reading(app), isAsked: true)
        app.press("space")
        #expect(speech.lines(for: reading(app), isAsked: true).contains("1 marked"))
        app.press("space")
        #expect(speech.lines(for: reading(app), isAsked: true).contains("2 marked"))
        app.press("esc")
        #expect(!speech.lines(for: reading(app), isAsked: true).contains("done"))
    }

    @Test("What is typed is a line of its own, and what it finds is told")
    func field() {
        var app = timeline()
        var speech = LinearSpeech()
        _ = speech.lines(for: reading(app), isAsked: true)
        app.press(":")
        let opened = speech.lines(for: reading(app), isAsked: true)
        #expect(opened.first == "Actions")
        #expect(reading(app).field?.text == "")
        app.press("j u m p")
        let typed = reading(app)
        #expect(typed.field?.text == "jump")
        #expect(typed.choice.contains("Jump to a date"))
        #expect(speech.lines(for: typed, isAsked: true) == [typed.choice])
        app.press("esc")
        #expect(reading(app).field == nil)
        #expect(speech.lines(for: reading(app), isAsked: true).last?.hasPrefix("IMG_1000.jpg") == true)
    }

    @Test("A table's row names its columns")
    func table() {
        var grid = Grid(size: GridSize(columns: 60, rows: 10))
        let rows = [["images", "12", "-"], ["mail", "0", "3"]]
        grid.write("Queues", at: Position(row: 1, column: 1), role: .heading)
        TableWidget(
            columns: [
                .init("QUEUE", minimumWidth: 20, weight: 1), .init("WAITING", minimumWidth: 8, alignment: .right),
                .init("DEAD", minimumWidth: 6, alignment: .right),
            ], count: 2, state: ScrollState(cursor: 1), lines: .ascii, cells: { rows[$0] }
        ).draw(into: &grid, in: Rect(row: 2, column: 0, rows: 5, columns: 60))
        let reading = LinearReading(grid, cursor: nil)
        #expect(reading.heading == "Queues")
        #expect(reading.item == "QUEUE mail, WAITING 0, DEAD 3")
        #expect(reading.facts.isEmpty)
    }

    @Test("The signs of a rating and of a favourite are words") func marks() {
        var app = timeline()
        app.press("space h")
        let reading = reading(app)
        #expect(reading.item.hasPrefix("* IMG_1"))
        #expect(reading.details.hasSuffix("marked"))
        var speech = LinearSpeech()
        #expect(!speech.lines(for: reading, isAsked: true).contains(reading.item))
    }
}
