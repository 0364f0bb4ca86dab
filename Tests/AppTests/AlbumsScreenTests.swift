import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("The albums on screen")
struct AlbumsScreenTests {
    private func app(columns: Int = 80, rows: Int = 24, look: Look = Look(), albums: Bool = true) -> RunningApp {
        var library = SampleLibrary([("2024-07", 14)])
        if albums { library.albums = .few(library) }
        var app = RunningApp(library, columns: columns, rows: rows, look: look)
        app.start()
        app.press("2")
        app.loadThumbnails()
        return app
    }

    private func edits(_ app: RunningApp) -> [(edit: PhotoEdit, photos: [PhotoID])] {
        app.effects.compactMap { if case .edit(_, let edit, let photos) = $0 { (edit, photos) } else { nil } }
    }

    private func photo(_ number: Int) -> PhotoID { SampleLibrary.id(SampleAlbums.july, number) }

    @Test("Albums stand on a wall with their covers, those nested in one under its name")
    func golden() throws {
        var app = app()
        app.press("j")
        try expectGolden(app.frame(), "albums-80x24")
        try expectGolden(self.app(columns: 120, rows: 40).frame(), "albums-120x40")
        try expectGolden(
            self.app(columns: 40, rows: 12, look: Look(lines: .ascii)).frame(), "albums-narrow")
    }

    @Test("Without an album it is said how one begins; what fails is told, and asked for again")
    func empty() throws {
        var none = app(albums: false)
        #expect(none.screen.contains("loading"))
        let asked = none.effects.compactMap { if case .loadAlbums(let id, _, _) = $0 { id } else { nil } }
        none.send(
            .failed(try #require(asked.last), EngineError(.unavailable, "the server is away", whatToDo: "start it")))
        #expect(none.screen.contains("the server is away"))
        none.library.albums = SampleAlbums(albums: [])
        none.fireTimer()
        try expectGolden(none.frame(), "albums-empty")
        none.press("enter")
        #expect(none.state.activity.notice?.text.contains("there is no album") == true)
    }

    @Test("The cursor goes over the lines of the wall, and keeps its album when others change")
    func moving() {
        var app = app()
        func name() -> String? { app.state.albums.cursorAlbum?.album.name }
        #expect(name() == "Best")
        app.press("l l")
        #expect(name() == "Trips")
        app.press("j")
        #expect(name() == "Trips/Porto")
        app.press("k")
        #expect(name() == "Ideas\u{1B}[2J")
        app.press("G")
        #expect(name() == "Trips/Porto")
        app.library.albums?.albums.removeAll { $0.album.name == "Trips" }
        app.send(.catalogChanged)
        #expect(name() == "Trips/Porto" && app.state.albums.albums.count == 4)
        app.press("g h")
        #expect(name() == "Best")
    }

    @Test("Events are proposed behind the albums where that is asked for, and are no albums yet")
    func events() throws {
        var app = app()
        let all = SampleAlbums.events(app.library)
        app.library.albums?.events = all
        app.press("v")
        app.loadThumbnails()
        try expectGolden(app.frame(), "albums-events")
        #expect(app.state.albums.cursorEvent?.id == SampleLibrary.id(SampleAlbums.july, 10))
        #expect(
            app.screen.contains("1 of 3 proposed") && app.screen.contains("from 2024-07-20 09:00 to 2024-07-20 10:30"))
        for key in ["enter", "r", "e", "X", "E"] {
            app.press(key)
            #expect(
                app.state.layers.isEmpty && app.state.activity.notice?.text.contains("only proposed") == true, "\(key)")
        }
        app.press("v")
        #expect(app.state.albums.cursorEvent == nil && !app.screen.contains("Proposed"))
        app.press("a")
        #expect(app.state.activity.notice?.text.contains("no events are proposed: v") == true && edits(app).isEmpty)
    }

