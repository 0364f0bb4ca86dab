internal import Catalog
public import Core
internal import Foundation
internal import SystemPackage
internal import Workflows

/// Moves a library between a folder and a profile's servers: every row of its catalogue with its id, every object with its bytes.
/// The side it comes from stays as it is (docs/decisions/0012-promotion.md).
public struct Promotion: Sendable {
    private let request: PromotionRequest
    private let configuration: Configuration
    private let environment: [String: String]
    private let clock: any EngineClock

    public typealias Progress = @Sendable (PromotionProgress) -> Void

    /// Throws `.invalidInput` unless one of the two places is a folder and the other a profile.
    public init(
        _ request: PromotionRequest, configuration: Configuration, environment: [String: String],
        clock: any EngineClock = SystemClock()
    ) throws {
        switch (request.source, request.target) {
        case (.folder, .profile), (.profile, .folder): break
        case (.folder, .folder):
            throw EngineError(
                .invalidInput, "both are libraries in folders", whatToDo: "copy the folder with any program")
        case (.profile, .profile):
            throw EngineError(
                .invalidInput, "both are networked libraries",
                whatToDo: "promote to a folder first, and from there to the other profile")
        }
        (self.request, self.configuration, self.environment) = (request, configuration, environment)
        self.clock = clock
    }

    /// Does it from wherever an earlier run came to. Cancelling leaves what is there for the next run.
    public func run(progress: @escaping Progress) async throws -> PromotionReport {
        try request.source.requireLibrary()
        let lock = try await lock()
        defer { withExtendedLifetime(lock) {} }
        let (source, library) = try await PromotionSide.source(request.source, environment: environment)
        do {
            let target = try await PromotionSide.target(
                request.target, mode: request.mode, environment: environment)
            do {
                let report = try await run(from: source, library, to: target, progress)
                await target?.close()
                await source.close()
                return report
            } catch {
                await target?.close()
                throw error
            }
        } catch {
            await source.close()
            throw error
        }
    }

    private func lock() async throws -> PromotionLock? {
        if [.dryRun, .verify].contains(request.mode) { return nil }
        return try await BlockingQueue(label: "phototui.promotion").run { [request] in
            switch (request.source, request.target) {
            case (.folder(let folder), _): return try PromotionLock(folder)
            case (_, .folder(let folder)):
                try LibraryFolder.requireText(folder)
                if request.mode == .promote { try LibraryFolder.create(folder) }
                return try PromotionLock(folder)
            case (.profile, .profile): return nil
            }
        }
    }

    private func run(
        from source: PromotionSide, _ library: LibraryRows, to target: PromotionSide?, _ progress: @escaping Progress
    ) async throws -> PromotionReport {
        let sum = try await library.sum()
        var report = PromotionReport(
            outcome: .planned, sourceOwner: library.name, targetOwner: request.target.owner, photos: sum.photos,
            bytes: sum.bytes)
        if case .folder = request.target { report.shares = sum.shares }
        if request.mode == .abort {
            try await giveUp(library, sum, from: source, at: target, &report, progress)
            return report
        }
        let state = try await target?.database.state(of: library.owner, for: request.target.owner) ?? .absent
        try requireRoom(for: state, at: target)
        let objects = try objects(of: library, sum, from: source, to: target)
        switch (request.mode, state) {
        case (.dryRun, .finished(let there)), (.promote, .finished(let there)):
            // One that was killed on its last step.
            if request.mode == .promote, let target, target.unfinished != nil {
                try await target.publish()
                report.outcome = .promoted
                return report
            }
            report.outcome = .known
            report.differences = try await library.differences(
                from: there, in: ["photos"], placing: objects.expectedPlaces
            ).tables
        case (.verify, .finished(let there)):
            try await verify(objects, library, there, &report, progress)
            report.films = try await films(of: library, from: source, to: target).verify(in: there)
        case (.verify, _):
            throw EngineError(
                .notFound, "the library was not promoted to \(request.target.name) yet",
                whatToDo: "the same command without --verify does, and goes on where an earlier one was stopped")
        case (.abort, _): break
        case (.dryRun, _):
            try await objects.run(.plan) { progress(.objects($0)) }
            report.films = try await films(of: library, from: source, to: target).plan()
            report.objects = objects.tally
            report.price = price(of: objects.tally, report.films, at: target)
            report.obstacles = try await [
                target?.quotaObstacle(to: sum, of: library), budgetObstacle(to: report.price, at: target),
            ].compactMap { $0 }
        case (.promote, _):
            guard let target else { break }
            if let obstacle = try await target.quotaObstacle(to: sum, of: library) { throw obstacle }
            try await checkBudget(
                target, { try self.objects(of: library, sum, from: source, to: target) },
                try films(of: library, from: source, to: target), progress)
            try await promote(
                objects, try films(of: library, from: source, to: target), library, state, to: target, &report,
                progress)
        }
        return report
    }

