import Core
import Testing

/// Which workers are told of as gone without goodbye.
@Suite("a broker's past")
struct BrokerPastTests {
    private func watch(_ since: Double, _ until: Double) -> TaskWatchState {
        TaskWatchState(id: "w\(since)", since: since, until: until, events: 0, missed: 0, unreadable: 0)
    }

    private func lost(_ worker: SeenWorker, _ watches: [TaskWatchState], here: Set<String> = []) -> Bool {
        !BrokerPast(seen: [worker], watches: watches).lost(besides: here, at: 10_000).isEmpty
    }

    @Test("Who was heard no more while somebody listened is lost, not who said goodbye, is here, or may only hang")
    func told() {
        let watches = [watch(0, 10_000)]
        #expect(lost(SeenWorker(name: "a", heardAt: 5000), watches))
        #expect(!lost(SeenWorker(name: "a", heardAt: 5000, leftAt: 5000), watches))
        #expect(!lost(SeenWorker(name: "a", heardAt: 5000), watches, here: ["a"]))
        #expect(!lost(SeenWorker(name: "a", heardAt: 9950), watches))
        #expect(lost(SeenWorker(name: "a", heardAt: 9930), watches))
    }

    @Test("Who said goodbye and still runs tasks is ending, for an hour at most")
    func ending() {
        var worker = SeenWorker(name: "a", heardAt: 5000, leftAt: 5000)
        #expect(worker.isGone(at: 5001) && !worker.isEnding(at: 5001))
        worker.held = 2
        #expect(worker.isEnding(at: 5001) && !worker.isGone(at: 5001))
        #expect(!worker.isEnding(at: 8601) && worker.isGone(at: 8601))
    }

    @Test("Whose goodbye nobody could have heard is not lost")
    func untold() {
        let worker = SeenWorker(name: "a", heardAt: 5000)
        #expect(!lost(worker, []))
        #expect(!lost(worker, [watch(0, 5010)]))
        #expect(!lost(worker, [watch(6000, 10_000), watch(0, 5010)]))
        #expect(lost(worker, [watch(9000, 10_000), watch(5030, 6000), watch(0, 5020)]))
    }

    @Test("Many are told by their number, the latest by name")
    func many() {
        let seen = (0..<7).map { SeenWorker(name: "w\($0)", heardAt: Double(5000 + $0)) }
        let lost = BrokerPast(seen: seen, watches: [watch(0, 10_000)]).lost(besides: [], at: 10_000)
        let text = lost.named(at: 10_000)
        #expect(lost.count == 7 && text.hasPrefix("w6 (last heard of 83 min ago), w5") && text.hasSuffix(" and 2 more"))
    }
}
