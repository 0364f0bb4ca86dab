import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Timeline")
struct TimelineTests {
    private func app(_ counts: [(String, Int)], columns: Int = 80, rows: Int = 24) -> RunningApp {
        var app = RunningApp(SampleLibrary(counts), columns: columns, rows: rows)
        app.start()
        return app
    }

    @Test("Every photo has a place, and its ordinal leads back to it")
    func places() {
        let layout = TimelineLayout(
            months: [("2024-07", 7), ("2024-05", 1), ("2019-01", 12)].map {
                MonthCount(month: Month($0.0)!, count: $0.1)
            }, columns: 5, tileRows: 4)
        #expect(layout.count == 20)
        #expect(layout.rows == (2 + 8) + (2 + 4) + (2 + 12))
        for ordinal in 0..<20 {
            let place = layout.place(ordinal: ordinal)!
            #expect(layout.ordinal(of: place) == ordinal)
            #expect(layout.month(atRow: layout.row(of: place)) == place.month)
            let row = layout.row(of: place)
            let found = layout.visible(rows: row..<row + 1)
            #expect(found.count == 1 && found[0].month == place.month && found[0].indices.contains(place.index))
        }
        #expect(layout.place(ordinal: 99) == TimelineLayout.Place(month: 2, index: 11))
        #expect(TimelineLayout().place(ordinal: 0) == nil)
    }

    @Test("Going down line by line passes every month and ends at the oldest photo, and up again at the newest")
    func lines() {
        var app = app([("2024-07", 7), ("2024-05", 1), ("2019-01", 12)])
        for _ in 0..<40 { app.press("j") }
        #expect(app.state.timeline.cursor == 19)
        for _ in 0..<40 { app.press("k") }
        #expect(app.state.timeline.cursorPlace?.month == 0)
        #expect(app.state.timeline.cursor < app.state.timeline.layout.columns)
    }

    @Test("The cursor's tile always shows whole, whatever was pressed")
    func cursorShows() {
        var app = app([("2024-07", 70), ("2024-05", 1), ("2019-01", 120)], columns: 60, rows: 20)
        for key in ["j", "j", "G", "k", "ctrl-u", "g", "ctrl-d", "]", "]", "[", "+", "+", "-", "pagedown", "l", "G"] {
            app.press(key)
            let timeline = app.state.timeline
            let row = timeline.layout.row(of: timeline.cursorPlace!) - timeline.top
            #expect(row >= 1, "\(key)")
            #expect(row + timeline.layout.tileRows <= timeline.area.rows, "\(key)")
        }
    }

    @Test("Repainting and suspending work while a field or a list is open, and leave it as it is")
    func controlKeysInLayers() {
        for opener in ["/", "J", ":", "?"] {
            var app = app([("2024-07", 7)])
            app.press(opener)
            let before = app.frame()
            app.press("ctrl-l ctrl-z")
            #expect(Array(app.effects.suffix(2)) == [.repaint, .suspend], "\(opener)")
            #expect(app.frame() == before, "\(opener)")
        }
    }

    @Test("The next theme is named")
    func themeNamed() {
        var app = app([("2024-07", 7)])
        app.press("T")
        #expect(app.frame().textLines.joined().contains("theme: "))
    }

    @Test("What vanished is marked missing by a key, while a folder is taken for unmounted and not else")
    func acceptLoss() {
        var app = app([("2024-07", 7)])
        app.press("M")
        #expect(!app.effects.contains(.acceptLoss))
        app.send(.warning(subject: "/photos", text: "disk unmounted? 20 files are gone"))
        #expect(app.frame().textLines.joined().contains("disk unmounted?"))
        app.press("M")
        #expect(app.effects.contains(.acceptLoss))
        app.send(.warningEnded(subject: "/photos"))
        #expect(!app.frame().textLines.joined().contains("disk unmounted?"))
    }

    @Test("A thumbnail that comes asks for nothing, and isn't asked for again")
    func thumbnailsCome() {
        var app = app([("2024-07", 70)])
        app.press("j")
        guard
            case .wantThumbnails(let keys)? = app.effects.last(where: {
                if case .wantThumbnails = $0 { true } else { false }
            })
        else {
            Issue.record("no thumbnails wanted")
            return
        }
        app.effects = []
        for (index, key) in keys.enumerated() {
            app.send(
                index.isMultiple(of: 2)
                    ? .thumbnailLoaded(key, SampleLibrary.picture(GridSize(columns: key.columns, rows: key.rows)))
                    : .thumbnailFailed(key, "it is gone"))
        }
        app.press("l h")
        #expect(!keys.isEmpty)
        #expect(app.effects.isEmpty)
    }

