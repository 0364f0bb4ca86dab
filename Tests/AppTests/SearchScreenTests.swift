import Core
import Search
import Testing

@testable import App

@Suite("The search line")
struct SearchScreenTests {
    private func searching(_ text: String = "") -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", 40), ("2024-05", 3)]))
        app.start()
        app.press("/")
        app.type(text)
        return app
    }

    @Test("Enter keeps what was found, and notes the search; esc brings back what was")
    func enterAndEscape() {
        var app = searching("lisbon")
        app.press("enter")
        #expect(app.state.layers.isEmpty)
        #expect(app.state.timeline.search.isActive)
        #expect(app.effects.contains(.noteSearch("lisbon")))
        let found = app.state.timeline.search.entries
        #expect(!found.isEmpty && found.allSatisfy { $0.captureTime.month.month == 7 })
        #expect(app.state.timeline.layout.count == found.count)
        app.press("/")
        app.type(" nothing")
        app.press("esc")
        #expect(app.state.timeline.search.text == "lisbon")
        #expect(app.state.timeline.search.entries == found)
        app.press("esc")
        #expect(!app.state.timeline.search.isActive)
    }

    @Test("What is not understood leaves what shows, stays open on enter, and is not noted")
    func fault() {
        var app = searching("lisbon")
        app.press("enter")
        let found = app.state.timeline.search.entries
        app.press("/")
        app.type(" iso:x")
        app.press("enter")
        #expect(app.state.timeline.search.fault?.place == 11..<12)
        #expect(app.state.timeline.search.entries == found)
        #expect(!app.state.layers.isEmpty)
        #expect(!app.effects.contains(.noteSearch("lisbon iso:x")))
    }

    @Test("Tab puts the chosen proposal in the place of what was typed")
    func completion() {
        var app = searching("july li")
        app.press("ctrl-n")
        app.press("tab")
        #expect(app.state.timeline.search.text == "july in:lisbon ")
    }

    @Test("Up shows the searches made before, and down what was typed")
    func history() {
        var app = searching("abc")
        app.press("up")
        #expect(app.state.timeline.search.text == "rating:>=4")
        app.press("up")
        #expect(app.state.timeline.search.text == "camera:x100")
        app.press("up")
        #expect(app.state.timeline.search.text == "camera:x100")
        app.press("down")
        app.press("down")
        #expect(app.state.timeline.search.text == "abc")
    }

    @Test("An answer that came too late is dropped, and a search that is given up is cancelled")
    func late() {
        var app = searching("lisbon")
        app.press("enter")
        let found = app.state.timeline.search.entries
        app.send(.searched(RequestID(999_999), SearchPage(entries: [], notes: []), limit: 9))
        #expect(app.state.timeline.search.entries == found)
    }

    @Test("Marks over a range and favourites reach what was found")
    func marks() {
        var app = searching("lisbon")
        app.press("enter")
        app.press("v")
        app.press("l")
        app.press("v")
        #expect(app.state.timeline.marks.count == 2)
        app.press("f")
        #expect(app.state.timeline.search.entries.prefix(2).map(\.isFavourite) == [true, true])
    }
}