    @Test("An event is accepted or refused by a key, undone by another, and the cursor goes on to the next")
    func decidingOnEvents() throws {
        var app = app()
        let all = SampleAlbums.events(app.library)
        app.library.albums?.events = all
        app.press("v")
        app.library.albums?.events = Array(all.dropFirst())
        app.press("a")
        #expect(edits(app).last?.edit == .acceptEvent(name: all[0].name) && edits(app).last?.photos == all[0].photos)
        #expect(app.state.albums.cursorEvent == all[1])
        app.library.albums?.events = [all[2]]
        app.press("R")
        #expect(edits(app).last?.edit == .change(.refuseEvent(all[1].span, name: all[1].name)))
        #expect(app.state.albums.cursorEvent == all[2])
        app.library.albums?.events = Array(all.dropFirst())
        app.press("u")
        #expect(app.effects.contains { if case .undoEdits = $0 { true } else { false } })
        #expect(app.state.albums.shownEvents == Array(all.dropFirst()) && app.state.albums.cursorEvent == all[2])
        app.library.albums?.events = []
        app.press("a")
        #expect(app.state.albums.cursorAlbum != nil && app.state.activity.notice?.text.contains("undoes it") == true)
        app.library.albums?.events = [all[2]]
        app.press("u G")
        #expect(app.state.albums.cursorEvent == all[2], "the way back is seen at once")
        app.press("v")
        app.library.albums?.events = []
        app.press("v")
        #expect(app.screen.contains("no event") && !app.state.albums.events.isShown)
    }

