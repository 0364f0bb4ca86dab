import Core
import Grid
import Testing

@testable import App

@Suite("Viewer")
struct ViewerTests {
    private func app(_ count: Int = 10) -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", count)]))
        app.start()
        app.press("enter")
        return app
    }

    private func pictures(_ app: RunningApp) -> [PictureRequest] {
        app.effects.compactMap { if case .loadPicture(_, let wanted) = $0 { wanted } else { nil } }
    }

    @Test("A photo opens fitted, in its own shape")
    func fitted() throws {
        let wanted = try #require(pictures(app()).last)
        #expect(wanted.region == .whole)
        #expect(wanted.rows == 21)
        #expect(abs(Double(wanted.columns) - 21 * 4.0 / 3 * 2) <= 1)
    }

    @Test("Zooming asks for a smaller region of the same shape, in more cells, within the picture")
    func zoom() throws {
        var app = app()
        app.press("+ + +")
        let wanted = try #require(pictures(app).last)
        #expect(wanted.region.width < 1 && wanted.region.height < 0.5)
        for _ in 0..<30 { app.press("l j") }
        let corner = try #require(pictures(app).last)
        #expect(abs(corner.region.x + corner.region.width - 1) < 1e-9)
        #expect(abs(corner.region.y + corner.region.height - 1) < 1e-9)
        app.press("0")
        #expect(pictures(app).last?.region == .whole)
    }

    @Test("A picture that comes too late is dropped, and the request for it was given up")
    func stale() throws {
        var app = app()
        app.answers = false
        app.effects = []
        app.press("n n")
        let requests = app.effects.compactMap { if case .loadPicture(let request, _) = $0 { request } else { nil } }
        #expect(requests.count == 2)
        #expect(app.effects.contains(.cancel(requests[0])))
        app.send(.pictureLoaded(requests[0], Grid(size: GridSize(columns: 1, rows: 1)), isFinal: true))
        #expect(app.state.viewer?.shown == nil)
    }

    @Test("Going back cancels what the viewer waits for")
    func close() {
        var app = app()
        app.answers = false
        app.press("n")
        app.effects = []
        app.press("q")
        #expect(app.effects.filter { if case .cancel = $0 { true } else { false } }.count == 2)
        #expect(app.state.context == .timeline)
        #expect(app.state.timeline.cursor == 1)
    }

    @Test("The slideshow goes on by its timer alone and ends at the oldest photo")
    func slideshow() {
        var app = app(3)
        app.press("s")
        for expected in [1, 2, 2] {
            guard let timer = app.state.viewer?.slideshow else { break }
            app.send(.timerFired(timer))
            #expect(app.state.timeline.cursor == expected)
        }
        #expect(app.state.viewer?.isPlaying == false)
    }

    @Test("Without motion there is no slideshow, and the reason is told")
    func still() {
        var app = app(3)
        app.state.look.isStill = true
        app.press("s")
        #expect(app.state.viewer?.isPlaying == false)
        #expect(app.state.activity.notice?.text.contains("motion is switched off") == true)
    }

    @Test("A photo that can't be read is explained")
    func unreadable() {
        var app = app()
        app.answers = false
        app.press("n")
        guard
            case .loadPicture(let request, _)? = app.effects.last(where: {
                if case .loadPicture = $0 { true } else { false }
            })
        else {
            Issue.record("no picture was asked for")
            return
        }
        app.send(.failed(request, EngineError(.corrupt, "the file ends early", whatToDo: "restore it")))
        #expect(app.frame().textLines.joined(separator: " ").contains("the file ends early"))
    }
}