    @Test("A month of a million photos is browsed with queries of one chunk, and memory stays bounded")
    func million() {
        var app = app([("2024-07", 1_000_000)])
        app.press("G")
        #expect(app.state.timeline.cursorEntry?.id == SampleLibrary.id(Month("2024-07")!, 999_999))
        for _ in 0..<200 { app.press("pageup") }
        #expect(app.state.timeline.windows.chunkCount <= EntryWindows.capacity)
        for case .loadEntries(_, let query) in app.effects {
            #expect(query.limit == EntryWindows.chunkSize)
        }
    }

    @Test("A jump to any month takes one query for what is under the cursor")
    func jumpCost() {
        var app = app((0..<480).map { (Month(ordinal: 2024 * 12 - $0).description, 2000) })
        app.effects = []
        app.press("J")
        app.type("2001-03")
        app.press("enter")
        #expect(app.state.timeline.cursorEntry?.captureTime.month == Month("2001-03")!)
        let loads = app.effects.filter { if case .loadEntries = $0 { true } else { false } }
        #expect(loads.count <= 2)
    }

    @Test("Photos that arrive in front move neither the cursor's photo nor its row on screen")
    func refresh() {
        var app = app([("2024-07", 60), ("2024-05", 50)])
        app.press("j j l space")
        let photo = app.state.timeline.cursorPhoto
        let row = app.state.timeline.layout.row(of: app.state.timeline.cursorPlace!) - app.state.timeline.top
        app.library.months[0] = MonthCount(month: Month("2024-07")!, count: 60 + 2 * app.state.timeline.layout.columns)
        app.library.added = 2 * app.state.timeline.layout.columns
        app.send(.catalogChanged)
        #expect(app.state.timeline.cursorPhoto == photo)
        #expect(app.state.timeline.cursorEntry?.id == photo)
        #expect(app.state.timeline.layout.row(of: app.state.timeline.cursorPlace!) - app.state.timeline.top == row)
        #expect(app.state.timeline.marks.count == 1)
    }

    @Test("Until somebody moves, the newest photo stays in view while others stream in")
    func follows() {
        var app = app([("2024-05", 50)])
        app.library.months.insert(MonthCount(month: Month("2024-07")!, count: 3), at: 0)
        app.send(.catalogChanged)
        #expect(app.state.timeline.cursorEntry?.captureTime.month == Month("2024-07")!)
    }

    @Test("A month that vanished leaves the cursor on a photo that exists")
    func vanished() {
        var app = app([("2024-07", 5), ("2024-05", 50), ("2019-01", 4)])
        app.press("] l l")
        app.library.months.remove(at: 1)
        app.send(.catalogChanged)
        #expect(app.state.timeline.cursorEntry?.id == app.state.timeline.cursorPhoto)
        #expect(app.state.timeline.cursorEntry != nil)
    }

    @Test("A stale reply changes nothing")
    func stale() {
        var app = app([("2024-07", 5)])
        app.send(.monthsLoaded(RequestID(-1), []))
        app.send(.entriesLoaded(RequestID(-1), []))
        app.send(.located(RequestID(-1), nil))
        #expect(app.state.timeline.layout.count == 5)
        #expect(app.state.timeline.cursorEntry != nil)
    }

    @Test("Changes that come while months are loading are loaded once more, not at once each")
    func coalesced() {
        var app = app([("2024-07", 5)])
        app.answers = false
        app.effects = []
        for _ in 0..<10 { app.send(.catalogChanged) }
        let loads = app.effects.compactMap { if case .loadMonths(let request) = $0 { request } else { nil } }
        #expect(loads.count == 1)
        app.send(.monthsLoaded(loads[0], app.library.months))
        let all = app.effects.filter { if case .loadMonths = $0 { true } else { false } }
        #expect(all.count == 2)
    }

