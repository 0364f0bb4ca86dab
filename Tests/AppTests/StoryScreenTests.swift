import Core
import Grid
import Testing

@testable import App

@Suite("What happened to a photo, on screen")
struct StoryScreenTests {
    private func app() -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", 3)]))
        app.start()
        app.press("H")
        return app
    }

    private func request(_ app: RunningApp) -> RequestID? {
        app.effects.compactMap { if case .loadStory(let id, _) = $0 { id } else { nil } }.last
    }

    @Test("It is read in a box that scrolls, and any other key leaves it")
    func story() throws {
        var app = app()
        #expect(app.screen.contains("loading"))
        let lines = (1...40).map { "2024-07-12T18:03:0\($0 % 10)Z  edited \($0), by ana" } + ["", "now", "sha256  ab"]
        app.send(.storyLoaded(try #require(request(app)), lines))
        try expectGolden(app.frame(), "story-80x24")
        app.press("G")
        #expect(app.screen.contains("sha256  ab") && !app.screen.contains("edited 1,"))
        app.press("g j")
        #expect(!app.screen.contains("edited 1,") && app.screen.contains("edited 2,"))
        app.press("esc")
        #expect(app.state.layers.isEmpty)
    }

    @Test("A late answer is dropped, a failed one told, and leaving early gives it up")
    func late() throws {
        var app = app()
        let first = try #require(request(app))
        app.press("q")
        #expect(app.effects.contains(.cancel(first)) && app.state.context == .timeline)
        app.send(.storyLoaded(first, ["late"]))
        #expect(app.state.layers.isEmpty)
        app.press("H")
        app.send(.failed(try #require(request(app)), EngineError(.unavailable, "the server is away")))
        #expect(app.state.layers.isEmpty && app.state.activity.notice?.text.contains("the server is away") == true)
    }
}
