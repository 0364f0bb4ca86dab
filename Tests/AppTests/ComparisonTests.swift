import Core
import Grid
import Testing
import Widgets

@testable import App

@Suite("Duplicates side by side")
struct ComparisonTests {
    private func app(
        _ clusters: SampleClusters = SampleClusters(12), at cluster: Int = 0, columns: Int = 80, rows: Int = 24,
        look: Look = Look()
    ) -> RunningApp {
        var app = RunningApp.onDuplicates(clusters, columns: columns, rows: rows, look: look)
        for _ in 0..<cluster { app.press("j") }
        app.press("enter")
        return app
    }

    private func pictures(_ app: RunningApp) -> [PictureRequest] {
        app.effects.compactMap { if case .loadPicture(_, let wanted) = $0 { wanted } else { nil } }
    }

    private func decisions(_ app: RunningApp) -> [ClusterDecision] {
        app.effects.compactMap { if case .resolve(_, let decision) = $0 { decision } else { nil } }
    }

    // MARK: What shows

    @Test("Two photos at 80x24, what differs marked")
    func golden() throws {
        let app = app()
        try expectGolden(app.frame(), "comparison-80x24")
        #expect(app.frame().roleLines.contains { $0.contains("different") })
    }

    @Test("Three photos of a burst, another keeper chosen")
    func stack() throws {
        var app = app(at: 2)
        app.press("l space l x")
        try expectGolden(app.frame(), "comparison-chosen")
    }

    @Test("The blink comparator shows both in one place, without asking twice for either")
    func blink() throws {
        var app = app()
        app.press("b")
        let first = app.frame()
        #expect(app.screen.contains("KEEP IMG_2040.jpg"))
        app.effects = []
        app.press("b")
        #expect(app.effects.isEmpty)
        #expect(app.screen.contains("trash IMG-2024-WA0000.jpg"))
        try expectGolden(app.frame(), "comparison-blink")
        app.press("b")
        #expect(app.frame() == first)
        app.press("q")
        #expect(app.state.context == .comparison && app.state.duplicates.comparison?.mode == .sideBySide)
    }

    @Test("By themselves they alternate until they are stopped, and not at all without motion")
    func alternating() {
        var app = app()
        app.press("B")
        for expected in [true, false, true] {
            guard let timer = app.state.duplicates.comparison?.blinkTimer else {
                Issue.record("nothing alternates")
                return
            }
            app.send(.timerFired(timer))
            #expect(app.state.duplicates.comparison?.mode == .blink(showsOther: expected))
        }
        app.press("B")
        #expect(app.state.duplicates.comparison?.blinkTimer == nil)
        app.press("B q")
        #expect(app.state.duplicates.comparison?.blinkTimer == nil)
        app.state.look.isStill = true
        app.press("B")
        #expect(app.state.duplicates.comparison?.blinkTimer == nil)
        #expect(app.screen.contains("motion is switched off"))
    }

    @Test("The difference tells how much differs, and follows the zoom")
    func difference() throws {
        var app = app()
        app.press("d")
        try expectGolden(app.frame(), "comparison-difference")
        app.press("+ + l")
        guard
            case .loadDifference(_, let wanted)? = app.effects.last(where: {
                if case .loadDifference = $0 { true } else { false }
            })
        else {
            Issue.record("no difference was asked for")
            return
        }
        #expect(wanted.region.width < 0.8 && wanted.region.x > 0.1)
        #expect(wanted.first.photo == SampleClusters.photoID(0, 0))
        #expect(wanted.second.photo == SampleClusters.photoID(0, 1))
        app.press("d")
        #expect(app.state.duplicates.comparison?.mode == .sideBySide)
    }

    @Test("Zoom and place are one for all photos")
    func zoom() {
        var app = app(at: 1)
        app.effects = []
        app.press("+ + l j")
        let last = pictures(app).suffix(3)
        #expect(Set(last.map(\.photo)).count == 3)
        #expect(Set(last.map(\.region)).count == 1 && last.first!.region.width < 1)
        app.press("0")
        #expect(pictures(app).suffix(3).allSatisfy { $0.region == .whole })
    }

    @Test("More photos than fit are scrolled through, and the one chosen always shows")
    func many() {
        let clusters = SampleClusters(12)
        clusters.sizes[0] = 30
        var app = app(clusters)
        for number in 1..<30 {
            app.press("]")
            #expect(app.screen.contains("\(number + 1) of 30"))
        }
        app.press("]")
        #expect(app.screen.contains("this is the last photo"))
        for _ in 1..<30 { app.press("[") }
        #expect(app.screen.contains("KEEP 1 of 30"))
        #expect((app.state.duplicates.comparison?.pictures.count ?? 99) <= ComparisonState.mostPanes)
    }

    @Test("No character of a photo's metadata reaches the terminal as it is")
    func escaped() {
        let clusters = SampleClusters(3)
        clusters.name = { _, number in number == 0 ? "a\u{1b}]52;c;eA==\u{7}\u{202e}gpj.exe" : "b.jpg" }
        var app = app(clusters)
        var screens = [RunningApp.onDuplicates(clusters).screen, app.screen]
        for keys in ["b", "q", "i", "enter"] {
            app.press(keys)
            screens.append(app.screen)
        }
        for screen in screens {
            // Shown as what it is, not merely left out.
            #expect(screen.contains("a\\x1b]52"), "\(screen)")
            #expect(!screen.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || $0.value == 0x202e })
        }
    }

