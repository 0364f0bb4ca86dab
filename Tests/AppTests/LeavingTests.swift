import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Photos that leave the library")
struct LeavingTests {
    private func app() -> RunningApp {
        var app = RunningApp(SampleLibrary([("2024-07", 6)]), columns: 100)
        app.start()
        app.loadThumbnails()
        return app
    }

    private static let share = Share(
        id: ShareID("01890a5d-ac96-774b-bcce-b302099a8057")!, title: "Photos", album: nil, photoCount: 2,
        state: .shared, actor: "ana", createdAt: 0, expiresAt: 7200_000_000)

    @Test("Marked photos are written to the folder that is typed, and what came of it is told")
    func export() throws {
        var app = app()
        app.press("space space E")
        app.type("~/out")
        try expectGolden(app.frame(), "prompt-export")
        app.press("enter")
        guard case .export(let request, .photos(let photos), let folder)? = app.effects.last else {
            Issue.record("nothing was exported")
            return
        }
        #expect(photos.count == 2 && folder == "~/out")
        app.send(.exportProgressed(request, done: 1, total: 2))
        #expect(app.state.activity.notice?.text == "exporting: 1 of 2 files")
        app.send(.exported(request, Notice(.success, "2 files written")))
        #expect(app.state.activity.notice?.text == "2 files written")
        app.send(.exportProgressed(request, done: 2, total: 2))
        #expect(app.state.activity.notice?.text == "2 files written", "what comes late changes nothing")
        app.press("E")
        let count = app.effects.count
        app.press("enter")
        #expect(app.effects.count == count, "no folder, no export")
    }

    @Test("Sidecars are written only once it was told what that touches, and that there is no way back")
    func sidecars() throws {
        var app = app()
        app.press("space space B")
        guard case .planSidecars(let request, let photos)? = app.effects.last else {
            Issue.record("nothing was looked at")
            return
        }
        var plan = SidecarPlan(photos: photos)
        (plan.new, plan.firstNew, plan.there, plan.firstThere) = (1, "/photos/IMG_1.jpg.xmp", 2, "/photos/IMG_2.xmp")
        (plan.failed, plan.reason) = (1, "no file of the photo is in a folder here")
        app.press("B")
        #expect(app.state.activity.notice?.text.contains("being written already") == true)
        app.send(.sidecarsPlanned(request, plan))
        try expectGolden(app.frame(), "sidecars")
        let count = app.effects.count
        app.press("x esc")
        #expect(app.effects.count == count && app.state.layers.isEmpty, "nothing is written")
        app.press("B")
        guard case .planSidecars(let again, _)? = app.effects.last else { return }
        app.send(.sidecarsPlanned(again, plan))
        app.press("enter")
        guard case .writeSidecars(let written, photos)? = app.effects.last else {
            Issue.record("nothing was written")
            return
        }
        app.send(.sidecarsProgressed(written, done: 100, total: 200))
        #expect(app.state.activity.notice?.text == "writing sidecars: 100 of 200 photos")
        app.send(.sidecarsWritten(written, Notice(.success, "3 sidecars written")))
        #expect(app.state.activity.notice?.text == "3 sidecars written" && app.state.leaving.isEmpty)
        #expect(app.state.undoSteps.isEmpty)
    }

    @Test("Where no sidecar can be written nothing is asked, and a failure is told")
    func noSidecars() {
        var app = app()
        app.press("B")
        guard case .planSidecars(let request, let photos)? = app.effects.last else { return }
        var plan = SidecarPlan(photos: photos)
        (plan.failed, plan.reason) = (1, "no file of the photo is in a folder here")
        app.send(.sidecarsPlanned(request, plan))
        #expect(app.state.layers.isEmpty && app.state.activity.notice?.text.contains("no file of the photo") == true)
        app.press("B")
        guard case .planSidecars(let second, _)? = app.effects.last else { return }
        app.send(.failed(second, EngineError(.unavailable, "the server is away")))
        #expect(app.state.activity.notice?.text.contains("away") == true && app.state.leaving.isEmpty)
    }

    @Test("A link is asked for with its time, its photos are told, and undo takes it back")
    func share() throws {
        var app = app()
        app.press("space space Y")
        try expectGolden(app.frame(), "prompt-share")
        app.press("backspace backspace")
        app.type("9d")
        app.press("enter")
        #expect(app.state.activity.notice?.text.contains("7d at most") == true, "and the text stays")
        app.press("backspace backspace")
        app.type("2h")
        app.press("enter")
        guard case .share(let request, .photos(let photos), seconds: 7200)? = app.effects.last else {
            Issue.record("nothing was shared")
            return
        }
        #expect(photos.count == 2)
        app.send(.shared(request, Self.share, isCopied: true))
        #expect(
            app.state.activity.notice?.text.contains("2 photos shared, the link is on the terminal's clipboard") == true
        )
        app.press("u")
        guard case .revokeShare(let undo, Self.share.id)? = app.effects.last else {
            Issue.record("nothing was taken back")
            return
        }
        app.send(.shareRevoked(undo))
        #expect(app.state.activity.notice?.text.contains("taken back") == true && app.state.undoSteps.isEmpty)
    }

    @Test("A terminal without a clipboard is told of the command; a failure is told as it is")
    func untold() {
        var app = app()
        app.press("Y enter")
        guard case .share(let request, _, _)? = app.effects.last else { return }
        app.send(.shared(request, Self.share, isCopied: false))
        #expect(app.state.activity.notice?.text.contains("phototui share show 01890a5d") == true)
        app.press("Y enter")
        guard case .share(let second, _, _)? = app.effects.last else { return }
        app.send(.failed(second, EngineError(.unsupported, "this library is in a folder")))
        #expect(app.state.activity.notice?.text.contains("in a folder") == true && app.state.leaving.isEmpty)
    }

    @Test("In a library that nobody else reaches there is nothing to share, and why")
    func folder() {
        var app = app()
        app.state.canShare = false
        app.press("Y")
        #expect(app.state.layers.isEmpty)
        #expect(app.state.activity.notice?.text.contains("nobody else reaches: E writes") == true)
    }

    @Test("On the wall of albums the album leaves")
    func album() {
        var library = SampleLibrary([("2024-07", 14)])
        library.albums = .few(library)
        var app = RunningApp(library)
        app.start()
        app.press("2")
        app.press("E")
        app.type("/tmp/out")
        app.press("enter")
        guard case .export(_, .album(let album), folder: "/tmp/out")? = app.effects.last else {
            Issue.record("nothing was exported")
            return
        }
        #expect(!album.name.isEmpty)
    }
}
