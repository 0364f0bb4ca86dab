public import Core

/// Moves originals to the tier that their age asks for, each by a copy that the provider makes and that is verified. What is moved is
/// remembered at once, so that a run that was stopped goes on with the rest.
public struct TierMoving: Sendable {
    public struct Report: Hashable, Sendable {
        public struct Failure: Hashable, Sendable {
            public let photo: PhotoID
            public let reason: String
        }

        public var moved = 0
        public var bytes = ByteCount(0)
        public var failed: [Failure] = []
        /// Whether it was stopped before its end; the next run goes on from there.
        public var isInterrupted = false

        public init() {}
    }

    public typealias MovingCatalog = TierCatalog & JournalCatalog

    private let catalog: any MovingCatalog
    private let store: any RemoteObjectStore
    private let classes: StorageClasses
    private let clock: any EngineClock
    private static let page = 200
    private static let atOnce = 4

    public init(
        catalog: any MovingCatalog, uploader: Uploader, classes: StorageClasses, clock: any EngineClock = SystemClock()
    ) {
        (self.catalog, store, self.classes, self.clock) = (catalog, uploader.store, classes, clock)
    }

    /// Throws what the store refuses for good, and where it is away; what is wrong with one original is in the report. The journal says
    /// what was moved, also of a run that was stopped.
    public func run(
        _ limits: TierLimits, actor: String, reason: String, each: @escaping @Sendable (TierMove) throws -> Void
    ) async throws -> Report {
        var report = Report()
        var sums: [StorageTier: (photos: Int, bytes: ByteCount)] = [:]
        var failure: (any Error)?
        do {
            var after: PhotoID?
            while true {
                try Task.checkCancellation()
                let page = try await catalog.tierMoves(limits, after: after, limit: Self.page)
                guard let last = page.last else { break }
                after = last.photo
                for first in stride(from: 0, to: page.count, by: Self.atOnce) {
                    try Task.checkCancellation()
                    let part = Array(page[first..<min(first + Self.atOnce, page.count)])
                    for (move, problem) in try await moved(part) {
                        if let problem {
                            report.failed.append(.init(photo: move.photo, reason: problem.description))
                            continue
                        }
                        report.moved += 1
                        report.bytes = report.bytes + move.bytes
                        let sum = sums[move.to] ?? (0, ByteCount(0))
                        sums[move.to] = (sum.photos + 1, sum.bytes + move.bytes)
                        try each(move)
                    }
                }
            }
        } catch is CancellationError {
            report.isInterrupted = true
        } catch {
            failure = error
        }
        let words = sums.sorted { $0.key < $1.key }.map {
            "\($0.value.photos) photos, \($0.value.bytes) to \($0.key.rawValue)"
        }
        if !words.isEmpty {
            let entry = JournalEntry(
                id: JournalEntryID(clock: clock, random: SystemRandom()), at: clock.microseconds, actor: actor,
                action: "move tiers", subject: words.joined(separator: "; "), outcome: reason)
            let catalog = catalog
            // Also of a task that was cancelled.
            try await Task { try await catalog.append(entry) }.value
        }
        if let failure { throw failure }
        return report
    }

    /// In their order; what the store refuses this process as such, or can't be asked for now, ends all.
    private func moved(_ moves: [TierMove]) async throws -> [(TierMove, EngineError?)] {
        try await withThrowingTaskGroup(of: (Int, EngineError?).self) { group in
            for (index, move) in moves.enumerated() {
                group.addTask { (index, try await self.move(move)) }
            }
            var problems = [EngineError?](repeating: nil, count: moves.count)
            for try await (index, problem) in group { problems[index] = problem }
            return Array(zip(moves, problems))
        }
    }

    private func move(_ move: TierMove) async throws -> EngineError? {
        do {
            if classes[move.from] != classes[move.to] {
                try await store.setStorageClass(
                    classes[move.to], of: move.key, byteCount: move.bytes, sha256: move.sha256)
            }
            guard try await catalog.setTier(move.to, of: move.photo, at: move.key) else {
                return EngineError(.conflict, "the photo was removed, or stored anew, meanwhile")
            }
            return nil
        } catch let error as EngineError where !error.isRetryable && !error.isRefusalOfUs && error.code != .unsupported
        {
            return error
        }
    }
}
