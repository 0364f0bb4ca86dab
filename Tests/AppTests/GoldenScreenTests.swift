import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Golden screens")
struct GoldenScreenTests {
    private var library: SampleLibrary { SampleLibrary([("2024-07", 14), ("2024-05", 3), ("2019-12", 40)]) }

    private func app(_ library: SampleLibrary? = nil, columns: Int = 80, rows: Int = 24, look: Look = Look())
        -> RunningApp
    {
        var app = RunningApp(library ?? self.library, columns: columns, rows: rows, look: look)
        app.start()
        return app
    }

    @Test("The timeline at 80x24") func timeline80() throws {
        var app = app()
        app.loadThumbnails()
        app.press("l space f")
        app.press("l")
        try expectGolden(app.frame(), "timeline-80x24")
    }

    @Test("The timeline at 120x40, scrolled, with a range") func timeline120() throws {
        var app = app(columns: 120, rows: 40)
        app.press("] ] v l l l")
        app.loadThumbnails()
        try expectGolden(app.frame(), "timeline-120x40")
    }

    @Test("A slow line to the terminal is told in the top line") func slowLine() throws {
        var app = app()
        app.loadThumbnails()
        app.state.line = SlowLine(roundTrip: .milliseconds(310), bytes: 20_000, isBusy: true)
        try expectGolden(app.frame(), "slow-line")
        app.state.line = SlowLine(roundTrip: .milliseconds(600), bytes: 4_900, isBusy: false)
        #expect(app.frame().textLines[0].contains(" 4.9 kB/s 600 ms "))
    }

    @Test("The timeline on a narrow terminal") func narrow() throws {
        try expectGolden(app(columns: 40, rows: 12).frame(), "timeline-narrow")
    }

    @Test("A terminal too small says so") func tooSmall() throws {
        try expectGolden(app(columns: 18, rows: 5).frame(), "too-small")
    }

    @Test("Wide characters and hostile names keep the columns") func wide() throws {
        var library = SampleLibrary([("2024-07", 6)])
        library.names = {
            [
                "東京タワーの夜景.jpg", "e\u{301}te\u{301}.jpg", "👨‍👩‍👧.png", "a\u{1b}]52;c;eA==\u{7}.jpg", "\u{202e}gpj.exe",
                "x.jpg",
            ][$0]
        }
        try expectGolden(app(library).frame(), "wide-names")
    }

    @Test("A library without photos says what to do") func empty() throws {
        try expectGolden(app(SampleLibrary([])).frame(), "empty")
    }

    @Test("Before anything is loaded, boxes stand where tiles will be") func loading() throws {
        let app = RunningApp(library)
        try expectGolden(app.frame(), "loading")
    }

    @Test("A library that can't be read says why and what to do") func failure() throws {
        var app = RunningApp(library)
        app.send(
            .libraryFailed(
                EngineError(
                    .newerSchema, "this library was written by a newer phototui", whatToDo: "install that version")))
        try expectGolden(app.frame(), "error")
    }

    @Test("Typing a search, with how it could go on and how many photos that has") func search() throws {
        var app = app()
        app.press("/")
        app.type("july li")
        app.fireTimer()
        try expectGolden(app.frame(), "search-proposals")
    }

    @Test("What is not understood is marked where it is, and says what to write") func searchFault() throws {
        var app = app()
        app.press("/")
        app.type("lisbon camra:x100 iso:>800")
        app.fireTimer()
        try expectGolden(app.frame(), "search-fault")
    }

    @Test("What was found stays as a wall") func searchWall() throws {
        var app = app()
        app.press("/")
        app.type("lisbon")
        app.press("enter")
        try expectGolden(app.frame(), "search-wall")
    }

    @Test("A search that finds nothing says what was looked for, and how to show all photos again")
    func searchEmpty() throws {
        var app = app()
        app.press("/")
        app.type("nothing")
        app.press("enter")
        try expectGolden(app.frame(), "search-empty")
    }

    @Test("Help shows unavailable actions with their reason") func help() throws {
        var app = app()
        app.press("?")
        try expectGolden(app.frame(), "help")
    }

    @Test("The palette finds actions") func palette() throws {
        var app = app()
        app.press(":")
        app.type("mo")
        app.press("down")
        try expectGolden(app.frame(), "palette")
    }

    @Test("The jump dialog tells where it leads") func jump() throws {
        var app = app()
        app.press("J")
        app.type("dec 2019")
        try expectGolden(app.frame(), "jump")
    }

    @Test("The viewer with the info pane escapes what a camera wrote") func viewer() throws {
        var app = app(columns: 100, rows: 30)
        app.press("enter i")
        try expectGolden(app.frame(), "viewer-info")
    }

    @Test("The viewer explains a photo that isn't processed yet") func viewerQueued() throws {
        var library = self.library
        library.status = { _ in .queued }
        var app = app(library)
        app.press("enter")
        try expectGolden(app.frame(), "viewer-queued")
    }

    @Test("ASCII lines on a terminal that has no others") func ascii() throws {
        var app = app(look: Look(lines: .ascii))
        app.send(
            .importProgressed(
                ImportStatus(
                    found: 200, indexed: 200, toProcess: 180, processed: 90, isScanning: false, photosPerSecond: 12,
                    secondsLeft: 7.5)))
        try expectGolden(app.frame(), "timeline-ascii")
    }
}
