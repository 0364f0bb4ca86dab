import Core
import Grid
import Testing

@testable import App

@Suite("The list of duplicates")
struct DuplicatesTests {
    private func pages(_ app: RunningApp) -> [ClusterPageRequest] {
        app.effects.compactMap { if case .loadClusters(_, let wanted) = $0 { wanted } else { nil } }
    }

    @Test("The list at 80x24 tells what is won, how sure it is, and what would be kept")
    func golden() throws {
        var app = RunningApp.onDuplicates(SampleClusters(12))
        app.press("j")
        app.loadThumbnails()
        try expectGolden(app.frame(), "duplicates-80x24")
    }

    @Test("The list without pictures, a line each")
    func compact() throws {
        var app = RunningApp.onDuplicates(SampleClusters(40))
        app.press("- j j")
        try expectGolden(app.frame(), "duplicates-compact")
    }

    @Test("A hundred thousand clusters are walked in pages of a fixed size, in order and without a gap")
    func scale() throws {
        var app = RunningApp.onDuplicates(SampleClusters(3000))
        var seen: [Int] = []
        while seen.count < 3000 {
            let number = SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id)
            try #require(number == seen.count)
            seen.append(number)
            app.press("j")
        }
        for _ in 0..<2000 { app.press("k") }
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 999)
        #expect(app.screen.contains("1,000 of 3,000"))
        #expect(app.state.duplicates.window.clusters.count <= ClusterWindow.capacity)
        #expect(app.state.duplicates.summaries.count <= 3 * ClusterWindow.capacity)
        #expect(pages(app).allSatisfy { $0.query.limit == ClusterWindow.pageSize })
    }

    @Test("The last cluster is two queries away, however long the list")
    func ends() throws {
        let clusters = SampleClusters(100_000)
        var app = RunningApp.onDuplicates(clusters)
        app.effects = []
        app.press("G")
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 99_999)
        #expect(app.screen.contains("100,000 of 100,000"))
        #expect(pages(app).count <= 2)
        app.press("k k")
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 99_997)
        app.press("g")
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 0)
        #expect(app.screen.contains("1 of 100,000"))
    }

    @Test("Each order begins anew at its first cluster")
    func orders() throws {
        var app = RunningApp.onDuplicates(SampleClusters(500))
        app.press("j j o")
        #expect(pages(app).last?.query.order == .photos && pages(app).last?.query.after == nil)
        #expect(try #require(app.state.duplicates.cursorCluster).photos == 5)
        app.press("o")
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 499)
        #expect(app.screen.contains("Newest first"))
    }

    @Test("A filter narrows the list, conditions and text together, and goes with q before the view does")
    func filter() throws {
        var app = RunningApp.onDuplicates(SampleClusters(300))
        app.press("c")
        #expect(app.state.duplicates.window.clusters.allSatisfy { SampleClusters.number($0.id).isMultiple(of: 10) })
        // Two pages of a hundred had to be looked at for a screen of them, and one more for the screen behind it.
        #expect(app.state.duplicates.window.clusters.count == 20)
        app.press("G")
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 290)
        app.press("s")
        #expect(app.state.duplicates.filterText == "is:same is:certain")
        #expect(app.state.duplicates.window.clusters.allSatisfy { SampleClusters.number($0.id) % 3 != 2 })
        app.press("s c e")
        #expect(app.state.duplicates.filterText == "is:exact")
        #expect(app.state.duplicates.window.clusters.allSatisfy { SampleClusters.number($0.id).isMultiple(of: 6) })
        #expect(app.screen.contains(" · exact"))
        app.press("e c s")
        app.press("/")
        app.type(" 2050")
        app.press("enter")
        #expect(app.state.duplicates.window.clusters.map { SampleClusters.number($0.id) } == [10])
        #expect(app.screen.contains("/is:same is:certain 2050") && app.screen.contains("1 of 1"))
        app.press("q")
        #expect(app.state.context == .duplicates && app.state.duplicates.window.clusters.count == 100)
        app.press("q")
        #expect(app.state.context == .timeline)
    }

    @Test("A search for certain clusters goes on until it fills the screen or ends, and says how far it is")
    func sparse() throws {
        let clusters = SampleClusters(1000)
        var app = RunningApp.onDuplicates(clusters)
        app.press("/")
        app.type("is:certain 3031")
        app.press("enter")
        // 3031 is cluster 991, which isn't certain.
        #expect(app.state.duplicates.window.clusters.isEmpty && app.screen.contains("no cluster matches"))
        app.answers = false
        app.press("q")
        app.press("c")
        guard
            case .loadClusters(let request, _)? = app.effects.last(where: {
                if case .loadClusters = $0 { true } else { false }
            })
        else {
            Issue.record("nothing was asked for")
            return
        }
        let position = ClusterPosition(clusters.cluster(99), in: .bytesToWin)
        app.send(.clustersLoaded(request, ClusterPage(clusters: [], reached: position)))
        #expect(app.screen.contains("100 looked at so far"))
        #expect(pages(app).last?.query.after == position)
    }

    @Test("What came too late for the order or filter there is now is ignored")
    func stale() throws {
        var app = RunningApp.onDuplicates(SampleClusters(300))
        app.answers = false
        app.effects = []
        app.press("o")
        guard
            case .loadClusters(let late, _)? = app.effects.first(where: {
                if case .loadClusters = $0 { true } else { false }
            })
        else {
            Issue.record("nothing was asked for")
            return
        }
        app.press("o")
        #expect(app.effects.contains(.cancel(late)))
        app.send(.clustersLoaded(late, ClusterPage(clusters: [SampleClusters(9).cluster(3)], reached: nil)))
        #expect(app.state.duplicates.window.clusters.isEmpty)
    }

    @Test("Clusters that somebody resolves meanwhile go from the list; the cursor stays on its own")
    func refresh() throws {
        let clusters = SampleClusters(300)
        var app = RunningApp.onDuplicates(clusters)
        app.press("j j j j j")
        clusters.gone = [1, 2, 7]
        clusters.mark += 1
        app.send(.catalogChanged)
        #expect(SampleClusters.number(try #require(app.state.duplicates.cursorCluster).id) == 5)
        #expect(app.screen.contains("4 of 297"))
        #expect(!app.state.duplicates.window.clusters.contains { SampleClusters.number($0.id) == 7 })
    }

    @Test("A change of the catalogue that is not about duplicates reads two numbers and draws nothing anew")
    func quiet() throws {
        var app = RunningApp.onDuplicates(SampleClusters(300))
        app.loadThumbnails()
        let terminal = HeadlessTerminal()
        terminal.present(app.frame(), cursor: nil, styles: .plain)
        let before = terminal.bytesWritten
        app.effects = []
        app.send(.catalogChanged)
        terminal.present(app.frame(), cursor: nil, styles: .plain)
        #expect(terminal.bytesWritten == before)
        #expect(pages(app).isEmpty)
        #expect(app.effects.contains { if case .loadClusterTotals = $0 { true } else { false } })
    }

    @Test("A cursor move draws the two lines it concerns")
    func economy() {
        var app = RunningApp.onDuplicates(SampleClusters(300))
        app.loadThumbnails()
        let terminal = HeadlessTerminal()
        terminal.present(app.frame(), cursor: nil, styles: .plain)
        let before = terminal.bytesWritten
        app.press("j")
        terminal.present(app.frame(), cursor: nil, styles: .plain)
        #expect(terminal.bytesWritten - before < 400)
    }

    @Test("Leaving gives up what only the list waits for")
    func leave() {
        var app = RunningApp(SampleLibrary([("2024-07", 14)]))
        app.start()
        app.answers = false
        app.press("d")
        let asked = app.effects.compactMap { effect -> RequestID? in
            switch effect {
            case .loadClusters(let request, _), .loadClusterTotals(let request): request
            default: nil
            }
        }
        #expect(asked.count == 2)
        app.press("q")
        for request in asked { #expect(app.effects.contains(.cancel(request))) }
    }

    @Test("A catalogue that is away is told, and asked again")
    func away() {
        var app = RunningApp(SampleLibrary([("2024-07", 14)]))
        app.start()
        app.answers = false
        app.press("d")
        for case .loadClusters(let request, _) in app.effects {
            app.send(.failed(request, EngineError(.unavailable, "the database is away", whatToDo: "wait")))
        }
        #expect(app.screen.contains("the database is away"))
        guard let timer = app.state.duplicates.retryTimer else {
            Issue.record("nobody asks again")
            return
        }
        app.effects = []
        app.send(.timerFired(timer))
        #expect(pages(app).count == 1)
    }

    @Test("Photos that were not compared are told, and compared on a key")
    func scan() {
        let clusters = SampleClusters(0)
        clusters.uncompared = 210
        var app = RunningApp.onDuplicates(clusters)
        #expect(app.screen.contains("210 photos not compared: S compares them"))
        app.press("S")
        guard
            case .scanDuplicates(let request)? = app.effects.last(where: {
                if case .scanDuplicates = $0 { true } else { false }
            })
        else {
            Issue.record("nothing was compared")
            return
        }
        app.send(.scanProgressed(request, ScanStatus(compared: 20, total: 210, secondsLeft: 9)))
        #expect(app.screen.contains("comparing 20 of 210"))
        app.effects = []
        app.press("S")
        #expect(app.effects.isEmpty && app.screen.contains("it is under way"))
        clusters.uncompared = 0
        app.send(.scanEnded(request, Notice(.success, "210 photos compared")))
        #expect(app.screen.contains("210 photos compared"))
        app.press("S")
        #expect(app.screen.contains("all photos were compared"))
    }

    @Test("The mouse goes to a cluster and opens it")
    func mouse() {
        var app = RunningApp.onDuplicates(SampleClusters(30))
        app.send(.input(.mouse(MouseEvent(.press(.left), at: Position(row: 7, column: 30)))))
        #expect(app.state.duplicates.cursor == 1)
        app.send(.input(.mouse(MouseEvent(.press(.left), at: Position(row: 7, column: 30)))))
        #expect(app.cluster == 1)
    }
}
