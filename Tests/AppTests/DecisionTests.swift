import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Deciding on duplicates on screen")
struct DecisionTests {
    private func app(
        _ clusters: SampleClusters = SampleClusters(12), at cluster: Int = 0, columns: Int = 80, rows: Int = 24,
        look: Look = Look()
    ) -> RunningApp {
        var app = RunningApp.onDuplicates(clusters, columns: columns, rows: rows, look: look)
        for _ in 0..<cluster { app.press("j") }
        app.press("enter")
        return app
    }

    private func decisions(_ app: RunningApp) -> [ClusterDecision] {
        app.effects.compactMap { if case .resolve(_, let decision) = $0 { decision } else { nil } }
    }

    // MARK: What is decided

    @Test("What changes is shown first; nothing happens before enter, and esc changes nothing")
    func preview() throws {
        var app = app()
        app.press("enter")
        #expect(app.screen.contains("It can be undone until somebody empties the trash."))
        try expectGolden(app.frame(), "comparison-decision")
        app.press("esc")
        #expect(app.state.layers.isEmpty && decisions(app).isEmpty)
        app.press("a")
        app.type("WhatsApp copies")
        app.press("enter")
        let decision = try #require(decisions(app).first)
        #expect(decisions(app).count == 1 && decision.reason == "WhatsApp copies")
        #expect(decision.keeper == SampleClusters.photoID(0, 0) && decision.alsoKept.isEmpty)
        #expect(decision.members == [SampleClusters.photoID(0, 0), SampleClusters.photoID(0, 1)])
    }

    @Test("A resolved cluster makes room for the next one, and what was won adds up")
    func resolve() {
        var app = app()
        app.press("enter enter")
        #expect(app.cluster == 1 && app.screen.contains("1 of 11"))
        #expect(app.screen.contains("410 kB won") && app.screen.contains("u undoes it"))
        app.fireTimer()
        app.press("enter enter")
        #expect(app.cluster == 2 && app.screen.contains("1.2 MB won"))
        app.press("q")
        #expect(app.state.context == .duplicates && app.screen.contains("1.2 MB won"))
    }

    @Test("After the last cluster the list says that there is none")
    func last() {
        var app = app(SampleClusters(1))
        app.press("enter enter")
        #expect(app.state.context == .duplicates && app.screen.contains("there are no duplicates"))
        #expect(app.screen.contains("410 kB won"))
        app.press("u")
        #expect(app.screen.contains("1 of 1") && !app.screen.contains("won"))
    }

    @Test("Another keeper and others kept beside it are what is resolved")
    func chosen() throws {
        var app = app(at: 2)
        app.press("] space ] x enter")
        #expect(app.screen.contains("part of a burst"))
        app.press("enter")
        let decision = try #require(decisions(app).first)
        #expect(decision.keeper == SampleClusters.photoID(2, 1))
        #expect(decision.alsoKept == [SampleClusters.photoID(2, 2)])
    }

    @Test("A photo whose file is missing is not kept in place of one that is there")
    func missing() {
        var app = app(at: 2)
        app.press("] ] ] space")
        #expect(app.state.duplicates.comparison?.keeper == SampleClusters.photoID(2, 0))
        #expect(app.screen.contains("no file of it is there"))
    }

    @Test("Keeping all changes nothing until it is confirmed")
    func keepAllRefused() {
        var app = app(at: 2)
        let before = (app.state.duplicates.comparison?.keeper, app.state.duplicates.comparison?.alsoKept)
        app.press("A esc")
        #expect(app.state.duplicates.comparison?.keeper == before.0)
        #expect(app.state.duplicates.comparison?.alsoKept == before.1)
    }

    @Test("Keeping all, and deciding that they are no duplicates, trash nothing", arguments: ["A", "N"])
    func distinct(_ key: String) {
        var app = app(at: 1)
        app.press(key)
        #expect(app.screen.contains("Undoing is possible at any time"))
        app.type("two moments")
        app.press("enter")
        #expect(decisions(app).isEmpty)
        let asked = app.effects.compactMap {
            if case .decideDistinct(_, let photos, "two moments") = $0 { photos } else { nil }
        }
        #expect(asked == [(0..<3).map { SampleClusters.photoID(1, $0) }])
        #expect(app.cluster == 2 && !app.screen.contains("won"))
        app.press("u")
        #expect(app.cluster == 1 && app.screen.contains("they may be duplicates again"))
    }

