import Core
import Grid
import Testing

@testable import App

@Suite("The trash on screen")
struct TrashScreenTests {
    private func restored(_ app: RunningApp) -> [[PhotoID]] {
        app.effects.compactMap { if case .restoreTrash(_, let photos) = $0 { photos } else { nil } }
    }

    @Test("It tells how long each has been there, what becomes of it, and where it is")
    func golden() throws {
        var app = RunningApp.onTrash(SampleTrash(12))
        app.press("j space")
        app.loadThumbnails()
        try expectGolden(app.frame(), "trash-80x24")
    }

    @Test("A narrow screen has a line each, an empty trash says so, and so does one that can't be read")
    func small() throws {
        try expectGolden(RunningApp.onTrash(SampleTrash(12), columns: 40, rows: 10).frame(), "trash-40x10")
        #expect(RunningApp.onTrash(SampleTrash(0)).screen.contains("the trash is empty"))
        let away = SampleTrash(3)
        away.refusal = EngineError(.unavailable, "the server is away", whatToDo: "start it")
        var app = RunningApp.onTrash(away)
        #expect(app.screen.contains("the server is away"))
        let timer = app.effects.compactMap { if case .startTimer(let id, _) = $0 { id } else { nil } }.last
        app.send(.timerFired(try #require(timer)))
        #expect(app.screen.contains("IMG_0.jpg"))
    }

    @Test("The one under the cursor is taken back, or all that are marked")
    func restore() {
        var app = RunningApp.onTrash(SampleTrash(12))
        app.press("r")
        #expect(restored(app) == [[SampleTrash.id(0)]] && app.screen.contains("1 photo back in the timeline"))
        #expect(app.screen.contains("1 of 11") && !app.screen.contains("IMG_0.jpg"))
        app.press("space j space")
        #expect(app.screen.contains("2 marked"))
        app.press("r")
        #expect(restored(app).last == [SampleTrash.id(1), SampleTrash.id(3)])
        #expect(app.screen.contains("2 photos back") && app.screen.contains("2 of 9") && !app.screen.contains("marked"))
        app.press("space q")
        #expect(app.state.context == .trash && app.state.trash.marks.isEmpty)
        app.press("q")
        #expect(app.state.context == .timeline)
    }

    @Test("Emptying tells first what goes and what stays, and does it only once that is agreed to")
    func empty() throws {
        let trash = SampleTrash(12)
        var app = RunningApp.onTrash(trash)
        app.press("E")
        try expectGolden(app.frame(), "trash-empty")
        app.press("esc")
        #expect(trash.emptiedFor.isEmpty && trash.numbers.count == 12)
        app.press("E")
        app.type("full")
        app.press("enter")
        #expect(trash.emptiedFor == ["full"] && trash.numbers == [0, 1, 2, 3, 4, 6, 7, 9])
        #expect(app.screen.contains("4 photos removed for good") && app.screen.contains("of 8"))
        app.press("E")
        #expect(app.state.layers.isEmpty && app.screen.contains("whose files lie in folders of yours"))
    }

    @Test("What fails is told, and nothing is shown as done")
    func refused() {
        let trash = SampleTrash(3)
        var app = RunningApp.onTrash(trash)
        trash.refusal = EngineError(.conflict, "somebody was faster")
        app.press("r")
        #expect(app.screen.contains("somebody was faster") && app.screen.contains("1 of 3"))
        app.press("r")
        #expect(app.screen.contains("1 photo back"))
    }

    @Test("Thousands are read in pages as one goes on, and the cursor keeps its photo when others change the trash")
    func pages() {
        let trash = SampleTrash(1000)
        var app = RunningApp.onTrash(trash)
        for _ in 0..<40 { app.press("pagedown") }
        #expect(app.state.trash.photos.count > 200)
        let asked = app.effects.compactMap { if case .loadTrash(_, _, let limit) = $0 { limit } else { nil } }
        #expect(asked.allSatisfy { $0 == TrashState.pageSize })
        let photo = app.state.trash.cursorPhoto?.photo
        trash.numbers.removeFirst(5)
        app.send(.catalogChanged)
        #expect(app.state.trash.cursorPhoto?.photo == photo && app.screen.contains("of 995"))
    }
}