    @Test("Chunks scrolled past are given up")
    func cancelled() {
        var app = app([("2024-07", 100_000)])
        app.answers = false
        app.press("G")
        app.effects = []
        app.press("g")
        #expect(app.effects.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test("Thumbnails wanted are those on screen, then one page along the direction of travel")
    func thumbnails() {
        let app = app([("2024-07", 1000)])
        guard case .wantThumbnails(let keys)? = app.effects.last else {
            Issue.record("no thumbnails were asked for")
            return
        }
        let first = app.state.timeline.windows.entry(month: Month("2024-07")!, index: 0)!
        #expect(keys.first == app.state.timeline.thumbnailKey(first))
        #expect(keys.count > app.state.timeline.layout.columns * 2)
        #expect(keys.count < 200)
    }

    @Test("A range is marked whole, also where its entries aren't loaded")
    func range() {
        var app = app([("2024-07", 1500), ("2024-05", 900)])
        app.press("v")
        app.press("G v")
        #expect(app.state.timeline.marks.count == 2400)
        app.press("esc")
        #expect(app.state.timeline.marks.isEmpty)
    }

    @Test("Undo takes back exactly what a favourite changed")
    func undo() {
        var app = app([("2024-07", 6)])
        app.press("space space space f")
        guard case .setFavourite(_, true, let changed)? = app.effects.last(where: isChange) else {
            Issue.record("nothing was set")
            return
        }
        // The second photo was a favourite before: it is neither changed nor undone.
        #expect(changed.count == 2)
        app.press("u")
        guard case .setFavourite(_, false, let undone)? = app.effects.last(where: isChange) else {
            Issue.record("nothing was undone")
            return
        }
        #expect(undone == changed)
        #expect(app.state.undoSteps.isEmpty)
    }

    private func isChange(_ effect: Effect) -> Bool {
        if case .setFavourite = effect { true } else { false }
    }

    @Test("Typing a search asks the catalogue after a pause, and esc brings the earlier one back")
    func filter() {
        var app = app([("2024-07", 6)])
        app.press("/")
        app.type("ab")
        let timers = app.effects.compactMap { if case .startTimer(let request, _) = $0 { request } else { nil } }
        #expect(timers.count == 2)
        #expect(app.effects.contains(.cancel(timers[0])))
        app.send(.timerFired(timers[0]))
        #expect(!app.state.timeline.search.isActive)
        app.send(.timerFired(timers[1]))
        #expect(app.state.timeline.search.query.clauses.count == 1)
        app.press("esc")
        #expect(!app.state.timeline.search.isActive)
        #expect(app.state.timeline.layout.count == 6)
    }

    @Test(
        "A date can be typed in many ways",
        arguments: [
            ("2019", 2019, nil), ("2019-07", 2019, 7), ("July 2019", 2019, 7), ("jul 2019", 2019, 7),
            ("07/2019", 2019, 7), ("2019-07-14", 2019, 7),
        ] as [(String, Int, Int?)])
    func dates(text: String, year: Int, month: Int?) {
        #expect(JumpDate(text)?.year == year)
        #expect(JumpDate(text)?.month == month)
    }

    @Test(
        "What is no date is refused",
        arguments: ["", "july", "13/2019", "abc 2019", "20190701", "99999999999999999999"])
    func noDates(text: String) {
        #expect(JumpDate(text) == nil)
    }

    @Test("A click chooses a tile, a second opens it, and a click on the scrubber goes there")
    func mouse() {
        var app = app([("2024-07", 100), ("2019-01", 100)])
        let target = Position(row: 3, column: app.state.timeline.column(ofTile: 2))
        app.send(.input(.mouse(MouseEvent(.press(.left), at: target))))
        #expect(app.state.timeline.cursor == 2)
        app.send(.input(.mouse(MouseEvent(.press(.left), at: target))))
        #expect(app.state.context == .viewer)
        app.press("esc")
        app.send(.input(.mouse(MouseEvent(.press(.left), at: Position(row: 20, column: 76)))))
        #expect(app.state.timeline.cursorEntry?.captureTime.month == Month("2019-01")!)
        let top = app.state.timeline.top
        app.send(.input(.mouse(MouseEvent(.wheelUp, at: target))))
        #expect(app.state.timeline.top == top - 3)
    }

    @Test("No size of the terminal and no order of keys breaks the app")
    func sizes() {
        for (columns, rows) in [(1, 1), (24, 8), (25, 9), (40, 12), (300, 100), (80, 3), (3, 80)] {
            var app = app([("2024-07", 100), ("2019-01", 1)], columns: columns, rows: rows)
            for key in [
                "j", "G", "+", "+", "+", "+", "k", "?", "j", "esc", ":", "down", "esc", "J", "esc", "/", "esc",
                "enter", "i", "+", "+", "l", "n", "q", "v", "g", "v",
            ] {
                app.press(key)
                _ = app.frame()
            }
            app.send(.input(.resize(GridSize(columns: 81, rows: 25))))
            #expect(app.frame().textLines.joined().contains("2024"))
        }
    }
}