    @Test("A burst is kept together, and what else is in the cluster stays to be decided on")
    func stack() throws {
        let clusters = SampleClusters(12)
        var app = app(clusters, at: 2)
        #expect(app.screen.contains("2 photos of it are a burst: s keeps them together"))
        app.press("s")
        try expectGolden(app.frame(), "comparison-stack")
        app.press("esc")
        #expect(app.effects.allSatisfy { if case .stackPhotos = $0 { false } else { true } })
        app.press("s enter")
        let asked = app.effects.compactMap { if case .stackPhotos(_, let stacks, _) = $0 { stacks } else { nil } }
        #expect(asked == [[.init(photos: (0..<2).map { SampleClusters.photoID(2, $0) }, kind: .burst)]])
        #expect(app.cluster == 2 && app.state.duplicates.comparison?.photos.count == 3)
        #expect(app.screen.contains("2 photos kept together as a stack"))
        app.press("s")
        #expect(app.screen.contains("no burst or the like"))
        app.press("u")
        #expect(app.cluster == 2 && app.state.duplicates.comparison?.photos.count == 4)
    }

    @Test("A cluster that is one burst is gone once it is kept together")
    func wholeStack() {
        let clusters = SampleClusters(12)
        clusters.sizes[2] = 2
        var app = app(clusters, at: 2)
        app.press("s enter")
        #expect(app.cluster == 3)
        app.press("u")
        #expect(app.cluster == 2 && app.screen.contains("no stack any more"))
    }

    @Test("A key held down decides on no cluster that nobody has seen")
    func held() {
        var app = app()
        for _ in 0..<12 { app.press("enter") }
        #expect(decisions(app).count == 1 && app.cluster == 1 && app.state.layers.isEmpty)
        app.fireTimer()
        app.press("enter enter")
        #expect(decisions(app).count == 2)
    }

    @Test("Of a burst nothing goes until a person chooses", arguments: ["space", "] x [ space"])
    func chosenStack(keys: String) {
        var app = app(SampleClusters(12), at: 2)
        app.press("enter")
        #expect(app.state.layers.isEmpty && app.screen.contains("choose what to keep"))
        #expect(!app.screen.contains("KEEP"))
        app.press(keys)
        #expect(app.screen.contains("KEEP"))
        app.press("enter enter")
        #expect(decisions(app).count == 1)
    }

    @Test("Skipping leaves a cluster as it is")
    func skip() {
        var app = app()
        app.press("n n p")
        #expect(app.cluster == 1)
        app.press("p p")
        #expect(app.cluster == 0 && app.screen.contains("this is the first cluster"))
        #expect(decisions(app).isEmpty)
    }

    // MARK: What is taken back

    @Test("Undo brings the last one back, then the one before it")
    func undo() {
        var app = app()
        app.press("enter enter")
        app.fireTimer()
        app.press("enter enter u")
        #expect(app.cluster == 1 && app.screen.contains("2 photos back from the trash"))
        #expect(app.screen.contains("410 kB won"))
        app.press("u")
        #expect(app.cluster == 0 && app.screen.contains("1 of 12") && !app.screen.contains("kB won"))
        app.press("u")
        #expect(app.screen.contains("nothing that was decided on duplicates stands"))
    }

    @Test("A decision of another session is shown before it is taken back, and counts for nothing won")
    func earlier() throws {
        let clusters = SampleClusters(12)
        clusters.addEarlier(3, reason: "ticket 7")
        var app = app(clusters)
        app.press("enter enter u")
        #expect(!app.screen.contains("kB won"))
        app.press("u")
        try expectGolden(app.frame(), "comparison-undo-earlier")
        app.type("she asked")
        app.press("enter")
        let reasons = app.effects.compactMap { if case .undoResolution(_, _, let reason) = $0 { reason } else { nil } }
        #expect(reasons == ["", "she asked"])
        #expect(app.screen.contains("2 photos back from the trash") && !app.screen.contains("won"))
        app.press("u")
        #expect(app.screen.contains("nothing that was decided on duplicates stands"))
    }

    @Test("What changed since is told, and stays")
    func undoConflict() throws {
        let clusters = SampleClusters(12)
        var app = app(clusters)
        app.press("enter enter")
        clusters.conflicts = [
            .changedMark(.rating), .changedAlbum("Trips\u{1b}[2J"), .gone(SampleClusters.photoID(0, 1)),
            .changedCluster,
        ]
        app.press("u")
        try expectGolden(app.frame(), "comparison-undo-conflict")
        app.press("enter")
        #expect(app.state.layers.isEmpty && app.cluster == 1)
    }

    @Test("An undo that somebody else was faster with is told, and not offered again")
    func undoRefused() {
        let clusters = SampleClusters(12)
        var app = app(clusters)
        app.press("enter enter")
        clusters.refusal = EngineError(.conflict, "the resolution was taken back before, by bo")
        app.press("u")
        #expect(app.screen.contains("taken back before, by bo"))
        app.press("esc u")
        #expect(app.screen.contains("nothing that was decided on duplicates stands"))
    }

    @Test("An undo that a server was away for is offered again")
    func undoAway() {
        let clusters = SampleClusters(12)
        var app = app(clusters)
        app.press("enter enter")
        clusters.refusal = EngineError(.unavailable, "the database is away", isRetryable: true)
        app.press("u enter")
        app.press("u")
        #expect(app.cluster == 0 && app.screen.contains("back from the trash"))
    }
}
