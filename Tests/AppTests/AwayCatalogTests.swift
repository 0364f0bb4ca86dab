import Core
import Testing

@testable import App

/// A catalogue that gives no answer for a while.
@Suite("While the catalogue is away")
struct AwayCatalogTests {
    private func app(_ counts: [(String, Int)]) -> RunningApp {
        var app = RunningApp(SampleLibrary(counts))
        app.start()
        return app
    }

    private func isChange(_ effect: Effect) -> Bool {
        if case .setFavourite = effect { true } else { false }
    }

    private static let away = EngineError(.unavailable, "the connection to Postgres was lost", isRetryable: true)

    private func requests(_ effects: [Effect]) -> [RequestID] {
        effects.compactMap { if case .loadEntries(let request, _) = $0 { request } else { nil } }
    }

    private func timers(_ effects: [Effect]) -> [RequestID] {
        effects.compactMap { if case .startTimer(let request, _) = $0 { request } else { nil } }
    }

    @Test("The rows stay, and are asked for again after a pause until it is back")
    func away() {
        var app = app([("2024-07", 6)])
        let before = app.state.timeline.cursorEntry
        app.answers = false
        app.effects = []
        app.press("f")
        guard case .setFavourite(let change, true, _)? = app.effects.last(where: isChange) else {
            Issue.record("nothing was set")
            return
        }
        app.send(.failed(change, Self.away))
        for _ in 0..<3 {
            let loads = requests(app.effects)
            #expect(!loads.isEmpty)
            app.effects = []
            for load in loads { app.send(.failed(load, Self.away)) }
            #expect(app.state.timeline.cursorEntry == before)
            // Not at once, which would be without end, and not by each key.
            app.press("l h")
            #expect(requests(app.effects).isEmpty)
            let pauses = timers(app.effects)
            #expect(pauses.count == 1)
            app.effects = []
            for pause in pauses { app.send(.timerFired(pause)) }
        }
        app.answers = true
        app.perform(app.effects)
        #expect(app.state.timeline.cursorEntry == before)
        app.effects = []
        app.press("l")
        #expect(requests(app.effects).isEmpty && timers(app.effects).isEmpty)
    }

    @Test("What can't be loaded when it is scrolled to is loaded once the catalogue is back")
    func awayWhileScrolling() {
        var app = app([("2024-07", 100_000)])
        app.answers = false
        app.effects = []
        app.press("G")
        for load in requests(app.effects) { app.send(.failed(load, Self.away)) }
        #expect(app.state.timeline.cursorEntry == nil)
        let pauses = timers(app.effects)
        app.answers = true
        for pause in pauses { app.send(.timerFired(pause)) }
        #expect(app.state.timeline.cursorEntry != nil)
    }

    @Test("Months that could not be loaded after a change are loaded once the catalogue is back")
    func monthsAway() {
        var app = app([("2024-07", 6)])
        app.answers = false
        app.effects = []
        app.send(.catalogChanged)
        let loads = app.effects.compactMap { if case .loadMonths(let request) = $0 { request } else { nil } }
        app.send(.failed(loads[0], Self.away))
        #expect(app.state.timeline.layout.count == 6)
        app.library.months[0] = MonthCount(month: Month("2024-07")!, count: 9)
        app.answers = true
        for pause in timers(app.effects) { app.send(.timerFired(pause)) }
        #expect(app.state.timeline.layout.count == 9)
    }

    @Test("A favourite that could not be saved is shown as it was, and an undo that failed can be tried again")
    func failedChange() {
        var app = app([("2024-07", 6)])
        app.press("f")
        #expect(app.state.timeline.cursorEntry?.isFavourite == true)
        app.answers = false
        app.press("u")
        guard case .setFavourite(let undo, false, _)? = app.effects.last(where: isChange) else {
            Issue.record("nothing was undone")
            return
        }
        #expect(app.state.timeline.cursorEntry?.isFavourite == false)
        app.send(.failed(undo, Self.away))
        #expect(app.state.timeline.cursorEntry?.isFavourite == true)
        #expect(app.state.undoSteps.count == 1)
    }
}
