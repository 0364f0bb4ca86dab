internal import Catalog
public import Core
internal import Foundation
internal import Objects

extension Library {
    /// What the library's storage costs, from its catalogue, what was counted on this machine, and the configured prices.
    public func costs(now: Double = Double(SystemClock().microseconds) / 1e6) async throws -> CostReport {
        let statistics = try await catalog.statistics()
        let usage = try await catalog.usage()
        let traffic = try await ObservedTraffic(traffic, now: now)
        return CostReport(
            provider: provider, storage: storageName, photos: statistics.photos, originals: statistics.byteCount,
            measure: traffic.measure, thisMonth: traffic.thisMonth, observed: traffic.observed,
            observedDays: traffic.days, month: traffic.month.name, monthShare: traffic.month.share,
            prices: configuration.prices,
            budget: provider == nil ? nil : configuration.budget, usage: usage,
            bytesByClass: try await bytesByClass())
    }

    /// Goes through every object of the storage, for what the catalogue doesn't know, and keeps what it found.
    public func measureStorage(
        now: Double = Double(SystemClock().microseconds) / 1e6, progress: @Sendable (Int64) -> Void = { _ in }
    ) async throws -> StorageMeasure {
        var measure = StorageMeasure(at: now)
        var after: ObjectKey?
        var count: Int64 = 0
        while true {
            let page = try await objects.list(prefix: "", after: after, limit: 1000)
            for object in page {
                let key = object.key.description
                let share: WritableKeyPath<StorageMeasure, StorageMeasure.Share> =
                    key.hasPrefix("originals/") ? \.originals : key.hasPrefix("renditions/") ? \.renditions : \.others
                measure[keyPath: share].objects += 1
                measure[keyPath: share].bytes = measure[keyPath: share].bytes + object.byteCount
            }
            count += Int64(page.count)
            progress(count)
            after = page.last?.key
            if page.count < 1000 { break }
            try Task.checkCancellation()
        }
        if let traffic { try await traffic.opened().keep(measure) }
        return measure
    }

    /// Throws `.limitExceeded` where the month's budget is used up, or `cost` more would use it up.
    public func checkBudget(adding cost: Double = 0) async throws {
        guard provider != nil, let budget = configuration.budget else { return }
        let report = try await costs()
        guard report.budgetState(adding: cost) == .exhausted else { return }
        let total = Money.text(report.monthTotal(adding: cost))
        throw EngineError(
            .limitExceeded, "the month's budget of \(Money.text(budget)) is used up: this month comes to \(total)",
            whatToDo: "raise budget in config.toml, or do it all the same with --over-budget; phototui costs tells more"
        )
    }

    /// `b2`, `r2`, `s3`; nil for a library on this machine's disk.
    public var provider: String? {
        storage.flatMap { try? S3Location($0).provider.rawValue }
    }

    var storageName: String {
        storage.flatMap { try? S3Location($0).description } ?? "the disk of \(location.folder)"
    }
}

/// What was counted of a profile's storage on this machine.
struct ObservedTraffic {
    let month: BillingMonth
    private(set) var thisMonth = StorageTraffic()
    /// In the days that a month's traffic is told from.
    private(set) var observed = StorageTraffic()
    /// How many these are.
    let days: Double
    private(set) var measure: StorageMeasure?

    private static let observedDays = 30

    init(_ recorder: TrafficRecorder?, now: Double) async throws {
        month = BillingMonth(now)
        let today = DailyTraffic.day(of: now)
        var traffic: [DailyTraffic] = []
        if let recorder {
            await recorder.write()
            let ledger = try await recorder.opened()
            // A month has at most 31 days.
            traffic = try await ledger.traffic(since: today - 31)
            measure = try await ledger.measure()
        }
        let recent = traffic.filter { $0.day > today - Self.observedDays }
        // A day counts as far as it has come, and the first of all as a whole one, so that an hour is not taken for a day.
        days = recent.first.map { max(1, now / 86_400 - Double($0.day)) } ?? 0
        for day in traffic where day.day >= month.firstDay { thisMonth += day.traffic }
        for day in recent { observed += day.traffic }
    }
}

/// The month of a moment, in UTC, as providers bill it.
struct BillingMonth {
    /// `2026-11`.
    let name: String
    /// Its first day, since 1 January 1970.
    let firstDay: Int
    /// How much of it is over; 0 to 1.
    let share: Double

    init(_ seconds: Double) {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(secondsFromGMT: 0)!
        let date = Date(timeIntervalSince1970: seconds)
        let interval = calendar.dateInterval(of: .month, for: date)!
        let parts = calendar.dateComponents([.year, .month], from: date)
        name = String(format: "%04d-%02d", parts.year ?? 0, parts.month ?? 0)
        firstDay = DailyTraffic.day(of: interval.start.timeIntervalSince1970)
        share = (seconds - interval.start.timeIntervalSince1970) / interval.duration
    }
}
