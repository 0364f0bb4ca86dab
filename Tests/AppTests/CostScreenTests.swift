import Core
import Grid
import Testing

@testable import App

@Suite("The screen of costs")
struct CostScreenTests {
    private func report(_ provider: String?, budget: Double?, isMeasured: Bool = true) -> CostReport {
        let share = StorageMeasure.Share(objects: 90_000, bytes: ByteCount(41_000_000_000))
        let traffic = StorageTraffic(
            requests: [.write: 41_200, .list: 93, .read: 120_400, .look: 52_000, .delete: 12],
            bytesSent: ByteCount(31_000_000_000), bytesReceived: ByteCount(812_000_000_000))
        return CostReport(
            provider: provider, storage: provider == nil ? "the disk of /photos" : "b2://photos", photos: 123_456,
            originals: ByteCount(612_000_000_000),
            measure: isMeasured ? StorageMeasure(at: 1_799_000_000, renditions: share) : nil,
            thisMonth: traffic, observed: isMeasured ? traffic : StorageTraffic(), observedDays: isMeasured ? 22.4 : 0,
            month: "2027-01", monthShare: 0.6, prices: PriceList.known, budget: budget)
    }

    private func app(_ report: CostReport?, columns: Int = 80, rows: Int = 24) -> RunningConsole {
        var broker = SampleBroker.library
        broker.costs = report
        var app = RunningConsole(broker, columns: columns, rows: rows, hasLibrary: true)
        app.start()
        app.press("9")
        return app
    }

    @Test("A library at B2 beside the others, near its budget") func near() throws {
        var app = app(report("b2", budget: 4.5))
        app.press("j")
        try expectGolden(app.frame(), "costs-80x24")
    }

    @Test("A budget that is used up, at 120x40") func over() throws {
        try expectGolden(app(report("s3", budget: 10), columns: 120, rows: 40).frame(), "costs-120x40")
    }

    @Test("Nothing measured, nothing counted, no budget: it is said") func unknown() throws {
        try expectGolden(app(report("r2", budget: nil, isMeasured: false)).frame(), "costs-unknown")
    }

    @Test("A library on a disk costs nothing here; a broker alone has no storage") func none() {
        #expect(app(report(nil, budget: nil)).screen.contains("nothing but this machine's disk"))
        var alone = RunningConsole(.shop)
        alone.start()
        alone.press("9")
        #expect(alone.lastLine.contains("no library here") && alone.state.context == .queues)
    }

    @Test("Before the first answer, and once the catalogue is silent, the keys answer") func stale() {
        var waiting = app(nil)
        waiting.pass(6)
        #expect(waiting.screen.contains("the catalogue does not answer yet"))
        var app = app(report("b2", budget: nil))
        app.answers = false
        app.pass(40)
        #expect(app.screen.contains("old: no answer from the catalogue") && app.screen.contains("Cloudflare R2"))
        app.press("8")
        #expect(app.state.context == .health)
    }
}