    @Test("Events that can't be looked for are told of; while they are, the wall goes on")
    func slowEvents() throws {
        var app = app()
        app.library.albums = nil
        app.press("v")
        #expect(app.screen.contains("looking for events"))
        app.press("l")
        #expect(app.state.albums.cursor == 1)
        let asked = app.effects.compactMap { if case .loadEvents(let id) = $0 { id } else { nil } }
        app.send(.failed(try #require(asked.last), EngineError(.unavailable, "the server is away")))
        #expect(app.state.activity.notice?.text.contains("the server is away") == true)
        #expect(!app.screen.contains("looking for events") && !app.state.albums.events.isShown)
    }

    @Test("An album's own wall has its photos in its order, and esc leads back to the albums")
    func open() throws {
        var app = app()
        app.press("j enter")
        #expect(app.state.context == .timeline && app.state.openedAlbum?.name == "Trips/Lisbon")
        #expect(app.state.timeline.search.entries.map(\.id) == [7, 2, 9, 4].map(photo))
        app.loadThumbnails()
        try expectGolden(app.frame(), "album-hand")
        app.press("enter")
        #expect(app.state.context == .viewer && app.state.viewer?.photo == photo(7))
        app.press("n esc")
        #expect(app.state.timeline.cursorEntry?.id == photo(2))
        app.press("esc")
        #expect(app.state.context == .albums && app.state.openedAlbum == nil)
        #expect(app.state.albums.cursorAlbum?.album.name == "Trips/Lisbon")
        app.press("1")
        #expect(app.state.context == .timeline && app.state.timeline.layout.count == 14)
        app.press("2 l enter")
        #expect(app.state.timeline.search.entries.count == 0)
        #expect(app.screen.contains("the album is empty"))
        app.press("1")
        #expect(app.state.context == .timeline && app.state.timeline.layout.count == 14)
    }

    @Test("A page follows where the end of what is here comes near, up to a hundred thousand photos")
    func pages() throws {
        var app = app()
        let entries = (0..<3000).map { app.library.entry(SampleAlbums.july, $0) }
        app.library.albums?.photos[SampleAlbums.id(3)] = entries
        app.press("l l enter")
        #expect(app.state.timeline.search.entries.count == SearchState.firstPage)
        app.press("G")
        #expect(app.state.timeline.search.entries.count == SearchState.firstPage + SearchState.nextPage)
        app.press("G G G")
        #expect(app.state.timeline.search.entries == entries && app.state.timeline.search.isComplete)
    }

    @Test("A saved search opens as the search it is, and a fault in it is told")
    func savedSearch() {
        var app = app()
        app.press("enter")
        #expect(app.state.timeline.search.text == "rating:>=4" && app.state.openedAlbum == nil)
        #expect(app.state.timeline.search.isActive && app.state.context == .timeline)
        app.library.albums?.summaries[SampleAlbums.id(1)] = FoundSummary(
            cover: nil, count: SearchCount(count: 0, isBounded: false),
            problem: "the saved search Best looks into itself: Best → Best")
        app.press("2")
        app.send(.catalogChanged)
        #expect(app.screen.contains("looks into itself") && app.screen.contains("understood"))
    }

    @Test("Albums are begun, renamed, described and deleted, each undone by one key")
    func changes() throws {
        var app = app()
        app.press("n")
        app.type("Trips/Faro")
        app.press("enter")
        #expect(edits(app).last?.edit == .change(.createAlbum(try .album("Trips/Faro"), description: "")))
        #expect(app.state.activity.notice?.text.contains("create album Trips/Faro ·") == true)
        app.press("u")
        #expect(app.effects.contains { if case .undoEdits = $0 { true } else { false } })
        app.press("j r")
        #expect(app.screen.contains("Trips/Lisbon is now: Trips/Lisbon"))
        app.press("ctrl-u")
        app.type("Lisbon")
        app.press("enter")
        #expect(edits(app).last?.edit == .change(.renameAlbum(SampleAlbums.id(4), try .album("Lisbon"))))
        app.press("e ctrl-u")
        app.type("Two weeks")
        app.press("enter")
        #expect(edits(app).last?.edit == .change(.describeAlbum(SampleAlbums.id(4), "Two weeks")))
        let before = edits(app).count
        app.press("X")
        #expect(app.screen.contains("delete Trips/Lisbon? Its 4 photos stay."))
        app.press("esc")
        #expect(edits(app).count == before)
        app.press("X enter")
        #expect(edits(app).last?.edit == .change(.deleteAlbum(SampleAlbums.id(4))))
        app.press("n")
        app.type("a//b")
        app.press("enter")
        #expect(app.state.activity.notice?.severity == .error && !app.state.layers.isEmpty)
    }

    @Test("In an album photos are taken out, put in order by hand, and chosen to stand for it")
    func photos() throws {
        var app = app()
        app.press("j enter C")
        #expect(edits(app).last?.edit == .change(.setCover(SampleAlbums.id(4), nil)))
        app.press("l C")
        #expect(edits(app).last?.edit == .change(.setCover(SampleAlbums.id(4), photo(2))))
        app.press("m")
        #expect(app.state.activity.notice?.text.contains("no photo is marked") == true)
        app.press("l space g m")
        let moved = try #require(edits(app).last)
        #expect(moved.edit == .change(.moveInAlbum(SampleAlbums.id(4), before: photo(7))) && moved.photos == [photo(9)])
        app.press("l l m")
        #expect(app.state.activity.notice?.text.contains("the cursor is on one of the marked photos") == true)
        app.press("L")
        #expect(edits(app).last?.edit == .change(.moveInAlbum(SampleAlbums.id(4), before: nil)))
        app.press("R")
        let left = try #require(edits(app).last)
        #expect(left.edit == .change(.removeFromAlbum(SampleAlbums.id(4))) && left.photos == [photo(9)])
        #expect(app.state.timeline.marks.isEmpty)
        app.press("o")
        #expect(edits(app).last?.edit == .change(.orderAlbum(SampleAlbums.id(4), .date)))
        app.press("esc g enter o")
        #expect(app.state.timeline.search.text == "rating:>=4")
        #expect(app.state.activity.notice?.text.contains("no album is open") == true)
    }

    @Test("A search is kept as an album, and one within an album begins with it")
    func keepSearch() throws {
        var app = app()
        app.press("1 S")
        #expect(app.state.activity.notice?.text.contains("nothing is looked for") == true)
        app.press("/")
        app.type("lisbon")
        app.press("enter S")
        app.type("By the sea")
        app.press("enter")
        #expect(
            edits(app).last?.edit
                == .change(.createAlbum(try .album("By the sea"), description: "", query: "lisbon")))
        app.press("2 g l l enter /")
        #expect(app.screen.contains("/album:\"Trips\""))
        app.type("lisbon")
        app.fireTimer()
        #expect(app.state.openedAlbum == nil && app.state.timeline.search.isActive)
        app.press("esc")
        #expect(app.state.openedAlbum?.name == "Trips")
    }

    @Test("An album that another has deleted leads back to the wall")
    func gone() {
        var app = app()
        app.press("j enter")
        app.library.albums?.albums.removeAll { $0.album.name == "Trips/Lisbon" }
        app.send(.catalogChanged)
        #expect(app.state.context == .albums && app.state.openedAlbum == nil)
        #expect(app.state.activity.notice?.text == "the album Trips/Lisbon is gone")
    }
}