    /// Refuses a folder that people use already: what comes to one is found only once all of it is there.
    private func requireRoom(for state: PromotionDatabase.State, at target: PromotionSide?) throws {
        guard let target, target.isFound, [.promote, .dryRun].contains(request.mode) else { return }
        switch state {
        case .finished: break
        case .absent:
            throw EngineError(
                .conflict, "there is a library without photos in \(request.target.name) already",
                whatToDo: "name a folder without one, or move that library's catalog.sqlite away")
        case .begun:
            throw EngineError(
                .conflict, "the promotion to \(request.target.name) was begun in a library that is in use there",
                whatToDo: "give that one up with --abort, and name a folder without a library")
        }
    }

    private func objects(
        of library: LibraryRows, _ sum: LibraryRows.Sum, from source: PromotionSide, to target: PromotionSide?
    ) throws -> ObjectPromotion {
        ObjectPromotion(
            photos: { try await library.photos(behind: $0) }, from: source.storage,
            to: try target?.storage ?? request.target.emptyStorage(), owner: bucketOwner,
            leavesMissing: request.leavesMissing, scratch: scratch, total: (sum.photos, sum.bytes))
    }

    private func films(
        of library: LibraryRows, from source: PromotionSide, to target: PromotionSide?
    ) throws -> FilmPromotion {
        FilmPromotion(
            library, from: source.storage, to: try target?.storage ?? request.target.emptyStorage(), owner: bucketOwner,
            scratch: scratch)
    }

    /// What the owner is called in the bucket's keys.
    private var bucketOwner: String {
        if case .profile = request.target { request.target.owner } else { request.source.owner }
    }

    private var scratch: FilePath {
        if case .folder(let folder) = request.target { folder } else { "/tmp" }
    }

    /// How often what changes meanwhile is brought over, too.
    private static let mostRounds = 10

    private func promote(
        _ objects: ObjectPromotion, _ films: FilmPromotion, _ library: LibraryRows,
        _ state: PromotionDatabase.State, to target: PromotionSide, _ report: inout PromotionReport,
        _ progress: @escaping Progress
    ) async throws {
        var begun: LibraryRows?
        if case .begun(let earlier) = state { begun = earlier }
        let isResumed = begun != nil
        let there: LibraryRows
        if let begun {
            there = begun
        } else {
            there = try await target.database.begin(library, for: request.target.owner)
        }
        for _ in 0..<Self.mostRounds {
            try await objects.run(.bring(mayBeThere: isResumed)) { progress(.objects($0)) }
            report.objects = objects.tally
            guard objects.tally.faultCount == 0 else {
                report.outcome = .unfinished
                return
            }
            try await library.requireRest()
            do {
                try await library.copy(to: there, placing: objects.places, keepsEarlier: target.provider != nil) {
                    progress(.rows($0, isVerifying: false))
                }
                let found = try await library.differences(from: there, placing: objects.places) {
                    progress(.rows($0, isVerifying: true))
                }
                guard found.tables.isEmpty else { continue }
                report.rows = found.rows
                // Behind the photos, whose rows may be written anew.
                report.films = try await films.bring(to: there)
            } catch is UnpromotedPhoto {
                continue
            }
            // Nobody may have begun to use the owner's name meanwhile.
            _ = try await target.database.state(of: library.owner, for: request.target.owner)
            _ = try await target.database.finish(there, for: request.target.owner, entry: entry(report))
            try await target.publish()
            report.outcome = .promoted
            return
        }
        throw EngineError(
            .unavailable, "the library keeps changing while it is promoted",
            whatToDo: "close the programs that use it, and promote again: what is there is not sent again",
            isRetryable: true)
    }

    private func verify(
        _ objects: ObjectPromotion, _ library: LibraryRows, _ there: LibraryRows, _ report: inout PromotionReport,
        _ progress: @escaping Progress
    ) async throws {
        try await objects.run(.verify) { progress(.objects($0)) }
        report.objects = objects.tally
        let found = try await library.differences(from: there, placing: objects.expectedPlaces) {
            progress(.rows($0, isVerifying: true))
        }
        (report.differences, report.rows) = (found.tables, found.rows)
        report.outcome = .verified
    }