    @Test("Every size is drawn, in every mode")
    func sizes() {
        for (columns, rows) in [(24, 8), (30, 9), (40, 10), (60, 12), (80, 24), (132, 43), (220, 70)] {
            var app = app(at: 3, columns: columns, rows: rows)
            for key in [
                "d", "d", "b", "q", "i", "i", "+", "l", "0", "enter", "esc", "N", "esc", "q", "-", "+", "?", "esc",
            ] {
                app.press(key)
                let frame = app.frame()
                #expect(frame.size == GridSize(columns: columns, rows: rows))
            }
        }
        var app = app(at: 1)
        for step in 0..<60 {
            app.send(.input(.resize(GridSize(columns: 1 + step * 37 % 120, rows: 1 + step * 11 % 40))))
            _ = app.frame()
        }
    }

    @Test("At 40x10 the photos, what is kept and what is won still show")
    func small() throws {
        try expectGolden(app(columns: 40, rows: 10).frame(), "comparison-narrow")
    }

    // MARK: What others do meanwhile

    @Test("A cluster that somebody else resolved first is told, and stays untouched")
    func conflict() {
        let clusters = SampleClusters(12)
        var app = app(clusters)
        app.press("enter")
        clusters.gone = [0]
        clusters.refusal = EngineError(
            .conflict, "the cluster was resolved before, by bo", whatToDo: "to take that back: phototui duplicates undo"
        )
        app.press("enter")
        #expect(app.screen.contains("Nothing was changed") && app.screen.contains("by bo"))
        #expect(!app.screen.contains("won"))
        app.press("enter")
        #expect(app.screen.contains("this cluster is no longer as it was"))
        app.press("a")
        #expect(app.screen.contains("there is no such cluster now"))
        app.press("n")
        #expect(app.cluster == 1 && app.screen.contains("KEEP"))
    }

    @Test("A photo that comes or goes while its cluster is looked at closes the preview, and says so")
    func changed() {
        let clusters = SampleClusters(12)
        var app = app(clusters, at: 1)
        app.press("enter")
        #expect(!app.state.layers.isEmpty)
        clusters.sizes[1] = 2
        clusters.mark += 1
        app.send(.catalogChanged)
        #expect(app.state.layers.isEmpty)
        #expect(app.screen.contains("the cluster changed meanwhile: it has 2 photos now"))
    }

    @Test("A choice survives changes that are not about its cluster")
    func choiceStays() {
        let clusters = SampleClusters(12)
        var app = app(clusters, at: 1)
        app.press("] space")
        clusters.mark += 1
        clusters.gone = [5]
        app.send(.catalogChanged)
        #expect(app.state.duplicates.comparison?.keeper == SampleClusters.photoID(1, 1))
        #expect(app.state.duplicates.comparison?.selected == 1)
    }

    @Test("A cluster that vanishes in the list is told when it is opened")
    func vanished() {
        let clusters = SampleClusters(12)
        var app = RunningApp.onDuplicates(clusters)
        clusters.gone = [0]
        app.press("enter")
        #expect(app.screen.contains("this cluster is no longer as it was"))
        app.press("q")
        #expect(app.state.context == .duplicates)
    }

    @Test("While a decision is being saved no second one is taken")
    func once() {
        var app = app()
        app.answers = false
        app.press("enter enter enter a N A u")
        #expect(decisions(app).count == 1)
        #expect(app.screen.contains("the last decision is being saved"))
    }

    @Test("Leaving gives up pictures and differences, and never a decision")
    func leave() {
        var app = app()
        app.answers = false
        app.press("n d enter enter")
        app.effects = []
        app.press("q q q")
        #expect(app.state.context == .timeline)
        #expect(
            !app.effects.contains {
                if case .cancel(let id) = $0 { id == app.state.duplicates.change?.id } else { false }
            })
        #expect(app.effects.contains { if case .cancel = $0 { true } else { false } })
    }

    @Test("Pictures and differences that come too late are dropped")
    func stale() {
        var app = app()
        app.answers = false
        app.effects = []
        app.press("d")
        guard case .loadDifference(let late, _)? = app.effects.last else {
            Issue.record("no difference was asked for")
            return
        }
        app.press("d")
        #expect(app.effects.contains(.cancel(late)))
        let picture = SampleLibrary.picture(GridSize(columns: 3, rows: 3))
        app.send(
            .differenceLoaded(
                late, DifferencePicture(picture: picture, similarity: 1, differingShare: 0, uncoveredShare: 0)))
        #expect(app.state.duplicates.comparison?.difference == nil)
        app.send(.pictureLoaded(late, picture, isFinal: true))
        #expect(app.state.duplicates.comparison?.pictures.values.allSatisfy { $0.shown != picture } == true)
    }

    @Test("A picture that can't be had is explained in its place")
    func noPicture() {
        var app = app()
        app.answers = false
        app.press("b")
        for case .loadPicture(let request, _) in app.effects.suffix(2) {
            app.send(.failed(request, EngineError(.notFound, "its thumbnail is gone", whatToDo: "import it again")))
        }
        app.state.duplicates.comparison?.pictures.keys.forEach {
            app.state.duplicates.comparison?.pictures[$0]?.shown = nil
        }
        #expect(app.screen.contains("its thumbnail is gone"))
    }

    @Test("The path that is copied is that of the photo the keyboard is on")
    func copy() {
        var app = app()
        app.press("] y")
        let asked = app.effects.compactMap { if case .copyPaths(_, let photos) = $0 { photos } else { nil } }
        #expect(asked == [[SampleClusters.photoID(0, 1)]])
    }

    @Test("Views follow each other on tab, and the one before comes back")
    func views() {
        var app = app()
        app.press("tab")
        #expect(app.state.context == .timeline)
        app.press("\\")
        #expect(app.state.context == .comparison)
        app.press("\\ tab tab")
        #expect(app.state.context == .duplicates)
        app.press("tab")
        #expect(app.state.context == .timeline)
    }
}
