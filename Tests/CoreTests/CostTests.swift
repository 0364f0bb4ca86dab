import Core
import Testing

@Suite("What storage costs")
struct CostTests {
    private static func list(_ provider: String) -> PriceList { PriceList.known.first { $0.provider == provider }! }

    private static let gigabyte: Int64 = 1_000_000_000

    private func report(
        provider: String? = "b2", originals: Int64 = 0, measure: StorageMeasure? = nil,
        observed: StorageTraffic = StorageTraffic(), days: Double = 0, budget: Double? = nil, share: Double = 0.5
    ) -> CostReport {
        CostReport(
            provider: provider, storage: "a bucket", photos: 10, originals: ByteCount(originals), measure: measure,
            thisMonth: observed, observed: observed, observedDays: days, month: "2026-11", monthShare: share,
            prices: PriceList.known, budget: budget)
    }

    @Test("1010 GB at B2 cost 1000 times its price; requests, and what is read up to three times that, cost nothing")
    func b2() {
        var traffic = StorageTraffic(
            requests: [.write: 5_000_000, .read: 1_075_000, .list: 1_075_000],
            bytesReceived: ByteCount(3030 * Self.gigabyte))
        var bill = Self.list("b2").bill(stored: ByteCount(1010 * Self.gigabyte), traffic)
        #expect(abs(bill.storage - 6.95) < 1e-9 && bill.egress == 0)
        #expect(bill.requests.allSatisfy { $0.cost == 0 })
        #expect(bill.requests.map(\.requests) == [5_000_000, 1_075_000, 1_075_000])
        traffic.bytesReceived = ByteCount(3130 * Self.gigabyte)
        bill = Self.list("b2").bill(stored: ByteCount(1010 * Self.gigabyte), traffic)
        #expect(abs(bill.egress - 1) < 1e-9)
    }

    @Test("R2 charges for writing and lists, never for what leaves")
    func r2() {
        let traffic = StorageTraffic(
            requests: [.write: 1_500_000, .list: 500_000, .look: 11_000_000, .delete: 9_000_000],
            bytesReceived: ByteCount(90_000 * Self.gigabyte))
        let bill = Self.list("r2").bill(stored: ByteCount(110 * Self.gigabyte), traffic)
        #expect(abs(bill.storage - 1.5) < 1e-9 && bill.egress == 0)
        #expect(bill.requests.map { ($0.cost * 100).rounded() } == [450, 36, 0])
    }

    @Test("S3 takes 2^30 bytes for a GB, and charges for what leaves beyond 100 of them")
    func s3() {
        let traffic = StorageTraffic(
            requests: [.write: 1_000_000, .read: 1_000_000], bytesReceived: ByteCount(200 << 30))
        let bill = Self.list("s3").bill(stored: ByteCount(1000 << 30), traffic)
        #expect(abs(bill.storage - 23) < 1e-9 && abs(bill.egress - 9) < 1e-9)
        #expect(bill.requests.map { ($0.cost * 100).rounded() } == [500, 40, 0])
    }

    @Test("What was observed in some days stands for a month; without any, nothing is made up")
    func monthly() {
        let traffic = StorageTraffic(requests: [.read: 100], bytesReceived: ByteCount(1000))
        #expect(report(observed: traffic, days: 3.04375).monthly.requests[.read] == 1000)
        #expect(report(observed: traffic, days: 3.04375).monthly.bytesReceived == ByteCount(10_000))
        #expect(report(observed: traffic, days: 0).monthly.isEmpty)
    }

    @Test("What was measured beside the originals is stored, too, and the own provider comes first")
    func stored() {
        let measure = StorageMeasure(
            at: 0, originals: .init(objects: 1, bytes: ByteCount(999)),
            renditions: .init(objects: 3, bytes: ByteCount(300)))
        let found = report(provider: "r2", originals: 1000, measure: measure)
        #expect(found.stored == ByteCount(1300))
        #expect(found.forecasts.map(\.provider) == ["r2", "b2", "s3"])
        #expect(report(provider: nil, originals: 1 << 50, budget: 1).forecast == 0)
    }

    @Test("The budget warns from 80 % and is used up at 100 %", arguments: [(799, 0), (800, 1), (999, 1), (1000, 2)])
    func budget(_ stored: Int64, _ state: Int) {
        let found = report(originals: (stored + 10) * Self.gigabyte, budget: 6.95)
        #expect(found.budgetState() == [.ok, .warning, .exhausted][state])
        #expect(report(originals: 5000 * Self.gigabyte).budgetState() == .none)
        #expect(report(provider: nil, budget: 1).budgetState() == .none)
    }

    @Test("More photos are quoted by what they add, each month and once")
    func quote() throws {
        let small = report(provider: "s3", originals: 0)
        let quote = try #require(small.quote(photos: 1000, bytes: ByteCount(8 << 30)))
        // An eighth of renditions beside them; 4 writes, 4 looks and a read of each.
        #expect(abs(quote.monthly - 9 * 0.023) < 1e-6)
        #expect(abs(quote.once - (4000 * 5e-6 + 5000 * 0.4e-6)) < 1e-9)
        #expect(report(provider: nil).quote(photos: 1, bytes: ByteCount(1)) == nil)
    }

    @Test("Processing what lies there is quoted by what is asked for it, and by what leaves")
    func processing() throws {
        // Ten originals of 10 GB: a thousand such leave, of which the first 100 GB are free.
        let full = report(provider: "s3", originals: 10 * 10 << 30)
        let price = try #require(full.quote(processing: 1000))
        #expect(abs(price - (3000 * 5e-6 + 5000 * 0.4e-6 + (10_000 - 100) * 0.09)) < 1e-6)
        #expect(full.quote(processing: 0) == 0)
        #expect(report(provider: nil).quote(processing: 1) == nil)
    }

    @Test(
        "Sums are written as people read them",
        arguments: [
            (0, "$0"), (0.001, "<$0.01"), (0.0149, "$0.01"), (1.2, "$1.20"), (999.99, "$999.99"), (12_345.4, "$12,345"),
        ]
    )
    func money(_ sum: Double, _ text: String) { #expect(Money.text(sum) == text) }
}