    private func entry(_ report: PromotionReport) -> JournalEntry {
        journalEntry(
            PromotionEntry.action,
            "came from \(request.source.name), owner \(report.sourceOwner), to \(request.target.name), "
                + "owner \(report.targetOwner): \(counted(report.photos, "photo")), \(report.bytes), verified")
    }

    private func journalEntry(_ action: String, _ outcome: String) -> JournalEntry {
        JournalEntry(
            id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds, actor: request.actor,
            action: action, subject: "library", outcome: outcome)
    }

    // Giving up

    private func giveUp(
        _ library: LibraryRows, _ sum: LibraryRows.Sum, from source: PromotionSide, at target: PromotionSide?,
        _ report: inout PromotionReport, _ progress: @escaping Progress
    ) async throws {
        let owner = request.target.owner
        let found = try await target?.database.begun(library.owner, for: owner)
        guard let target, let begun = found?.begun else {
            throw EngineError(
                .notFound, "no promotion of this library to \(request.target.name) is under way",
                whatToDo: "what was promoted to its end stays: --verify compares the two")
        }
        let keeps: @Sendable (PromotedPhoto) async throws -> Bool = { [other = found?.owner] photo in
            guard let other else { return false }
            return try await !target.database.taken([photo], by: other).isEmpty
        }
        let objects = try objects(of: library, sum, from: source, to: target)
        // Photos that were brought and are no longer where they came from are among its rows.
        for library in [library, begun] {
            try await objects.run(.remove(keeps: keeps), photos: { try await library.photos(behind: $0) }) {
                progress(.objects($0))
            }
        }
        report.objects = objects.tally
        report.objects.removed += try await FilmPromotion.remove(
            from: begun, in: target.storage, keeping: found?.owner)
        report.outcome = .aborted
        if target.unfinished != nil { return try await target.discard() }
        let entry = journalEntry(
            PromotionEntry.abortion,
            "the promotion from \(request.source.name), owner \(report.sourceOwner), to \(request.target.name): "
                + "\(counted(report.objects.removed, "object")) removed")
        try await target.database.giveUp(
            begun, for: owner, entry: entry, as: OwnerID(clock: clock, random: SystemRandom()))
    }

    // What it costs

    private func checkBudget(
        _ target: PromotionSide, _ objects: () throws -> ObjectPromotion, _ films: FilmPromotion,
        _ progress: @escaping Progress
    ) async throws {
        if request.isOverBudget || configuration.budget == nil || target.provider == nil { return }
        let planned = try objects()
        try await planned.run(.plan) { progress(.objects($0)) }
        let price = price(of: planned.tally, try await films.plan(), at: target)
        if let obstacle = try await budgetObstacle(to: price, at: target) {
            throw obstacle
        }
    }

    /// Why the month has no room for it.
    private func budgetObstacle(
        to price: (once: Double, monthly: Double)?, at target: PromotionSide?
    ) async throws -> EngineError? {
        guard let target, let provider = target.provider, let budget = configuration.budget, let price else {
            return nil
        }
        let traffic = try await ObservedTraffic(target.traffic, now: Double(clock.microseconds) / 1e6)
        let report = CostReport(
            provider: provider, storage: request.target.name, photos: 0,
            originals: traffic.measure?.originals.bytes ?? ByteCount(0),
            measure: traffic.measure, thisMonth: traffic.thisMonth, observed: traffic.observed,
            observedDays: traffic.days, month: traffic.month.name, monthShare: traffic.month.share,
            prices: configuration.prices, budget: budget)
        let cost = price.once + price.monthly
        guard report.budgetState(adding: cost) == .exhausted else { return nil }
        return EngineError(
            .limitExceeded,
            "with the promotion the month comes to \(Money.text(report.monthTotal(adding: cost))), and its budget is "
                + Money.text(budget),
            whatToDo: "raise budget in config.toml, or do it all the same with --over-budget")
    }

    /// What the objects to be sent cost, beyond what the provider gives for nothing each month.
    private func price(
        of tally: ObjectTally, _ films: FilmTally, at target: PromotionSide?
    ) -> (once: Double, monthly: Double)? {
        guard let provider = target?.provider,
            let list = configuration.prices.first(where: { $0.provider == provider })
        else { return nil }
        let count = Int64(tally.sent + films.sent)
        let bytes = ByteCount(tally.bytesSent + films.bytesSent)
        let bill = list.bill(
            stored: bytes, StorageTraffic(requests: [.write: count, .look: count], bytesSent: bytes))
        return (bill.requests.reduce(0) { $0 + $1.cost }, bill.storage)
    }
}
